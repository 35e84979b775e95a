//! Elsewhere: the room is open in another tab, and can be taken over from it.

use dioxus::prelude::*;

use super::Card;
use crate::browser;
use crate::here::{Here, Stage};

#[component]
pub(super) fn Elsewhere(mut stage: Signal<Stage>) -> Element {
    let here = use_context::<Here>();
    let mut is_taking = use_signal(|| false);
    use_effect(|| browser::focus_on("take-over"));
    let take_over = move |_| {
        let here = here.clone();
        let is_second = is_taking.replace(true);
        async move {
            if !is_second {
                here.take_over().await;
                stage.set(here.stage());
            }
        }
    };
    rsx! {
        Card {
            h1 { "The room is open in another tab" }
            p { class: "advice",
                "You are in the room there. It can be in one tab at a time: go on in the other one, or take it over to this one. Nobody in the room sees a difference, and nothing is lost."
            }
            div { class: "buttons",
                button {
                    id: "take-over",
                    class: "primary",
                    r#type: "button",
                    // One that is disabled would lose the focus.
                    aria_disabled: is_taking(),
                    onclick: take_over,
                    if is_taking() {
                        "Taking it over…"
                    } else {
                        "Take it over"
                    }
                }
            }
        }
    }
}
