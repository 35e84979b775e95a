//! The bridge: what components read and how they act, and the one coroutine between the window and the other threads.
//!
//! What the user does shows in the timeline at once and goes out as an intent. Events come in batches, and each batch
//! is one write of the signal. When a page dies, the bridge of the next page goes on with what is in [`Memory`].

#[cfg(target_arch = "wasm32")]
mod browser;
mod coroutine;
#[cfg(not(target_arch = "wasm32"))]
mod inviting;
mod keeping;
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod saving;

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use dioxus::prelude::*;
use hubbub_session::{Clock, Intent, MessageId, Stamped};
use hubbub_transport::{Address, Invitation, Password, Pin};
use hubbub_wire::Username;

use crate::moment::Ahead;
use crate::news::{News, Order};
use crate::settings::{Setting, Settings, SettingsFile, Trail, ZoomKey};
use crate::timeline::{Timeline, Toward};
use coroutine::Side;

#[cfg(target_arch = "wasm32")]
pub use browser::Browser;
pub use memory::Memory;

/// Which room this is, and as whom the user is there. A root context.
#[derive(Clone, Debug)]
pub struct Room {
    /// Host and port, as people write them.
    pub address: String,
    /// What led here.
    pub invitation: Invitation,
    /// The file of known rooms. A browser has none.
    pub known: Option<PathBuf>,
    /// The name under which the user came. Meanwhile they may go by another.
    pub username: String,
    /// Longest text that can be sent, in bytes of UTF-8.
    pub max_text: usize,
    /// How far the clocks are ahead by which times are shown. It is asked each time, because a person who travels
    /// changes the zone while the window is open.
    pub ahead: Ahead,
}

impl Room {
    /// Where the user is, as people write it, when a page has gone on to this server of the room. As the address bar has
    /// it: without the port, if it is the one of all web pages.
    #[must_use]
    pub fn place(&self, server: Option<&Address>) -> String {
        let Some(server) = server else {
            return self.address.clone();
        };
        let server = server.to_string();
        let usual = if self.invitation.is_private {
            ":443"
        } else {
            ":80"
        };
        server.strip_suffix(usual).unwrap_or(&server).to_owned()
    }
}

/// The window's ends of its channels. A root context.
#[derive(Clone)]
pub struct Channels {
    /// What the user wants, to the network thread.
    pub intents: flume::Sender<Intent>,
    /// What happened, from the network thread. It is disconnected when the thread has ended.
    pub events: flume::Receiver<Vec<Stamped>>,
    /// Links for the desktop to open. A browser opens them by itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub links: flume::Sender<String>,
    /// Notifications for the desktop to show or to withdraw.
    pub notifications: flume::Sender<Order>,
    /// What the desktop tells.
    pub news: flume::Receiver<News>,
    /// How long the room is not shown after the connection stands. A server that refuses says so within this time, and
    /// without the delay the room would flash up at each attempt.
    pub refused_within: Duration,
}

/// What the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this text.
    Say(String),
    /// Send this message again. It did not arrive, or may not have.
    SayAgain(MessageId),
    /// Connect now.
    Retry,
    /// Connect now, under this name, for as long as this window is open.
    Rename(Username<'static>),
    /// This is the server's key: connect to it.
    Trust(Pin),
    /// Connect with this password, which is for the server at this address.
    Password(Address, Password),
    /// Make an invitation to this private room.
    Invite,
    /// Scrolled to the end of the timeline (`true`) or away from it (`false`).
    Follow(bool),
    /// Show another stretch of lines above.
    ShowEarlier,
    /// Came near the first line in the window: show what is above it, or fetch it.
    ReachTop,
    /// Show another stretch of lines below.
    ShowLater,
    /// Show these words as a line that only this window has.
    Answer(String),
    /// Show nothing of what this person says.
    Mute(String),
    /// Show again what this person says.
    Unmute(String),
    /// Take every line out of the window.
    Clear,
    /// Write the lines to a new file of this name.
    Save(String),
    /// Look for this text in what was said. An empty one opens the search.
    Search(String),
    /// Go to the next match this way.
    SearchOn(Toward),
    /// End the search.
    EndSearch,
    /// Open this link outside of the window.
    #[cfg(not(target_arch = "wasm32"))]
    OpenLink(String),
    /// Set this, for now and for later windows.
    Set(Setting),
    /// Make everything larger or smaller.
    Zoom(ZoomKey),
    /// Keep the window open after all.
    Stay,
}

/// How the window gets the attention of a user who looks elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attend {
    /// A hint where the desktop lists its windows: given (`true`) when somebody mentions the user, taken back (`false`)
    /// when the user looks.
    Hint(bool),
    /// The window comes to the front.
    Raise,
    /// So many messages came while the user looked elsewhere. A desktop reads it in the title.
    #[cfg(target_arch = "wasm32")]
    Unread(usize),
}

