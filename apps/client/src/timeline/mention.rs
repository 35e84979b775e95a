//! Mention: whether a text speaks of somebody by name, as a whole word and in any letter case.

use super::search::folded;

/// Whether `text` holds `name` as a whole word. `@name` does, and so does `NAME:`; a longer word does not.
#[must_use]
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (folded(text), folded(name));
    !name.is_empty()
        && text.match_indices(&*name).any(|(start, found)| {
            let before = text[..start].chars().next_back();
            let after = text[start + found.len()..].chars().next();
            !before.is_some_and(continues_word) && !after.is_some_and(continues_word)
        })
}

/// A letter, a digit, an underscore, or an accent on the letter before it.
fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\u{300}'..='\u{36f}')
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
}
