//! The coroutine: takes what the user did, what happened and what the desktop says, one after the other, and does what
//! follows. It is the only writer of the signals.
//!
//! It never waits for the network or the desktop: it sends with `try_send`. It takes the next batch of events when the
//! last one is on the page and the page has had a pause, so that a flood on a slow machine makes fewer frames, but
//! never none.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use dioxus::prelude::*;
use futures::future::{Either, select};
use futures::stream::{self, PollNext, Stream, StreamExt};
use hubbub_session::{Clock, Event, Intent, MessageId, Seen, Stamped};
use hubbub_wire::Username;

#[cfg(target_arch = "wasm32")]
use super::browser::{drawn, invite, save};
use super::{Action, Attend, Channels, Memory};
#[cfg(not(target_arch = "wasm32"))]
use super::{inviting::invite, saving::save};
use crate::news::{News, Notification, Order};
use crate::settings::{LastSeen, Setting, Settings, SettingsError, SettingsFile, Trail};
use crate::timeline::{Attempt, Message, Progress, Timeline};

/// How long a user whom the room has refused is not shown in it after the connection stands again: an answer takes one
/// round trip, and on a slow line of a phone that is a second. Until then the field for another name stays.
const REFUSED_AGAIN_WITHIN: Duration = Duration::from_secs(3);

/// After a batch, the page is left alone for this many times as long as the batch took to show. A key that is pressed
/// in a flood then seldom finds the page busy.
const PAUSE: u32 = 2;

/// The longest pause in a browser. It freezes a tab that nobody sees, and then a batch seems to take hours: the room must
/// not stand still for as long again. What really takes so long is a flood, and half a second is enough for keys.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

enum Input {
    Action(Action),
    Events(Vec<Stamped>),
    /// The last batch is on the page.
    Shown,
    Ended,
    News(News),
}

/// Runs for as long as the page is there.
pub(super) async fn run(
    mut side: Side,
    actions: flume::Receiver<Action>,
    frames: flume::Receiver<()>,
    mut countdown: Signal<u64>,
) {
    // When the batch was taken that is being painted.
    let began = Cell::new(None);
    let pause = Cell::new(Duration::ZERO);
    let clock = side.clock.clone();
    let timeline = side.timeline;
    let events = stream::unfold(side.channels.clone(), |channels| async {
        if let Some(since) = began.get() {
            shown(&frames).await;
            began.set(None);
            let took = clock.awake().saturating_sub(since);
            pause.set(pause_after(took, cfg!(target_arch = "wasm32")));
            return Some((Input::Shown, channels));
        }
        clock.sleep(pause.take()).await;
        let batch = next_batch(&channels, &clock, timeline).await?;
        Some((Input::Events(batch), channels))
    });
    let events = events.chain(stream::once(async { Input::Ended }));
    let news = side.channels.news.clone().into_stream().map(Input::News);
    let actions = actions.into_stream().map(Input::Action);
    let inputs = stream::select(actions, events);
    // What the desktop tells is taken first: who looked away before a message came has not read it. It tells little,
    // and so holds up nothing.
    let news_first = |(): &mut ()| PollNext::Left;
    let inputs = stream::select_with_strategy(news, inputs, news_first);
    let mut inputs = std::pin::pin!(inputs);
    while let Some(input) = next(&mut inputs, &clock, side.timeline, &mut countdown).await {
        match input {
            Input::Action(action) => side.act(action),
            Input::Events(batch) => {
                began.set(Some(clock.awake()));
                frames.drain();
                side.take(batch);
                // What follows from it is done when it is shown. What the user does meanwhile is taken at once: in a
                // browser it is kept nowhere before that, and the page can be gone before it is painted.
                continue;
            }
            Input::Shown => {}
            Input::Ended => side.timeline.write().end(clock.wall()),
            Input::News(news) => side.hear(news),
        }
        side.settle(began.get().is_none());
    }
}

