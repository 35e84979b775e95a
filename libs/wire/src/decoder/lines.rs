//! What comes in lines: noise, start lines and heads. When a head is complete, this decides what becomes of the frame.

use core::fmt;
use core::ops::Range;

use super::{Came, Decoder, Found, Part, Place, State, Step};
use crate::head::{DecodeError, Head, Progress};
use crate::held::Held;
use crate::scan::{find_line_end, without_line_end};
use crate::start::{self, MAX_GLUED_START, Start};
use crate::{Method, UsernameError, work};

impl Decoder {
    /// Looks for a start line in the next whole line.
    #[inline(never)]
    pub(super) fn step_start<'i>(
        &mut self,
        noise: usize,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        let too_much_noise = DecodeError::TooMuchNoise {
            limit: self.limits.max_noise,
        };
        let bytes = ahead(&self.held, input);
        let end = find_line_end(&bytes[self.searched..]).map(|length| self.searched + length);
        let line = &bytes[..end.unwrap_or(bytes.len())];
        let may_start = start::may_start(line);
        let is_whole = end.is_some() && noise + line.len() <= self.limits.max_noise;
        if self.at_start
            && let Some(other) = start::other_protocol(line, is_whole)
        {
            return Err(other);
        }
        if may_start && line.len() + usize::from(end.is_none()) > self.limits.max_head {
            return Err(DecodeError::HeadTooLong {
                limit: self.limits.max_head,
            });
        }
        work::count(line.len() - self.searched);
        let Some(end) = end else {
            // However this line goes on, only its last bytes can be a start line.
            if !may_start && noise + line.len() > self.limits.max_noise + MAX_GLUED_START {
                return Err(too_much_noise);
            }
            return Ok(self.hold_line(input));
        };
        let start = start::find_start(line);
        let blank = without_line_end(line).is_empty();
        work::count(end);
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

    /// Reads on in a head.
    #[inline(never)]
    pub(super) fn step_head<'i>(
        &mut self,
        mut head: Head,
        input: &mut &'i [u8],
    ) -> Result<Step<'i>, DecodeError> {
        let bytes = ahead(&self.held, input);
        let progress = head.read(bytes, self.searched, &self.limits)?;
        match progress {
            Progress::Partial => {
                self.state = State::Within(Part::Head(head));
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

    /// Decides what becomes of a frame whose head is complete.
    fn finish_head<'i>(&mut self, head: &Head, input: &mut &'i [u8]) -> Step<'i> {
        self.at_start = false;
        if let (Start::Plain(method), Some((begin, end)), false) =
            (head.start, head.name, head.names_differ || head.is_extended)
        {
            // The usual way.
            return match method {
                Method::Text => self.finish_text(method, head, begin..end, input),
                Method::Join => self.take_name(Came::Join, head, begin..end, input),
                _ => self.take_name(Came::Leave, head, begin..end, input),
            };
        }
        self.finish_extended(head, input)
    }

    /// Decides what becomes of a frame of the extension, or one that is ignored.
    #[inline(never)]
    fn finish_extended<'i>(&mut self, head: &Head, input: &mut &'i [u8]) -> Step<'i> {
        let (method, name) = match (head.start, head.name) {
            (Start::UnknownMethod, _) => return self.ignore(head, Ignored::UnknownMethod, input),
            (Start::Extension(method), _) if self.serves && !method.is_for_servers() => {
                return self.ignore(head, Ignored::UnknownMethod, input);
            }
            (_, None) => return self.ignore(head, Ignored::NoUsername, input),
            _ if head.names_differ => return self.ignore(head, Ignored::TwoUsernames, input),
            (Start::Plain(method) | Start::Extension(method), Some((begin, end))) => {
                (method, begin..end)
            }
        };
        if matches!(method, Method::Text | Method::Present | Method::Notice) {
            return self.finish_text(method, head, name, input);
        }
        self.state = after(head);
        let bytes = self.take_front(head.at, input);
        Step::Found(Found::Extended {
            method,
            head: bytes,
            name,
            payload: Place::Given(&[]),
        })
    }

    /// Decides what becomes of a frame with a payload.
    fn finish_text<'i>(
        &mut self,
        method: Method,
        head: &Head,
        name: Range<usize>,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        let payload_len = head.payload_len.unwrap_or(0);
        match usize::try_from(payload_len) {
            Ok(len) if len <= self.limits.max_payload => {
                self.take_text(method, head, name, len, input)
            }
            _ if method != Method::Text => self.ignore(head, Ignored::Unreadable(method), input),
            _ => {
                let why = Ignored::PayloadTooLong {
                    len: payload_len,
                    limit: self.limits.max_payload,
                };
                self.ignore(head, why, input)
            }
        }
    }

    /// Returns a frame that ends with its head. If it announces a payload, that is skipped.
    fn take_name<'i>(
        &mut self,
        came: Came,
        head: &Head,
        name: Range<usize>,
        input: &mut &'i [u8],
    ) -> Step<'i> {
        self.state = after(head);
        let name = match self.take_front(head.at, input) {
            Place::Given(bytes) => Place::Given(&bytes[name]),
            Place::Held(_) => Place::Held(name),
        };
        Step::Found(Found::Plain {
            came,
            name,
            payload: Place::Given(&[]),
        })
    }

    /// Takes the first bytes, which are held or else in the input.
    fn take_front<'i>(&mut self, count: usize, input: &mut &'i [u8]) -> Place<'i> {
        if self.held.is_empty() {
            let (front, rest) = input.split_at(count);
            *input = rest;
            Place::Given(front)
        } else {
            self.spent = count;
            Place::Held(0..count)
        }
    }

    /// Passes over a frame, its payload included.
    fn ignore<'i>(&mut self, head: &Head, why: Ignored, input: &mut &'i [u8]) -> Step<'i> {
        self.state = after(head);
        self.discard(head.at, input);
        Step::Found(Found::Ignored(why))
    }
}

