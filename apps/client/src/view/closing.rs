//! The question before the window closes although messages were not sent or, where the server tells, have not arrived.
//! When all is well meanwhile, the window closes by itself.

use dioxus::prelude::*;

use super::{IN_BROWSER, page};
use crate::bridge::{Action, Bridge};

/// What the window would do: a page leaves the room.
const CLOSE: &str = if IN_BROWSER { "Leave" } else { "Close" };

/// What it does if the user wants none of that.
const KEEP: &str = if IN_BROWSER { "Stay" } else { "Keep open" };

#[component]
pub(super) fn Closing() -> Element {
    let bridge = use_context::<Bridge>();
    let unsent = use_memo(move || bridge.timeline.read().unsettled_texts());
    use_effect(move || {
        if (bridge.closing)() && unsent() == 0 {
            bridge.quit();
        }
    });
    let is_sent = use_memo(move || bridge.timeline.read().awaits_arrival());
    rsx! {
        if (bridge.closing)() {
            Question { unsent: unsent(), is_sent: is_sent() }
        }
    }
}

#[component]
fn Question(
    unsent: usize,
    /// Some of them are sent, and have not arrived.
    is_sent: bool,
) -> Element {
    let bridge = use_context::<Bridge>();
    let verb = if is_sent { "arrived" } else { "been sent" };
    use_effect(page::ask_to_close);
    rsx! {
        dialog { id: "closing", role: "alertdialog", "aria-labelledby": "closing-words",
            h2 { id: "closing-words",
                if unsent == 1 {
                    "1 message has not {verb}. {CLOSE} anyway?"
                } else {
                    "{unsent} messages have not {verb}. {CLOSE} anyway?"
                }
            }
            div { class: "buttons",
                button {
                    id: "stay",
                    class: "primary",
                    r#type: "button",
                    onclick: move |_| bridge.act(Action::Stay),
                    {KEEP}
                }
                button {
                    id: "close-anyway",
                    r#type: "button",
                    onclick: move |_| bridge.quit(),
                    "{CLOSE} anyway"
                }
            }
        }
    }
}
