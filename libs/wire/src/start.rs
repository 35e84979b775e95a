//! Start lines: of frames, also right after noise, and of other protocols.

use crate::scan::{is_blank, trim_blanks, without_line_end};
use crate::{DecodeError, Method};

/// The longest start line that is found after noise on the same line, in bytes, its line end included. The exact form
/// has at most 16. Extra blanks and a longer minor number may double that.
pub(crate) const MAX_GLUED_START: usize = 32;

/// What every start line begins with. Any minor number may follow.
pub(crate) const VERSION: &[u8; 7] = b"CHAT/1.";

/// What every start line begins with in the exact form, which is the only one that is sent.
pub(crate) const EXACT_START: &[u8; 9] = b"CHAT/1.0 ";

/// What a start line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// One of the three methods of CHAT/1.0.
    Plain(Method),
    /// One of the extension.
    Extension(Method),
    UnknownMethod,
}

/// Whether `line`, as far as it has come, may be a start line from its first byte on.
pub(crate) fn may_start(line: &[u8]) -> bool {
    let common = line.len().min(VERSION.len());
    line[..common] == VERSION[..common]
}

/// Whether a start line seems to begin anywhere in these bytes.
pub(crate) fn has_version(bytes: &[u8]) -> bool {
    bytes.windows(VERSION.len()).any(|window| window == VERSION)
}

/// Recognizes another protocol by the first line of a stream. `is_whole` is whether the line has ended and is not too
/// long.
///
/// A web page can make its visitor's browser send bytes of the page's choice to this port, after a request line or
/// within the start of TLS. If those were skipped as noise, the page could speak in the room.
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

/// Finds the start line in a whole line, which includes its line end. Returns where it begins and what it asks for.
///
/// At the beginning of the line any method counts. After noise that has no line end of its own, only those of CHAT/1.0
/// do, because people write `CHAT/1.0` into their texts.
pub(crate) fn find_start(line: &[u8]) -> Option<(usize, Start)> {
    if let Some(start) = parse_start(without_line_end(line)) {
        return Some((0, start));
    }
    let tail = line.len().saturating_sub(MAX_GLUED_START);
    let at = tail + line[tail..].iter().rposition(|&byte| byte == VERSION[0])?;
    match parse_start(without_line_end(&line[at..]))? {
        start @ Start::Plain(_) => Some((at, start)),
        Start::Extension(_) | Start::UnknownMethod => None,
    }
}

pub(crate) fn parse_start(line: &[u8]) -> Option<Start> {
    let rest = line.strip_prefix(VERSION)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (minor, rest) = rest.split_at(digits);
    let method = trim_blanks(rest);
    let separated = rest.first().is_some_and(is_blank);
    if minor.is_empty() || !separated || method.is_empty() {
        return None;
    }
    let is_it = |known: &Method| known.as_str().as_bytes() == method;
    if let Some(plain) = Method::PLAIN.into_iter().find(is_it) {
        return Some(Start::Plain(plain));
    }
    if let Some(extension) = Method::EXTENSION.into_iter().find(is_it) {
        return Some(Start::Extension(extension));
    }
    let is_word = method.iter().all(u8::is_ascii_graphic);
    is_word.then_some(Start::UnknownMethod)
}
