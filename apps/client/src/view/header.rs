//! The header: which room, how the connection stands, how many people, light or dark.

use dioxus::prelude::*;

use super::Theme;
use super::icon::{Shape, icon};
use super::search::SearchSwitch;
use crate::bridge::{Action, Bridge, Room};
use crate::timeline::Connection;

#[component]
pub(super) fn Header(people_toggled: Signal<bool>) -> Element {
    let bridge = use_context::<Bridge>();
    let room = use_context::<Room>();
    let people = use_memo(move || {
        let timeline = bridge.timeline.read();
        match timeline.connection() {
            Connection::Connected => timeline.people().len() + 1,
            _ => 0,
        }
    });
    let people_label = match people() {
        0 => "People".to_owned(),
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    };
    rsx! {
        header { class: "top",
            span { class: "mark", "aria-hidden": "true", {icon(Shape::Bubble)} }
            h1 { title: "Room at {room.address}", "{room.address}" }
            Status {}
            div { class: "tools",
                SearchSwitch {}
                button {
                    id: "people-toggle",
                    class: "tool",
                    r#type: "button",
                    title: "{people_label}",
                    aria_label: "{people_label}",
                    onclick: move |_| people_toggled.toggle(),
                    {icon(Shape::People)}
                    if people() > 0 {
                        span { id: "people-count", "{people}" }
                    }
                }
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
    rsx! {
        span { class: "seconds", "aria-hidden": "true", "in {bridge.countdown} s" }
    }
}

#[component]
pub(super) fn ThemeSwitch() -> Element {
    let mut theme = use_context::<Signal<Theme>>();
    let shape = match theme() {
        Theme::System => Shape::System,
        Theme::Light => Shape::Sun,
        Theme::Dark => Shape::Moon,
    };
    let label = format!("Theme: {}", theme().as_str());
    rsx! {
        button {
            id: "theme",
            class: "tool",
            r#type: "button",
            title: "{label}",
            aria_label: "{label}",
            onclick: move |_| theme.set(theme().next()),
            {icon(shape)}
        }
    }
}
