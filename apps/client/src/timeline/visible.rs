//! Visible: whether a text shows anything at all, and what is shown for one that does not.

use crate::tables;

/// What is shown in the place of a text or a name that shows nothing.
pub const NOTHING_VISIBLE: &str = "(nothing visible)";

/// The text as it is shown: itself, unless it is blank or made of characters that are not seen.
#[must_use]
pub fn visible(text: &str) -> &str {
    if text.chars().all(is_unseen) {
        NOTHING_VISIBLE
    } else {
        text
    }
}

fn is_unseen(c: char) -> bool {
    // A pattern of no dots in Braille.
    c == '\u{2800}' || c.is_whitespace() || tables::is_unseen(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_something_is_shown_as_it_is() {
        for text in [
            "a",
            " . ",
            "\u{200b}a",
            "\u{301}",
            "\u{2764}\u{fe0f}",
            "\u{e000}",
        ] {
            assert_eq!(visible(text), text, "{text:?}");
        }
    }

    #[test]
    fn what_shows_nothing_says_so() {
        for text in [
            "",
            " ",
            "\n\t \r\n",
            "\u{a0}\u{3000}\u{2003}",
            "\u{200b}",
            "\u{200d}\u{200c}\u{2060}\u{feff}",
            "\u{202e}\u{2069}",
            "\u{ad}",
            "\u{3164}\u{115f}\u{ffa0}",
            "\u{2800}",
            "\u{7}\u{1b}",
            "\u{fe0f}",
            "\u{e0041}",
        ] {
            assert_eq!(visible(text), NOTHING_VISIBLE, "{text:?}");
        }
    }
}
