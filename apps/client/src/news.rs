//! News: what the surroundings of the window, a desktop or a browser, tell it, and what it wants them to show. Pure.

use crate::timeline::{Message, visible};

/// The most characters of a text in a notification. Desktops show two to four lines.
const NOTIFIED_CHARS: usize = 200;

/// Invisible characters that turn the direction of what follows. In a name they could move our words in front of it, so
/// they are removed, and the name is isolated instead.
const DIRECTIONS: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// What the desktop tells the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The window has got the focus (`true`) or lost it (`false`).
    Focus(bool),
    /// Something that the user asked for failed, in words for the timeline.
    Trouble(String),
    /// The user clicked on the notification of this line of the timeline.
    Chosen(i64),
    /// The window was asked to close, but messages were not sent.
    Closing,
    /// Whether notifications are shown now. A desktop shows them without being asked; a browser does so when the user
    /// has allowed it.
    Notifications(bool),
}

/// What the window wants done with notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show this one, or if one was shown just now, let it wait unless another one waits.
    Show(Notification),
    /// Take back what is shown: the user has read the message.
    Withdraw,
}

/// What a notification says. All of it is plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The line of the timeline that it is about.
    pub line: i64,
    /// One line.
    pub summary: String,
    /// The beginning of the text.
    pub body: String,
}

impl Notification {
    /// The notification of the message in this line.
    #[must_use]
    pub fn of(line: i64, message: &Message) -> Self {
        let mut letters = visible(&message.text).chars();
        let beginning = letters.by_ref().take(NOTIFIED_CHARS);
        // The bus takes no text with a NUL.
        let mut body: String = beginning
            .map(|letter| if letter == '\0' { '\u{fffd}' } else { letter })
            .collect();
        if letters.next().is_some() {
            body.push('\u{2026}');
        }
        Self {
            line,
            summary: format!("{} mentions you", isolated(visible(&message.name))),
            body,
        }
    }
}

/// The name, isolated so that its direction does not move the words around it.
fn isolated(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    format!("\u{2068}{}\u{2069}", name.replace(DIRECTIONS, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(name: &str, text: &str) -> Notification {
        Notification::of(7, &Message::of(name, text))
    }

    fn notified(text: &str) -> String {
        let notification = notification("bob", text);
        assert_eq!(notification.summary, "bob mentions you");
        notification.body
    }

    #[test]
    fn what_looks_like_markup_stays_as_it_was_written() {
        assert_eq!(notified("<b>alice</b> & \"co\""), "<b>alice</b> & \"co\"");
    }

    #[test]
    fn a_nul_is_replaced_since_the_bus_takes_none() {
        assert_eq!(notified("a\0lice"), "a\u{fffd}lice");
    }

    #[test]
    fn a_text_is_cut_above_the_limit() {
        let exact = "\u{e9}".repeat(NOTIFIED_CHARS);
        assert_eq!(notified(&exact), exact);
        assert_eq!(notified(&format!("{exact}x")), format!("{exact}\u{2026}"));
    }

    #[test]
    fn a_name_cannot_turn_the_words_beside_it() {
        let summary = |name: &str| notification(name, "alice").summary;
        assert_eq!(
            summary("\u{202e}bob\u{2069}"),
            "\u{2068}bob\u{2069} mentions you"
        );
        assert_eq!(
            summary("\u{5d0}\u{5d1}"),
            "\u{2068}\u{5d0}\u{5d1}\u{2069} mentions you"
        );
    }
}
