//! The hub: the one task that owns the room. It takes mail, proposes, applies what the log has ordered, and posts the
//! result.
//!
//! It waits for no single peer: a peer whose outbox is full is a slow consumer and is dropped. In a flood it pauses,
//! for a bounded time, so that members that read can keep up. It knows no sockets. It ends when it is told to stop and
//! the last peer has let go of the inbox.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use hubbub_wire::{Time, Username};
use tracing::{debug, info, warn};

use crate::Settings;
use crate::address::thinned;
use crate::batch::{Draft, Form};
use crate::event::{Departure, Event, Mail};
use crate::id::{Name, PeerId};
use crate::lobby::{Claim, Kept, Lobby, Stranger};
use crate::log::{Answer, Log, Ordered, Proposal};
use crate::memory::{Held, Memory};
use crate::outbox::{Closing, Outbox};
use crate::post::{Notes, Post};
use crate::room::{Refusal, Room};
use crate::runtime::{draw, draw_id, now, sleep, timeout, wall, yield_now};
use crate::said::Said;
use crate::words;

/// How much mail may wait for the hub. Peers that have more wait, each on its own socket. This is enough for the hub to
/// find work whenever it looks, and for a burst of joins to pass without waiting: a peer that waits here waits until
/// everything before it is written. The texts in it count as used memory.
pub const INBOX: usize = 256;

/// A batch is sent as soon as it has this many bytes. Larger batches gain nothing and would fill outboxes in leaps.
const BATCH_BYTES: usize = 256 * 1024;

/// How often the hub checks whether lagging members have caught up.
const CATCH_UP_STEP: Duration = Duration::from_millis(1);

/// Runs the room until it is told to stop, or until every sender of `inbox` is gone. When it stops, it gives the peers
/// up to [`Settings::drain_timeout`] to write what is queued for them.
///
/// `queued` counts the batches that some peer has still to write. `unfinished` counts the texts that peers have read in
/// part, and those that wait for the hub.
pub async fn run(
    inbox: flume::Receiver<Mail>,
    queued: Arc<Memory>,
    unfinished: Arc<Memory>,
    settings: Settings,
) {
    let log = Log::new(draw_id(), draw(), Arc::clone(&queued));
    run_with(log, inbox, queued, unfinished, settings).await;
}

/// The same with this log.
pub(crate) async fn run_with(
    log: Log,
    inbox: flume::Receiver<Mail>,
    queued: Arc<Memory>,
    unfinished: Arc<Memory>,
    settings: Settings,
) {
    let drain_timeout = settings.drain_timeout;
    let mut hub = Hub::new(queued, unfinished, settings, now());
    hub.time = log.time();
    hub.log = log;
    while !hub.stopping
        && let Some(mail) = hub.wait(&inbox).await
    {
        hub.now = now();
        hub.time = hub.time.max(wall());
        hub.log.listen(hub.now);
        hub.take_all(mail);
        // Gives all tasks a turn. They write earlier batches, and peers that are about to speak make this batch longer.
        yield_now().await;
        while hub.post.is_to_wait(now()) {
            sleep(CATCH_UP_STEP).await;
        }
        while hub.draft.size() + hub.log.size() < BATCH_BYTES
            && !hub.log.is_full()
            && let Ok(mail) = inbox.try_recv()
        {
            hub.take_all(mail);
        }
        hub.flush();
    }
    let until = now() + drain_timeout;
    hub.wait_for_log(until).await;
    let disk = hub.log.end();
    let closing = hub.close();
    // The last peer that ends lets go of the inbox. If a connection comes late, its outbox is dropped with its mail.
    let drained = timeout(until.saturating_duration_since(now()), async {
        while inbox.recv_async().await.is_ok() {}
        if let Some(disk) = disk {
            while disk.recv_async().await.is_ok() {}
        }
    });
    if drained.await.is_err() {
        warn!("stopped before everything was written: some peers did not take it in time");
        closing.iter().for_each(Closing::evict);
    }
}

/// What the hub waits for. `None` when no more can come.
enum News {
    Mail(Option<Mail>),
    Answer(Option<Answer>),
}

