//! The header: which room, how the connection stands, and the switches.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::search::SearchSwitch;
use super::switches::{NotificationSwitch, PeopleSwitch, ThemeSwitch};
use crate::bridge::{Action, Bridge, Room};
use crate::timeline::Connection;

#[component]
pub(super) fn Header(drawer: Signal<bool>) -> Element {
    let room = use_context::<Room>();
    rsx! {
        header { class: "top",
            span { class: "mark", "aria-hidden": "true", {icon(Shape::Bubble)} }
            h1 { title: "Room at {room.address}", "{room.address}" }
            Status {}
            div { class: "tools",
                SearchSwitch {}
                PeopleSwitch { drawer }
                NotificationSwitch {}
                ThemeSwitch {}
            }
        }
    }
}

/// The state of the connection, in words and colour.
#[component]
pub(super) fn Status() -> Element {
    let bridge = use_context::<Bridge>();
    let connection = use_memo(move || bridge.timeline.read().connection().clone());
    let connection = connection.read();
    let state = match *connection {
        Connection::Connecting { .. } => "connecting",
        Connection::Connected => "connected",
        Connection::Lost { .. } | Connection::Ended => "lost",
    };
    rsx! {
        div { id: "status", role: "status", "data-state": state,
            span { class: "dot", "aria-hidden": "true" }
            match &*connection {
                Connection::Connecting { after: None } => rsx! {
                    span { "connecting" }
                },
                Connection::Connecting { after: Some(why) } => rsx! {
                    span { class: "why", title: "{why}", "{why}" }
                    span { class: "next", "reconnecting now" }
                },
                Connection::Connected => rsx! {
                    span { "connected" }
                },
                Connection::Lost { why, .. } => rsx! {
                    span { class: "why", title: "{why}", "{why}" }
                    span { class: "next",
                        "reconnecting "
                        Seconds {}
                    }
                    button {
                        id: "retry",
                        class: "quiet",
                        r#type: "button",
                        onclick: move |_| bridge.act(Action::Retry),
                        "Retry now"
                    }
                },
                Connection::Ended => rsx! {
                    span { "the network part has stopped: close the window and start it again" }
                },
            }
        }
    }
}

/// The time to the next attempt. Hidden from screen readers, which would read each second aloud.
#[component]
pub(super) fn Seconds() -> Element {
    let bridge = use_context::<Bridge>();
    let when = match *bridge.countdown.read() {
        0 => "now".to_owned(),
        seconds => format!("in {seconds} s"),
    };
    rsx! {
        span { class: "seconds", "aria-hidden": "true", "{when}" }
    }
}
