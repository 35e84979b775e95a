//! The binary: reads the command line, starts the network thread, opens the window, and makes sure that LEAVE is
//! written on every orderly way out. Only the files of the binary name the renderer.

mod again;

mod asking;

mod engine;

#[cfg(target_os = "linux")]
mod keys;

use std::convert::Infallible;
use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::{LogicalPosition, LogicalSize};
use dioxus_desktop::tao::event::{Event, WindowEvent};
use dioxus_desktop::tao::window::UserAttentionType;
use dioxus_desktop::{Config, WindowBuilder, icon_from_memory};
use futures::StreamExt;
use hubbub_client::args::{Args, Wanted};
use hubbub_client::bridge::{Attend, Channels, Memory, Room};
use hubbub_client::desktop;
use hubbub_client::moment;
use hubbub_client::news::News;
use hubbub_client::settings::{LEAST, Place, RoomsFile, SettingsFile, Trail};
use hubbub_client::timeline::STRETCH_LINES;
use hubbub_client::view::{App, SCRIPT, STYLE};
use hubbub_session::known::{KnownError, KnownRooms};
use hubbub_session::{Clock, Intent, Options, Seen};
use hubbub_transport::Addresses;
use hubbub_wire::Limits;

/// How many intents may wait for the network thread. It takes them at once; a thousand is more than anybody types while
/// the thread is busy.
const WAITING_INTENTS: usize = 1024;

/// The shortest time between two batches of events. New lines are drawn 30 times a second, which looks immediate, and
/// the rest of the time is left for keys.
const PACE: Duration = Duration::from_millis(33);

/// How many earlier messages are asked for in a room that was not seen before: what fills the window at first.
const RECENT: u32 = STRETCH_LINES as u32;

/// How many links may wait for the program that opens them. A person clicks once, and once more.
const WAITING_LINKS: usize = 8;

/// How many orders may wait for the desktop to show or to withdraw a notification. If more come, one was shown just
/// now.
const WAITING_NOTIFICATIONS: usize = 2;

/// How long the room is not shown after the connection stands, because the server may still refuse the user: ours says
/// so after a tenth of a second. It still looks immediate.
const REFUSED_WITHIN: Duration = Duration::from_millis(250);

/// How long the end of the program may wait for LEAVE to be written.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// Width and height of the first window, in pixels.
const NATURAL: (i32, i32) = (1000, 720);

/// What the desktop shows for the window if it does not know the icon by the name of the program.
const ICON: &[u8] = include_bytes!("../assets/desktop/hubbub-client.png");

fn main() -> ExitCode {
    let wanted = Args::parse();
    // At once: what follows takes a while, and the password is in sight until then.
    if let Wanted::Again(words, invitation) = &wanted {
        again::start(words, Some(invitation));
    }
    if let Err(why) = find_display() {
        return failure(&format!(
            "{why}; start this from a desktop, or under xvfb-run"
        ));
    }
    let args = match wanted {
        Wanted::Room(args) => args,
        Wanted::Ask(asking) => {
            let room = asking.invitation.as_ref().filter(|_| asking.forget);
            if let Some(room) = room
                && let Err(why) = forget(&room.addresses)
            {
                return failure(&why.to_string());
            }
            asking::open(asking)
        }
        Wanted::Again(words, invitation) => again::start(&words, Some(&invitation)),
    };
    if args.forget
        && let Err(why) = forget(&args.room.addresses)
    {
        return failure(&why.to_string());
    }
    match open(args) {
        Err(error) => failure(&format!("cannot start a thread: {error}")),
    }
}

/// Forgets what is known of the servers at these addresses.
fn forget(addresses: &Addresses) -> Result<(), KnownError> {
    match KnownRooms::path_of_user() {
        Some(path) => KnownRooms::at(path).forget(addresses).map(|_| ()),
        None => Ok(()),
    }
}

/// Says why there is no window. If stderr takes nothing, the exit status alone says it.
fn failure(why: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {why}");
    ExitCode::FAILURE
}

/// Checks that there is a display, because the renderer panics without one.
fn find_display() -> Result<(), &'static str> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !["WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(is_set) {
        return Err("no display to open a window on: neither WAYLAND_DISPLAY nor DISPLAY is set");
    }
    #[cfg(target_os = "linux")]
    gtk::init().map_err(|_| "the display that WAYLAND_DISPLAY or DISPLAY names does not answer")?;
    Ok(())
}

