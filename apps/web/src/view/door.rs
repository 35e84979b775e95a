//! The door: says where one is and asks for the name. The field belongs to the page, like the composer's.

use dioxus::prelude::*;
use hubbub_client::naming;
use hubbub_wire::Username;

use super::Card;
use crate::browser;
use crate::here::{Here, Stage};

#[component]
pub(super) fn Door(
    /// What the field begins with.
    name: Option<Username<'static>>,
    /// What is wrong with the invitation that led here.
    trouble: Option<String>,
    mut stage: Signal<Stage>,
) -> Element {
    let here = use_context::<Here>();
    let mut refused = use_signal(|| None);
    let mut is_joining = use_signal(|| false);
    use_effect(|| browser::focus_on("name"));
    let room = here.room();
    let submit = move |event: FormEvent| {
        event.prevent_default();
        let Some(FormValue::Text(name)) = event.get_first("name") else {
            return;
        };
        match naming::username(name.trim()) {
            Ok(name) => {
                if is_joining.replace(true) {
                    return;
                }
                let here = here.clone();
                spawn(async move {
                    here.join(&name).await;
                    stage.set(here.stage());
                });
            }
            Err(why) => refused.set(Some(why)),
        }
    };
    rsx! {
        Card {
            h1 { "Join the conversation?" }
            p { id: "destination",
                "This is a chat room, at "
                strong { dir: "ltr", "{browser::host()}" }
                ". It needs no account, and nothing is installed."
                if !room.is_private {
                    " Others on the network can read what is said here."
                }
            }
            if let Some(trouble) = trouble {
                p { class: "why", role: "alert",
                    "The link that led here is damaged: {trouble}."
                }
            }
            form { id: "ask", onsubmit: submit,
                label { r#for: "name", "Your name here" }
                input {
                    id: "name",
                    name: "name",
                    dir: "auto",
                    autocomplete: "nickname",
                    autocapitalize: "words",
                    spellcheck: "false",
                    enterkeyhint: "go",
                    initial_value: name.as_ref().map(|name| name.as_str()),
                    aria_invalid: refused.read().is_some(),
                    "aria-describedby": "name-trouble",
                }
                p { id: "name-trouble", role: "alert",
                    if let Some(why) = refused() {
                        "{why}"
                    }
                }
                div { class: "buttons",
                    button { id: "join", class: "primary", r#type: "submit", "Join" }
                }
            }
        }
    }
}