/// How long the page is left alone after a batch that took so long.
fn pause_after(took: Duration, in_browser: bool) -> Duration {
    let pause = took.saturating_mul(PAUSE);
    if in_browser {
        pause.min(LONGEST_PAUSE)
    } else {
        pause
    }
}

/// Waits until the last batch is on the page.
async fn shown(frames: &flume::Receiver<()>) {
    // The effect holds the other end for as long as this runs.
    let _ = frames.recv_async().await;
    // A browser has only taken it by then. To lay it out and to paint it costs as much again.
    #[cfg(target_arch = "wasm32")]
    drawn().await;
}

/// The next batch. If it ends with a new connection, it waits a moment for what follows, which may be a refusal: words of
/// the server, and then the end.
async fn next_batch(
    channels: &Channels,
    clock: &Clock,
    timeline: Signal<Timeline>,
) -> Option<Vec<Stamped>> {
    let events = &channels.events;
    let mut batch = events.recv_async().await.ok()?;
    if matches!(batch.last(), Some(last) if last.event == Event::Connected) {
        let was_refused = timeline.peek().presence().wants_other_name();
        let within = if was_refused {
            REFUSED_AGAIN_WITHIN
        } else {
            channels.refused_within
        };
        let mut refused_by = std::pin::pin!(clock.sleep(within));
        while batch
            .last()
            .is_some_and(|last| comes_before_a_refusal(&last.event))
            && let Either::Left((Ok(more), _)) = select(events.recv_async(), &mut refused_by).await
        {
            batch.extend(more);
        }
    }
    Some(batch)
}

/// Whether the connection may end after this because the server refuses the name.
fn comes_before_a_refusal(event: &Event) -> bool {
    match event {
        Event::Connected | Event::Notice { .. } => true,
        Event::Said { name, .. } => name == Username::SERVER.as_str(),
        _ => false,
    }
}

/// The next input. Meanwhile, and only while there is no connection, counts the seconds to the next attempt.
async fn next(
    inputs: &mut (impl Stream<Item = Input> + Unpin),
    clock: &Clock,
    timeline: Signal<Timeline>,
    countdown: &mut Signal<u64>,
) -> Option<Input> {
    loop {
        let Some(&Attempt::Failed { retry_at, .. }) = timeline.peek().presence().attempt() else {
            return inputs.next().await;
        };
        let left = retry_at.duration_since(clock.wall()).unwrap_or_default();
        let seconds = left.as_millis().div_ceil(1000);
        countdown.set(u64::try_from(seconds).unwrap_or(u64::MAX));
        if left.is_zero() {
            return inputs.next().await;
        }
        let to_next_second = left - Duration::from_secs(left.as_secs());
        let pause = to_next_second.max(Duration::from_millis(10));
        match select(inputs.next(), clock.sleep(pause)).await {
            Either::Left((input, _)) => return input,
            Either::Right(_) => {}
        }
    }
}

/// What the coroutine writes, and where it sends.
pub(super) struct Side {
    pub(super) channels: Channels,
    pub(super) clock: Rc<Clock>,
    pub(super) file: SettingsFile,
    pub(super) memory: Memory,
    pub(super) trail: Trail,
    /// Says that the trail goes on.
    pub(super) seen_more: flume::Sender<()>,
    /// The password that was typed, until the room has taken it.
    #[cfg(target_arch = "wasm32")]
    pub(super) typed: Option<hubbub_transport::Password>,
    /// Whether no write of the settings has failed so far.
    pub(super) is_writable: bool,
    /// Whether the desktop shows a notification of something that was not read.
    pub(super) is_notified: bool,
    pub(super) timeline: Signal<Timeline>,
    pub(super) settings: Signal<Settings>,
    pub(super) notifies: Signal<bool>,
    pub(super) looked_for: Signal<Option<i64>>,
    pub(super) invitation: Signal<Option<Rc<str>>>,
    pub(super) closing: Signal<bool>,
    pub(super) on_attend: EventHandler<Attend>,
}

