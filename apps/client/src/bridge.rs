//! The bridge: the one coroutine between the window and the network thread, and the only writer of the signals.
//!
//! Actions of the user become intents and stand in the timeline at once; events come in batches, one signal write each.
//! Nothing here waits for the network: intents go out by `try_send`. The next batch is taken when the last one is on
//! the page, so that a flood on a slow machine makes fewer frames and not none.

use std::time::{Duration, SystemTime};

use async_std::task::{sleep, spawn_blocking};
use dioxus::prelude::*;
use futures::future::{Either, select};
use futures::stream::{self, Stream, StreamExt};
use jiff::tz::TimeZone;

use crate::save;
use crate::session::{Intent, MessageId, Stamped};
use crate::timeline::{Connection, Delivery, Direction, Timeline, Transcript};

/// Which room this is: what the window says about it. A root context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Host and port, as people write them.
    pub address: String,
    /// The user's own name.
    pub username: String,
    /// Longest text that can be sent, in bytes of UTF-8.
    pub max_text: usize,
    /// The zone in which times are shown.
    pub zone: TimeZone,
}

/// The window's ends of the two channels. A root context.
#[derive(Clone)]
pub struct Channels {
    /// What the user wants, to the network thread.
    pub intents: flume::Sender<Intent>,
    /// What happened, from the network thread. It is disconnected when the thread has ended.
    pub events: flume::Receiver<Vec<Stamped>>,
}

/// What the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this text.
    Say(String),
    /// Send this message again, which did not arrive or may not have.
    SayAgain(MessageId),
    /// Connect now.
    Retry,
    /// Leave the room for good.
    Quit,
    /// Scrolled to the end of the timeline (`true`) or away from it (`false`).
    Follow(bool),
    /// Show one page more above.
    ShowEarlier,
    /// Show one page more below.
    ShowLater,
    /// Show these words as a line of this window.
    Answer(String),
    /// Take every line out of the window.
    Clear,
    /// Write the lines to a new file of this name.
    Save(String),
    /// Look for this text in what was said. An empty one opens the search.
    Search(String),
    /// Go to the next match in this direction.
    SearchOn(Direction),
    /// End the search.
    EndSearch,
}

/// What components read and how they act. A context of all of them.
#[derive(Clone, Copy)]
pub struct Bridge {
    /// Everything there is to show.
    pub timeline: ReadSignal<Timeline>,
    /// Seconds until the next attempt to connect, while there is no connection.
    pub countdown: ReadSignal<u64>,
    actions: Coroutine<Action>,
}

impl Bridge {
    /// Hands over what the user did. Returns at once.
    pub fn act(&self, action: Action) {
        self.actions.send(action);
    }
}

/// Starts the coroutine and gives its [`Bridge`] to every component below. Needs the contexts [`Room`] and [`Channels`].
pub fn use_bridge() -> Bridge {
    let room = use_context::<Room>();
    let timeline = use_signal(|| Timeline::new(&room.username, room.zone));
    let countdown = use_signal(|| 0);
    let (rendered, frames) = use_hook(|| flume::bounded(1));
    // An effect runs when everything is rendered and the page has taken it.
    use_effect(move || {
        timeline.read();
        // A frame that nobody waits for counts for the next one as well.
        let _ = rendered.try_send(());
    });
    let actions = use_coroutine(move |actions| {
        let channels = consume_context::<Channels>();
        run(actions, channels, frames.clone(), timeline, countdown)
    });
    use_context_provider(|| Bridge {
        timeline: timeline.into(),
        countdown: countdown.into(),
        actions,
    })
}

enum Input {
    Action(Action),
    Events(Vec<Stamped>),
    Ended,
}

async fn run(
    actions: UnboundedReceiver<Action>,
    channels: Channels,
    frames: flume::Receiver<()>,
    mut timeline: Signal<Timeline>,
    mut countdown: Signal<u64>,
) {
    let Channels { intents, events } = channels;
    let events = events
        .into_stream()
        .map(Input::Events)
        .chain(stream::once(async { Input::Ended }));
    let mut inputs = std::pin::pin!(stream::select(actions.map(Input::Action), events));
    while let Some(input) = next(&mut inputs, timeline, &mut countdown).await {
        match input {
            Input::Action(action) => act(action, &intents, timeline),
            Input::Events(batch) => {
                frames.drain();
                timeline.with_mut(|timeline| {
                    batch.into_iter().for_each(|event| timeline.apply(event));
                });
                // The effect holds the other end for as long as this runs.
                let _ = frames.recv_async().await;
            }
            Input::Ended => timeline.write().end(),
        }
    }
}

/// The next input. Meanwhile, and only while there is no connection, counts the seconds to the next attempt.
async fn next(
    inputs: &mut (impl Stream<Item = Input> + Unpin),
    timeline: Signal<Timeline>,
    countdown: &mut Signal<u64>,
) -> Option<Input> {
    loop {
        let Connection::Lost { retry_at, .. } = *timeline.peek().connection() else {
            return inputs.next().await;
        };
        let left = retry_at
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        let seconds = left.as_millis().div_ceil(1000);
        countdown.set(u64::try_from(seconds).unwrap_or(u64::MAX));
        if left.is_zero() {
            return inputs.next().await;
        }
        let to_next_second = left - Duration::from_secs(left.as_secs());
        let pause = to_next_second.max(Duration::from_millis(10));
        match select(inputs.next(), std::pin::pin!(sleep(pause))).await {
            Either::Left((input, _)) => return input,
            Either::Right(_) => {}
        }
    }
}

fn act(action: Action, intents: &flume::Sender<Intent>, mut shown: Signal<Timeline>) {
    let later = shown;
    let timeline = &mut *shown.write();
    match action {
        Action::Say(text) => {
            let id = timeline.say(SystemTime::now(), &text);
            send(id, text, intents, timeline);
        }
        Action::SayAgain(id) => {
            if let Some(text) = timeline.say_again(id) {
                send(id, text, intents, timeline);
            }
        }
        // A full queue means that the thread has more to do than it can; a second press will find room.
        Action::Retry => drop(intents.try_send(Intent::Retry)),
        // Closing the window asks for it again, and waits.
        Action::Quit => drop(intents.try_send(Intent::Leave)),
        Action::Follow(at_end) => timeline.lines_mut().follow(at_end),
        Action::ShowEarlier => timeline.lines_mut().show_earlier(),
        Action::ShowLater => timeline.lines_mut().show_later(),
        Action::Answer(words) => {
            timeline.lines_mut().follow(true);
            timeline.answer(&words);
        }
        Action::Clear => timeline.clear(),
        Action::Search(query) => timeline.search(&query),
        Action::SearchOn(direction) => timeline.search_on(direction),
        Action::EndSearch => timeline.end_search(),
        Action::Save(name) => save(name, timeline.transcript(), later),
    }
}

/// Writes the lines to a new file, and says how that went. A slow disk holds up nothing.
fn save(name: String, transcript: Transcript, mut timeline: Signal<Timeline>) {
    spawn(async move {
        let entries = transcript.entries;
        let saved = spawn_blocking(move || save::save(&name, &transcript.text)).await;
        let words = match saved {
            Ok(path) if entries == 1 => format!("1 line saved to {}", path.display()),
            Ok(path) => format!("{entries} lines saved to {}", path.display()),
            Err(error) => error.to_string(),
        };
        timeline.write().answer(&words);
    });
}

fn send(id: MessageId, text: String, intents: &flume::Sender<Intent>, timeline: &mut Timeline) {
    if intents.try_send(Intent::Say { id, text }).is_err() {
        timeline.mark(id, Delivery::Failed);
    }
}
