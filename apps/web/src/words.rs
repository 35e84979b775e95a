//! Words: several texts in one line, with blanks between them. Pure.

/// One line of these texts, each of which may hold anything.
#[must_use]
pub(crate) fn join<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let words: Vec<_> = texts.into_iter().map(|text| write(text)).collect();
    words.join(" ")
}

/// The text as one word, which may be empty.
fn write(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace(' ', "%20").replace('\n', "%0A")
}

/// Reads one word. `None`: it is none.
#[must_use]
pub(crate) fn read(word: &str) -> Option<String> {
    let mut text = String::with_capacity(word.len());
    let mut parts = word.split('%');
    text.push_str(parts.next()?);
    for part in parts {
        let rest = [("25", '%'), ("20", ' '), ("0A", '\n')];
        let (rest, letter) = rest
            .into_iter()
            .find_map(|(code, letter)| Some((part.strip_prefix(code)?, letter)))?;
        text.push(letter);
        text.push_str(rest);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "",
            " ",
            "%",
            "%20",
            "a b\nc%d",
            "\u{1f600} \u{5d0}\r\t\0",
            "%%  \n\n",
        ] {
            let word = write(text);
            assert!(!word.contains([' ', '\n']), "{word:?}");
            assert_eq!(read(&word).as_deref(), Some(text), "{word:?}");
        }
        assert_eq!(
            join([&"a b".to_owned(), &String::new(), &"c".to_owned()]),
            "a%20b  c"
        );
    }

    #[test]
    fn what_was_not_written_is_no_word() {
        for word in ["%", "%2", "%0a", "%41", "a%"] {
            assert_eq!(read(word), None, "{word}");
        }
    }
}
