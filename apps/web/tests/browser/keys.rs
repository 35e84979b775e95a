//! Keys of a keyboard, in the words of the inspector.

use serde_json::{Value, json};

/// The size of the phone that the page is made for, in pixels of its style.
pub(crate) const PHONE: (u32, u32) = (390, 844);

/// The keys that write nothing: their name, and the number that Windows has given them.
const SILENT: [(&str, u32); 15] = [
    ("Backspace", 8),
    ("Tab", 9),
    ("Escape", 27),
    ("PageUp", 33),
    ("PageDown", 34),
    ("End", 35),
    ("Home", 36),
    ("ArrowLeft", 37),
    ("ArrowUp", 38),
    ("ArrowRight", 39),
    ("ArrowDown", 40),
    ("Delete", 46),
    ("F1", 112),
    ("F6", 117),
    ("ContextMenu", 93),
];

/// The keys that are held down, and their bit.
pub(crate) const HELD: [(&str, u32); 4] = [("Alt", 1), ("Control", 2), ("Meta", 4), ("Shift", 8)];

/// One key, with those that are held down meanwhile.
pub(crate) struct Key {
    /// Its name, which is the letter that it writes, if it writes one.
    pub(crate) name: String,
    code: String,
    number: u32,
    text: String,
    /// The bits of those that are held down.
    pub(crate) held: u32,
}

impl Key {
    /// The key of this name, such as `Enter` or `a`, after the names of those that are held down: `Control+Shift+a`.
    pub(crate) fn named(name: &str) -> Key {
        let mut words: Vec<_> = name.split('+').collect();
        let last = words.pop().unwrap();
        let bit = |word: &&str| {
            HELD.iter()
                .find(|(held, _)| held == word)
                .unwrap_or_else(|| panic!("no key {word}"))
                .1
        };
        let held: u32 = words.iter().map(bit).sum();
        let mut key = match SILENT.iter().find(|(silent, _)| *silent == last) {
            Some((silent, number)) => Key {
                name: (*silent).to_owned(),
                code: (*silent).to_owned(),
                number: *number,
                text: String::new(),
                held: 0,
            },
            None if last == "Enter" => Key::of('\n'),
            None if last == "Space" => Key::of(' '),
            None => Key::of(last.chars().next().unwrap()),
        };
        key.held |= held;
        if key.held & 0b111 != 0 {
            key.text.clear();
        }
        key
    }

    /// The key that writes this letter.
    pub(crate) fn of(letter: char) -> Key {
        let upper = letter.to_ascii_uppercase();
        let (name, code, number) = match letter {
            '\n' => ("Enter".to_owned(), "Enter".to_owned(), 13),
            ' ' => (" ".to_owned(), "Space".to_owned(), 32),
            'a'..='z' | 'A'..='Z' => (letter.to_string(), format!("Key{upper}"), u32::from(upper)),
            '0'..='9' => (
                letter.to_string(),
                format!("Digit{letter}"),
                u32::from(letter),
            ),
            _ => (letter.to_string(), String::new(), 0),
        };
        let text = if letter == '\n' {
            "\r".to_owned()
        } else {
            letter.to_string()
        };
        let held = if letter.is_ascii_uppercase() { 8 } else { 0 };
        Key {
            name,
            code,
            number,
            text,
            held,
        }
    }

    /// Pressing it.
    pub(crate) fn down(&self) -> Value {
        let kind = if self.text.is_empty() {
            "rawKeyDown"
        } else {
            "keyDown"
        };
        let mut event = self.event(kind);
        if !self.text.is_empty() {
            event["text"] = json!(self.text);
        }
        event
    }

    /// Releasing it.
    pub(crate) fn up(&self) -> Value {
        self.event("keyUp")
    }

    fn event(&self, kind: &str) -> Value {
        json!({
            "type": kind, "key": self.name, "code": self.code, "modifiers": self.held,
            "windowsVirtualKeyCode": self.number, "nativeVirtualKeyCode": self.number,
        })
    }
}
