//! Words: what the server's frames say, as text for a person. Pure.

use hubbub_wire::{Frame, Username};

use crate::why::CLOSED;
use crate::{Event, Mark};

/// A reason is one line of at most this many characters. What is longer is not a reason but a text, and is cut.
const REASON: usize = 200;

/// The event that a frame of CHAT/1.0 tells of. Bytes that are not UTF-8 are replaced, and line ends become LF.
pub(crate) fn to_event(frame: &Frame<'_>) -> Option<Event> {
    let name = frame.username().to_string();
    match frame {
        Frame::Join { .. } => Some(Event::Joined { name }),
        Frame::Leave { .. } => Some(Event::Left { name }),
        Frame::Text { payload, .. } => Some(said(name, payload.as_bytes(), None)),
        _ => None,
    }
}

/// The event for a text.
pub(crate) fn said(name: String, payload: &[u8], mark: Option<Mark>) -> Event {
    let is_text = str::from_utf8(payload).is_ok();
    Event::Said {
        name,
        text: text(payload),
        bytes: (!is_text).then(|| payload.to_vec()),
        mark,
    }
}

/// The event for a text of `len` bytes of which only this `payload` came.
pub(crate) fn cut_off(username: &Username<'_>, payload: &[u8], len: usize) -> Event {
    Event::CutOff {
        name: username.to_string(),
        text: text(payload),
        missing: len - payload.len(),
    }
}

pub(crate) fn text(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).replace("\r\n", "\n")
}

/// The reason in what the server said when it refused us: the first line that is not empty.
pub(crate) fn reason(words: &str) -> String {
    let mut lines = words.lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty()).unwrap_or(CLOSED);
    line.chars().take(REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_the_first_line_that_says_something() {
        assert_eq!(reason("taken"), "taken");
        assert_eq!(reason(" \n\n  taken \nchoose another"), "taken");
        assert_eq!(reason("\n"), CLOSED);
    }

    #[test]
    fn a_reason_has_two_hundred_characters_at_most() {
        assert_eq!(reason(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(reason(&"ü".repeat(201)), "ü".repeat(200));
    }
}
