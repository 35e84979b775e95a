//! The view: one component a file. Reads the timeline, acts through the bridge, and knows neither session nor sockets.

mod answer;
mod ask;
mod changed;
mod closing;
mod composer;
mod connecting;
mod cost;
mod header;
mod icon;
mod invite;
mod lock;
mod message;
mod notice;
mod other_name;
mod page;
mod password;
mod people;
mod person;
mod search;
mod status;
mod switches;
mod text;
mod timeline;
mod trust;

use dioxus::prelude::*;

use crate::bridge::{Action, Attend, Bridge, Room, use_bridge};
use crate::timeline::visible;

pub use ask::{Ask, OFFERED_ROOMS};
pub use cost::PART_COST;
pub use page::{SCRIPT, STYLE};
pub use people::LISTED_PEOPLE;

/// The whole window. Needs the contexts of [`use_bridge`].
#[component]
pub fn App(
    /// The user wants the window closed.
    on_quit: EventHandler,
    /// Everything is to be this many times its natural size.
    on_zoom: EventHandler<f64>,
    /// The focus has left the fields of the room (`true`) or is back in one.
    on_focus: EventHandler<bool>,
    /// The user must notice something.
    on_attend: EventHandler<Attend>,
) -> Element {
    let bridge = use_bridge(on_quit, on_attend);
    let in_room = use_memo(move || bridge.timeline.read().shows_room());
    let theme = use_memo(move || bridge.settings.read().theme);
    let zoom = use_memo(move || bridge.settings.read().zoom);
    use_effect(move || on_zoom.call(zoom().factor()));
    use_future(move || async move {
        let mut keys = page::zoom_keys();
        while let Ok(key) = keys.recv().await {
            bridge.act(Action::Zoom(key));
        }
    });
    use_future(move || async move {
        let mut mutes = page::mutes();
        while let Ok((name, on)) = mutes.recv().await {
            bridge.act(if on {
                Action::Mute(name)
            } else {
                Action::Unmute(name)
            });
        }
    });
    use_future(move || async move {
        let mut focus = page::focus();
        while let Ok(elsewhere) = focus.recv().await {
            on_focus.call(elsewhere);
        }
    });
    rsx! {
        Title {}
        div { id: "app", "data-theme": theme().as_str(),
            if in_room() {
                RoomView {}
            } else {
                connecting::Connecting {}
            }
            closing::Closing {}
        }
    }
}

/// The window's title: who is where, and how much came while the user looked elsewhere.
#[component]
fn Title() -> Element {
    let bridge = use_context::<Bridge>();
    let Room { address, .. } = use_context();
    let username = use_memo(move || bridge.timeline.read().own_name().clone());
    let unread = use_memo(move || bridge.timeline.read().attention().unread());
    let count = match unread() {
        0 => String::new(),
        unread => format!("({unread}) "),
    };
    rsx! {
        document::Title { "{count}Hubbub - {visible(&username.read())} on {address}" }
    }
}

/// The room, from the first connection on.
#[component]
fn RoomView() -> Element {
    let bridge = use_context::<Bridge>();
    // A wide window has the people in a panel, which is a setting. A narrow one has them in a drawer, which opens for a
    // moment.
    let panel = use_memo(move || bridge.settings.read().people);
    let mut drawer = use_signal(|| false);
    rsx! {
        div {
            class: "room",
            "data-panel": if panel() { "open" } else { "closed" },
            "data-drawer": if drawer() { "open" },
            header::Header { drawer }
            main { class: "talk",
                search::SearchView {}
                timeline::TimelineView {}
                composer::Composer {}
            }
            people::PeopleView {}
            div { class: "scrim", onclick: move |_| drawer.set(false) }
        }
    }
}
