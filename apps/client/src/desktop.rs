//! Desktop: what the window asks of the desktop around it, links to open and notifications to show, and what it hears
//! from there.
//!
//! Each has a thread of its own, because the programs behind may be slow, stuck or absent: the window never waits for
//! them. The threads end with the window's ends of their channels. Knows no Dioxus.

mod notifications;

use std::io;
use std::thread;

use async_std::task;
use flume::{Receiver, Sender};

pub use notifications::Notification;

/// What the desktop tells the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The window has or has lost the focus.
    Focus(bool),
    /// Something that the user asked for failed, in words for the timeline.
    Trouble(String),
    /// The user chose the notification of this line of the timeline.
    Chosen(u64),
    /// The window is asked to close while messages were not sent.
    Closing,
}

/// What the window wants of notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show this one, unless one was shown just now.
    Show(Notification),
    /// What was told is known: nothing needs to stand there.
    Withdraw,
}

/// Starts both threads.
///
/// # Errors
///
/// The system gives no thread.
pub fn start(
    links: Receiver<String>,
    orders: Receiver<Order>,
    news: Sender<News>,
) -> io::Result<()> {
    let thread = |name: &str| thread::Builder::new().name(name.to_owned());
    let chosen = news.clone();
    thread("links").spawn(move || links.iter().for_each(|link| open(&link, &news)))?;
    thread("notifications").spawn(move || task::block_on(notifications::run(orders, chosen)))?;
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
