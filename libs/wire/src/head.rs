//! Start line and headers of one frame. Works on bytes that somebody else holds and remembers offsets only, so the
//! bytes may move between two calls. Knows nothing of payloads and buffers.

use crate::{DecodeError, Limits, Method};

/// Longest start line that is found behind noise in the middle of a line, in bytes with its line end. The exact form
/// has at most 16; blanks, a longer minor number and trailing blanks may double that.
pub(crate) const MAX_GLUED_START: usize = 32;

/// What every start line begins with. Any minor number is ours to read.
pub(crate) const VERSION: &[u8] = b"CHAT/1.";

/// What a start line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Known(Method),
    UnknownMethod,
}

/// May `line`, as far as it has come, be a start line from its first byte on?
pub(crate) fn may_start(line: &[u8]) -> bool {
    let common = line.len().min(VERSION.len());
    line[..common] == VERSION[..common]
}

/// Does a start line begin anywhere in these bytes, as it seems?
pub(crate) fn has_version(bytes: &[u8]) -> bool {
    bytes.windows(VERSION.len()).any(|window| window == VERSION)
}

/// Says which other protocol this is by the first line of a stream, of which `is_whole` tells whether it has ended
/// and is not too long.
///
/// A web page can have its visitor's browser send bytes of the page's choice to this port, after a request line or
/// within the start of TLS. Where that were skipped as noise, the page could speak in the room.
pub(crate) fn other_protocol(line: &[u8], is_whole: bool) -> Option<DecodeError> {
    if line.starts_with(TLS_HANDSHAKE) {
        return Some(DecodeError::Tls);
    }
    let line = is_whole.then(|| trim_blanks(without_line_end(line)))?;
    let (front, minor) = line.split_at(line.len().saturating_sub(1));
    let request = front.ends_with(b" HTTP/1.") && minor[0].is_ascii_digit();
    (request || line.starts_with(b"HTTP/1.")).then_some(DecodeError::Http)
}

/// The first two bytes of a TLS stream: a handshake record, major version 3 (RFC 8446, 5.1).
const TLS_HANDSHAKE: &[u8] = &[0x16, 0x03];

/// Finds the start line in a whole line, line end included: where it begins, and what it asks for.
///
/// At the front of the line any method counts. Behind noise, where a sloppy sender has glued the two, only the three
/// that we know do: people do write `CHAT/1.0` into their texts.
pub(crate) fn find_start(line: &[u8]) -> Option<(usize, Start)> {
    if let Some(start) = parse_start(without_line_end(line)) {
        return Some((0, start));
    }
    let tail = line.len().saturating_sub(MAX_GLUED_START);
    let at = tail + line[tail..].iter().rposition(|&byte| byte == VERSION[0])?;
    match parse_start(without_line_end(&line[at..]))? {
        start @ Start::Known(_) => Some((at, start)),
        Start::UnknownMethod => None,
    }
}

fn parse_start(line: &[u8]) -> Option<Start> {
    let rest = line.strip_prefix(VERSION)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (minor, rest) = rest.split_at(digits);
    let method = trim_blanks(rest);
    let separated = rest.first().is_some_and(is_blank);
    if minor.is_empty() || !separated || method.is_empty() {
        return None;
    }
    match method {
        b"TEXT" => Some(Start::Known(Method::Text)),
        b"JOIN" => Some(Start::Known(Method::Join)),
        b"LEAVE" => Some(Start::Known(Method::Leave)),
        other => other
            .iter()
            .all(u8::is_ascii_graphic)
            .then_some(Start::UnknownMethod),
    }
}

/// One head, as far as it has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) start: Start,
    /// Offsets of the name from the head's first byte, without outer blanks.
    pub(crate) name: Option<(usize, usize)>,
    pub(crate) names_differ: bool,
    pub(crate) payload_len: Option<u64>,
    headers: usize,
    /// Where the next line begins; the length of the head when it is complete. Bytes from the head's first.
    pub(crate) at: usize,
}

/// A head that may have begun after a silence in the middle of a frame, as far as it was read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fresh {
    head: Option<Head>,
    searched: usize,
}

