//! The binary: checks the command line, starts the network thread, opens the window, and sees to it that LEAVE is
//! written on every orderly way out. The only file that names the renderer.

use std::convert::Infallible;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use async_signal::{Signal, Signals};
use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::LogicalSize;
use dioxus_desktop::tao::event::{Event, WindowEvent};
use dioxus_desktop::{Config, WindowBuilder, icon_from_memory};
use futures::StreamExt;
use hubbub_client::args::Args;
use hubbub_client::bridge::{Channels, Room};
use hubbub_client::desktop::{self, News};
use hubbub_client::settings::SettingsFile;
use hubbub_client::view::{App, SCRIPT, STYLE};
use hubbub_session::{Intent, Settings};
use hubbub_wire::Limits;
use jiff::tz::TimeZone;

/// Intents that may wait for the network thread. It takes them at once; a thousand is more than a hand can type while
/// the thread is busy.
const WAITING_INTENTS: usize = 1024;

/// Shortest time between two batches of events. The window draws 30 times a second, which the eye takes for at once, and has
/// the rest of its time for keys.
const PACE: Duration = Duration::from_millis(33);

/// Links that may wait for the program that opens them. A person clicks once, and once more.
const WAITING_LINKS: usize = 8;

/// How long the end of the program may wait for LEAVE to be written.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// What the desktop shows for the window, where it does not know the icon by the name of the program.
const ICON: &[u8] = include_bytes!("../assets/desktop/hubbub-client.png");

fn main() -> ExitCode {
    let args = Args::parse();
    if let Err(why) = find_display() {
        return failure(&format!(
            "{why}; start this from a desktop, or under xvfb-run"
        ));
    }
    match open(args) {
        Err(error) => failure(&format!("cannot start a thread: {error}")),
    }
}

/// Says why there is no window. Where stderr takes nothing, the status alone does.
fn failure(why: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {why}");
    ExitCode::FAILURE
}

/// Sees to it that there is a display before the renderer does, which panics without one.
fn find_display() -> Result<(), &'static str> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !["WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(is_set) {
        return Err("no display to open a window on: neither WAYLAND_DISPLAY nor DISPLAY is set");
    }
    #[cfg(target_os = "linux")]
    gtk::init().map_err(|_| "the display that WAYLAND_DISPLAY or DISPLAY names does not answer")?;
    Ok(())
}

/// Opens the window. Comes back only if it could not; the program ends with the window.
fn open(args: Args) -> io::Result<Infallible> {
    let (intents, intents_taken) = flume::bounded(WAITING_INTENTS);
    // One batch: the next is made when this one is shown.
    let (events_sent, events) = flume::bounded(1);
    let room = Room {
        address: args.address.to_string(),
        username: args.username.to_string(),
        max_text: Limits::DEFAULT.max_payload,
        zone: TimeZone::system,
    };
    let settings = Settings {
        address: args.address,
        username: args.username,
        limits: Limits::DEFAULT,
        pace: PACE,
    };
    let ended = hubbub_session::start(settings, intents_taken, events_sent)?;
    let leave = Leave {
        intents: intents.clone(),
        ended,
    };
    leave.clone().on_signals()?;
    let (links, links_taken) = flume::bounded(WAITING_LINKS);
    // One: while it waits, another one was shown just now.
    let (notifications, notifications_taken) = flume::bounded(1);
    let (news_sent, news) = flume::unbounded();
    desktop::start(links_taken, notifications_taken, news_sent.clone())?;
    let config = config(&room, leave, news_sent.clone());
    let dom = VirtualDom::new(Window)
        .with_root_context(room)
        .with_root_context(SettingsFile::of_user())
        .with_root_context(news_sent)
        .with_root_context(Channels {
            intents,
            events,
            links,
            notifications,
            news,
        });
    dioxus_desktop::launch::launch_virtual_dom(dom, config)
}

#[component]
fn Window() -> Element {
    #[cfg(target_os = "linux")]
    use_hook(steady_caret);
    let news = use_context::<flume::Sender<News>>();
    // A window that opens behind another one never loses a focus that it never had.
    use_effect(move || tell_focus(&news, dioxus_desktop::window().is_focused()));
    rsx! {
        App {
            on_quit: |()| dioxus_desktop::window().close(),
            on_zoom: |factor| dioxus_desktop::window().set_zoom_level(factor),
        }
    }
}

/// A caret that blinks all day has the page drawn again twice a second: most of what the window would do at rest. It is the
/// time between two blinks that is set, to days: WebKit takes a caret that must not blink for one that blinks all the time.
#[cfg(target_os = "linux")]
fn steady_caret() {
    use gtk::prelude::GtkSettingsExt;
    if let Some(settings) = gtk::Settings::default() {
        settings.set_gtk_cursor_blink_time(i32::MAX);
    }
}

fn tell_focus(news: &flume::Sender<News>, focused: bool) {
    // Nobody takes it when the window is closing.
    let _ = news.send(News::Focus(focused));
}

fn config(room: &Room, leave: Leave, news: flume::Sender<News>) -> Config {
    let window = WindowBuilder::new()
        // Without it the renderer shows its own.
        .with_window_icon(icon_from_memory(ICON).ok())
        .with_title(format!("Hubbub - {} on {}", room.username, room.address))
        .with_inner_size(LogicalSize::new(1000.0, 720.0))
        .with_min_inner_size(LogicalSize::new(360.0, 400.0));
    Config::new()
        .with_window(window.with_always_on_top(false))
        .with_menu(None)
        // Copy and paste by mouse.
        .with_disable_context_menu(false)
        .with_custom_head(format!("<style>{STYLE}</style><script>{SCRIPT}</script>"))
        // The page is the only one there is; links open elsewhere.
        .with_navigation_handler(|_| false)
        .with_custom_event_handler(move |event, _| match event {
            Event::LoopDestroyed => leave.now(),
            Event::WindowEvent {
                event: WindowEvent::Focused(focused),
                ..
            } => tell_focus(&news, *focused),
            _ => {}
        })
}

/// Leaves the room on the way out.
#[derive(Clone)]
struct Leave {
    intents: flume::Sender<Intent>,
    ended: flume::Receiver<Infallible>,
}

impl Leave {
    /// Asks the network thread to leave and waits for its end, but no longer than [`LEAVE_WITHIN`].
    fn now(&self) {
        let deadline = Instant::now() + LEAVE_WITHIN;
        // Both fail when the thread has ended, which is what is wanted, or when the time is over.
        let _ = self.intents.send_deadline(Intent::Leave, deadline);
        let _ = self.ended.recv_deadline(deadline);
    }

    /// Does the same when the system asks the program to end, and ends it.
    fn on_signals(self) -> io::Result<()> {
        let mut signals = Signals::new([Signal::Term, Signal::Int])?;
        if !is_hangup_ignored() {
            signals.add_signals([Signal::Hup])?;
        }
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                if async_std::task::block_on(signals.next()).is_some() {
                    self.now();
                    std::process::exit(0);
                }
            })?;
        Ok(())
    }
}

/// Whether the program was started to outlive its terminal, as by `nohup`. Only Linux tells without unsafe code.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signal 1 is the lowest bit.
    ignored.is_some_and(|mask| mask & 1 == 1)
}
