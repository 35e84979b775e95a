//! Mention: whether a text speaks of somebody by name, as a whole word and in any letter case.

use super::search::folded;
use crate::links;

/// Whether `text` holds `name` as a whole word. `@name` does, and so does `NAME:`; a longer word does not, and neither
/// does a link, another address or a path in which the name stands.
#[must_use]
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let name = folded(name);
    // Most texts end here.
    if name.is_empty() || !folded(text).contains(&name) {
        return false;
    }
    let text = folded(&without_links(text));
    text.match_indices(&*name).any(|(start, found)| {
        let (before, after) = (&text[..start], &text[start + found.len()..]);
        let stands_alone = !before.ends_with(continues_word) && !after.starts_with(continues_word);
        let blank = char::is_whitespace;
        let before = before.rsplit(blank).next().unwrap_or_default();
        let after = after.split(blank).next().unwrap_or_default();
        stands_alone && !is_in_address(before, found, after) && !is_in_path(before, after)
    })
}

/// Whether a word goes on with this: a letter, a digit, an underscore, or an accent on the letter before it.
fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\u{300}'..='\u{36f}')
}

fn without_links(text: &str) -> String {
    let mut words = String::new();
    let mut rest = 0;
    for link in links::find(text) {
        words.push_str(&text[rest..link.range.start]);
        words.push(' ');
        rest = link.range.end;
    }
    words + &text[rest..]
}

/// Whether the name is part of a host, a file or a mail address: the first two go on after a dot, and a mail address
/// has letters on both sides of its `@`. `before` and `after` reach from the name to the next blanks.
fn is_in_address(before: &str, name: &str, after: &str) -> bool {
    let goes_on = after
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(continues_word));
    let word = format!("{before}{name}{after}");
    goes_on
        || word.match_indices('@').any(|(at, _)| {
            word[..at].ends_with(continues_word) && word[at + 1..].starts_with(continues_word)
        })
}

/// Whether the name is part of a path: one that begins like a path, or ends with a file. Names with slashes between
/// them are none.
fn is_in_path(before: &str, after: &str) -> bool {
    let slash = ['/', '\\'];
    if !before.ends_with(slash) && !after.starts_with(slash) {
        return false;
    }
    let marks = |c: char| !c.is_alphanumeric() && !"/\\~.".contains(c);
    let start = before.trim_start_matches(marks);
    let is_on_a_drive = matches!(start.as_bytes(), [_, b':', b'/' | b'\\', ..]);
    let end = after.trim_end_matches(|c: char| !c.is_alphanumeric());
    let file = end.rsplit(slash).next().unwrap_or_default();
    start.starts_with(['/', '\\', '~', '.']) || is_on_a_drive || file.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_is_a_word() {
        for text in [
            "alice",
            "@alice",
            "@Alice: look",
            "hi ALICE!",
            "is this alice's?",
            "(alice)",
            "bob,alice,carol",
            "malice, alice",
            "one\nalice\ntwo",
            "alice\u{1f600}",
        ] {
            assert!(mentions(text, "alice"), "{text}");
        }
    }

    #[test]
    fn a_name_inside_a_longer_word_is_none() {
        for text in [
            "",
            "malice",
            "alices",
            "alice2",
            "alice_b",
            "@alicea",
            "al ice",
            "alice\u{301}",
            "\u{e9}alice",
        ] {
            assert!(!mentions(text, "alice"), "{text}");
        }
    }

    #[test]
    fn letter_case_does_not_matter_in_any_script() {
        assert!(mentions("hej ÅSA!", "åsa"));
        assert!(mentions("ΓΙΏΡΓΟΣ, έλα", "γιώργος"));
        assert!(mentions("hallo WEISS", "weiß"));
        assert!(mentions("ЮЛИЯ тут?", "Юлия"));
        assert!(!mentions("åsand", "åsa"));
    }

    #[test]
    fn a_name_may_hold_anything() {
        assert!(mentions("ask Mary Ann.", "mary ann"));
        assert!(mentions("is [bot] there", "[BOT]"));
        assert!(!mentions("x[bot]", "[bot]"));
        assert!(mentions("\u{592a}\u{90ce}, here", "\u{592a}\u{90ce}"));
        assert!(!mentions("anything", ""));
    }

    #[test]
    fn a_name_in_a_link_another_address_or_a_path_is_no_mention() {
        for text in [
            "https://example.org/alice",
            "see (https://alice.example/x).",
            "chat://alice:8765",
            "mailto:alice@example.org",
            "alice@example.org",
            "write to bob@alice.example",
            "alice.smith@example.org",
            "alice.example.org is down",
            "alice.rs does not build",
            "/home/alice/notes",
            "(/home/alice)",
            "~/alice",
            "../alice/x",
            "C:\\Users\\alice\\x",
            "src/alice/main.rs",
        ] {
            assert!(!mentions(text, "alice"), "{text}");
        }
        for text in [
            "alice: see https://example.org/alice",
            "https://example.org/x alice",
            "alice/bob: lunch?",
            "bob/alice/carol, lunch?",
            "and/or alice.",
            "/home/alice is yours, alice",
            "alice...",
            "@alice/@bob",
            "hi @alice, bob@example.org wrote",
        ] {
            assert!(mentions(text, "alice"), "{text}");
        }
    }

    #[test]
    fn a_letter_with_its_accent_is_the_letter_before_it() {
        assert!(mentions("salut Zoe\u{301} !", "zo\u{e9}"));
        assert!(mentions("salut ZO\u{c9}", "Zoe\u{301}"));
        assert!(!mentions("salut Zoe", "zo\u{e9}"));
    }
}
