//! The head of one frame: its headers, and where it ends. It works on bytes that somebody else holds and remembers only
//! offsets, so the bytes may move between two calls. It knows nothing of payloads and buffers.

use core::fmt;
use core::ops::Range;

use crate::header::Header;
use crate::scan::{find_line_end, trim_blanks, trim_front, without_line_end};
use crate::start::{EXACT_START, Start};
use crate::{Limits, Method, work};

/// The header that says who a frame is from, in the exact form: after the end of the line before it.
pub(crate) const USERNAME: &[u8; 12] = b"\r\nUsername: ";
/// The header that says how many bytes the payload of a TEXT has, in the exact form.
pub(crate) const MSG_LEN: &[u8; 11] = b"\r\nMsg-len: ";

/// Takes the value of one header into the head. The value lies at this range of the head's bytes.
type Take = fn(&mut Head, &[u8], Range<usize>) -> Result<(), DecodeError>;

/// The headers of CHAT/1.0: their names, which count in any letter case, and what takes their values. Of all others it
/// is only noted whether the extension has them.
const HEADERS: [(&[u8], Take); 2] = [
    (name_of(USERNAME), Head::take_username),
    (name_of(MSG_LEN), Head::take_payload_len),
];

/// The name of a header in the exact form.
const fn name_of<const N: usize>(exact: &[u8; N]) -> &[u8] {
    let (_, name) = exact.split_at(b"\r\n".len());
    name.split_at(name.len() - b": ".len()).0
}

/// One head, as far as it has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) start: Start,
    /// Where the name begins and ends, without outer blanks. Counted from the head's first byte.
    pub(crate) name: Option<(usize, usize)>,
    pub(crate) names_differ: bool,
    /// Whether its method or one of its headers is of the extension.
    pub(crate) is_extended: bool,
    pub(crate) payload_len: Option<u64>,
    headers: usize,
    /// Where the next line begins, counted from the head's first byte. The length of the head when it is complete.
    pub(crate) at: usize,
}

/// How far the reading of a head came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The blank line was read.
    Complete,
    /// The line at `at` is no header.
    NotAHeader,
    /// The bytes end within the head.
    Partial,
}

impl Head {
    /// A head whose start line takes the first `len` bytes.
    pub(crate) fn new(start: Start, len: usize) -> Self {
        Self {
            start,
            name: None,
            names_differ: false,
            is_extended: matches!(start, Start::Extension(_)),
            payload_len: None,
            headers: 0,
            at: len,
        }
    }

    /// Reads a whole head in the exact form, quickly. Returns `None` for anything else, which is then left to
    /// [`read`](Self::read). If both can read a head, they agree on it.
    pub(crate) fn read_exact(bytes: &[u8], limits: &Limits) -> Option<Self> {
        let line = bytes.strip_prefix(EXACT_START)?;
        let (method, rest) = Method::PLAIN.into_iter().find_map(|method| {
            let (word, rest) = line.split_at_checked(method.as_str().len())?;
            (word == method.as_str().as_bytes()).then_some((method, rest))
        })?;
        let rest = rest.strip_prefix(USERNAME)?;
        let begin = bytes.len() - rest.len();
        let (name, mut rest) = rest.split_at(rest.iter().position(u8::is_ascii_control)?);
        let outer_blank = name.first() == Some(&b' ') || name.last() == Some(&b' ');
        let mut head = Self::new(Start::Plain(method), 0);
        head.name = Some((begin, begin + name.len()));
        head.headers = 1;
        if method == Method::Text {
            let digits = rest.strip_prefix(MSG_LEN)?;
            let count = digits.iter().position(|digit| !digit.is_ascii_digit())?;
            let (digits, after) = digits.split_at(count);
            head.payload_len = Some(parse_decimal(digits).ok()?);
            head.headers = 2;
            rest = after;
        }
        head.at = bytes.len() - rest.strip_prefix(b"\r\n\r\n")?.len();
        (!outer_blank && head.at <= limits.max_head && head.headers <= limits.max_headers)
            .then_some(head)
    }

    /// Reads all whole lines of `bytes`, which begin with the head's first byte. The first `searched` bytes were
    /// searched for line ends already.
    pub(crate) fn read(
        &mut self,
        bytes: &[u8],
        searched: usize,
        limits: &Limits,
    ) -> Result<Progress, DecodeError> {
        let bytes = &bytes[..bytes.len().min(limits.max_head)];
        let mut from = searched.max(self.at);
        loop {
            let found = find_line_end(&bytes[from..]);
            work::count(found.unwrap_or(bytes.len() - from));
            let Some(length) = found else { break };
            let end = from + length;
            let line = without_line_end(&bytes[self.at..end]);
            if line.is_empty() {
                self.at = end;
                return Ok(Progress::Complete);
            }
            if !self.read_header(bytes, line, limits)? {
                return Ok(Progress::NotAHeader);
            }
            self.at = end;
            from = end;
        }
        if bytes.len() == limits.max_head {
            return Err(DecodeError::HeadTooLong {
                limit: limits.max_head,
            });
        }
        Ok(Progress::Partial)
    }

    /// Reads one header. Returns `false` if the line is not a header. `line` begins at `self.at` of `bytes`.
    fn read_header(
        &mut self,
        bytes: &[u8],
        line: &[u8],
        limits: &Limits,
    ) -> Result<bool, DecodeError> {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            return Ok(false);
        };
        self.headers += 1;
        if self.headers > limits.max_headers {
            return Err(DecodeError::TooManyHeaders {
                limit: limits.max_headers,
            });
        }
        let key = trim_blanks(&line[..colon]);
        let known = HEADERS
            .iter()
            .find(|(name, _)| key.eq_ignore_ascii_case(name));
        if let Some((_, take)) = known {
            let value = trim_front(&line[colon + 1..]);
            let begin = self.at + line.len() - value.len();
            take(self, bytes, begin..begin + trim_blanks(value).len())?;
        } else if !self.is_extended {
            self.is_extended = Header::named(key).is_some();
        }
        Ok(true)
    }

    fn take_username(&mut self, bytes: &[u8], value: Range<usize>) -> Result<(), DecodeError> {
        match self.name {
            None => self.name = Some((value.start, value.end)),
            Some((first, end)) => self.names_differ |= bytes[first..end] != bytes[value],
        }
        Ok(())
    }

    fn take_payload_len(&mut self, bytes: &[u8], value: Range<usize>) -> Result<(), DecodeError> {
        let len = parse_decimal(&bytes[value])?;
        if self.payload_len.is_some_and(|first| first != len) {
            return Err(DecodeError::TwoLengths);
        }
        self.payload_len = Some(len);
        Ok(())
    }
}

fn parse_decimal(digits: &[u8]) -> Result<u64, DecodeError> {
    if digits.is_empty() {
        return Err(DecodeError::BadLength);
    }
    digits.iter().try_fold(0_u64, |number, &digit| {
        if !digit.is_ascii_digit() {
            return Err(DecodeError::BadLength);
        }
        number
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(u64::from(digit - b'0')))
            .ok_or(DecodeError::BadLength)
    })
}

/// Why a stream is given up: nobody can know where the next frame begins, or the peer asks for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The head has not ended within the limit.
    HeadTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The head has more headers than the limit.
    TooManyHeaders {
        /// The limit.
        limit: usize,
    },
    /// A `Msg-len` that is not a decimal number, is negative, or does not fit 64 bits.
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
