//! The question before the window closes although messages were not sent. When they have been sent meanwhile, the
//! window closes by itself.

use dioxus::prelude::*;

use super::page;
use crate::bridge::{Action, Bridge};

#[component]
pub(super) fn Closing() -> Element {
    let bridge = use_context::<Bridge>();
    let unsent = use_memo(move || bridge.timeline.read().unsent_texts());
    use_effect(move || {
        if (bridge.closing)() && unsent() == 0 {
            bridge.quit();
        }
    });
    rsx! {
        if (bridge.closing)() {
            Question { unsent: unsent() }
        }
    }
}

#[component]
fn Question(unsent: usize) -> Element {
    let bridge = use_context::<Bridge>();
    use_effect(page::ask_to_close);
    rsx! {
        dialog { id: "closing", role: "alertdialog", "aria-labelledby": "closing-words",
            h2 { id: "closing-words",
                if unsent == 1 {
                    "1 message has not been sent. Close anyway?"
                } else {
                    "{unsent} messages have not been sent. Close anyway?"
                }
            }
            div { class: "buttons",
                button {
                    id: "stay",
                    class: "primary",
                    r#type: "button",
                    onclick: move |_| bridge.act(Action::Stay),
                    "Keep open"
                }
                button {
                    id: "close-anyway",
                    r#type: "button",
                    onclick: move |_| bridge.quit(),
                    "Close anyway"
                }
            }
        }
    }
}
