//! Bytes in any pieces go in; frames come out, and reports of what was passed over and why.
//!
//! There are no sockets and no clock here. A frame that lies whole in the caller's bytes is borrowed from them. Only
//! one that arrives in several pieces is copied, into one buffer, which is freed as soon as no frame is unfinished.
//! However the stream is cut, each byte is looked at a bounded number of times. An error is final.

mod labels;
mod lines;
mod payload;
mod silence;

use alloc::boxed::Box;
use core::mem;
use core::ops::Range;

use crate::head::{DecodeError, Head};
use crate::held::Held;
use crate::scan::find_line_end;
use crate::start::{MAX_GLUED_START, Start};
use crate::surplus::{self, Surplus};
use crate::{Frame, Limits, Method, Payload, Username, UsernameError, work};

pub use self::lines::Ignored;
use self::silence::Doubt;

/// What comes out of a [`Decoder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// A TEXT that was given up in the middle, because a new frame began after a [`silence`](Decoder::silence).
    CutOff {
        /// Who it is from.
        username: Username<'a>,
        /// The part of its payload that came. It may be empty.
        payload: &'a [u8],
        /// Its `Msg-len`, in bytes.
        len: usize,
    },
    /// Something was passed over. The stream goes on.
    Ignored(Ignored),
}

/// Turns bytes, which may come in any pieces, into frames.
///
/// Give it the bytes of each read, and take items until it returns `None`:
///
/// ```
/// use hubbub_wire::{Decoder, Frame, Item, Limits};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let mut said = Vec::new();
/// for mut piece in [&b"CHAT/1.0 TEXT\r\nUserna"[..], b"me: ada\r\nMsg-len: 2\r\n\r\nhi"] {
///     while let Some(item) = decoder.next(&mut piece)? {
///         if let Item::Frame(Frame::Text { username, payload, .. }) = item {
///             said.push((username.to_string(), payload.as_bytes().to_vec()));
///         }
///     }
/// }
/// assert_eq!(said, [("ada".to_string(), b"hi".to_vec())]);
/// # Ok::<(), hubbub_wire::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    state: State,
    /// Set after a silence in the middle of a frame. Boxed, because that is rare and every idle peer has a decoder.
    doubt: Option<Box<Doubt>>,
    /// The beginning of a frame or line whose end has not come. Empty if there is none.
    held: Held,
    /// How many bytes of `held` belong to the item that was returned last.
    spent: usize,
    /// How many bytes of `held` were searched for line ends already.
    searched: usize,
    /// Whether no head has been read yet.
    at_start: bool,
    /// Whether it reads only what clients send.
    serves: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Where a start line must come. `noise` counts the bytes of noise since the last frame.
    Start { noise: usize },
    /// Within a frame.
    Within(Part),
    /// After a payload. The bytes that follow seem to be a part of the text.
    Surplus { text: Text, surplus: Surplus },
    /// After a payload that is the whole text, whatever follows it.
    Settled(Text),
    /// A text whose length counted characters was returned. The report of that comes next.
    Mended { characters: usize, bytes: usize },
    /// Given up.
    Failed(DecodeError),
}

/// Where in a frame.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// After the start line.
    Head(Head),
    /// Within a payload. `held` begins with what is needed of the head, and then comes the payload so far.
    Payload(Text),
    /// Within a payload that nobody wants.
    Skip { left: u64 },
}

/// A frame with a payload, as it lies in `held`: what is needed of its head, and then its payload.
#[derive(Clone, Copy, Debug)]
struct Text {
    method: Method,
    /// Whether something of the extension is in it. Then its whole head is there, and otherwise only the name.
    is_extended: bool,
    /// Whether the extension vouches for its length, which then counts bytes and is not too large.
    is_exact: bool,
    /// Where the name begins and ends.
    name: (usize, usize),
    /// Where the payload begins.
    front: usize,
    /// The length of the payload.
    len: usize,
}

impl Text {
    fn name(self) -> Range<usize> {
        self.name.0..self.name.1
    }

    fn end(self) -> usize {
        self.front + self.len
    }
}

/// Where the bytes of an item lie: in `held`, or in what the caller gave.
enum Place<'i> {
    Held(Range<usize>),
    Given(&'i [u8]),
}

