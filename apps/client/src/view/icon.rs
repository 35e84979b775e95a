//! Icons: line drawings of 24 by 24, in the colour of the text next to them.

use dioxus::prelude::*;

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Send,
    People,
    Sun,
    Moon,
    System,
    Down,
    Clock,
    Check,
    Checks,
    Warning,
    Bubble,
    Search,
    Up,
    Close,
    Bell,
    NoBell,
    Muted,
    Key,
    Lock,
    HalfLock,
}

impl Shape {
    fn path(self) -> &'static str {
        match self {
            Self::Send | Self::Up => "M12 19V5M5.5 11.5 12 5l6.5 6.5",
            Self::People => {
                "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20v-1a5 5 0 0 1 5-5h3a5 5 0 0 1 5 5v1M16 4.3a3.5 3.5 0 0 1 0 6.4M18.5 14.4a5 5 0 0 1 3 4.6v1"
            }
            Self::Sun => {
                "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
            }
            Self::Moon => "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
            Self::System => "M3.5 5h17v11h-17zM12 16v4M8.5 20h7",
            Self::Down => "M12 5v14M5.5 12.5 12 19l6.5-6.5",
            Self::Clock => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2",
            Self::Check => "M5 12.5 10 17.5 19.5 7",
            Self::Checks => "M1.5 12.5 6.5 17.5 16 7M12 16.5l1 1L22.5 7",
            Self::Warning => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5V13M12 16.3v.2",
            Self::Search => "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.2 15.2 20 20",
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Bubble => {
                "M20 15a3 3 0 0 1-3 3H9.5L5 21.5V18a3 3 0 0 1-2-3V7a3 3 0 0 1 3-3h11a3 3 0 0 1 3 3ZM8 9.5h7M8 13h4.5"
            }
            Self::Bell => "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15ZM10 21h4",
            Self::Key => "M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 12h9v3.5M17 12v2.5",
            Self::Lock => "M5 11h14v9.5H5zM8 11V7.5a4 4 0 0 1 8 0V11M12 14.5v2.5",
            Self::HalfLock => "M5 11h14v9.5H5zM8 11V6.5a4 4 0 0 1 7.6-1.8M12 14.5v2.5",
            Self::Muted => "M11 5 6.5 9H3v6h3.5L11 19ZM16 9.5l5 5M21 9.5l-5 5",
            Self::NoBell => {
                "M6 16.5V11a6 6 0 0 1 .5-2.4M9 5.8A6 6 0 0 1 18 11v3M16.5 18h-12L6 16.5M10 21h4M4 4l16 16"
            }
        }
    }
}

/// One icon. Hidden from screen readers, which read the label next to it.
pub(super) fn icon(shape: Shape) -> Element {
    rsx! {
        svg { class: "icon", view_box: "0 0 24 24", "aria-hidden": "true",
            path { d: shape.path() }
        }
    }
}
