//! Where a text really ends whose `Msg-len` counts characters and not bytes.
//!
//! Streams that are in order are left alone: if no bytes follow a payload, or line ends, or what can begin a start
//! line, then the payload is the text. So are payloads that are not UTF-8.

use crate::start::VERSION;

/// Counts the characters of a text to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surplus {
    /// How many characters have not begun yet.
    missing: usize,
    /// How many bytes the last character still lacks.
    lacking: usize,
}

/// What the bytes after a payload say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The text ends after so many of them.
    Ends(usize),
    /// All of them belong to the text, and more must come.
    GoesOn,
    /// None of them belongs to the text. That is known from the byte after the first `after` of them.
    Foreign { after: usize },
}

/// Whether these bytes, as far as they have come, can follow a frame in order: a start line, line ends, or nothing.
pub(crate) fn is_in_order(bytes: &[u8]) -> bool {
    let common = bytes.len().min(VERSION.len());
    bytes[..common] == VERSION[..common] || matches!(bytes, [b'\r' | b'\n', ..])
}

impl Surplus {
    /// `None` unless the payload can be the front of a text that has as many characters as the payload has bytes.
    pub(crate) fn of(payload: &[u8]) -> Option<Self> {
        let (whole, lacking) = match core::str::from_utf8(payload) {
            Ok(text) => (text, 0),
            Err(error) if error.error_len().is_none() => {
                let (whole, torn) = payload.split_at(error.valid_up_to());
                (
                    core::str::from_utf8(whole).ok()?,
                    width(torn[0])? - torn.len(),
                )
            }
            Err(_) => return None,
        };
        let begun = whole.chars().count() + usize::from(whole.len() < payload.len());
        let missing = payload.len() - begun;
        (missing > 0 || lacking > 0).then_some(Self { missing, lacking })
    }

    /// Reads on. These bytes follow the ones of the last call.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Verdict {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.lacking > 0 {
                if byte & 0xc0 != 0x80 {
                    return Verdict::Foreign { after: at };
                }
                self.lacking -= 1;
            } else if self.missing > 0 {
                let Some(width) = width(byte) else {
                    return Verdict::Foreign { after: at };
                };
                self.missing -= 1;
                self.lacking = width - 1;
            } else if is_in_order(&bytes[at..]) {
                return Verdict::Ends(at);
            } else {
                return Verdict::Foreign { after: at };
            }
        }
        if self.missing == 0 && self.lacking == 0 {
            Verdict::Ends(bytes.len())
        } else {
            Verdict::GoesOn
        }
    }
}

/// How many bytes a character of UTF-8 has that begins with this byte.
fn width(first: u8) -> Option<usize> {
    match first {
        0..=0x7f => Some(1),
        0xc2..=0xdf => Some(2),
        0xe0..=0xef => Some(3),
        0xf0..=0xf4 => Some(4),
        _ => None,
    }
}
