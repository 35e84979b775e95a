//! The header's switches: people, notifications, light or dark. What they say is kept for the next start.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
#[cfg(target_arch = "wasm32")]
use crate::bridge::Browser;
use crate::bridge::{Action, Bridge};
use crate::settings::{Setting, Theme};

/// How many people there are. In a wide window, a click shows or hides their panel; in a narrow one, it opens their
/// drawer. The style sheet shows the button that fits.
#[component]
pub(super) fn PeopleSwitch(drawer: Signal<bool>) -> Element {
    let bridge = use_context::<Bridge>();
    let panel = use_memo(move || bridge.settings.read().people);
    let people = use_memo(move || {
        let timeline = bridge.timeline.read();
        if timeline.presence().is_inside() {
            timeline.people().len() + 1
        } else {
            0
        }
    });
    let label = match people() {
        0 => "People".to_owned(),
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    };
    let face = rsx! {
        {icon(Shape::People)}
        if people() > 0 {
            span { class: "people-count", "{people}" }
        }
    };
    rsx! {
        button {
            id: "people-toggle",
            class: "tool",
            r#type: "button",
            title: "{label}",
            aria_label: "{label}",
            aria_expanded: panel(),
            onclick: move |_| bridge.act(Action::Set(Setting::PeoplePanel(!panel()))),
            {face.clone()}
        }
        button {
            id: "drawer-toggle",
            class: "tool",
            r#type: "button",
            title: "{label}",
            aria_label: "{label}",
            aria_expanded: drawer(),
            onclick: move |_| drawer.toggle(),
            {face}
        }
    }
}

#[component]
pub(super) fn NotificationSwitch() -> Element {
    let bridge = use_context::<Bridge>();
    let on = use_memo(move || bridge.settings.read().notifications && (bridge.notifies)());
    let (shape, state) = if on() {
        (Shape::Bell, "on")
    } else {
        (Shape::NoBell, "off")
    };
    rsx! {
        button {
            id: "notifications",
            class: "tool",
            r#type: "button",
            title: "Notifications of mentions: {state}",
            aria_label: "Notifications of mentions",
            aria_pressed: on(),
            onclick: move |_| {
                ask_to_notify(bridge);
                bridge.act(Action::Set(Setting::Notifications(!on())));
            },
            {icon(shape)}
        }
    }
}

/// A desktop need not be asked.
#[cfg(not(target_arch = "wasm32"))]
fn ask_to_notify(_: Bridge) {}

/// A browser asks the user, and only when they have just clicked on something.
#[cfg(target_arch = "wasm32")]
fn ask_to_notify(bridge: Bridge) {
    if !*bridge.notifies.peek() {
        (consume_context::<Browser>().ask_to_notify)();
    }
}

#[component]
pub(super) fn ThemeSwitch() -> Element {
    let bridge = use_context::<Bridge>();
    let theme = use_memo(move || bridge.settings.read().theme);
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
            onclick: move |_| bridge.act(Action::Set(Setting::Theme(theme().next()))),
            {icon(shape)}
        }
    }
}