/// Waits for mail or for what the log waits for. If the log `is_full`, mail has to wait too.
async fn news(
    inbox: &flume::Receiver<Mail>,
    answers: Option<&flume::Receiver<Answer>>,
    is_full: bool,
) -> News {
    let Some(answers) = answers else {
        return News::Mail(inbox.recv_async().await.ok());
    };
    let answer = answers.recv_async();
    if is_full {
        return News::Answer(answer.await.ok());
    }
    match select(inbox.recv_async(), answer).await {
        Either::Left((mail, _)) => News::Mail(mail.ok()),
        Either::Right((answer, _)) => News::Answer(answer.ok()),
    }
}

#[derive(Debug)]
struct Hub {
    room: Room,
    lobby: Lobby,
    log: Log,
    post: Post,
    /// What the next flush sends.
    draft: Draft,
    stopping: bool,
    unfinished: Arc<Memory>,
    settings: Settings,
    /// The time of this turn.
    now: Instant,
    /// The time of this turn for people. It never runs backwards.
    time: Time,
}

impl Hub {
    fn new(queued: Arc<Memory>, unfinished: Arc<Memory>, settings: Settings, now: Instant) -> Self {
        Self {
            room: Room::default(),
            lobby: Lobby::default(),
            log: Log::new(draw_id(), draw(), Arc::clone(&queued)),
            post: Post::new(queued),
            draft: Draft::default(),
            stopping: false,
            unfinished,
            settings,
            now,
            time: Time::from_unix_ms(0),
        }
    }

