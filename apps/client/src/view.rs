//! The view: one component a file. Reads the timeline, acts through the bridge, and knows neither session nor sockets.

mod answer;
mod composer;
mod connecting;
mod header;
mod icon;
mod message;
mod notice;
mod page;
mod people;
mod person;
mod search;
mod timeline;

use dioxus::prelude::*;

use crate::bridge::use_bridge;

pub use message::{PREVIEW_BYTES, PREVIEW_LINES};
pub use page::{SCRIPT, STYLE};
pub use people::LISTED_PEOPLE;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Theme {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The whole window. Needs the contexts [`Room`](crate::bridge::Room) and [`Channels`](crate::bridge::Channels).
#[component]
pub fn App(
    /// The user wants the window closed. LEAVE is on its way by then.
    on_quit: EventHandler,
) -> Element {
    let bridge = use_bridge();
    let theme = use_context_provider(|| Signal::new(Theme::default()));
    let in_room = use_memo(move || bridge.timeline.read().was_connected());
    rsx! {
        div { id: "app", "data-theme": theme().as_str(),
            if in_room() {
                RoomView { on_quit }
            } else {
                connecting::Connecting { on_quit }
            }
        }
    }
}

/// The room, once the first connection stands.
#[component]
fn RoomView(on_quit: EventHandler) -> Element {
    // The style sheet decides: the panel stands in a wide window and is a drawer in a narrow one.
    let mut people_toggled = use_signal(|| false);
    rsx! {
        div { class: "room", "data-people": if people_toggled() { "toggled" },
            header::Header { people_toggled }
            main { class: "talk",
                search::SearchView {}
                timeline::TimelineView {}
                composer::Composer { on_quit }
            }
            people::PeopleView {}
            div { class: "scrim", onclick: move |_| people_toggled.set(false) }
        }
    }
}