/// An item whose name was not looked at yet.
enum Found<'i> {
    /// A frame in which nothing is of the extension.
    Plain {
        came: Came,
        name: Place<'i>,
        payload: Place<'i>,
    },
    /// A frame of the extension, or one with such headers.
    Extended {
        method: Method,
        head: Place<'i>,
        /// Where the name lies in the head.
        name: Range<usize>,
        payload: Place<'i>,
    },
    Ignored(Ignored),
}

/// What came.
enum Came {
    Join,
    Leave,
    Text,
    /// A TEXT with less than the `len` bytes that it announced.
    InPart {
        len: usize,
    },
}

/// The result of one step.
enum Step<'i> {
    Found(Found<'i>),
    GoOn,
    NeedMore,
}

impl Decoder {
    /// A decoder for clients, at the start of a stream. It reads every frame.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self::at_start(limits, false)
    }

    /// A decoder for servers, at the start of a stream. Frames that only servers send, such as NOTICE, are passed over
    /// like all others that nobody knows ([`Ignored::UnknownMethod`]), so that their payload takes no memory.
    #[must_use]
    pub const fn for_server(limits: Limits) -> Self {
        Self::at_start(limits, true)
    }

    const fn at_start(limits: Limits, serves: bool) -> Self {
        Self {
            limits,
            state: State::Start { noise: 0 },
            doubt: None,
            held: Held::new(),
            spent: 0,
            searched: 0,
            at_start: true,
            serves,
        }
    }

    /// Takes the next item out of `input`, and moves `input` past the bytes that were used.
    ///
    /// `Ok(None)` means that all of `input` was used and more bytes are needed. Call it until then: only then the
    /// memory of the last item is freed.
    ///
    /// # Errors
    ///
    /// The stream cannot be read any further. Every later call returns the same error.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Item<'a>>, DecodeError> {
        if self.spent > 0 {
            self.held.drop_front(mem::take(&mut self.spent));
        }
        if let Some(frame) = self.next_exact(input) {
            return Ok(Some(Item::Frame(frame)));
        }
        let found = loop {
            match self.step(input) {
                Ok(Step::Found(found)) => break found,
                Ok(Step::GoOn) => {}
                Ok(Step::NeedMore) => {
                    if self.held.is_empty() {
                        self.held.release();
                    }
                    return Ok(None);
                }
                Err(error) => {
                    self.state = State::Failed(error);
                    self.held.release();
                    return Err(error);
                }
            }
        };
        Ok(Some(self.item(found)))
    }

    /// The usual way: reads a frame of CHAT/1.0 that lies whole in the input, in the exact form. Returns `None` for
    /// anything else, which is then left to [`step`](Self::step). If both can read a frame, they agree on it.
    fn next_exact<'i>(&mut self, input: &mut &'i [u8]) -> Option<Frame<'i>> {
        if !self.held.is_empty() || !matches!(self.state, State::Start { noise: 0 }) {
            return None;
        }
        let head = Head::read_exact(input, &self.limits)?;
        let (bytes, rest) = input.split_at(head.at);
        let (begin, end) = head.name?;
        let len = usize::try_from(head.payload_len.unwrap_or(0)).ok()?;
        let (payload, rest) = rest.split_at_checked(len)?;
        let username = username(&bytes[begin..end], self.limits.max_name).ok()?;
        let frame = match head.start {
            Start::Plain(Method::Text) => {
                if len > self.limits.max_payload || !surplus::is_in_order(rest) {
                    return None;
                }
                Frame::text(username, Payload::new(payload)?)
            }
            Start::Plain(Method::Join) => Frame::join(username),
            Start::Plain(Method::Leave) => Frame::leave(username),
            _ => return None,
        };
        work::count(head.at);
        *input = rest;
        self.at_start = false;
        Some(frame)
    }

    /// Whether the stream is in the middle of a frame. Only then a [`silence`](Self::silence) means anything.
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        matches!(self.state, State::Within(_) | State::Surplus { .. })
    }

    /// How much memory the decoder has allocated now, in bytes: 0 unless a frame or line is unfinished.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.held.capacity()
    }

    /// Whether it holds a part of a payload and waits for the rest. Half a head, or a few bytes of noise, do not count.
    #[must_use]
    pub const fn awaits_payload(&self) -> bool {
        matches!(
            self.state,
            State::Within(Part::Payload(_)) | State::Surplus { .. }
        )
    }

    fn item<'a>(&'a self, found: Found<'a>) -> Item<'a> {
        let (came, name, payload) = match found {
            Found::Plain {
                came,
                name,
                payload,
            } => (came, self.bytes(name), self.bytes(payload)),
            Found::Extended {
                method,
                head,
                name,
                payload,
            } => return self.extended(method, self.bytes(head), name, self.bytes(payload)),
            Found::Ignored(why) => return Item::Ignored(why),
        };
        let username = match username(name, self.limits.max_name) {
            Ok(username) => username,
            Err(why) => return Item::Ignored(Ignored::BadUsername(why)),
        };
        match (came, Payload::new(payload)) {
            (Came::Join, _) => Item::Frame(Frame::join(username)),
            (Came::Leave, _) => Item::Frame(Frame::leave(username)),
            (Came::Text, Some(payload)) => Item::Frame(Frame::text(username, payload)),
            (Came::Text, None) => Item::Ignored(Ignored::EmptyText),
            (Came::InPart { len }, _) => Item::CutOff {
                username,
                payload,
                len,
            },
        }
    }

    /// Apart from [`item`](Self::item), so that the usual way stays short.
    #[inline(never)]
    fn extended<'a>(
        &self,
        method: Method,
        head: &'a [u8],
        name: Range<usize>,
        payload: &'a [u8],
    ) -> Item<'a> {
        match username(&head[name], self.limits.max_name) {
            Ok(username) => labels::read(method, username, head, Payload::new(payload)),
            Err(why) => Item::Ignored(Ignored::BadUsername(why)),
        }
    }

    fn bytes<'a>(&'a self, place: Place<'a>) -> &'a [u8] {
        match place {
            Place::Held(range) => &self.held.live()[range],
            Place::Given(bytes) => bytes,
        }
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Result<Step<'i>, DecodeError> {
        match self.state {
            State::Start { noise } => self.step_start(noise, input),
            State::Within(part) => match (self.doubt.take(), part) {
                (Some(doubt), _) => Ok(self.step_doubt(part, doubt, input)),
                (None, Part::Head(head)) => self.step_head(head, input),
                (None, Part::Payload(text)) => Ok(self.step_payload(text, input)),
                (None, Part::Skip { left }) => Ok(self.step_skip(left, input)),
            },
            State::Surplus { text, surplus } => Ok(self.step_surplus(text, surplus, input)),
            State::Settled(text) => Ok(self.give_held(text)),
            State::Mended { characters, bytes } => {
                self.state = State::Start { noise: 0 };
                Ok(Step::Found(Found::Ignored(Ignored::CountedCharacters {
                    characters,
                    bytes,
                })))
            }
            State::Failed(error) => Err(error),
        }
    }

    /// Drops the first bytes, which are held or else in the input.
    fn discard(&mut self, count: usize, input: &mut &[u8]) {
        if self.held.is_empty() {
            *input = &input[count..];
        } else {
            self.held.drop_front(count);
        }
    }

    /// Holds the rest of the current line, as far as it has come. The caller has made sure that `held` has no whole
    /// line left.
    fn hold_line<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        self.searched = self.held.len();
        if input.is_empty() {
            return Step::NeedMore;
        }
        // One byte more than a line or head may have, so that the next step sees when it is too long.
        let most = self
            .limits
            .max_head
            .max(self.limits.max_noise + MAX_GLUED_START)
            + 1;
        if self.held.is_empty() {
            // All of it was searched: it is one unfinished head or line, within its limit.
            self.searched = input.len();
            self.hold_front(input, input.len(), most);
            return Step::NeedMore;
        }
        let line = find_line_end(input).unwrap_or(input.len());
        self.hold_front(input, line.min(most - self.held.len()), most);
        Step::GoOn
    }

    /// Moves up to `count` bytes from the input to `held`, which never needs more than `most` bytes.
    fn hold_front(&mut self, input: &mut &[u8], count: usize, most: usize) {
        let (front, rest) = input.split_at(count.min(input.len()));
        *input = rest;
        self.hold(front, most);
    }

    fn hold(&mut self, bytes: &[u8], most: usize) {
        if !bytes.is_empty() {
            work::count(self.held.push(bytes, most));
        }
    }
}

fn username(bytes: &[u8], max_bytes: usize) -> Result<Username<'_>, UsernameError> {
    let name = core::str::from_utf8(bytes).map_err(|_| UsernameError::NotText)?;
    Username::new(name, max_bytes)
}
