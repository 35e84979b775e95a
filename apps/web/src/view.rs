//! The view: the page before there is a room on it, and the room.

mod door;

mod elsewhere;

mod room;

use dioxus::prelude::*;

use crate::here::{Here, Stage};
use crate::kept::Opening;
use door::Door;
use elsewhere::Elsewhere;
use room::InRoom;

/// The whole page. Needs the context [`Here`].
#[component]
pub(crate) fn Page() -> Element {
    let here = use_context::<Here>();
    let stage = use_signal(|| here.stage());
    match stage() {
        Stage::Open(Opening::Room(name)) => rsx! {
            InRoom { name }
        },
        Stage::Open(Opening::Door { name, trouble }) => rsx! {
            Door { name, trouble: trouble.map(|why| why.to_string()), stage }
        },
        Stage::Elsewhere => rsx! {
            Elsewhere { stage }
        },
    }
}

/// A card in the middle of the page.
#[component]
fn Card(children: Element) -> Element {
    let theme = use_hook(crate::here::theme);
    rsx! {
        div { id: "app", "data-theme": theme.as_str(),
            main { id: "connecting",
                section { class: "card",
                    span { class: "emblem", "aria-hidden": "true",
                        svg { class: "icon", view_box: "0 0 24 24",
                            path { d: "M20 15a3 3 0 0 1-3 3H9.5L5 21.5V18a3 3 0 0 1-2-3V7a3 3 0 0 1 3-3h11a3 3 0 0 1 3 3ZM8 9.5h7M8 13h4.5" }
                        }
                    }
                    {children}
                }
            }
        }
    }
}
