//! The words for what comes out of a stream: a frame, something that was passed over and why, or why the stream is given
//! up.

use core::fmt;

use crate::{Frame, Username, UsernameError};

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

/// What was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ignored {
    /// A frame whose method is none of the three; its payload is skipped too.
    UnknownMethod,
    /// A frame without `Username`.
    NoUsername,
    /// A frame whose `Username` cannot be a name.
    BadUsername(UsernameError),
    /// A frame with two `Username` headers that differ.
    TwoUsernames,
    /// A TEXT without `Msg-len`, or with `Msg-len: 0`.
    EmptyText,
    /// A TEXT longer than the limit; its payload is read past without being stored.
    PayloadTooLong {
        /// Its `Msg-len`, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A frame with a line in its head that is no header. What follows is read as noise.
    NotAHeader,
    /// A frame that was given up in its head, or in a payload that nobody wants, since a new one began after a
    /// [`silence`](crate::Decoder::silence).
    CutOff,
    /// The length of the text that came out last, which counted characters. The text is whole; nothing was passed over
    /// but the number.
    CountedCharacters {
        /// Its `Msg-len`.
        characters: usize,
        /// Its length, in bytes.
        bytes: usize,
    },
    /// Bytes that are no start line where a start line must be.
    Noise {
        /// How many, in bytes.
        bytes: usize,
    },
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMethod => {
                f.write_str("a frame with a method other than JOIN, LEAVE, TEXT")
            }
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

/// Why the stream is given up: where the next frame begins cannot be known, or the peer asks too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The head has not ended within the limit.
    HeadTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// More headers than the limit.
    TooManyHeaders {
        /// The limit.
        limit: usize,
    },
    /// `Msg-len` is no decimal number, is negative or does not fit 64 bits.
    BadLength,
    /// Two `Msg-len` headers that differ.
    TwoLengths,
    /// The stream begins with HTTP.
    Http,
    /// The stream begins with TLS.
    Tls,
    /// More noise in a row than the limit.
    TooMuchNoise {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadTooLong { limit } => {
                write!(f, "a head longer than {limit} bytes, which is the most")
            }
            Self::TooManyHeaders { limit } => {
                write!(
                    f,
                    "a head with more than {limit} headers, which is the most"
                )
            }
            Self::BadLength => f.write_str("a Msg-len that is no decimal number of bytes"),
            Self::TwoLengths => f.write_str("two Msg-len headers that differ"),
            Self::Http => {
                f.write_str("HTTP, which is not CHAT/1.0; is this a browser or a web server?")
            }
            Self::Tls => f.write_str("TLS, and here CHAT/1.0 is spoken without it"),
            Self::TooMuchNoise { limit } => write!(
                f,
                "more than {limit} bytes in a row that are no frame; is this CHAT/1.0?"
            ),
        }
    }
}

impl core::error::Error for DecodeError {}
