//! Desktop: what the window asks of the desktop around it, links to open and notifications to show, and what it hears
//! from there.
//!
//! Each has a thread of its own, because the programs behind may be slow, stuck or absent: the window never waits for
//! them. The threads end with the window's ends of their channels. Knows no Dioxus.

use std::io;
use std::thread;
use std::time::Duration;

use async_std::{future, task};
use flume::{Receiver, Sender};
use notify_rust::{Hint, NotificationHandle};

use crate::timeline::{Message, visible};

/// Most characters of a text in a notification. Desktops show two to four lines of it.
pub const NOTIFIED_CHARS: usize = 200;

/// The least time between two notifications. What comes meanwhile is not shown: the title counts it.
pub const NOTIFY_PAUSE: Duration = Duration::from_secs(3);

/// A desktop that does not answer for this long is not waited for.
const NOTIFY_WITHIN: Duration = Duration::from_secs(5);

/// What the desktop tells the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The window has or has lost the focus.
    Focus(bool),
    /// Something that the user asked for failed, in words for the timeline.
    Trouble(String),
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// One line, plain text.
    pub summary: String,
    /// Desktops take this for markup: it is escaped.
    pub body: String,
}

impl Notification {
    /// Tells of a message, with the beginning of its text.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let mut body = String::new();
        let mut letters = visible(&message.text).chars();
        for letter in letters.by_ref().take(NOTIFIED_CHARS) {
            match letter {
                '&' => body.push_str("&amp;"),
                '<' => body.push_str("&lt;"),
                '>' => body.push_str("&gt;"),
                // The bus takes no text that holds it.
                '\0' => body.push('\u{fffd}'),
                _ => body.push(letter),
            }
        }
        if letters.next().is_some() {
            body.push('\u{2026}');
        }
        Self {
            summary: format!("{} mentions you", visible(&message.name)),
            body,
        }
    }
}

/// Starts both threads. A notification that finds `notifications` full is best dropped: a bound of one suits it.
///
/// # Errors
///
/// The system gives no thread.
pub fn start(
    links: Receiver<String>,
    notifications: Receiver<Notification>,
    news: Sender<News>,
) -> io::Result<()> {
    let thread = |name: &str| thread::Builder::new().name(name.to_owned());
    thread("links").spawn(move || links.iter().for_each(|link| open(&link, &news)))?;
    thread("notifications").spawn(move || show_all(&notifications))?;
    Ok(())
}

/// Hands a link to the program that the desktop has for it.
fn open(link: &str, news: &Sender<News>) {
    if let Err(error) = open::that_detached(link) {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "is xdg-open installed?",
            _ => "is a program set for such links?",
        };
        let trouble = format!("cannot open {link}: {error}; {advice}");
        // Without a window nobody wants to know.
        let _ = news.send(News::Trouble(trouble));
    }
}

/// Shows one after the other, each in the place of the one before. No desktop, or one that fails, is no error.
fn show_all(notifications: &Receiver<Notification>) {
    // Some desktops take a notification away with the connection that it came by. The handle holds it.
    let mut shown: Option<NotificationHandle> = None;
    for Notification { summary, body } in notifications {
        let mut notification = notify_rust::Notification::new();
        notification.appname("Hubbub").summary(&summary).body(&body);
        notification.hint(Hint::Category("im.received".to_owned()));
        if let Some(shown) = &shown {
            notification.id(shown.id());
        }
        let show = future::timeout(NOTIFY_WITHIN, notification.show_async());
        if let Ok(Ok(handle)) = task::block_on(show) {
            shown = Some(handle);
        }
        thread::sleep(NOTIFY_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notified(text: &str) -> String {
        let message = Message {
            name: "bob".into(),
            text: text.into(),
            at: jiff::Zoned::default(),
            own: None,
            missing: 0,
            mention: true,
        };
        let notification = Notification::of(&message);
        assert_eq!(notification.summary, "bob mentions you");
        notification.body
    }

    #[test]
    fn a_text_is_no_markup() {
        assert_eq!(
            notified("<b>alice</b> & \"co\""),
            "&lt;b&gt;alice&lt;/b&gt; &amp; \"co\""
        );
    }

    #[test]
    fn a_nul_is_replaced_since_the_bus_takes_none() {
        assert_eq!(notified("a\0lice"), "a\u{fffd}lice");
    }

    #[test]
    fn a_text_is_cut_above_the_limit_and_never_inside_an_escape() {
        let exact = "\u{e9}".repeat(NOTIFIED_CHARS);
        assert_eq!(notified(&exact), exact);
        assert_eq!(notified(&format!("{exact}x")), format!("{exact}\u{2026}"));
        let escaped = notified(&"<".repeat(NOTIFIED_CHARS + 1));
        assert_eq!(
            escaped,
            format!("{}\u{2026}", "&lt;".repeat(NOTIFIED_CHARS))
        );
    }
}