/// What components read, and how they act. Every component has it as a context.
#[derive(Clone, Copy)]
pub struct Bridge {
    /// Everything there is to show.
    pub timeline: ReadSignal<Timeline>,
    /// Seconds until the next attempt to connect, while there is no connection.
    pub countdown: ReadSignal<u64>,
    /// What the user has set.
    pub settings: ReadSignal<Settings>,
    /// Whether a notification would be shown. A browser asks the user first.
    pub notifies: ReadSignal<bool>,
    /// The line that the user wants to see: its notification was clicked.
    pub looked_for: ReadSignal<Option<i64>>,
    /// An invitation to this private room, since somebody wanted one. It lets in whoever has it.
    pub invitation: ReadSignal<Option<Rc<str>>>,
    /// Whether the window asks if it may close although messages were not sent.
    pub closing: ReadSignal<bool>,
    actions: CopyValue<flume::Sender<Action>>,
    on_quit: EventHandler,
}

impl Bridge {
    /// Hands over what the user did. Returns at once.
    pub fn act(&self, action: Action) {
        // The other end is in the memory of the window and outlives every page.
        let _ = self.actions.peek().send(action);
    }

    /// Closes the window. The room is left when the program ends, whatever ends it.
    pub fn quit(&self) {
        self.on_quit.call(());
    }
}

/// Starts the coroutine and gives its [`Bridge`] to every component below. Needs the contexts [`Room`], [`Channels`],
/// [`SettingsFile`], [`Trail`], [`Memory`] and `Rc<Clock>`. `on_quit` closes the window, and `on_attend` is told what the
/// user must notice.
pub fn use_bridge(on_quit: EventHandler, on_attend: EventHandler<Attend>) -> Bridge {
    let memory = use_context::<Memory>();
    let (timeline, settings) = use_hook(|| {
        let (timeline, settings) = memory.take_up().unwrap_or_else(begin);
        (Signal::new(timeline), Signal::new(settings))
    });
    use_drop({
        let memory = memory.clone();
        move || {
            let mut timeline = timeline.peek().clone();
            // The next page begins at the end, and its search field is empty.
            timeline.end_search();
            timeline.lines_mut().follow(true);
            memory.lay_down(timeline, *settings.peek());
        }
    });
    let (sender, receiver) = memory.actions();
    let actions = use_hook(|| CopyValue::new(sender));
    let notifies = use_signal(|| !cfg!(target_arch = "wasm32"));
    let closing = use_signal(|| memory.is_asking_to_close());
    let looked_for = use_signal(|| None);
    let countdown = use_signal(|| 0);
    let invitation = use_signal(|| None);
    let (rendered, frames) = use_hook(|| flume::bounded(1));
    // An effect runs when everything is rendered and the page has taken it.
    use_effect(move || {
        timeline.read();
        // A frame that nobody waits for counts for the next one as well.
        let _ = rendered.try_send(());
    });
    use_hook(move || {
        let (seen_more, more) = flume::bounded(1);
        let side = Side {
            channels: consume_context(),
            clock: consume_context(),
            file: consume_context(),
            memory,
            trail: consume_context(),
            seen_more,
            #[cfg(target_arch = "wasm32")]
            typed: None,
            is_writable: true,
            is_notified: false,
            timeline,
            settings,
            notifies,
            looked_for,
            invitation,
            closing,
            on_attend,
        };
        let keeping = keeping::run(consume_context(), more, consume_context(), timeline);
        spawn(keeping);
        spawn(coroutine::run(side, receiver, frames, countdown))
    });
    use_context_provider(|| Bridge {
        timeline: timeline.into(),
        countdown: countdown.into(),
        settings: settings.into(),
        notifies: notifies.into(),
        looked_for: looked_for.into(),
        invitation: invitation.into(),
        closing: closing.into(),
        actions,
        on_quit,
    })
}

/// What the first page begins with.
fn begin() -> (Timeline, Settings) {
    let room = consume_context::<Room>();
    let (settings, trouble) = consume_context::<SettingsFile>().load();
    let mut timeline = Timeline::new(&room.username, room.ahead);
    let trouble = trouble.map(|trouble| trouble.to_string());
    let trail = consume_context::<Trail>();
    timeline.mute_again(trail.muted());
    let now = consume_context::<Rc<Clock>>().wall();
    for text in consume_context::<Memory>().carried() {
        timeline.take_up(now, &text);
    }
    for trouble in trouble.as_deref().into_iter().chain(trail.trouble()) {
        timeline.answer(trouble);
    }
    (timeline, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_as_it_was_given_until_a_page_has_gone_on_and_then_as_the_address_bar_has_it() {
        let place = |is_private, server: Option<&str>| {
            let room = Room {
                address: "a:8765,b:8765".to_owned(),
                invitation: Invitation {
                    is_private,
                    ..Invitation::parse("chat://a", 8765).unwrap()
                },
                known: None,
                username: "alice".to_owned(),
                max_text: 1,
                ahead: |_| 0,
            };
            let link = server.map(|server| format!("chat://{server}"));
            let server = link.map(|link| Address::from_link(&link, 1).unwrap());
            room.place(server.as_ref())
        };
        assert_eq!(place(false, None), "a:8765,b:8765");
        for (is_private, server, shown) in [
            (false, "b:8765", "b:8765"),
            (false, "b:80", "b"),
            (false, "b:443", "b:443"),
            (true, "b:443", "b"),
            (true, "b:80", "b:80"),
            (true, "b:8443", "b:8443"),
            (true, "[::1]:443", "[::1]"),
        ] {
            assert_eq!(place(is_private, Some(server)), shown);
        }
    }
}
