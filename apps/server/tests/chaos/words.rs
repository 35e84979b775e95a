//! The texts of a chaos run. Each begins with its own name: who said it, in which run, and which text of that run it
//! is. What follows is padding that the name determines, so that a reader sees whether the text is whole.

use std::fmt;

/// Names a text, such as `ann.2.17`: the seventeenth text of ann's second run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TextId {
    pub(crate) who: String,
    /// Which run of the program; for a plain member which connection. From 1.
    pub(crate) run: u32,
    /// Which text of the run, from 1.
    pub(crate) number: u64,
}

impl TextId {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let mut parts = word.split('.');
        let id = Self {
            who: parts.next()?.to_owned(),
            run: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(id)
    }

    /// The text with this much padding, in bytes.
    pub(crate) fn text(&self, padding: usize) -> String {
        let letters = (0..padding).map(|at| self.letter(at));
        std::iter::once(format!("{self} "))
            .chain(letters.map(String::from))
            .collect()
    }

    /// Which text this is. `None` if it is not as [`text`](Self::text) makes them.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let (id, padding) = text.split_once(' ')?;
        let id = Self::parse(id)?;
        let letters = padding.chars().enumerate();
        let is_whole = letters
            .into_iter()
            .all(|(at, letter)| letter == id.letter(at));
        is_whole.then_some(id)
    }

    fn letter(&self, at: usize) -> char {
        let letter = (self.number as usize + at) % 26;
        char::from(b'a' + letter as u8)
    }
}

impl fmt::Display for TextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.who, self.run, self.number)
    }
}

#[test]
fn a_text_tells_its_name_and_a_changed_one_does_not() {
    let id = TextId::parse("ann.2.17").unwrap();
    let text = id.text(100);
    assert_eq!(TextId::of_text(&text), Some(id.clone()));
    assert_eq!(TextId::of_text(&text.replacen('t', "T", 1)), None);
    assert_eq!(TextId::of_text(&id.text(0)), Some(id));
}
