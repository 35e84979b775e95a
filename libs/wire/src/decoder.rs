//! Bytes in any pieces to frames, and beside them what was passed over and why.
//!
//! Sans-I/O: no sockets, no clock. Whole frames are borrowed from the caller's bytes. Only a frame that a cut went
//! through is copied, into one buffer that is given back when nothing is waited for. Every byte is looked at a
//! bounded number of times, however the stream is cut. A fatal error is final.

use alloc::vec::Vec;
use core::ops::Range;

use crate::head::{self, Head, MAX_GLUED_START, Progress, Start};
use crate::{DecodeError, Frame, Ignored, Item, Limits, Method, Username, UsernameError};

/// Bytes in any pieces to frames.
///
/// Feed it what a read gave and take items until it answers `None`:
///
/// ```
/// use hubbub_wire::{Decoder, Frame, Item, Limits, Method};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let mut said = Vec::new();
/// for mut piece in [&b"CHAT/1.0 TEXT\r\nUserna"[..], b"me: ada\r\nMsg-len: 2\r\n\r\nhi"] {
///     while let Some(item) = decoder.next(&mut piece)? {
///         if let Item::Frame(Frame { method: Method::Text, username, payload }) = item {
///             said.push((username.to_string(), payload.to_vec()));
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
    /// The frame or line that a cut went through: head or line as it came, or name and payload. Empty otherwise.
    held: Vec<u8>,
    /// `held` belongs to the item that was given out last and can be cleared.
    spent: bool,
    /// How many bytes of `held` are known to hold no line end beyond those read already.
    searched: usize,
    work: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Where a start line must be, with the bytes of noise seen since the last frame.
    Start { noise: usize },
    /// Behind a start line.
    Head(Head),
    /// Within a payload; `held` is the name, then the payload so far.
    Payload { name: usize, len: usize },
    /// Within a payload that nobody wants.
    Skip { left: u64 },
    /// Given up.
    Failed(DecodeError),
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
            held: Vec::new(),
            spent: false,
            searched: 0,
            work: 0,
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
        if self.spent {
            self.held.clear();
            self.spent = false;
        }
        let found = loop {
            match self.step(input) {
                Ok(Step::Found(found)) => break found,
                Ok(Step::GoOn) => {}
                Ok(Step::NeedMore) => {
                    if self.held.is_empty() {
                        self.held = Vec::new();
                    }
                    return Ok(None);
                }
                Err(error) => {
                    self.state = State::Failed(error);
                    self.held = Vec::new();
                    return Err(error);
                }
            }
        };
        Ok(Some(match found {
            Found::Ignored(why) => Item::Ignored(why),
            Found::Frame {
                method,
                name,
                payload,
            } => match username(self.bytes(name), self.limits.max_name) {
                Ok(username) => Item::Frame(Frame {
                    method,
                    username,
                    payload: self.bytes(payload),
                }),
                Err(why) => Item::Ignored(Ignored::BadUsername(why)),
            },
        }))
    }

    /// How much memory the decoder holds for the stream now, in bytes. None while it waits for nothing.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.held.capacity()
    }

    /// Whether it holds a payload of which more is to come. Half a head, or a few bytes of noise, is no payload.
    #[must_use]
    pub const fn awaits_payload(&self) -> bool {
        matches!(self.state, State::Payload { .. })
    }

    /// How many bytes were looked at or copied so far; a test holds this against the bytes that came.
    #[doc(hidden)]
    #[must_use]
    pub const fn work(&self) -> u64 {
        self.work
    }

    fn bytes<'a>(&'a self, place: Place<'a>) -> &'a [u8] {
        match place {
            Place::Held(range) => &self.held[range],
            Place::Given(bytes) => bytes,
        }
    }

    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Result<Step<'i>, DecodeError> {
        match self.state {
            State::Start { noise } => self.step_start(noise, input),
            State::Head(head) => self.step_head(head, input),
            State::Payload { name, len } => {
                let missing = name + len - self.held.len();
                self.hold_front(input, missing, name + len);
                if self.held.len() < name + len {
                    return Ok(Step::NeedMore);
                }
                self.state = State::Start { noise: 0 };
                self.spent = true;
                Ok(Step::Found(Found::Frame {
                    method: Method::Text,
                    name: Place::Held(0..name),
                    payload: Place::Held(name..name + len),
                }))
            }
            State::Skip { left } => {
                let skipped =
                    usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
                *input = &input[skipped..];
                let left = left - skipped as u64;
                if left > 0 {
                    self.state = State::Skip { left };
                    return Ok(Step::NeedMore);
                }
                self.state = State::Start { noise: 0 };
                Ok(Step::GoOn)
            }
            State::Failed(error) => Err(error),
        }
    }

    /// Looks for a start line in the next whole line.
    fn step_start<'i>(
        &mut self,
        noise: usize,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        if noise == 0
            && self.held.is_empty()
            && let Some(head) = Head::read_exact(input, &self.limits)
        {
            self.work += head.at as u64;
            return Ok(self.finish_head(&head, input));
        }
        self.search_start(noise, input)
    }

    /// The same for whatever is not in the exact form. Kept apart, so that the short way stays short.
    #[inline(never)]
    fn search_start<'i>(
        &mut self,
        noise: usize,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        let too_much_noise = DecodeError::TooMuchNoise {
            limit: self.limits.max_noise,
        };
        let bytes = if self.held.is_empty() {
            *input
        } else {
            &self.held[..]
        };
        let end = head::find_line_end(&bytes[self.searched..]).map(|length| self.searched + length);
        self.work += (end.unwrap_or(bytes.len()) - self.searched) as u64;
        let line = &bytes[..end.unwrap_or(bytes.len())];
        let may_start = head::may_start(line);
        if may_start && line.len() + usize::from(end.is_none()) > self.limits.max_head {
            return Err(DecodeError::HeadTooLong {
                limit: self.limits.max_head,
            });
        }
        let Some(end) = end else {
            // However this line goes on, only its last bytes can be a start line.
            if !may_start && noise + line.len() > self.limits.max_noise + MAX_GLUED_START {
                return Err(too_much_noise);
            }
            return Ok(self.hold_line(input));
        };
        let start = head::find_start(line);
        let blank = head::without_line_end(line).is_empty();
        self.work += end as u64;
        self.searched = 0;
        let noise = match start {
            Some((0, start)) if noise == 0 => {
                self.searched = end;
                return self.step_head(Head::new(start, end), input);
            }
            None if blank && noise == 0 => 0,
            None => noise + end,
            Some((at, _)) => noise + at,
        };
        if noise > self.limits.max_noise {
            return Err(too_much_noise);
        }
        match start {
            Some((at, _)) => {
                self.discard(at, input);
                self.state = State::Start { noise: 0 };
                Ok(Step::Found(Found::Ignored(Ignored::Noise { bytes: noise })))
            }
            None => {
                self.discard(end, input);
                self.state = State::Start { noise };
                Ok(Step::GoOn)
            }
        }
    }

    /// Reads on in a head, and decides what becomes of the frame when the head is complete.
    #[inline(never)]
    fn step_head<'i>(
        &mut self,
        mut head: Head,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        let bytes = if self.held.is_empty() {
            *input
        } else {
            &self.held[..]
        };
        let progress = head.read(bytes, self.searched, &self.limits, &mut self.work)?;
        match progress {
            Progress::Partial => {
                self.state = State::Head(head);
                Ok(self.hold_line(input))
            }
            Progress::NotAHeader => {
                self.searched = 0;
                self.state = State::Start { noise: 0 };
                self.discard(head.at, input);
                Ok(Step::Found(Found::Ignored(Ignored::NotAHeader)))
            }
            Progress::Complete => {
                self.searched = 0;
                Ok(self.finish_head(&head, input))
            }
        }
    }

    fn finish_head<'i>(&mut self, head: &Head, input: &mut &'i [u8]) -> Step<'i> {
        let payload_len = head.payload_len.unwrap_or(0);
        let verdict = match (head.start, head.name) {
            (Start::UnknownMethod, _) => Err(Ignored::UnknownMethod),
            (Start::Known(_), None) => Err(Ignored::NoUsername),
            _ if head.names_differ => Err(Ignored::TwoUsernames),
            (Start::Known(Method::Text), _) if payload_len == 0 => Err(Ignored::EmptyText),
            (Start::Known(Method::Text), Some(name)) => usize::try_from(payload_len)
                .ok()
                .filter(|&len| len <= self.limits.max_payload)
                .map(|len| (Method::Text, name, len))
                .ok_or(Ignored::PayloadTooLong {
                    len: payload_len,
                    limit: self.limits.max_payload,
                }),
            (Start::Known(method), Some(name)) => Ok((method, name, 0)),
        };
        match verdict {
            Ok((Method::Text, name, len)) => self.take_text(head.at, name.0..name.1, len, input),
            Ok((method, name, _)) => {
                self.state = State::Skip { left: payload_len };
                let name = self.take_head(head.at, name.0..name.1, input);
                Step::Found(Found::Frame {
                    method,
                    name,
                    payload: Place::Given(&[]),
                })
            }
            Err(why) => {
                self.state = State::Skip { left: payload_len };
                self.discard(head.at, input);
                Step::Found(Found::Ignored(why))
            }
        }
    }

    /// Gives out a TEXT that is here whole, or begins to collect its payload.
    fn take_text<'i>(
        &mut self,
        head_len: usize,
        name: Range<usize>,
        len: usize,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let name = self.take_head(head_len, name, input);
        if let Some((payload, rest)) = input.split_at_checked(len) {
            *input = rest;
            self.state = State::Start { noise: 0 };
            return Step::Found(Found::Frame {
                method: Method::Text,
                name,
                payload: Place::Given(payload),
            });
        }
        let name_len = match name {
            Place::Given(name) => {
                self.hold(name, name.len() + len);
                name.len()
            }
            Place::Held(range) => {
                self.held.copy_within(range.clone(), 0);
                self.held.truncate(range.len());
                range.len()
            }
        };
        self.spent = false;
        self.state = State::Payload {
            name: name_len,
            len,
        };
        Step::GoOn
    }

    /// Uses up a complete head and says where its name lies.
    fn take_head<'i>(
        &mut self,
        head_len: usize,
        name: Range<usize>,
        input: &mut &'i [u8],
    ) -> Place<'i> {
        if self.held.is_empty() {
            let (head, rest) = input.split_at(head_len);
            *input = rest;
            Place::Given(&head[name])
        } else {
            self.spent = true;
            Place::Held(name)
        }
    }

    /// Throws away the first bytes, wherever they lie.
    fn discard(&mut self, count: usize, input: &mut &[u8]) {
        if self.held.is_empty() {
            *input = &input[count..];
        } else {
            self.work += (self.held.len() - count) as u64;
            self.held.drain(..count);
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
        let line = head::find_line_end(input).unwrap_or(input.len());
        self.hold_front(input, line.min(most - self.held.len()), most);
        Step::GoOn
    }

    /// Moves up to `count` bytes from the input to `held`, which will never need more than `most` bytes.
    fn hold_front(&mut self, input: &mut &[u8], count: usize, most: usize) {
        let (front, rest) = input.split_at(count.min(input.len()));
        *input = rest;
        self.hold(front, most);
    }

    /// Appends to `held`. It doubles as a `Vec` does, but never past `most`: a peer that announces much and sends
    /// little holds little, and one that sends all holds no more than that.
    fn hold(&mut self, bytes: &[u8], most: usize) {
        let len = self.held.len() + bytes.len();
        if len > self.held.capacity() {
            let capacity = (2 * self.held.capacity()).clamp(len, most.max(len));
            self.held.reserve_exact(capacity - self.held.len());
        }
        self.held.extend_from_slice(bytes);
        self.work += bytes.len() as u64;
    }
}

fn username(bytes: &[u8], max_bytes: usize) -> Result<Username<'_>, UsernameError> {
    let name = core::str::from_utf8(bytes).map_err(|_| UsernameError::NotText)?;
    Username::new(name, max_bytes)
}
