//! The room: the window of the client's library, with a session of this page.

use std::rc::Rc;
use std::time::Duration;

use dioxus::prelude::*;
use hubbub_client::bridge::{Attend, Browser, Channels, Memory, Room};
use hubbub_client::news::News;
use hubbub_client::settings::{RoomsFile, SettingsFile, Trail};
use hubbub_client::timeline::STRETCH_LINES;
use hubbub_client::view::App;
use hubbub_session::{Carried, Clock, Intent, Keeper, Options, Seen};
use hubbub_wire::{Limits, Username};

use crate::browser::storage::{self, store};
use crate::browser::watching::{self, Told, watch};
use crate::browser::{self, boot, clocks, download, notifier, window};
use crate::here::{self, Here};
use crate::kept;

/// How many intents may wait for the session. It takes them at once; a thousand is more than anybody types meanwhile.
const WAITING_INTENTS: usize = 1024;

/// The shortest time between two batches of events. New lines are drawn 30 times a second, which looks immediate, and
/// the rest of the time is left for keys.
const PACE: Duration = Duration::from_millis(33);

/// How many earlier messages are asked for in a room that was not seen before: what fills the window at first.
const RECENT: u32 = STRETCH_LINES as u32;

/// How many orders may wait for the browser to show or to withdraw a notification. If more come, one was shown just
/// now.
const WAITING_NOTIFICATIONS: usize = 2;

/// How long the room is not shown after the connection stands, because the server may still refuse the user: ours says
/// so after a tenth of a second. It still looks immediate.
const REFUSED_WITHIN: Duration = Duration::from_millis(250);

/// How long leaving may wait for LEAVE to be written.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// After so long a silence the server is asked whether it is there: nobody tells a page that its line is dead. A tab
/// that nobody sees may be a minute late.
const HEARTBEAT: Duration = Duration::from_secs(20);

const NOT_KEPT: &str = "this browser keeps nothing for this tab: if the page is loaded again, you come in as \
    somebody new, and what waits to be sent is lost";

#[component]
pub(super) fn InRoom(name: Username<'static>) -> Element {
    let here = use_context::<Here>();
    let Running {
        intents,
        ended,
        news,
        memory,
    } = use_hook(|| open(&here, name));
    let leave = move |()| {
        if !memory.may_close() {
            // The window asks first, and calls this again.
            let _ = news.send(News::Closing);
            return;
        }
        let (here, intents, ended) = (here.clone(), intents.clone(), ended.clone());
        spawn(async move {
            // If it fails, the session has ended, which is what is wanted.
            let _ = intents.send_async(Intent::Leave).await;
            let clock = Clock::system();
            futures::future::select(ended.recv_async(), clock.sleep(LEAVE_WITHIN)).await;
            here.leave();
        });
    };
    rsx! {
        App {
            on_quit: leave,
            on_zoom: |_| {},
            on_focus: |_| {},
            on_attend: attend,
        }
    }
}

/// What leaving the room needs.
#[derive(Clone)]
struct Running {
    intents: flume::Sender<Intent>,
    /// Ends when the session has.
    ended: flume::Receiver<std::convert::Infallible>,
    news: flume::Sender<News>,
    memory: Memory,
}

/// Starts the session, and gives the window what it needs.
fn open(here: &Here, name: Username<'static>) -> Running {
    let (intents, intents_taken) = flume::bounded(WAITING_INTENTS);
    // One batch: the next is made when this one is shown.
    let (events_sent, events) = flume::bounded(1);
    let (notifications, orders) = flume::bounded(WAITING_NOTIFICATIONS);
    let (news_sent, news) = flume::unbounded();
    let room = Room {
        address: browser::host(),
        invitation: here.room(),
        known: None,
        username: name.to_string(),
        max_text: Limits::DEFAULT.max_payload,
        ahead: clocks::ahead,
    };
    let is_private = here.room().is_private;
    let address = here.own_server().to_string();
    let trail = Trail::new(RoomsFile::stored(store()), &address, is_private);
    let kept = here::kept();
    let memory = Memory::default();
    memory.keep_draft(kept.draft);
    let carried = kept.carried.and_then(|it| Carried::from_text(&it));
    if let Some(carried) = &carried {
        memory.carry(carried.texts.clone());
    }
    let options = Options {
        pace: PACE,
        seen: trail.latest().map(|seen| Seen {
            room: seen.log,
            seq: seen.place,
        }),
        recent: RECENT,
        carried,
        keeper: Some(Keeper::new(keep)),
        heartbeat: Some(HEARTBEAT),
        ..Options::invited(here.room(), name)
    };
    let ended = match hubbub_session::start(options, intents_taken, events_sent) {
        Ok(ended) => ended,
        Err(why) => {
            boot::broke(&why.to_string());
            flume::bounded(0).1
        }
    };
    notifier::start(orders, news_sent.clone());
    attend_to(
        here.clone(),
        intents.clone(),
        news_sent.clone(),
        trail.clone(),
    );
    provide_context(room);
    provide_context(SettingsFile::stored(store()));
    provide_context(trail);
    provide_context(memory.clone());
    provide_context(Rc::new(Clock::system()));
    provide_context(Browser {
        save: download::save,
        ask_to_notify: notifier::ask,
        keep_password: here::keep_password,
        forget_password: || {
            storage::keep_for_tab(kept::INVITATION, "");
        },
    });
    provide_context(Channels {
        intents: intents.clone(),
        events,
        notifications,
        news,
        refused_within: REFUSED_WITHIN,
    });
    Running {
        intents,
        ended,
        news: news_sent,
        memory,
    }
}

/// Keeps what the next page goes on with.
fn keep(carried: &Carried) {
    // The room may have gone to another tab, and this page ends.
    if !boot::is_over() && !storage::keep_for_tab(kept::CARRIED, &carried.to_text()) {
        notifier::trouble_once(NOT_KEPT);
    }
}

/// Does what follows from what the browser tells.
fn attend_to(here: Here, intents: flume::Sender<Intent>, news: flume::Sender<News>, trail: Trail) {
    watch(move |told| match told {
        // It fails when the page ends, and then nobody wants to know.
        Told::Focus(focused) => drop(news.send(News::Focus(focused))),
        Told::Back => {
            here.wake();
            // If the queue is full, the session is awake.
            let _ = intents.try_send(Intent::Wake);
        }
        // What is not kept counts as missed on the next page.
        Told::Going => drop(trail.keep()),
    });
}

fn attend(what: Attend) {
    match what {
        // A tab can give no other hint than its icon.
        Attend::Hint(_) => {}
        Attend::Raise => drop(window().focus()),
        Attend::Unread(count) => watching::show_unread(count),
    }
}
