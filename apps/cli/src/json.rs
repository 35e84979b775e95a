//! JSON: what happened in a room, as one object a line. Readers skip types and fields that they do not know. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Something that was said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// RFC 3339 in UTC, with milliseconds.
    pub(crate) time: &'a str,
    /// Its name, which stays the same wherever it is told. A plain server gives none.
    pub(crate) id: Option<&'a str>,
    /// Its place in the log: opaque, compared for equality only.
    pub(crate) seq: Option<&'a str>,
    /// Who said it.
    pub(crate) from: &'a str,
    /// What was said.
    pub(crate) text: &'a [u8],
    /// Whether it was said before, and is told again.
    pub(crate) past: bool,
}

/// The fields in their order.
#[derive(Serialize)]
#[serde(tag = "type", rename = "text")]
struct Object<'a> {
    time: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<&'a str>,
    from: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Instead of `text`, where that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    text_base64: Option<String>,
    past: bool,
}

impl Text<'_> {
    /// The line for it, with its end.
    pub(crate) fn line(&self) -> String {
        let text = str::from_utf8(self.text);
        let text_base64 = text.is_err().then(|| STANDARD.encode(self.text));
        line(&Object {
            time: self.time,
            id: self.id,
            seq: self.seq,
            from: self.from,
            text: text.ok(),
            text_base64,
            past: self.past,
        })
    }
}

/// The line for an object, with its end.
pub(crate) fn line(object: &impl Serialize) -> String {
    // Strings and truths can always be written.
    let mut line = serde_json::to_string(object).unwrap_or_default();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Text<'_> = Text {
        time: "2026-11-26T00:08:42.123Z",
        id: Some("51c0ffee51c0ffee-9"),
        seq: Some("a1-42"),
        from: "alice",
        text: "a\n\"b\" \u{1b}[2J ü".as_bytes(),
        past: true,
    };

    #[test]
    fn a_text_is_one_line_in_which_nothing_is_obeyed() {
        assert_eq!(
            TEXT.line(),
            "{\"type\":\"text\",\"time\":\"2026-11-26T00:08:42.123Z\",\"id\":\"51c0ffee51c0ffee-9\",\
             \"seq\":\"a1-42\",\"from\":\"alice\",\"text\":\"a\\n\\\"b\\\" \\u001b[2J ü\",\"past\":true}\n"
        );
    }

    #[test]
    fn what_is_not_utf8_keeps_its_bytes() {
        let line = Text {
            id: None,
            seq: None,
            text: b"a\xffb",
            ..TEXT
        }
        .line();
        assert_eq!(
            line,
            "{\"type\":\"text\",\"time\":\"2026-11-26T00:08:42.123Z\",\"from\":\"alice\",\
             \"text_base64\":\"Yf9i\",\"past\":true}\n"
        );
    }
}