    /// Waits for the next mail. It is empty if the log answers or a deadline passes first. There is a timer only while
    /// there is a deadline.
    async fn wait(&mut self, inbox: &flume::Receiver<Mail>) -> Option<Mail> {
        let deadline = self.lobby.deadline();
        let deadline = deadline.into_iter().chain(self.log.deadline(now())).min();
        let news = news(inbox, self.log.answers(), self.log.is_full());
        let news = match deadline {
            None => news.await,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(now());
                let nothing = |_| News::Mail(Some(Mail::new()));
                timeout(left, news).await.unwrap_or_else(nothing)
            }
        };
        match news {
            News::Mail(mail) => return mail,
            News::Answer(Some(answer)) => self.log.take(answer, now()),
            // The log notices that itself.
            News::Answer(None) => {}
        }
        Some(Mail::new())
    }

    /// Sends what still waits for its place in the log, unless that takes too long.
    async fn wait_for_log(&mut self, until: Instant) {
        while self.log.is_waiting()
            && now() < until
            && let Some(answers) = self.log.answers().cloned()
        {
            let deadline = self.log.deadline(now()).map_or(until, |at| at.min(until));
            let left = deadline.saturating_duration_since(now());
            if let Ok(Ok(answer)) = timeout(left, answers.recv_async()).await {
                self.log.take(answer, now());
            }
            self.log.listen(now());
            self.flush();
        }
    }

    /// Takes mail, and applies whatever the log has ordered after each event.
    fn take_all(&mut self, mail: Mail) {
        while let Some(late) = self.lobby.late(self.now) {
            self.depart(late, Departure::NeverJoined);
        }
        for event in mail {
            self.take(event);
            self.apply_some();
        }
    }

    fn take(&mut self, event: Event) {
        match self.lobby.keep(event) {
            Kept::No(event) => self.propose(event),
            Kept::Yes => {}
            Kept::TooMuch(peer) => self.refuse(peer, Refusal::NameTaken),
        }
    }

    /// Turns an event into a proposal, if it counts.
    fn propose(&mut self, event: Event) {
        match event {
            Event::Connected { peer, outbox, from } => {
                let join_by = self.now + self.settings.join_timeout;
                let stranger = Stranger {
                    outbox,
                    from,
                    join_by,
                };
                self.lobby.enter(peer, stranger);
            }
            Event::Join { peer, name } => {
                if self.lobby.claim(peer, name) {
                    self.propose_join(peer);
                } else {
                    debug!(peer = peer.0, "second join ignored");
                }
            }
            Event::Said {
                peer,
                name,
                own: _,
                texts,
                held,
            } => {
                if self.hears(peer, &name)
                    && let Some(name) = self.room.name(peer)
                {
                    let name = Arc::clone(name);
                    self.log.propose(
                        Proposal::Say {
                            peer,
                            name,
                            own: None,
                            texts,
                            held,
                        },
                        self.time,
                    );
                }
            }
            Event::TooLong { peer, len, limit } => self.tell_too_long(peer, len, limit),
            Event::Leave { peer, name } => {
                if self.hears(peer, &name) {
                    self.depart(peer, Departure::Left);
                }
            }
            Event::NoRoom { .. } => self.make_room(),
            Event::StillHere { peer } => self.keeps_its_name(peer),
            Event::Gone { peer, why } => self.depart(peer, why),
            Event::Stop => {
                info!(members = self.room.len(), "stopping");
                self.stopping = true;
            }
        }
    }

    /// Proposes a JOIN that waits in the lobby, unless it is already clear that its name is not free.
    fn propose_join(&mut self, peer: PeerId) {
        let Some(name) = self.lobby.claimed(peer) else {
            return;
        };
        match self.room.admits(name) {
            Ok(()) => self.log.propose(Proposal::Join { peer }, self.time),
            Err(refusal) => self.not_admitted(peer, refusal),
        }
    }

    /// Refuses a JOIN. If the name is taken, its bearer is first asked whether it is still here.
    fn not_admitted(&mut self, peer: PeerId, refusal: Refusal) {
        let bearer = |name| self.room.bearer(name);
        let Some(bearer) = self.lobby.claimed(peer).and_then(bearer) else {
            return self.refuse(peer, refusal);
        };
        // A bearer whose LEAVE is on its way is not asked, since it will free the name anyway.
        let asked = self.post.outbox(bearer).map(Outbox::ask);
        self.lobby.wait_for(bearer, peer, asked);
    }

    /// The bearer of a name was asked and is still here, so the waiting JOINs are refused.
    fn keeps_its_name(&mut self, bearer: PeerId) {
        if self.post.outbox(bearer).is_some() {
            for peer in self.lobby.answered(bearer) {
                self.refuse(peer, Refusal::NameTaken);
            }
        }
    }

    fn refuse(&mut self, peer: PeerId, refusal: Refusal) {
        let Some(Claim { name, stranger, .. }) = self.lobby.take_claim(peer) else {
            return;
        };
        stranger.outbox.refuse();
        self.post.tell(&stranger.outbox, words::refused(refusal));
        let why = Departure::Refused(refusal);
        let line = stranger.from.line(self.now);
        thinned!(warn, line, peer = peer.0, name = ?name.as_str(), %why, address = %stranger.from, "refused");
    }

    /// Whether the peer may speak under `name`. If not, what it says is ignored.
    fn hears(&mut self, peer: PeerId, name: &Username<'_>) -> bool {
        let is_here = self.post.outbox(peer).is_some();
        let Err(why) = self.room.hears(peer, name) else {
            return is_here;
        };
        if let Some(notes) = self.post.notes(peer)
            && !mem::replace(&mut notes.warned, true)
            && !notes.unlogged
        {
            warn!(peer = peer.0, name = ?name.as_str(), "spoke under a name that is not its own: ignored");
        } else {
            debug!(peer = peer.0, name = ?name.as_str(), ?why, "ignored");
        }
        false
    }

    fn tell_too_long(&self, peer: PeerId, len: u64, limit: usize) {
        // Not beyond the memory limit, since no member should be dropped for it.
        if let Some(outbox) = self.post.outbox(peer)
            && !self.post.is_short_of_memory()
        {
            self.post.tell(outbox, &words::too_long(len, limit));
        }
    }

    /// The one place where a peer goes. Late events of a peer that is gone have no effect.
    fn depart(&mut self, peer: PeerId, why: Departure) {
        if let Some(stranger) = self.lobby.take(peer) {
            self.tell_why(&stranger.outbox, why);
            let line = match why {
                Departure::SaidNothing => None,
                _ => stranger.from.line(self.now),
            };
            thinned!(info, line, peer = peer.0, %why, address = %stranger.from, "gone without a join");
            return;
        }
        let Some(outbox) = self.post.outbox(peer) else {
            if why == Departure::TooSlow {
                // A LEAVE may stay in the log for a while. A peer that waits for it can still be evicted.
                self.post.evict(peer);
            }
            return;
        };
        self.tell_why(outbox, why);
        if why == Departure::TooSlow {
            self.post.evict(peer);
        } else {
            self.post.leaves(peer);
        }
        self.log.propose(Proposal::Leave { peer, why }, self.time);
    }

    /// Tells a peer why the server closes its connection, if it cannot know that from what it did.
    fn tell_why(&self, outbox: &Outbox, why: Departure) {
        match why {
            Departure::OutOfMemory => self.post.tell(outbox, words::OUT_OF_MEMORY),
            Departure::TextStalled => {
                let text = words::text_stalled(self.settings.text_timeout);
                self.post.tell(outbox, &text);
            }
            _ => {}
        }
    }

    /// Drops peers so that unfinished texts stay within their limit.
    fn make_room(&mut self) {
        let excess = self.unfinished.excess();
        for peer in self.post.who_holds_most(self.lobby.outboxes(), excess) {
            self.depart(peer, Departure::OutOfMemory);
        }
    }

    /// Applies what the log has ordered, as far as one batch has room for it.
    fn apply_some(&mut self) {
        while self.draft.size() < BATCH_BYTES && self.apply_next() {}
    }

    /// Applies what is next in the log. Returns `false` if nothing is.
    fn apply_next(&mut self) -> bool {
        match self.log.next() {
            None => return false,
            Some(Ordered::Join { peer, time }) => self.joined(peer, time),
            Some(Ordered::Said { peer, said, held }) => self.said(peer, said, held),
            Some(Ordered::Left { peer, why, time }) => self.left(peer, why, time),
            // Nobody has a grant yet.
            Some(Ordered::Known { .. } | Ordered::Broken { .. }) => {}
        }
        true
    }

    fn joined(&mut self, peer: PeerId, time: Time) {
        let Some(name) = self.lobby.claimed(peer) else {
            // The peer went while its JOIN waited.
            return;
        };
        let name = match self.room.join(peer, name.clone()) {
            Ok(name) => name,
            Err(refusal) => return self.not_admitted(peer, refusal),
        };
        let Some(Claim { stranger, mail, .. }) = self.lobby.take_claim(peer) else {
            return;
        };
        self.draft.joined(peer, &name, time);
        let line = stranger.from.line(self.now);
        let notes = Notes {
            warned: false,
            unlogged: line.is_none(),
        };
        self.post
            .admit(peer, stranger.outbox, self.draft.len(), notes, Form::Plain);
        let members = self.room.len();
        thinned!(info, line, peer = peer.0, name = ?name.as_str(), members, address = %stranger.from, "joined");
        mail.into_iter().for_each(|event| self.take(event));
    }

    fn said(&mut self, peer: PeerId, said: Arc<Said>, held: Held) {
        debug!(peer = peer.0, bytes = said.texts.size(), "text");
        self.draft.said(peer, said, held);
    }

    fn left(&mut self, peer: PeerId, why: Departure, time: Time) {
        let Some(name) = self.room.leave(peer) else {
            return;
        };
        let notes = self.post.dismiss(peer, self.draft.len());
        self.draft.left(peer, &name, time);
        self.log_left(peer, &name, why, notes.unwrap_or_default());
        // Peers that wait for the name may join now, in the order in which they came.
        for peer in self.lobby.freed(peer) {
            self.propose_join(peer);
        }
    }

    fn log_left(&self, peer: PeerId, name: &Name, why: Departure, notes: Notes) {
        let members = self.room.len();
        if why == Departure::TooSlow {
            warn!(peer = peer.0, name = ?name.as_str(), members, %why, "left");
        } else if notes.unlogged {
            debug!(peer = peer.0, name = ?name.as_str(), members, %why, "left");
        } else {
            info!(peer = peer.0, name = ?name.as_str(), members, %why, "left");
        }
    }

    /// Sends all that the log has ordered, batch by batch. Members that cannot take one are dropped, and their LEAVEs are
    /// in the next.
    fn flush(&mut self) {
        loop {
            self.apply_some();
            let is_last = self.draft.is_empty();
            let slow = self.post.send(mem::take(&mut self.draft));
            if is_last && slow.is_empty() {
                return self.post.flushed();
            }
            for peer in slow {
                self.depart(peer, Departure::TooSlow);
                self.apply_some();
            }
        }
    }

    /// Lets go of everybody. Returns what is still to be written.
    fn close(self) -> Vec<Closing> {
        let mut closing = self.post.close();
        closing.extend(self.lobby.close());
        closing
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