impl Fresh {
    /// Whether `bytes` begin with a whole head of one of the three methods with a name. `None` while they may.
    pub(crate) fn is_a_frame(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        work: &mut u64,
    ) -> Option<bool> {
        let mut head = match self.head {
            Some(head) => head,
            None => {
                *work += (bytes.len() - self.searched) as u64;
                let Some(length) = find_line_end(&bytes[self.searched..]) else {
                    self.searched = bytes.len();
                    let undecided = may_start(bytes) && bytes.len() <= MAX_GLUED_START;
                    return if undecided { None } else { Some(false) };
                };
                self.searched += length;
                let line = without_line_end(&bytes[..self.searched]);
                match parse_start(line) {
                    Some(start @ Start::Known(_)) => Head::new(start, self.searched),
                    _ => return Some(false),
                }
            }
        };
        let progress = head.read(bytes, self.searched, limits, work);
        self.head = Some(head);
        self.searched = bytes.len();
        match progress {
            Ok(Progress::Partial) => None,
            Ok(Progress::Complete) => Some(head.name.is_some() && !head.names_differ),
            Ok(Progress::NotAHeader) | Err(_) => Some(false),
        }
    }
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
    /// Reads a whole head in the one exact form that is ours to send, in one pass. `None` for anything else, which
    /// [`read`](Self::read) then takes its time for; both say the same of what both take.
    pub(crate) fn read_exact(bytes: &[u8], limits: &Limits) -> Option<Self> {
        const HEADERS: usize = 2;
        let rest = bytes.strip_prefix(b"CHAT/1.0 ")?;
        let (method, rest) = match rest {
            [b'T', b'E', b'X', b'T', rest @ ..] => (Method::Text, rest),
            [b'J', b'O', b'I', b'N', rest @ ..] => (Method::Join, rest),
            [b'L', b'E', b'A', b'V', b'E', rest @ ..] => (Method::Leave, rest),
            _ => return None,
        };
        let rest = rest.strip_prefix(b"\r\nUsername: ")?;
        let begin = bytes.len() - rest.len();
        let (name, rest) = rest.split_at(rest.iter().position(u8::is_ascii_control)?);
        let outer_blank = name.first() == Some(&b' ') || name.last() == Some(&b' ');
        let mut rest = rest.strip_prefix(b"\r\n")?;
        let mut head = Self::new(Start::Known(method), 0);
        if method == Method::Text {
            let digits = rest.strip_prefix(b"Msg-len: ")?;
            let count = digits.iter().position(|digit| !digit.is_ascii_digit())?;
            let (digits, behind) = digits.split_at(count);
            head.payload_len = Some(parse_decimal(digits).ok()?);
            rest = behind.strip_prefix(b"\r\n")?;
        }
        head.at = bytes.len() - rest.strip_prefix(b"\r\n")?.len();
        head.name = Some((begin, begin + name.len()));
        (!outer_blank && head.at <= limits.max_head && HEADERS <= limits.max_headers)
            .then_some(head)
    }

    /// A head whose start line takes the first `len` bytes.
    pub(crate) fn new(start: Start, len: usize) -> Self {
        Self {
            start,
            name: None,
            names_differ: false,
            payload_len: None,
            headers: 0,
            at: len,
        }
    }

    /// Reads all whole lines of `bytes`, which begin with the head's first byte. The first `searched` bytes are known
    /// to hold no line end beyond those read already. Adds the bytes that it searches to `work`.
    pub(crate) fn read(
        &mut self,
        bytes: &[u8],
        searched: usize,
        limits: &Limits,
        work: &mut u64,
    ) -> Result<Progress, DecodeError> {
        let bytes = &bytes[..bytes.len().min(limits.max_head)];
        let mut from = searched.max(self.at);
        loop {
            let found = find_line_end(&bytes[from..]);
            *work += found.unwrap_or(bytes.len() - from) as u64;
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

    /// Takes one header, or says `false` when the line is none. `line` begins at `self.at` of `bytes`.
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
        if key.eq_ignore_ascii_case(b"Username") {
            let behind = trim_front(&line[colon + 1..]);
            let begin = self.at + line.len() - behind.len();
            let name = trim_blanks(behind);
            match self.name {
                None => self.name = Some((begin, begin + name.len())),
                Some((first, end)) => self.names_differ |= bytes[first..end] != *name,
            }
        } else if key.eq_ignore_ascii_case(b"Msg-len") {
            let len = parse_decimal(trim_blanks(&line[colon + 1..]))?;
            if self.payload_len.is_some_and(|first| first != len) {
                return Err(DecodeError::TwoLengths);
            }
            self.payload_len = Some(len);
        }
        Ok(true)
    }
}

/// How many bytes the first line has, its LF included.
pub(crate) fn find_line_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Eight bytes at a time. Behind the exclusive or, an LF is a zero byte, and the lowest high bit that the
    // subtraction sets is that of the first zero byte.
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let zeroed = u64::from_le_bytes(*chunk) ^ (LOW_BITS * b'\n' as u64);
        let found = zeroed.wrapping_sub(LOW_BITS) & !zeroed & (LOW_BITS << 7);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8 + 1);
        }
        at += 8;
    }
    let rest = bytes[at..].iter().position(|&byte| byte == b'\n')?;
    Some(at + rest + 1)
}

/// The lowest bit of each of eight bytes.
const LOW_BITS: u64 = 0x0101_0101_0101_0101;

/// A whole line without its LF or CR LF.
pub(crate) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim_front(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_blank(first)
    {
        bytes = rest;
    }
    bytes
}

fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let mut bytes = trim_front(bytes);
    while let [rest @ .., last] = bytes
        && is_blank(last)
    {
        bytes = rest;
    }
    bytes
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
