//! Told: what the server tells the user apart from the conversation, in words for a line.

/// The most of the server's words that are kept, in bytes: about a screen.
const TOLD_BYTES: usize = 4096;

/// What is told under this code. `None` if there is nothing to say.
pub(super) fn words(code: &str, text: &str) -> Option<String> {
    let own = match code {
        "keeping-stopped" => return Some("Messages are not being kept at the moment".into()),
        "keeping-resumed" => return Some("Messages are being kept again".into()),
        "paused" => return Some("The room is paused: nothing is sent or heard for now".into()),
        "resumed" => return Some("The room goes on".into()),
        "motd" if text.is_empty() => return None,
        "stopping" => "The server is stopping",
        "kicked" => "You were put out of the room",
        "too-long" => "A message was too long for this room",
        _ => "",
    };
    Some(match (text.trim_end(), own) {
        ("", "") => format!("The server says: {code}"),
        ("", own) => own.into(),
        // These words are the program's own: it did not send the text.
        (text, _) if code == "too-long" => beginning(text),
        (text, _) => format!("The server says: {}", beginning(text)),
    })
}

fn beginning(text: &str) -> String {
    if text.len() <= TOLD_BYTES {
        return text.into();
    }
    let end = (0..=TOLD_BYTES).rfind(|at| text.is_char_boundary(*at));
    format!("{}\u{2026}", &text[..end.unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_come_before_ours() {
        for (code, text, words) in [
            (
                "motd",
                "Welcome.\nBe kind.",
                "The server says: Welcome.\nBe kind.",
            ),
            ("stopping", "", "The server is stopping"),
            ("stopping", "back at ten\n", "The server says: back at ten"),
            (
                "keeping-stopped",
                "disk full",
                "Messages are not being kept at the moment",
            ),
            ("too-long", "your text is too long", "your text is too long"),
            ("keeping-resumed", "", "Messages are being kept again"),
            (
                "paused",
                "no engine",
                "The room is paused: nothing is sent or heard for now",
            ),
            ("resumed", "it is back", "The room goes on"),
            (
                "moved",
                "we are elsewhere now",
                "The server says: we are elsewhere now",
            ),
            ("moved", "", "The server says: moved"),
        ] {
            assert_eq!(super::words(code, text).as_deref(), Some(words), "{code}");
        }
        assert_eq!(words("motd", ""), None);
    }

    #[test]
    fn long_words_are_cut_at_a_letter() {
        let fits = "x".repeat(TOLD_BYTES);
        assert_eq!(
            words("motd", &fits),
            Some(format!("The server says: {fits}"))
        );
        let long = format!("{}\u{fc}", "x".repeat(TOLD_BYTES - 1));
        let cut = format!("The server says: {}\u{2026}", "x".repeat(TOLD_BYTES - 1));
        assert_eq!(words("motd", &long), Some(cut));
    }
}
