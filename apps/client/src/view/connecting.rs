//! The first-connection screen: what is being tried, why it failed, what happens next. There is no room to show yet.

use dioxus::prelude::*;

use super::header::Seconds;
use super::icon::{Shape, icon};
use super::switches::ThemeSwitch;
use crate::bridge::{Action, Bridge, Room};
use crate::timeline::{Connection, visible};

#[component]
pub(super) fn Connecting(on_quit: EventHandler) -> Element {
    let bridge = use_context::<Bridge>();
    let room = use_context::<Room>();
    let connection = use_memo(move || bridge.timeline.read().connection().clone());
    let connection = connection.read();
    let (why, refused) = match &*connection {
        Connection::Connecting { after } => (after.as_deref(), false),
        Connection::Lost { why, refused, .. } => (Some(&**why), *refused),
        Connection::Ended => (
            Some("the network part has stopped: quit and start again"),
            false,
        ),
        Connection::Connected => (None, false),
    };
    let state = match *connection {
        Connection::Lost { .. } | Connection::Ended => "lost",
        _ => "connecting",
    };
    rsx! {
        main { id: "connecting", "data-state": state,
            div { class: "corner", ThemeSwitch {} }
            section { class: "card",
                span { class: "emblem", "aria-hidden": "true", "data-failed": why.is_some(),
                    {icon(if why.is_some() { Shape::Warning } else { Shape::Bubble })}
                }
                h1 {
                    if refused {
                        "The room would not let you in"
                    } else if why.is_some() {
                        "No connection yet"
                    } else {
                        "Joining the room"
                    }
                }
                div { id: "status", role: "status", "data-state": state,
                    match *connection {
                        Connection::Lost { .. } => rsx! {
                            "connecting again to {room.address} "
                            Seconds {}
                        },
                        Connection::Ended => rsx! { "not connected" },
                        _ => rsx! { "connecting to {room.address}" },
                    }
                }
                p { class: "as",
                    "as "
                    bdi { {visible(&room.username)} }
                }
                if let Some(why) = why {
                    p { class: "why", role: "alert", "{why}" }
                    p { class: "advice",
                        if refused {
                            "Quit and come back under another name, or wait until yours is free."
                        } else {
                            "Check the address, and that a server is running there."
                        }
                    }
                }
                div { class: "buttons",
                    // Always there, so that Quit does not move under the mouse when the first attempt fails.
                    if *connection != Connection::Ended {
                        button {
                            id: "retry",
                            class: "primary",
                            r#type: "button",
                            disabled: matches!(*connection, Connection::Connecting { .. }),
                            onclick: move |_| bridge.act(Action::Retry),
                            "Retry now"
                        }
                    }
                    button {
                        id: "quit",
                        r#type: "button",
                        onclick: move |_| {
                            bridge.act(Action::Quit);
                            on_quit.call(());
                        },
                        "Quit"
                    }
                }
            }
        }
    }
}