impl Side {
    fn act(&mut self, action: Action) {
        let mut timeline = self.timeline;
        let intents = &self.channels.intents;
        match action {
            Action::Say(text) => {
                let id = timeline.write().say(self.clock.wall(), &text);
                self.send(id, text);
            }
            Action::SayAgain(id) => {
                let text = timeline.write().say_again(id);
                if let Some(text) = text {
                    self.send(id, text);
                }
            }
            // If the queue is full, the thread is too busy. A second press will find room.
            Action::Retry => drop(intents.try_send(Intent::Retry)),
            Action::Trust(pin) => drop(intents.try_send(Intent::Trust { pin })),
            Action::Password(address, password) => {
                self.memory.keep_password(password.clone());
                #[cfg(target_arch = "wasm32")]
                self.typed.replace(password.clone());
                drop(intents.try_send(Intent::Password { address, password }));
            }
            Action::Invite => {
                invite(&self.memory, timeline, self.invitation);
            }
            Action::Rename(username) => {
                let name = username.to_string();
                if intents.try_send(Intent::Rename { username }).is_ok() {
                    timeline.write().rename(&name);
                }
            }
            Action::ReachTop => {
                if timeline.write().reach_top() {
                    self.fetch();
                }
            }
            Action::Follow(at_end) => timeline.write().lines_mut().follow(at_end),
            Action::ShowEarlier => timeline.write().lines_mut().show_earlier(),
            Action::ShowLater => timeline.write().lines_mut().show_later(),
            Action::Answer(words) => {
                let mut timeline = timeline.write();
                timeline.lines_mut().follow(true);
                timeline.answer(&words);
            }
            Action::Mute(name) => self.mute(&name, true),
            Action::Unmute(name) => self.mute(&name, false),
            Action::Clear => timeline.write().clear(),
            Action::Search(query) => timeline.write().search(&query),
            Action::SearchOn(toward) => timeline.write().search_on(toward),
            Action::EndSearch => timeline.write().end_search(),
            Action::Save(name) => {
                let transcript = timeline.peek().transcript();
                save(name, transcript, timeline);
            }
            // If the queue is full, the program that opens links hangs, and the user sees that.
            #[cfg(not(target_arch = "wasm32"))]
            Action::OpenLink(link) => drop(self.channels.links.try_send(link)),
            Action::Set(setting) => self.set(setting),
            Action::Zoom(key) => {
                let zoom = self.settings.peek().zoom.pressed(key);
                self.set(Setting::Zoom(zoom));
            }
            Action::Stay => {
                self.memory.stay();
                self.closing.set(false);
            }
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Focus(focused) => {
                // The time zone is set in another window.
                #[cfg(not(target_arch = "wasm32"))]
                crate::moment::zone_may_have_changed();
                self.timeline.write().focus(self.clock.wall(), focused);
                if focused {
                    self.on_attend.call(Attend::Hint(false));
                }
            }
            News::Trouble(words) => self.tell(words),
            News::Chosen(line) => {
                self.timeline.write().lines_mut().show(line);
                self.looked_for.set(Some(line));
                self.on_attend.call(Attend::Raise);
            }
            News::Closing => self.closing.set(true),
            News::Notifications(shown) => self.notifies.set(shown),
        }
    }

