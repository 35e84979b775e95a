//! The card that asks whether a server is the one that is meant: nobody vouches for its key, and nothing was sent.

use dioxus::prelude::*;
use hubbub_transport::Pin;

use super::icon::{Shape, icon};
use super::page;
use crate::bridge::{Action, Bridge};

#[component]
pub(super) fn TrustCard(address: String, pin: Pin, why: String) -> Element {
    let bridge = use_context::<Bridge>();
    use_effect(|| page::focus_on("question"));
    rsx! {
        section {
            id: "question",
            class: "card",
            role: "alertdialog",
            tabindex: "-1",
            "aria-labelledby": "question-words",
            "aria-describedby": "question-facts question-advice",
            span { class: "emblem", "aria-hidden": "true", {icon(Shape::Key)} }
            h1 { id: "question-words", "Is this the right server?" }
            div { id: "question-facts", class: "facts",
                p { "Nobody vouches for " strong { "{address}" } ". Its key is:" }
                Fingerprint { id: "offered-key", pin }
            }
            p { id: "question-advice", class: "advice",
                "Ask whoever runs the room whether this is its key: the server shows it when it starts. Nothing of you was sent: \
                 no name, no word."
            }
            p { class: "advice small", "In detail: {why}." }
            div { class: "buttons",
                button {
                    id: "trust",
                    r#type: "button",
                    onclick: move |_| bridge.act(Action::Trust(pin)),
                    "Yes, join"
                }
                button {
                    id: "quit",
                    class: "primary",
                    r#type: "button",
                    onclick: move |_| bridge.quit(),
                    "No, quit"
                }
            }
        }
    }
}

/// The fingerprint of a key, in groups that two people can read to each other.
#[component]
pub(super) fn Fingerprint(#[props(into)] id: String, pin: Pin) -> Element {
    rsx! {
        code { id, class: "fingerprint", dir: "ltr", {pin.fingerprint()} }
    }
}
