//! Desktop: asks the desktop to open links and to show notifications, and passes on what it says.
//!
//! Links and notifications have a thread each. The programs that they lead to may be slow, stuck or absent, and the
//! window never waits for them. A thread ends when the window drops its end of the channel. Knows no Dioxus.

mod notifications;

use std::io;
use std::thread;

use async_std::task;
use flume::{Receiver, Sender};
use hubbub_transport::Invitation;

use crate::handover;
use crate::news::{News, Order};

/// Starts both threads.
///
/// # Errors
///
/// The system cannot start a thread.
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
    let shown = link.split('#').next().unwrap_or_default();
    // An invitation stands on no command line, also not on that of the program that opens links, and what is nearly one
    // may hold a password too.
    let opened = if leads_to_room(link) {
        match handover::parse(link) {
            Ok(invitation) if invitation.is_private => ask_about(&invitation),
            Ok(_) => open::that_detached(link),
            Err(why) => return tell(news, format!("cannot open {shown}: {why}")),
        }
    } else {
        open::that_detached(link)
    };
    if let Err(error) = opened {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "is xdg-open installed?",
            _ => "is a program set for such links?",
        };
        tell(news, format!("cannot open {shown}: {error}; {advice}"));
    }
}

/// Whether the scheme is that of a room, private or plain.
fn leads_to_room(link: &str) -> bool {
    let (scheme, _) = link.split_once(':').unwrap_or_default();
    ["chats", "chat"]
        .iter()
        .any(|room| scheme.eq_ignore_ascii_case(room))
}

fn tell(news: &Sender<News>, trouble: String) {
    // It fails when the window is gone, and then nobody wants to know.
    let _ = news.send(News::Trouble(trouble));
}

/// Starts this program for an invitation. It asks before it goes there.
fn ask_about(invitation: &Invitation) -> io::Result<()> {
    let words = ["--ask", "--invitation=-"].map(str::to_owned);
    let mut process = handover::program(&words, Some(invitation))?.spawn()?;
    // Whoever has started a program has to take note of its end.
    thread::Builder::new()
        .name("another window".to_owned())
        .spawn(move || process.wait())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_an_invitation_is_handed_to_nobody_and_told_without_its_key() {
        let long = "horse".repeat(40);
        for link in [
            format!("chats://localhost:1/#key={long}"),
            format!("CHATS://localhost:1/#key={long}"),
            "chats://localhost:1/#word=horse".to_owned(),
            "chat://localhost:1/#key=horse".to_owned(),
            "chats:localhost#key=horse".to_owned(),
        ] {
            let (news, told) = flume::unbounded();
            // No program is of any help here: only a refusal has these words.
            open(&link, &news);
            let Ok(News::Trouble(words)) = told.try_recv() else {
                panic!("{link} is handed on");
            };
            assert!(words.starts_with("cannot open chat") || words.starts_with("cannot open CHAT"));
            assert!(
                !words.contains("horse") && !words.contains("xdg-open"),
                "{words}"
            );
        }
    }
}
