//! Another name for a user whom the room refused, without leaving. It holds for this window only.

use dioxus::prelude::*;

use super::page;
use super::status::use_presence;
use crate::bridge::{Action, Bridge};
use crate::naming;

/// The same for a user who has seen the room already, which stays with what is typed in it.
#[component]
pub(super) fn OtherNameInRoom() -> Element {
    let presence = use_presence();
    let is_wanted = use_memo(move || presence.read().wants_other_name());
    rsx! {
        if is_wanted() {
            section { class: "renaming", aria_label: "Another name",
                OtherName {}
            }
        }
    }
}

#[component]
pub(super) fn OtherName() -> Element {
    let bridge = use_context::<Bridge>();
    let refused = use_hook(|| bridge.timeline.peek().own_name().clone());
    let mut trouble = use_signal(|| None);
    use_effect(page::focus_other_name);
    // The field belongs to the page, like the composer's.
    let submit = move |event: FormEvent| {
        let Some(FormValue::Text(name)) = event.get_first("name") else {
            return;
        };
        match naming::username(name.trim()) {
            Ok(name) => {
                trouble.set(None);
                bridge.act(Action::Rename(name));
            }
            Err(why) => trouble.set(Some(why)),
        }
    };
    rsx! {
        form { id: "other-name", onsubmit: submit,
            label { r#for: "name", "Another name" }
            div {
                input {
                    id: "name",
                    name: "name",
                    dir: "auto",
                    autocomplete: "off",
                    spellcheck: "false",
                    initial_value: "{refused}",
                    aria_invalid: trouble.read().is_some(),
                    "aria-describedby": "name-trouble",
                }
                button { id: "join", class: "primary", r#type: "submit", "Join" }
            }
            p { id: "name-trouble", role: "alert",
                if let Some(why) = trouble() {
                    "{why}"
                }
            }
        }
    }
}
