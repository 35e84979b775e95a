//! Lines: what a browser keeps, written and read without a library, which would be a fifteenth of the page.
//!
//! They are the little of TOML that the library writes for the same values, byte for byte: so a page reads what older
//! ones have left. What newer ones have left stays as it stands. Pure. A file that people edit is read by the library.

use std::str::Chars;

/// One line. Nobody edits them, so there are no comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Fields of one more of these follow.
    Another(String),
    /// A field and its value.
    Field(String, Value),
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Is(bool),
    Number(u16),
    Text(String),
    Texts(Vec<String>),
    /// What another version may read, as it stands.
    Other(String),
}

impl Line {
    /// A field of this name.
    pub(super) fn field(name: &str, value: Value) -> Self {
        Self::Field(name.to_owned(), value)
    }

    fn read(line: &str) -> Option<Self> {
        if let Some(rest) = line.strip_prefix("[[") {
            return Some(Self::Another(rest.strip_suffix("]]")?.to_owned()));
        }
        let (name, value) = line.split_once(" = ")?;
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_of_name);
        is_name(name).then(|| Self::field(name, Value::of(value)))
    }
}

/// Whether a name may have this in it, without quotes around it.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

impl Value {
    fn of(text: &str) -> Self {
        Self::read(text).unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let (value, rest) = match text {
            "true" | "false" => (Self::Is(text == "true"), ""),
            _ if text.starts_with('"') => {
                let (text, rest) = read_text(text)?;
                (Self::Text(text), rest)
            }
            _ if text.starts_with('[') => {
                let (texts, rest) = read_texts(text)?;
                (Self::Texts(texts), rest)
            }
            _ => (Self::Number(text.parse().ok()?), ""),
        };
        rest.is_empty().then_some(value)
    }

    fn write(&self, to: &mut String) {
        match self {
            Self::Is(true) => to.push_str("true"),
            Self::Is(false) => to.push_str("false"),
            Self::Number(number) => to.push_str(&number.to_string()),
            Self::Text(text) => write_text(text, to),
            Self::Other(text) => to.push_str(text),
            Self::Texts(texts) => {
                to.push('[');
                for (at, text) in texts.iter().enumerate() {
                    to.push_str(if at == 0 { "" } else { ", " });
                    write_text(text, to);
                }
                to.push(']');
            }
        }
    }
}

/// Reads all lines, or says which one is broken.
pub(super) fn read(text: &str) -> Result<Vec<Line>, String> {
    let lines = text.lines().filter(|line| !line.is_empty());
    let read = |line| Line::read(line).ok_or_else(|| format!("this line is broken: {line}"));
    lines.map(read).collect()
}

/// Writes them.
pub(super) fn write(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Another(name) => {
                text.push_str(if text.is_empty() { "[[" } else { "\n[[" });
                text.push_str(name);
                text.push_str("]]");
            }
            Line::Field(name, value) => {
                text.push_str(name);
                text.push_str(" = ");
                value.write(&mut text);
            }
        }
        text.push('\n');
    }
    text
}

/// Splits off the text in quotes at the start: the text, and the rest.
fn read_text(quoted: &str) -> Option<(String, &str)> {
    let mut rest = quoted.strip_prefix('"')?.chars();
    let mut text = String::new();
    loop {
        match rest.next()? {
            '"' => return Some((text, rest.as_str())),
            '\\' => text.push(read_escape(&mut rest)?),
            letter => text.push(letter),
        }
    }
}

/// The letter that is meant behind a backslash.
fn read_escape(rest: &mut Chars<'_>) -> Option<char> {
    Some(match rest.next()? {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{c}',
        'r' => '\r',
        'u' => {
            let (digits, behind) = rest.as_str().split_at_checked(4)?;
            *rest = behind.chars();
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
        }
        letter @ ('"' | '\\') => letter,
        _ => return None,
    })
}

fn read_texts(list: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = list.strip_prefix('[')?;
    let mut texts = Vec::new();
    while !rest.starts_with(']') {
        if !texts.is_empty() {
            rest = rest.strip_prefix(", ")?;
        }
        let (text, behind) = read_text(rest)?;
        texts.push(text);
        rest = behind;
    }
    Some((texts, &rest[1..]))
}

fn write_text(text: &str, to: &mut String) {
    to.push('"');
    for letter in text.chars() {
        match letter {
            '\u{8}' => to.push_str("\\b"),
            '\t' => to.push_str("\\t"),
            '\n' => to.push_str("\\n"),
            '\u{c}' => to.push_str("\\f"),
            '\r' => to.push_str("\\r"),
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\0'..='\u{1f}' | '\u{7f}' => to.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => to.push(letter),
        }
    }
    to.push('"');
}
