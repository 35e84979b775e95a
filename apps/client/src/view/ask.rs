//! The card of a window that was started without a room: it asks for the room and the name, and offers those that were
//! used before. It has a page of its own, and the program that opens the room takes its place.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::page;
use crate::args::{self, Args, Asking};
use crate::settings::{Theme, UsedRoom};
use crate::timeline::visible;

/// How many of the rooms that were used before are offered: as many as a card has place for.
pub const OFFERED_ROOMS: usize = 5;

/// The whole page.
#[component]
pub fn Ask(
    /// What the fields begin with.
    asking: Asking,
    /// The rooms that were used before, the latest first.
    used: Vec<UsedRoom>,
    /// Why these rooms are not known.
    trouble: Option<String>,
    /// The theme that the user has set.
    theme: Theme,
    /// The user wants this room.
    on_answer: EventHandler<Args>,
    /// The user wants the window closed.
    on_quit: EventHandler,
) -> Element {
    let plain = asking.plain;
    use_effect(page::focus_room);
    rsx! {
        document::Title { "Hubbub" }
        div { id: "app", "data-theme": theme.as_str(),
            main { id: "connecting",
                section { class: "card",
                    span { class: "emblem", "aria-hidden": "true", {icon(Shape::Bubble)} }
                    h1 { "Which room?" }
                    Fields { asking, latest: used.first().cloned(), on_answer, on_quit }
                    if let Some(trouble) = trouble {
                        p { class: "advice", "{trouble}" }
                    }
                    if !used.is_empty() {
                        h2 { id: "used-words", "Used before" }
                        ul { id: "used", "aria-labelledby": "used-words",
                            for room in used.into_iter().take(OFFERED_ROOMS) {
                                li { key: "{room.address}",
                                    Offer { room, plain, on_answer }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Offer(room: UsedRoom, plain: bool, on_answer: EventHandler<Args>) -> Element {
    let UsedRoom { address, username } = room;
    let shown = address.to_string();
    rsx! {
        button {
            r#type: "button",
            onclick: {
                let username = username.clone();
                move |_| {
                    let (address, username) = (address.clone(), username.clone());
                    on_answer.call(Args { address, username, plain });
                }
            },
            bdi { {visible(&shown)} }
            span {
                "as "
                bdi { {visible(username.as_str())} }
            }
        }
    }
}

/// Why a field does not do, if it does not.
#[derive(Clone, Default, PartialEq)]
struct Trouble {
    room: Option<String>,
    name: Option<String>,
}

#[component]
fn Fields(
    asking: Asking,
    latest: Option<UsedRoom>,
    on_answer: EventHandler<Args>,
    on_quit: EventHandler,
) -> Element {
    let plain = asking.plain;
    let (room, name) = use_hook(|| match latest {
        Some(UsedRoom { address, username }) => (address.to_string(), Some(username)),
        None => (String::new(), asking.login),
    });
    let mut trouble = use_signal(Trouble::default);
    // The fields belong to the page, like the composer's.
    let submit = move |event: FormEvent| {
        let (Some(FormValue::Text(room)), Some(FormValue::Text(name))) =
            (event.get_first("room"), event.get_first("name"))
        else {
            return;
        };
        match (args::room(room.trim()), args::username(name.trim())) {
            (Ok(address), Ok(username)) => {
                trouble.set(Trouble::default());
                on_answer.call(Args {
                    address,
                    username,
                    plain,
                });
            }
            (room, name) => trouble.set(Trouble {
                room: room.err(),
                name: name.err(),
            }),
        }
    };
    let Trouble {
        room: room_trouble,
        name: name_trouble,
    } = trouble();
    rsx! {
        form { id: "ask", onsubmit: submit,
            label { r#for: "room", "Room" }
            input {
                id: "room",
                name: "room",
                dir: "ltr",
                autocomplete: "off",
                spellcheck: "false",
                placeholder: "chat.example.org",
                initial_value: "{room}",
                aria_invalid: room_trouble.is_some(),
                "aria-describedby": "room-trouble",
            }
            p { id: "room-trouble", role: "alert",
                if let Some(why) = &room_trouble {
                    "{why}"
                }
            }
            label { r#for: "name", "Your name there" }
            input {
                id: "name",
                name: "name",
                dir: "auto",
                autocomplete: "off",
                spellcheck: "false",
                initial_value: name.as_ref().map(|name| name.as_str()),
                aria_invalid: name_trouble.is_some(),
                "aria-describedby": "name-trouble",
            }
            p { id: "name-trouble", role: "alert",
                if let Some(why) = &name_trouble {
                    "{why}"
                }
            }
            div { class: "buttons",
                button { id: "join", class: "primary", r#type: "submit", "Join" }
                button {
                    id: "quit",
                    r#type: "button",
                    onclick: move |_| on_quit.call(()),
                    "Quit"
                }
            }
        }
    }
}
