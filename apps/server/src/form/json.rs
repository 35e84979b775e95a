//! JSON: one object for each line of the log. It is plain ASCII, so that no name can do anything to a terminal.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

/// Writes an event as a line.
pub(super) fn write(writer: &mut Writer<'_>, has_time: bool, event: &Event<'_>) -> fmt::Result {
    let mut object = Object::default();
    if has_time {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        object.text("time", &time);
    }
    object.text("level", event.metadata().level().as_str());
    event.record(&mut object);
    writeln!(writer, "{}", object.end())
}

/// An object of a level and a message.
pub(super) fn of(level: Level, message: &str) -> String {
    let mut object = Object::default();
    object.text("level", level.as_str());
    object.text("message", message);
    object.end()
}

/// The beginning of an object.
#[derive(Default)]
struct Object(String);

impl Object {
    fn key(&mut self, key: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.string(key);
        self.0.push(':');
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    fn string(&mut self, text: &str) {
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => self.0.extend(['\\', character]),
                ' '..='~' => self.0.push(character),
                _ => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        // Writing to a String cannot fail.
                        let _ = write!(self.0, "\\u{unit:04x}");
                    }
                }
            }
        }
        self.0.push('"');
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.key(field.name());
        let _ = write!(self.0, "{value}");
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

impl Visit for Object {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_plain_ascii_whatever_is_in_it() {
        let message = "a\"b\\c\nd\u{202e}e\u{1f600}f\u{7f}g";
        assert_eq!(
            of(Level::WARN, message),
            r#"{"level":"WARN","message":"a\"b\\c\u000ad\u202ee\ud83d\ude00f\u007fg"}"#
        );
    }
}
