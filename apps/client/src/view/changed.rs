//! The full stop where a server has another key than the one that is known. No button leads on: what does is a command
//! that a person has to write.

use std::rc::Rc;

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::status::Retry;
use super::trust::Fingerprint;
use super::{QUIT, page};
use crate::bridge::Bridge;
use crate::timeline::{KeyChange, Reason};

/// The name of a right key on the page. There are two of each server at most.
fn key_id(number: usize) -> String {
    match number {
        0 => "known-key".to_owned(),
        1 => "next-key".to_owned(),
        more => format!("known-key-{more}"),
    }
}

#[component]
pub(super) fn KeyChangedCard(change: Rc<KeyChange>) -> Element {
    let bridge = use_context::<Bridge>();
    use_effect(|| page::focus_on("question"));
    let right = right_key(&change);
    let address = change.address.to_string();
    rsx! {
        section {
            id: "question",
            class: "card tall",
            role: "alertdialog",
            tabindex: "-1",
            "aria-labelledby": "question-words",
            "aria-describedby": "question-facts question-advice",
            span { class: "emblem", "aria-hidden": "true", "data-failed": true, {icon(Shape::Warning)} }
            h1 { id: "question-words", "Is this still the right server?" }
            div { id: "question-facts", class: "facts",
                p { {right} }
                for (number , pin) in change.known.iter().copied().enumerate() {
                    Fingerprint { key: "{number}", id: key_id(number), pin }
                }
                p { "What answers at " strong { "{address}" } " has this one:" }
                Fingerprint { id: "offered-key", pin: change.offered }
            }
            p { id: "question-advice", class: "advice",
                "Somebody on the way may want to read along, or the server has a new key. Ask whoever runs the room, and not in \
                 the room. Nothing of you was sent."
            }
            if change.since.is_some() {
                p { class: "advice",
                    "Only if the new key is right: close this window, and forget the old key by this command. It asks before \
                     you join."
                }
                code { id: "forget", class: "command", dir: "ltr", {forgetting(&address)} }
            } else {
                p { class: "advice", "Only if the new key is right: " {way_on(change.reason)} }
            }
            div { class: "buttons",
                Retry { class: "", disabled: false, label: Some("Check again") }
                button {
                    id: "quit",
                    class: "primary",
                    r#type: "button",
                    onclick: move |_| bridge.quit(),
                    {QUIT}
                }
            }
        }
    }
}

/// The command that forgets the known key, as a shell takes it.
fn forgetting(address: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".:-_".contains(letter);
    let link = format!("chats://{address}");
    let link = if address.chars().all(is_plain) {
        link
    } else {
        format!("'{}'", link.replace('\'', r"'\''"))
    };
    format!("hubbub-client --ask --forget {link}")
}

/// What leads on where nothing is stored that could be forgotten.
fn way_on(reason: Reason) -> &'static str {
    match reason {
        Reason::Asked => {
            "close this window, and open the room again. You are then asked about the new key."
        }
        Reason::Pin | Reason::Authority | Reason::Browser => {
            "ask for a new invitation, and open that."
        }
    }
}

/// Which key would be right and how that is known.
fn right_key(change: &KeyChange) -> String {
    let keys = if change.known.len() == 1 {
        "this key"
    } else {
        "one of these keys"
    };
    let source = match change.reason {
        Reason::Pin => "its invitation",
        Reason::Asked => "your own answer",
        Reason::Authority | Reason::Browser => "an authority that this computer trusts",
    };
    match &change.since {
        Some(since) => format!(
            "The room has {keys}, by {source}, since {}:",
            since.day().with_year()
        ),
        None => format!("The room has {keys}, by {source}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_into_a_shell_whatever_the_host_is_called() {
        for (address, link) in [
            ("chat.example.org:8765", "chats://chat.example.org:8765"),
            ("[::1]:1", "'chats://[::1]:1'"),
            ("a'$(id):1", r"'chats://a'\''$(id):1'"),
        ] {
            let command = format!("hubbub-client --ask --forget {link}");
            assert_eq!(forgetting(address), command);
        }
    }
}