/// The state after a head whose payload, if any, nobody wants.
fn after(head: &Head) -> State {
    match head.payload_len {
        None | Some(0) => State::Start { noise: 0 },
        Some(left) => State::Within(Part::Skip { left }),
    }
}

/// The bytes that come next: what is held, or else the input.
fn ahead<'b>(held: &'b Held, input: &'b [u8]) -> &'b [u8] {
    if held.is_empty() { input } else { held.live() }
}

/// Something that a [`Decoder`] passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// A frame with a method that is not one of CHAT/1.0 or of the extension, or that only servers send
    /// ([`Decoder::for_server`](crate::Decoder::for_server)). Its payload is skipped too.
    UnknownMethod,
    /// A frame of the extension that lacks a header or its payload, or has a header that cannot be read, or a payload
    /// longer than the limit. An offer or a grant is a TEXT.
    Unreadable(Method),
    /// A frame without `Username`.
    NoUsername,
    /// A frame whose `Username` cannot be a name.
    BadUsername(UsernameError),
    /// A frame with two `Username` headers that differ.
    TwoUsernames,
    /// A TEXT without `Msg-len`, or with `Msg-len: 0`.
    EmptyText,
    /// A TEXT with a payload longer than the limit. The payload is skipped without being stored.
    PayloadTooLong {
        /// Its `Msg-len`, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A frame with a line in its head that has no colon. What follows is read as noise.
    NotAHeader,
    /// A frame that was given up in its head, or in a payload that nobody wants, because a new frame began after a
    /// [`silence`](Decoder::silence).
    CutOff,
    /// Only a number: the `Msg-len` of the last text counted characters. The text itself is whole.
    CountedCharacters {
        /// Its `Msg-len`.
        characters: usize,
        /// Its length, in bytes.
        bytes: usize,
    },
    /// Bytes that are not a start line, where one must be.
    Noise {
        /// How many, in bytes.
        bytes: usize,
    },
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMethod => f.write_str("a frame with an unknown method"),
            Self::Unreadable(method) => write!(
                f,
                "a {} of the extension that lacks something or cannot be read",
                method.as_str()
            ),
            Self::NoUsername => f.write_str("a frame without a Username header"),
            Self::BadUsername(why) => write!(f, "a frame with a bad Username: {why}"),
            Self::TwoUsernames => f.write_str("a frame with two Username headers that differ"),
            Self::EmptyText => f.write_str("a TEXT without a Msg-len above 0"),
            Self::PayloadTooLong { len, limit } => {
                write!(f, "a TEXT of {len} bytes, and {limit} is the most")
            }
            Self::NotAHeader => f.write_str("a frame with a line in its head that is no header"),
            Self::CutOff => f.write_str("a frame that stopped in the middle"),
            Self::CountedCharacters { characters, bytes } => write!(
                f,
                "a Msg-len of {characters} that counts characters; it must count bytes, which are {bytes}"
            ),
            Self::Noise { bytes } => write!(f, "{bytes} bytes that are no frame"),
        }
    }
}