    /// Does what the timeline as it is now calls for, whatever brought it there. Until all of it is on the page, nobody has
    /// seen its end.
    fn settle(&mut self, is_shown: bool) {
        if self.timeline.peek().wants_context() && self.timeline.write().fetch() {
            self.fetch();
        }
        let timeline = self.timeline.peek();
        // A private line is told of when the room has let in.
        #[cfg(target_arch = "wasm32")]
        if timeline.secured().is_some()
            && let Some(password) = self.typed.take()
        {
            (consume_context::<super::Browser>().keep_password)(&password);
        }
        self.memory.count_unsettled(timeline.unsettled_texts());
        let mut is_new = timeline.presence().has_room() && self.trail.enter(timeline.own_name());
        if is_shown && let Some(Seen { room, seq }) = timeline.past().seen() {
            is_new |= self.trail.note(LastSeen {
                log: room,
                place: seq,
            });
        }
        if is_new {
            // If it is full, it will be seen soon.
            let _ = self.seen_more.try_send(());
        }
        let is_read = timeline.attention().is_focused() && !timeline.lines().is_reading_back();
        if self.is_notified && is_read {
            // If the queue is full, one is being shown, and this is tried again.
            let withdrawn = self.channels.notifications.try_send(Order::Withdraw);
            self.is_notified = withdrawn.is_err();
        }
    }

    fn mute(&mut self, name: &str, is_muted: bool) {
        let mut timeline = self.timeline.write();
        let name = timeline.meant(name);
        let is_new = if is_muted {
            timeline.mute(name)
        } else {
            timeline.unmute(name)
        };
        if is_new {
            self.trail.mute(name, is_muted);
            // If it is full, it will be seen soon.
            let _ = self.seen_more.try_send(());
        }
    }

    /// Asks for older messages.
    fn fetch(&mut self) {
        if self.channels.intents.try_send(Intent::Earlier).is_err() {
            self.timeline.write().not_fetched();
        }
    }

    fn send(&mut self, id: MessageId, text: String) {
        if self
            .channels
            .intents
            .try_send(Intent::Say { id, text })
            .is_err()
        {
            self.timeline.write().mark(id, Progress::Failed);
        }
    }

    /// Takes in a batch by one write of the signal. The batch before it is on the page by now.
    fn take(&mut self, batch: Vec<Stamped>) {
        let mut timeline = self.timeline.write();
        timeline.drawn();
        // The desktop shows one at a time: the first.
        let mut first = None;
        for event in batch {
            #[cfg(target_arch = "wasm32")]
            if matches!(event.event, Event::AsksPassword { refused: true, .. }) {
                (consume_context::<super::Browser>().forget_password)();
            }
            if let Some(message) = timeline.apply(event) {
                first.get_or_insert((timeline.lines().last(), message));
            }
        }
        drop(timeline);
        if let Some((line, message)) = first {
            self.call(line, &message);
        }
    }

    /// Tells the user, who looks elsewhere, that somebody mentioned them.
    fn call(&mut self, line: i64, message: &Message) {
        self.on_attend.call(Attend::Hint(true));
        if self.settings.peek().notifications && *self.notifies.peek() {
            let order = Order::Show(Notification::of(line, message));
            // If the queue is full, one was shown just now.
            let ordered = self.channels.notifications.try_send(order);
            self.is_notified |= ordered.is_ok();
        }
    }

    fn set(&mut self, setting: Setting) {
        let before = *self.settings.peek();
        self.settings.write().set(setting);
        let settings = *self.settings.peek();
        if settings == before {
            return;
        }
        match self.file.keep(settings, setting) {
            Err(trouble @ SettingsError::Broken { .. }) => self.tell(trouble.to_string()),
            Err(trouble) if self.is_writable => {
                self.is_writable = false;
                self.tell(trouble.to_string());
            }
            Ok(()) | Err(_) => {}
        }
    }

    fn tell(&mut self, words: String) {
        self.timeline.write().answer(&words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_that_was_frozen_for_hours_goes_on_within_half_a_second() {
        let millis = Duration::from_millis;
        for (took, in_browser, pause) in [
            (millis(0), true, millis(0)),
            (millis(249), true, millis(498)),
            (millis(251), true, millis(500)),
            (Duration::from_hours(8), true, millis(500)),
            (Duration::MAX, true, millis(500)),
            (millis(251), false, millis(502)),
        ] {
            assert_eq!(
                pause_after(took, in_browser),
                pause,
                "{took:?} {in_browser}"
            );
        }
    }
}
