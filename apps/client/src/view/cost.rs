//! What a text costs the page to lay out, and where it is cut so that no text costs much. Pure.
//!
//! Measured in WebKit: a letter with a mark costs as much as several without, and a word costs the square of how often
//! it turns its direction. All else is cheap.

use std::ops::Range;

/// The most that a part of a text may cost: it is laid out within two frames. A text that costs more shows its
/// beginning and "Show all", and all of it is laid out in such parts. An ASCII letter costs 1, and no letter costs less
/// than its bytes.
pub const PART_COST: usize = 8 * 1024;

/// The most lines in a beginning: about three screens.
const PREVIEW_LINES: usize = 100;

/// The most letters of a word that turns its direction and still breaks only where words do. No real word is as long.
const WORD_LETTERS: usize = 100;

/// The part of a text that is shown at first.
pub(super) fn beginning(text: &str) -> &str {
    let lines = text
        .match_indices('\n')
        .nth(PREVIEW_LINES - 1)
        .map_or(text.len(), |(at, _)| at);
    &text[..part_end(text).min(lines)]
}

/// The parts of a text, in order; together they are the text.
pub(super) fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(part_end(rest));
        parts.push(part);
        rest = behind;
    }
    parts
}

/// Where the first part ends: after a line or a word if one ends in its second half, else between two characters.
fn part_end(text: &str) -> usize {
    let mut left = PART_COST;
    let over = text.char_indices().find(|(_, letter)| {
        let cost = cost(*letter);
        let is_over = cost > left;
        left = left.saturating_sub(cost);
        is_over
    });
    let Some((end, _)) = over else {
        return text.len();
    };
    let part = &text[..end];
    let after = |ends: &[char]| part.rfind(ends).filter(|at| *at > end / 2);
    after(&['\n'])
        .or_else(|| after(&[' ', '\t']))
        .map_or(end, |at| at + 1)
}

fn cost(letter: char) -> usize {
    match letter {
        '\0'..='\x7f' => 1,
        _ if letter.is_alphanumeric() => letter.len_utf8().max(3),
        // Among them are marks, and a letter can have any number of those.
        _ => 8,
    }
}

/// The ranges of the words in a text that turn their direction and are longer than [`WORD_LETTERS`].
pub(super) fn tangles(text: &str) -> Vec<Range<usize>> {
    let words = text.split([' ', '\t', '\n']).scan(0, |next, word| {
        let start = *next;
        *next += word.len() + 1;
        Some((start, word))
    });
    words
        .filter(|(_, word)| is_tangle(word))
        .map(|(start, word)| start..start + word.len())
        .collect()
}

/// Whether the word must be allowed to break anywhere.
fn is_tangle(word: &str) -> bool {
    word.len() > WORD_LETTERS && word.chars().any(turns) && word.chars().nth(WORD_LETTERS).is_some()
}

/// Whether the letter may turn the direction: it belongs to a script that is written from right to left, or only turns
/// those around it.
fn turns(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8ff}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_above_the_limit_of_cost_and_between_characters() {
        let exact = "x".repeat(PART_COST);
        assert_eq!(beginning(&exact), exact);
        assert_eq!(beginning(&format!("{exact}y")), exact);
        let letters = |letter: &str| beginning(&letter.repeat(PART_COST)).chars().count();
        assert_eq!(letters("\u{436}"), PART_COST / 3);
        assert_eq!(letters("\u{4e2d}"), PART_COST / 3);
        assert_eq!(letters("\u{20000}"), PART_COST / 4);
        assert_eq!(letters("\u{301}"), PART_COST / 8);
        assert_eq!(letters("\u{1f600}"), PART_COST / 8);
    }

    #[test]
    fn no_part_is_longer_in_bytes_than_it_may_cost() {
        for letter in ('\0'..=char::MAX).step_by(7) {
            assert!(letter.len_utf8() <= cost(letter), "{letter:?}");
        }
    }

    #[test]
    fn a_text_is_cut_above_the_limit_of_lines() {
        let exact = vec!["x"; PREVIEW_LINES].join("\n");
        assert_eq!(beginning(&exact), exact);
        assert_eq!(beginning(&format!("{exact}\ny")), exact);
    }

    #[test]
    fn parts_end_after_a_line_or_else_after_a_word_and_together_are_the_text() {
        let half = "x".repeat(PART_COST / 2 + 1);
        for (text, end) in [
            (format!("{half}\nx {half}"), "\n"),
            (format!("{half} x{half}"), " "),
            (format!("{half}\tx{half}"), "\t"),
            (format!("x\n{half}{half}"), "x"),
            ("\u{20ac}".repeat(3 * PART_COST), "\u{20ac}"),
            (" ".repeat(3 * PART_COST), " "),
        ] {
            let parts = parts(&text);
            assert!(parts.len() > 1 && parts[0].ends_with(end), "{parts:?}");
            assert_eq!(parts.concat(), text);
        }
        assert_eq!(parts("short"), ["short"]);
        assert!(parts("").is_empty());
    }

    #[test]
    fn a_tangle_is_a_word_that_turns_its_direction_and_is_longer_than_any_word() {
        let word = format!("{}\u{5d0}", "x".repeat(WORD_LETTERS - 1));
        let longer = format!("{word}\u{5d0}");
        assert!(tangles(&word).is_empty());
        assert!(tangles(&format!("{word} {word}\t{word}\n{word}")).is_empty());
        assert!(tangles(&"x".repeat(WORD_LETTERS + 1)).is_empty());
        let text = format!("see {longer}\n{longer} end");
        let found: Vec<_> = tangles(&text).into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, [&longer, &longer]);
        for turning in ["\u{627}", "\u{200f}", "\u{202e}", "\u{2067}", "\u{fefc}"] {
            assert!(is_tangle(&format!("x{turning}").repeat(WORD_LETTERS)));
        }
    }
}
