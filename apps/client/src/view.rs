//! The view: one component a file. Reads the timeline, acts through the bridge, and knows neither session nor sockets.

mod answer;
#[cfg(not(target_arch = "wasm32"))]
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
#[cfg(not(target_arch = "wasm32"))]
mod page;
#[cfg(target_arch = "wasm32")]
#[path = "view/page_of_browser.rs"]
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
use crate::settings::ZoomKey;
use crate::timeline::visible;

#[cfg(not(target_arch = "wasm32"))]
pub use ask::{Ask, OFFERED_ROOMS};
pub use cost::PART_COST;
#[cfg(not(target_arch = "wasm32"))]
pub use page::{SCRIPT, STYLE};
pub use people::LISTED_PEOPLE;

/// Whether this is a page of a browser, which closes its pages by itself: whoever leaves the room only leaves the room.
const IN_BROWSER: bool = cfg!(target_arch = "wasm32");

/// The button that leads out.
const QUIT: &str = if IN_BROWSER { "Leave" } else { "Quit" };

/// What the script of the page tells besides the events that are rendered.
enum Said {
    /// A key for the size of everything.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(dead_code, reason = "a browser has keys of its own")
    )]
    Zoom(ZoomKey),
    /// The menu mutes this person (`true`) or unmutes them (`false`).
    Mute(String, bool),
    /// There is a composer and the focus is in no field (`true`), or is back in one (`false`).
    #[cfg_attr(
        target_arch = "wasm32",
        expect(dead_code, reason = "a browser composes letters by itself")
    )]
    Elsewhere(bool),
}

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
    use_future(move || {
        page::listen(move |said| match said {
            Said::Zoom(key) => bridge.act(Action::Zoom(key)),
            Said::Mute(name, true) => bridge.act(Action::Mute(name)),
            Said::Mute(name, false) => bridge.act(Action::Unmute(name)),
            Said::Elsewhere(elsewhere) => on_focus.call(elsewhere),
        })
    });
    rsx! {
        Title { on_attend }
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
fn Title(on_attend: EventHandler<Attend>) -> Element {
    let bridge = use_context::<Bridge>();
    let Room { address, .. } = use_context();
    let username = use_memo(move || bridge.timeline.read().own_name().clone());
    let unread = use_memo(move || bridge.timeline.read().attention().unread());
    let title = use_memo(move || {
        let count = match unread() {
            0 => String::new(),
            unread => format!("({unread}) "),
        };
        format!("{count}Hubbub - {} on {address}", visible(&username.read()))
    });
    named(title, unread, on_attend)
}

#[cfg(not(target_arch = "wasm32"))]
fn named(title: Memo<String>, _: Memo<usize>, _: EventHandler<Attend>) -> Element {
    rsx! {
        document::Title { "{title}" }
    }
}

/// The icon of the page can show the count, too.
#[cfg(target_arch = "wasm32")]
fn named(title: Memo<String>, unread: Memo<usize>, on_attend: EventHandler<Attend>) -> Element {
    use_effect(move || page::set_title(&title.read()));
    use_effect(move || on_attend.call(Attend::Unread(unread())));
    rsx! {}
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
                other_name::OtherNameInRoom {}
                composer::Composer {}
            }
            people::PeopleView {}
            div { class: "scrim", onclick: move |_| drawer.set(false) }
        }
    }
}
