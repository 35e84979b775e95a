//! Clean: names and texts of others as they may go to a terminal. Pure.
//!
//! A terminal obeys control characters: they move the cursor, change its title, and some make it type. Others turn the
//! direction of the line, so that it reads differently from what it says. None of them is printed.

/// What stands where a control character was.
const INSTEAD: char = '\u{fffd}';

/// One line: no line ends, no control characters.
pub(crate) fn line(text: &str) -> String {
    text.chars()
        .map(|c| if is_obeyed(c) { INSTEAD } else { c })
        .collect()
}

/// A text: its further lines are indented, so that none of them can be taken for a line of ours. A tab is a blank.
pub(crate) fn text(text: &str) -> String {
    let lines = text.split('\n');
    let lines: Vec<_> = lines.map(|part| line(&part.replace('\t', " "))).collect();
    lines.join("\n    ")
}

/// Whether a terminal does something else than to print it.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_that_a_terminal_obeys_is_left() {
        for c in [
            '\0', '\u{7}', '\u{1b}', '\r', '\n', '\t', '\u{7f}', '\u{85}', '\u{9b}', '\u{202e}',
            '\u{2069}',
        ] {
            assert_eq!(line(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
        }
        let ordinary = "Grüße, 日本 👩\u{200d}👧 שלום";
        assert_eq!(line(ordinary), ordinary);
    }

    #[test]
    fn further_lines_of_a_text_are_indented() {
        assert_eq!(
            text("a\n12:00 bob: b\tc\u{1b}[2J"),
            "a\n    12:00 bob: b c\u{fffd}[2J"
        );
    }
}