/// Opens the window. Returns only if that failed; otherwise the program ends with the window.
fn open(args: Args) -> io::Result<Infallible> {
    let (intents, intents_taken) = flume::bounded(WAITING_INTENTS);
    // One batch: the next is made when this one is shown.
    let (events_sent, events) = flume::bounded(1);
    let known = KnownRooms::path_of_user();
    let room = Room {
        address: args.room.addresses.to_string(),
        invitation: args.room.clone(),
        known: known.clone(),
        username: args.username.to_string(),
        max_text: Limits::DEFAULT.max_payload,
        ahead: moment::ahead_of_system,
    };
    let trail = Trail::new(RoomsFile::of_user(), &room.address, args.room.is_private);
    let seen = trail.latest().map(|seen| Seen {
        room: seen.log,
        seq: seen.place,
    });
    let options = Options {
        pace: PACE,
        seen,
        recent: RECENT,
        plain: args.plain,
        known,
        ..Options::invited(args.room, args.username)
    };
    let ended = hubbub_session::start(options, intents_taken, events_sent)?;
    let file = SettingsFile::of_user();
    let standing = engine::Standing::default();
    let memory = Memory::default();
    let leave = Leave {
        intents: intents.clone(),
        ended,
        file: file.clone(),
        trail: trail.clone(),
        unsettled: memory.unsettled(),
        standing: standing.clone(),
    };
    leave.clone().on_signals()?;
    let (links, links_taken) = flume::bounded(WAITING_LINKS);
    let (notifications, notifications_taken) = flume::bounded(WAITING_NOTIFICATIONS);
    let (news_sent, news) = flume::unbounded();
    desktop::start(links_taken, notifications_taken, news_sent.clone())?;
    let place = file.place().map(|place| place.on(&engine::screens()));
    let pages = Pages {
        room,
        file,
        trail,
        channels: Channels {
            intents,
            events,
            links,
            notifications,
            news,
            refused_within: REFUSED_WITHIN,
        },
        clock: Rc::new(Clock::system()),
        news: news_sent.clone(),
        memory,
        standing,
        deaths: Rc::default(),
    };
    let config = pages
        .config(place, true)
        .with_custom_event_handler(move |event, _| match event {
            Event::LoopDestroyed => leave.now(),
            Event::WindowEvent {
                event: WindowEvent::Focused(focused),
                ..
            } => tell_focus(&news_sent, *focused),
            _ => {}
        });
    dioxus_desktop::launch::launch_virtual_dom(pages.page(), config)
}

/// What every page of the window is made of. There is one at a time.
#[derive(Clone)]
struct Pages {
    room: Room,
    file: SettingsFile,
    trail: Trail,
    channels: Channels,
    clock: Rc<Clock>,
    news: flume::Sender<News>,
    memory: Memory,
    standing: engine::Standing,
    deaths: Rc<engine::Deaths>,
}

impl Pages {
    fn page(&self) -> VirtualDom {
        VirtualDom::new(Window)
            .with_root_context(self.room.clone())
            .with_root_context(self.file.clone())
            .with_root_context(self.trail.clone())
            .with_root_context(self.channels.clone())
            .with_root_context(self.clock.clone())
            .with_root_context(self.news.clone())
            .with_root_context(self.memory.clone())
    }

    /// The window for a page, at this place or where the window manager puts it.
    fn config(&self, place: Option<Place>, focused: bool) -> Config {
        let Room {
            username, address, ..
        } = &self.room;
        let (width, height) = place.map_or(NATURAL, |place| (place.width, place.height));
        let mut window = WindowBuilder::new()
            // Without it the renderer shows its own.
            .with_window_icon(icon_from_memory(ICON).ok())
            .with_title(format!("Hubbub - {username} on {address}"))
            .with_inner_size(LogicalSize::new(width, height))
            .with_min_inner_size(LogicalSize::new(LEAST.0, LEAST.1))
            .with_focused(focused)
            .with_always_on_top(false);
        if let Some(place) = place {
            window = window
                .with_position(LogicalPosition::new(place.x, place.y))
                .with_maximized(place.maximized);
        }
        let pages = self.clone();
        Config::new()
            .with_window(window)
            .with_menu(None)
            // The page has its own menu. Disabling the browser's here would also disable the inspector, with which the
            // released window is measured.
            .with_disable_context_menu(false)
            .with_custom_head(format!("<style>{STYLE}</style><script>{SCRIPT}</script>"))
            // There is no other page to go to; links open elsewhere.
            .with_navigation_handler(|_| false)
            .with_on_window(move |window, dom| engine::watch(&pages, &window, dom))
    }
}

