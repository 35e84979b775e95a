//! The composer. The text field belongs to the page: binding it both ways loses keys. It is read when it is submitted.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::page;
use crate::bridge::{Action, Bridge, Room};
use crate::timeline::Connection;

#[component]
pub(super) fn Composer() -> Element {
    let bridge = use_context::<Bridge>();
    let room = use_context::<Room>();
    let connected = use_memo(move || *bridge.timeline.read().connection() == Connection::Connected);
    use_effect(page::focus_composer);
    let placeholder = if connected() {
        format!("Message {}", room.address)
    } else {
        "Not connected: what you write waits".to_owned()
    };
    let submit = move |event: FormEvent| {
        let Some(FormValue::Text(text)) = event.get_first("draft") else {
            return;
        };
        let text = text.replace("\r\n", "\n");
        if text.trim().is_empty() || text.len() > room.max_text {
            return;
        }
        // The page takes this as the answer "taken" and clears the field.
        event.prevent_default();
        bridge.act(Action::Say(text));
    };
    rsx! {
        form { id: "composer", onsubmit: submit,
            label { class: "unseen", r#for: "draft", "Message" }
            textarea {
                id: "draft",
                name: "draft",
                rows: "1",
                dir: "auto",
                autocomplete: "off",
                placeholder,
                "aria-describedby": "keys room-left",
                "data-limit": "{room.max_text}",
            }
            button { id: "send", r#type: "submit", aria_label: "Send", title: "Send (Enter)",
                {icon(Shape::Send)}
            }
            p { class: "under",
                span { id: "keys",
                    kbd { "Enter" }
                    " sends, "
                    kbd { "Shift" }
                    "+"
                    kbd { "Enter" }
                    " breaks the line"
                }
                // The page writes into this one.
                output { id: "room-left" }
            }
        }
    }
}
