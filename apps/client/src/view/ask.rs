//! The card of a window that was started without a room: it asks for the room and the name, and offers those that were
//! used before. Where a link was opened, it shows where that leads and asks under which name. It has a page of its own,
//! and the program that opens the room takes its place.

use dioxus::prelude::*;

use hubbub_transport::{Addresses, Invitation};

use super::icon::{Shape, icon};
use super::page;
use crate::args::{self, Args, Asking};
use crate::naming;
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
    let invitation = asking.invitation.clone();
    let is_invited = invitation.is_some();
    use_effect(move || {
        if is_invited {
            page::focus_other_name();
        } else {
            page::focus_room();
        }
    });
    // Who was there before goes by the same name again.
    let latest = match &invitation {
        Some(invitation) => used
            .iter()
            .find(|room| room.addresses == invitation.addresses),
        None => used.first(),
    };
    let latest = latest.cloned();
    let private = used.iter().filter(|room| room.is_private);
    let private: Vec<_> = private.map(|room| room.addresses.clone()).collect();
    rsx! {
        document::Title { "Hubbub" }
        div { id: "app", "data-theme": theme.as_str(),
            main { id: "connecting",
                section { class: "card",
                    span { class: "emblem", "aria-hidden": "true", {icon(Shape::Bubble)} }
                    if let Some(invitation) = invitation {
                        h1 { "Join this room?" }
                        Destination { invitation }
                    } else {
                        h1 { "Which room?" }
                    }
                    Fields { asking, latest, private, on_answer, on_quit }
                    if let Some(trouble) = trouble {
                        p { class: "advice", "{trouble}" }
                    }
                    if !is_invited && !used.is_empty() {
                        h2 { id: "used-words", "Used before" }
                        ul { id: "used", "aria-labelledby": "used-words",
                            for room in used.into_iter().take(OFFERED_ROOMS) {
                                li { key: "{room.addresses}",
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

/// Where a link leads, before anybody goes there.
#[component]
fn Destination(invitation: Invitation) -> Element {
    let words = match (invitation.is_private, invitation.password.is_some()) {
        (true, true) => "It is a private room, and the link lets you in.",
        (true, false) => "It is a private room.",
        (false, _) => "It is a plain room: what is said there can be read on the way.",
    };
    rsx! {
        p { id: "destination",
            "The link leads to "
            strong { dir: "ltr", "{invitation.addresses}" }
            ". {words} Nothing is sent before you join."
        }
    }
}

#[component]
fn Offer(room: UsedRoom, plain: bool, on_answer: EventHandler<Args>) -> Element {
    let shown = room.written();
    let username = room.username.clone();
    rsx! {
        button {
            r#type: "button",
            onclick: move |_| {
                on_answer.call(Args::of(room.invitation(), room.username.clone(), plain));
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
    /// Where private rooms are that were used before.
    private: Vec<Addresses>,
    on_answer: EventHandler<Args>,
    on_quit: EventHandler,
) -> Element {
    let plain = asking.plain;
    let invitation = asking.invitation;
    let is_invited = invitation.is_some();
    let (room, name) = use_hook(|| match latest {
        Some(room) => (room.written(), Some(room.username)),
        None => (String::new(), asking.login),
    });
    let mut trouble = use_signal(Trouble::default);
    // The fields belong to the page, like the composer's.
    let submit = move |event: FormEvent| {
        let Some(FormValue::Text(name)) = event.get_first("name") else {
            return;
        };
        let room = match (&invitation, event.get_first("room")) {
            (Some(invitation), _) => Ok(invitation.clone()),
            (None, Some(FormValue::Text(room))) => args::room_as_before(&room, &private),
            (None, _) => return,
        };
        match (room, naming::username(name.trim())) {
            (Ok(room), Ok(username)) => {
                trouble.set(Trouble::default());
                on_answer.call(Args::of(room, username, plain));
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
            if !is_invited {
                label { r#for: "room", "Room or invitation" }
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