#[component]
fn Window() -> Element {
    #[cfg(target_os = "linux")]
    let keys = use_hook(|| {
        steady_caret();
        keys::Keys::watch(dioxus_desktop::window())
    });
    let news = use_context::<flume::Sender<News>>();
    // A window that opens behind another one never gets the focus, and so is never told that it lost it.
    use_effect(move || tell_focus(&news, dioxus_desktop::window().is_focused()));
    rsx! {
        App {
            on_quit: |()| dioxus_desktop::window().close(),
            on_zoom: |factor| dioxus_desktop::window().set_zoom_level(factor),
            on_focus: move |elsewhere| {
                #[cfg(target_os = "linux")]
                keys.focus(elsewhere);
                let _ = elsewhere;
            },
            on_attend: attend,
        }
    }
}

fn attend(what: Attend) {
    let window = dioxus_desktop::window();
    match what {
        Attend::Hint(true) => window.request_user_attention(Some(UserAttentionType::Informational)),
        Attend::Hint(false) => window.request_user_attention(None),
        Attend::Raise => {
            window.set_minimized(false);
            window.set_focus();
        }
    }
}

/// A caret that blinks has the page drawn twice a second, which would be most of the work of a window at rest. So the
/// time between two blinks is set to days: if the caret must not blink at all, WebKit lets it blink all the time.
#[cfg(target_os = "linux")]
fn steady_caret() {
    use gtk::prelude::GtkSettingsExt;
    if let Some(settings) = gtk::Settings::default() {
        settings.set_gtk_cursor_blink_time(i32::MAX);
    }
}

fn tell_focus(news: &flume::Sender<News>, focused: bool) {
    // It fails when the window is closing, and then nobody wants to know.
    let _ = news.send(News::Focus(focused));
}

/// The one way out of the room, whatever ends the program: a button, `/quit`, the desktop, or a signal.
#[derive(Clone)]
struct Leave {
    intents: flume::Sender<Intent>,
    ended: flume::Receiver<Infallible>,
    file: SettingsFile,
    trail: Trail,
    unsettled: Arc<AtomicUsize>,
    standing: engine::Standing,
}

impl Leave {
    /// Asks the network thread to leave, keeps the place of the window and how far the user has seen the conversation,
    /// and waits for the thread's end, but no longer than [`LEAVE_WITHIN`]. Says what is lost.
    fn now(&self) {
        let deadline = Instant::now() + LEAVE_WITHIN;
        // First, since another window may be writing the file of rooms. It fails when the thread has ended, which is
        // what is wanted, or when the time is over.
        let _ = self.intents.send_deadline(Intent::Leave, deadline);
        let standing = *self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = standing {
            self.file.keep_place(place);
        }
        // The next window then takes for missed what was seen in the last second.
        let _ = self.trail.keep();
        let unsettled = self.unsettled.load(Ordering::Relaxed);
        if unsettled > 0 {
            let plural = if unsettled == 1 { "" } else { "s" };
            let words =
                format!("warning: {unsettled} message{plural} had not arrived and may be lost");
            let _ = writeln!(io::stderr(), "{words}");
        }
        // As above.
        let _ = self.ended.recv_deadline(deadline);
    }

    /// Does the same when a signal asks the program to end, and ends it.
    fn on_signals(self) -> io::Result<()> {
        let mut signals = hubbub_signals::that_ask_to_end()?;
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                if async_std::task::block_on(signals.next()).is_some() {
                    self.now();
                    // The usual end would run the exit handlers of the toolkit while the main thread still uses what
                    // they free.
                    signal_hook::low_level::exit(0);
                }
            })?;
        Ok(())
    }
}
