//! The window of `--ask`. When it is answered, it closes, and the program starts again for the room that is wanted.
//! Part of the binary.

use std::cell::RefCell;
use std::rc::Rc;

use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::LogicalSize;
use dioxus_desktop::tao::event::Event;
use dioxus_desktop::{Config, WindowBuilder, icon_from_memory};
use hubbub_client::args::{Args, Asking};
use hubbub_client::settings::{LEAST, RoomsFile, SettingsFile};
use hubbub_client::view::{Ask, SCRIPT, STYLE};
use hubbub_session::known::KnownRooms;
use hubbub_transport::Addresses;

use crate::{ICON, again, engine};

/// Width and height of the window, in pixels: the card with all the rooms that it offers.
const NATURAL: (i32, i32) = (520, 760);

/// The room that the user wants, once that is known.
type Answer = Rc<RefCell<Option<Args>>>;

/// Opens the window. The program ends with it, or goes on in the room.
pub(crate) fn open(asking: Asking) -> ! {
    let answer = Answer::default();
    let page = VirtualDom::new(Page)
        .with_root_context(asking)
        .with_root_context(answer.clone());
    let window = WindowBuilder::new()
        .with_window_icon(icon_from_memory(ICON).ok())
        .with_title("Hubbub")
        .with_inner_size(LogicalSize::new(NATURAL.0, NATURAL.1))
        .with_min_inner_size(LogicalSize::new(LEAST.0, LEAST.1))
        .with_always_on_top(false);
    let config = Config::new()
        .with_window(window)
        .with_menu(None)
        .with_disable_context_menu(false)
        .with_custom_head(format!("<style>{STYLE}</style><script>{SCRIPT}</script>"))
        .with_navigation_handler(|_| false)
        .with_on_window(|_, dom| engine::watch_asking(dom))
        .with_custom_event_handler(move |event, _| {
            if matches!(event, Event::LoopDestroyed)
                && let Some(mut args) = answer.take()
            {
                // Where the room was private before, it is so again.
                args.room.is_private |= is_known(&args.room.addresses);
                again::start(&args.words(), args.secret());
            }
        });
    dioxus_desktop::launch::launch_virtual_dom(page, config)
}

fn is_known(addresses: &Addresses) -> bool {
    let rooms = KnownRooms::path_of_user().map(KnownRooms::at);
    // What cannot be read is told where the connection is made.
    rooms.is_some_and(|rooms| rooms.get(addresses).is_ok_and(|known| known.is_some()))
}

#[component]
fn Page() -> Element {
    let answer = use_context::<Answer>();
    let (theme, used, trouble) = use_hook(|| {
        let (settings, broken) = SettingsFile::of_user().load();
        let (used, unknown) = RoomsFile::of_user().used();
        let trouble = broken.map(|trouble| trouble.to_string());
        let trouble = trouble.or(unknown.map(|trouble| trouble.to_string()));
        (settings.theme, used, trouble)
    });
    rsx! {
        Ask {
            asking: use_context::<Asking>(),
            used,
            trouble,
            theme,
            on_answer: move |args| {
                answer.replace(Some(args));
                dioxus_desktop::window().close();
            },
            on_quit: |()| dioxus_desktop::window().close(),
        }
    }
}
