//! The people: the user first, then everybody seen, in alphabetical order. A click on one writes `@name`.

use std::rc::Rc;

use dioxus::prelude::*;

use super::page;
use super::person::{avatar, name};
use crate::bridge::{Bridge, Room};
use crate::timeline::visible;

/// The most people listed: more than anybody scrolls through. The others are counted.
pub const LISTED_PEOPLE: usize = 500;

#[component]
pub(super) fn PeopleView() -> Element {
    let bridge = use_context::<Bridge>();
    let room = use_context::<Room>();
    let listed = use_memo(move || {
        let timeline = bridge.timeline.read();
        let names = timeline.people().others().take(LISTED_PEOPLE).cloned();
        names.collect::<Vec<_>>()
    });
    let others = use_memo(move || bridge.timeline.read().people().len());
    let connected = use_memo(move || bridge.timeline.read().presence().is_inside());
    let unlisted = others() - listed.read().len();
    rsx! {
        aside { class: "side", aria_label: "People",
            h2 { "People" }
            // The style sheet hides the markers, and with them a list would lose its role.
            ul { id: "people", role: "list", aria_label: "People",
                li { class: "person self",
                    {avatar(&room.username)}
                    {name(&room.username)}
                    span { class: "you", "you" }
                }
                for person in listed.read().iter().cloned() {
                    Other { key: "{person}", person }
                }
            }
            if unlisted > 0 {
                p { class: "hint", "and {unlisted} more" }
            }
            if !connected() {
                p { class: "hint", "People appear here again when you are back in the room." }
            } else if others() == 0 {
                p { class: "hint",
                    strong { "Nobody else has been seen yet." }
                    " A room has no list of its members: people appear when they come or speak."
                }
            } else {
                p { class: "hint", "Those who came or spoke since you joined." }
            }
        }
    }
}

#[component]
fn Other(person: Rc<str>) -> Element {
    let mention = format!("@{person} ");
    rsx! {
        li { class: "person",
            button {
                r#type: "button",
                title: "Mention {visible(&person)}",
                "data-name": "{person}",
                onclick: move |_| page::insert_into_composer(&mention),
                {avatar(&person)}
                {name(&person)}
            }
        }
    }
}
