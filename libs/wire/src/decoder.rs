//! Bytes in any pieces to frames, and beside them what was passed over and why.
//!
//! Sans-I/O: no sockets, no clock. Whole frames are borrowed from the caller's bytes. Only a frame that a cut went
//! through is copied, into one buffer that is given back when nothing is waited for. Every byte is looked at a
//! bounded number of times, however the stream is cut. A fatal error is final.

mod lines;
mod payload;
mod silence;

use alloc::boxed::Box;
use core::mem;
use core::ops::Range;

use crate::head::{DecodeError, Head};
use crate::held::Held;
use crate::scan::find_line_end;
use crate::start::MAX_GLUED_START;
use crate::surplus::Surplus;
use crate::{Frame, Limits, Method, Payload, Username, UsernameError, work};

pub use self::lines::Ignored;
use self::silence::Doubt;

/// What came out of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// A TEXT that was given up in the middle, since a new frame began after a [`silence`](crate::Decoder::silence).
    CutOff {
        /// Who it is from.
        username: Username<'a>,
        /// What came of its payload; perhaps nothing.
        payload: &'a [u8],
        /// Its `Msg-len`, in bytes.
        len: usize,
    },
    /// Something that was passed over, and why. The stream goes on.
    Ignored(Ignored),
}

/// Bytes in any pieces to frames.
///
/// Feed it what a read gave and take items until it answers `None`:
///
/// ```
/// use hubbub_wire::{Decoder, Frame, Item, Limits};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let mut said = Vec::new();
/// for mut piece in [&b"CHAT/1.0 TEXT\r\nUserna"[..], b"me: ada\r\nMsg-len: 2\r\n\r\nhi"] {
///     while let Some(item) = decoder.next(&mut piece)? {
///         if let Item::Frame(Frame::Text { username, payload }) = item {
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
    /// The frame that the stream is within was silent for long. Boxed, since that is rare, and every idle peer holds a
    /// decoder.
    doubt: Option<Box<Doubt>>,
    /// The frame or line that a cut went through, and nothing while there is none.
    held: Held,
    /// How many bytes of `held` belong to the item that was given out last.
    spent: usize,
    /// How many bytes of `held` are known to hold no line end beyond those read already.
    searched: usize,
    /// No frame has begun yet.
    at_start: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Where a start line must be, with the bytes of noise seen since the last frame.
    Start { noise: usize },
    /// Within a frame.
    Within(Part),
    /// After a payload, the bytes that follow it being the text's too, as it seems.
    Surplus { text: Text, surplus: Surplus },
    /// After a payload that is the whole text, whatever follows.
    Settled(Text),
    /// A text whose length counted characters was given out, and that has still to be told.
    Mended { characters: usize, bytes: usize },
    /// Given up.
    Failed(DecodeError),
}

/// Where in a frame.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// After the start line.
    Head(Head),
    /// Within a payload; `held` is the name, then the payload so far.
    Payload(Text),
    /// Within a payload that nobody wants.
    Skip { left: u64 },
}

/// A name and its text, in `held` one after the other: how many bytes each has.
#[derive(Clone, Copy, Debug)]
struct Text {
    name: usize,
    len: usize,
}

impl Text {
    fn end(self) -> usize {
        self.name + self.len
    }
}

/// Where bytes of an item lie.
enum Place<'i> {
    Held(Range<usize>),
    Given(&'i [u8]),
}

enum Found<'i> {
    Frame {
        method: Method,
        name: Place<'i>,
        payload: Place<'i>,
    },
    CutOff {
        name: Range<usize>,
        payload: Range<usize>,
        len: usize,
    },
    Ignored(Ignored),
}

/// What one step led to.
enum Step<'i> {
    Found(Found<'i>),
    GoOn,
    NeedMore,
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Start { noise: 0 },
            doubt: None,
            held: Held::new(),
            spent: 0,
            searched: 0,
            at_start: true,
        }
    }

    /// Takes the next item out of `input` and moves `input` past the bytes that it used.
    ///
    /// `Ok(None)` says that all of `input` was used and more bytes are needed. Call it until it does: only then is the
    /// memory of the last item given back.
    ///
    /// # Errors
    ///
    /// The stream cannot be read any further. Every later call gives the same error.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Item<'a>>, DecodeError> {
        if self.spent > 0 {
            self.held.drop_front(mem::take(&mut self.spent));
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

    /// Whether the stream stands in the middle of a frame, so that a [`silence`](Self::silence) would mean something.
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        matches!(self.state, State::Within(_) | State::Surplus { .. })
    }

    /// How much memory the decoder holds for the stream now, in bytes. None while it waits for nothing.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.held.capacity()
    }

    /// Whether it holds a payload of which more is to come. Half a head, or a few bytes of noise, is no payload.
    #[must_use]
    pub const fn awaits_payload(&self) -> bool {
        matches!(
            self.state,
            State::Within(Part::Payload(_)) | State::Surplus { .. }
        )
    }

    fn item<'a>(&'a self, found: Found<'a>) -> Item<'a> {
        let (name, payload, kind) = match found {
            Found::Ignored(why) => return Item::Ignored(why),
            Found::Frame {
                method,
                name,
                payload,
            } => (name, payload, Ok(method)),
            Found::CutOff { name, payload, len } => {
                (Place::Held(name), Place::Held(payload), Err(len))
            }
        };
        let payload = self.bytes(payload);
        let username = match username(self.bytes(name), self.limits.max_name) {
            Ok(username) => username,
            Err(why) => return Item::Ignored(Ignored::BadUsername(why)),
        };
        match (kind, Payload::new(payload)) {
            (Ok(Method::Join), _) => Item::Frame(Frame::Join { username }),
            (Ok(Method::Leave), _) => Item::Frame(Frame::Leave { username }),
            (Ok(Method::Text), Some(payload)) => Item::Frame(Frame::Text { username, payload }),
            (Ok(Method::Text), None) => Item::Ignored(Ignored::EmptyText),
            (Err(len), _) => Item::CutOff {
                username,
                payload,
                len,
            },
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

    /// Throws away the first bytes, wherever they lie.
    fn discard(&mut self, count: usize, input: &mut &[u8]) {
        if self.held.is_empty() {
            *input = &input[count..];
        } else {
            self.held.drop_front(count);
        }
    }

    /// Holds the rest of the current line, as far as it is here. The caller has seen to it that `held` has no whole
    /// line left.
    fn hold_line<'i>(&mut self, input: &mut &'i [u8]) -> Step<'i> {
        self.searched = self.held.len();
        if input.is_empty() {
            return Step::NeedMore;
        }
        // One byte more than any line or head may have, so that the next step sees that it is too long.
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

    /// Moves up to `count` bytes from the input to `held`, which will never need more than `most` bytes.
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
