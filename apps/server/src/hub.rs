//! The hub: the one task that owns the room. It takes mail, proposes, applies what the log has ordered, and posts the
//! result.
//!
//! It waits for no single peer: a peer whose outbox is full is a slow consumer and is dropped. In a flood it pauses,
//! for a bounded time, so that members that read can keep up. It knows no sockets. It ends when it is told to stop and
//! the last peer has let go of the inbox.
//!
//! How members come stands in `joining`, how they go in `leaving`, and what those with a grant get in `granting`.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hubbub_wire::{Id, Time, Username};
use tracing::{debug, info, warn};

use self::absent::Absent;
use self::granting::Welcome;
use self::keeping::{News, news};
use crate::Settings;
use crate::address::Address;
use crate::batch::Draft;
use crate::event::{Departure, Event, Mail, Offered};
use crate::id::{ByPeer, Name, PeerId};
use crate::lobby::{Kept, Lobby, Stranger};
use crate::log::{Log, Ordered, Proposal};
use crate::memory::{Held, Memory};
use crate::metrics::Metrics;
use crate::outbox::Closing;
use crate::post::Post;
use crate::room::{Refusal, Room};
use crate::runtime::{draw, draw_id, now, sleep, timeout, wall, yield_now};
use crate::said::{Own, Said, Seq};
use crate::service::{Supervisor, Watch};
use crate::words;

mod absent;
#[cfg(feature = "admin")]
mod administering;
#[cfg(feature = "cluster")]
mod arriving;
#[cfg(feature = "cluster")]
mod elsewhere;
mod granting;
mod joining;
mod keeping;
mod leaving;
mod motd;
#[cfg(feature = "admin")]
mod outlaws;
#[cfg(feature = "tls")]
mod password;
#[cfg(feature = "cluster")]
mod pausing;
#[cfg(feature = "cluster")]
mod recalling;

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
    run_with(
        log,
        inbox,
        queued,
        unfinished,
        settings,
        Supervisor::default(),
        Arc::default(),
    )
    .await;
}

/// The same with this log and these metrics, for this service manager.
pub(crate) async fn run_with(
    log: Log,
    inbox: flume::Receiver<Mail>,
    queued: Arc<Memory>,
    unfinished: Arc<Memory>,
    settings: Settings,
    supervisor: Supervisor,
    metrics: Arc<Metrics>,
) {
    let drain_timeout = settings.drain_timeout;
    let mut hub = Hub::new(log, queued, unfinished, settings, now(), metrics);
    hub.watch = Watch::new(supervisor, hub.now);
    hub.watch.turn(hub.room.len(), hub.now);
    while !hub.stopping
        && let Some(mail) = hub.wait(&inbox).await
    {
        hub.now = now();
        hub.set_time(wall());
        hub.listen_to_log();
        if hub.log.size() > 0 {
            hub.flush_at_a_pace().await;
        }
        hub.take_all(mail);
        // Gives all tasks a turn. They write earlier batches, and peers that are about to speak make this batch longer.
        yield_now().await;
        while hub.post.is_to_wait(now()) {
            sleep(CATCH_UP_STEP).await;
        }
        while hub.draft.size() + hub.log.size() < BATCH_BYTES
            && !hub.must_wait_for_log()
            && let Ok(mail) = inbox.try_recv()
        {
            hub.take_all(mail);
        }
        hub.flush();
        hub.watch.turn(hub.room.len(), hub.now);
    }
    hub.watch.stopping();
    let until = now() + drain_timeout;
    #[cfg(feature = "cluster")]
    hub.move_out(&inbox, until).await;
    hub.wait_for_log(until).await;
    let disk = hub.log.end();
    let closing = hub.close();
    // The last peer that ends lets go of the inbox. If a connection comes late, its outbox is dropped with its mail.
    let left = || until.saturating_duration_since(now());
    let written = timeout(left(), async { while inbox.recv_async().await.is_ok() {} });
    if written.await.is_err() {
        warn!("stopped before everything was written: some peers did not take it in time");
        closing.iter().for_each(Closing::evict);
    }
    let kept = timeout(left(), async {
        if let Some(disk) = disk {
            while disk.recv_async().await.is_ok() {}
        }
    });
    if kept.await.is_err() {
        warn!("stopped before everything was kept: the disk did not take it in time");
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
    /// The members with a grant that have not been told so.
    welcomes: Vec<Welcome>,
    /// The place of the last text that was sent to the members, and who has joined since then.
    sent: Seq,
    newcomers: Vec<PeerId>,
    /// Where each member with a grant comes from.
    addresses: ByPeer<Arc<Address>>,
    absent: Absent,
    #[cfg(feature = "admin")]
    outlaws: outlaws::Outlaws,
    #[cfg(feature = "cluster")]
    cluster: elsewhere::State,
    stopping: bool,
    watch: Watch,
    queued: Arc<Memory>,
    unfinished: Arc<Memory>,
    settings: Settings,
    metrics: Arc<Metrics>,
    /// The time of this turn.
    now: Instant,
    /// The time of this turn for people. It never runs backwards.
    time: Time,
    /// The same as the system has it, which bans are measured by: the door and the file know no other.
    #[cfg(feature = "admin")]
    wall: Time,
}

impl Hub {
    fn new(
        log: Log,
        queued: Arc<Memory>,
        unfinished: Arc<Memory>,
        settings: Settings,
        now: Instant,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            room: Room::default(),
            lobby: Lobby::default(),
            sent: log.last(),
            time: log.time(),
            #[cfg(feature = "admin")]
            wall: wall(),
            log,
            post: Post::new(Arc::clone(&queued)),
            draft: Draft::default(),
            welcomes: Vec::new(),
            newcomers: Vec::new(),
            addresses: ByPeer::default(),
            absent: Absent::default(),
            #[cfg(feature = "admin")]
            outlaws: outlaws::Outlaws::default(),
            #[cfg(feature = "cluster")]
            cluster: elsewhere::State::default(),
            stopping: false,
            watch: Watch::default(),
            queued,
            unfinished,
            settings,
            metrics,
            now,
        }
    }

    /// It is this time for people, as the system says.
    fn set_time(&mut self, wall: Time) {
        self.time = self.time.max(wall);
        #[cfg(feature = "admin")]
        {
            self.wall = wall;
        }
    }

    /// Waits for the next mail. It is empty if the log answers or a deadline passes first. There is a timer only while
    /// there is a deadline.
    async fn wait(&mut self, inbox: &flume::Receiver<Mail>) -> Option<Mail> {
        #[cfg(feature = "cluster")]
        if let Some(answers) = self.log.stream_answers().cloned() {
            return self.wait_in_cluster(inbox, &answers).await;
        }
        let deadlines = [
            self.lobby.deadline(),
            self.absent.deadline(),
            self.log.deadline(now),
            self.watch.deadline(),
        ];
        let deadline = deadlines.into_iter().flatten().min();
        let news = news(inbox, self.log.answers(), self.must_wait_for_log());
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

    /// Takes mail, and applies whatever the log has ordered after each event.
    fn take_all(&mut self, mail: Mail) {
        self.pass_time();
        for event in mail {
            self.take(event);
            self.apply_some();
        }
    }

    /// Does what is due at this time.
    fn pass_time(&mut self) {
        #[cfg(feature = "cluster")]
        if self.time_stands() {
            return;
        }
        while let Some(late) = self.lobby.late(self.now) {
            self.depart(late, Departure::NeverJoined);
        }
        while let Some(peer) = self.lobby.without_offer(self.now) {
            self.stands_behind_join(peer, None, Offered::No);
        }
        #[cfg(feature = "tls")]
        self.compare_passwords();
        while let Some(peer) = self.absent.late(self.now) {
            self.does_not_come_back(peer);
        }
    }

    fn take(&mut self, event: Event) {
        #[cfg(feature = "cluster")]
        let event = self.without_secret(event);
        match event {
            Event::Offered {
                peer,
                name,
                offered,
            } => return self.stands_behind_join(peer, name, offered),
            // Whoever has gone does not use up a comparison.
            #[cfg(feature = "tls")]
            Event::Gone { peer, why } if self.lobby.awaits_comparison(peer) => {
                return self.depart(peer, why);
            }
            #[cfg(feature = "cluster")]
            Event::Gone { peer, why } if self.goes_in_vain(peer) => {
                return self.depart(peer, why);
            }
            // Its JOIN is on its way, and what came after it is kept with it.
            #[cfg(feature = "cluster")]
            Event::Gone { peer, .. } if self.is_joining(peer) => {}
            Event::Gone { peer, .. } => self.stands_behind_join(peer, None, Offered::No),
            // Also one whose JOIN waits: the door does not count it any more.
            Event::CrowdedOut { peer } => {
                if self.lobby.has(peer) {
                    self.depart(peer, Departure::CrowdedOut);
                }
                return;
            }
            _ => {}
        }
        let is_short = self.unfinished.excess() > 0;
        match self.lobby.keep(event, is_short) {
            Kept::No(event) => self.propose(event),
            Kept::Yes => {}
            Kept::TooMuch(peer) => self.said_too_much(peer),
            Kept::NoRoom(peer) => self.depart(peer, Departure::OutOfMemory),
        }
    }

    /// A peer has said too much to wait any longer.
    fn said_too_much(&mut self, peer: PeerId) {
        #[cfg(feature = "tls")]
        if self.lobby.awaits_comparison(peer) {
            return self.depart(peer, Departure::NeverJoined);
        }
        self.refuse(peer, Refusal::NameTaken);
    }

    /// Turns an event into a proposal, if it counts.
    fn propose(&mut self, event: Event) {
        match event {
            Event::Connected {
                peer,
                outbox,
                from,
                guest,
            } => {
                let is_dismissed = guest.is_dismissed();
                let stranger = Stranger {
                    outbox,
                    from,
                    join_by: guest.since().unwrap_or(self.now) + self.settings.join_timeout,
                    guest,
                };
                self.lobby.enter(peer, stranger);
                if is_dismissed {
                    self.depart(peer, Departure::CrowdedOut);
                }
            }
            Event::Join {
                peer,
                name,
                offered,
            } => self.claims(peer, name, offered),
            Event::Said {
                peer,
                name,
                own,
                texts,
                held,
            } => {
                if let Some(name) = self.hears(peer, &name) {
                    let proposal = Proposal::Say {
                        peer,
                        name,
                        own: own.and_then(|id| self.own(peer, id)),
                        texts,
                        held,
                    };
                    self.log.propose(proposal, self.time);
                }
            }
            Event::TooLong { peer, len, limit } => self.too_long(peer, len, limit),
            Event::Earlier {
                peer,
                before,
                count,
            } => self.earlier(peer, before, count),
            Event::Leave { peer, name } => {
                if self.hears(peer, &name).is_some() {
                    self.depart(peer, Departure::Left);
                }
            }
            Event::NoRoom { .. } => self.make_room(),
            Event::StillHere { peer } => self.keeps_its_name(peer),
            Event::Gone { peer, why } => self.depart(peer, why),
            Event::Offered { .. } | Event::CrowdedOut { .. } => {}
            Event::Motd(text) => self.set_motd(text),
            #[cfg(feature = "tls")]
            Event::Password(password, _turn) => self.set_password(password),
            #[cfg(feature = "tls")]
            Event::Identity(identity) => {
                if let Some(tls) = &mut self.settings.tls {
                    tls.identity = identity;
                }
            }
            Event::Probe { answer } => {
                // Whoever asked may not wait any longer.
                let _ = answer.try_send(());
            }
            #[cfg(feature = "admin")]
            Event::Bans { bans, board } => self.outlaws.begin(bans, board),
            #[cfg(feature = "admin")]
            Event::Admin { order, reply } => self.administer(order, &reply),
            Event::Stop => {
                info!(members = self.room.len(), "stopping");
                self.stopping = true;
            }
        }
    }

    /// The name of a peer that may speak under `name`. What others say is ignored.
    fn hears(&mut self, peer: PeerId, name: &Username<'_>) -> Option<Name> {
        let why = match self.room.hears(peer, name) {
            Ok(name) => return self.post.outbox(peer).map(|_| Arc::clone(name)),
            Err(why) => why,
        };
        if let Some(notes) = self.post.notes(peer)
            && !mem::replace(&mut notes.warned, true)
            && !notes.unlogged
        {
            warn!(
                peer = peer.0,
                name = name.as_str(),
                "spoke under a name that is not its own: ignored"
            );
        } else {
            debug!(peer = peer.0, name = name.as_str(), ?why, "ignored");
        }
        None
    }

    /// How a text of a member is counted. Without a grant, or in the name of another session, it is not.
    fn own(&self, peer: PeerId, id: Id) -> Option<Own> {
        let ticket = self.room.ticket(peer);
        #[cfg(feature = "cluster")]
        let ticket = ticket.copied().or_else(|| self.offered(peer));
        let ticket = ticket?;
        let key = Own::key(ticket.session, ticket.secret);
        (ticket.session == id.session).then_some(Own { id, key })
    }

    /// A text was beyond the limit, which the sender is told. No later text of a member with a grant may be
    /// acknowledged, so that its connection ends.
    fn too_long(&mut self, peer: PeerId, len: u64, limit: usize) {
        let why = words::too_long(len, limit);
        let is_told = self.notify(peer, words::Code::TooLong, &why);
        // Not beyond the memory limit, since no member should be dropped for it.
        if !is_told
            && let Some(outbox) = self.post.outbox(peer)
            && !self.post.is_short_of_memory()
        {
            self.post.tell(outbox, &why);
        }
        if self.room.ticket(peer).is_some() {
            self.depart(peer, Departure::BeyondLimit);
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
            #[cfg(feature = "cluster")]
            Some(Ordered::InCluster(happened)) => self.happened(happened),
            Some(Ordered::Left { peer, why, time }) => {
                #[cfg(feature = "cluster")]
                self.is_left(peer, why);
                self.left(peer, why, time);
            }
            Some(Ordered::Known { peer, id, seq }) => {
                if let Some(name) = self.room.name(peer) {
                    self.post.acknowledge(peer, name, id, seq);
                }
            }
            Some(Ordered::Broken { peer }) => self.depart(peer, Departure::LeftOutText),
        }
        true
    }

    fn said(&mut self, peer: PeerId, said: Arc<Said>, held: Held) {
        debug!(peer = peer.0, bytes = said.texts.size(), "text");
        self.metrics.messages.add(said.count());
        #[cfg(feature = "cluster")]
        if peer.is_elsewhere() {
            return self.draft.said(peer, said, held);
        }
        if let Some(id) = said.last_own() {
            self.post.acknowledge(peer, &said.name, id, said.last());
        }
        self.draft.said(peer, said, held);
    }

    /// Sends all that the log has ordered, batch by batch. Members that cannot take one are dropped, and their LEAVEs
    /// are in the next.
    fn flush(&mut self) {
        loop {
            self.apply_some();
            let is_last = self.draft.is_empty();
            let slow = self.send();
            if is_last && slow.is_empty() {
                return self.post.flushed();
            }
            for peer in slow {
                self.depart(peer, Departure::TooSlow);
                self.apply_some();
            }
        }
    }

    /// Sends what is drafted. Returns the members that cannot take it.
    fn send(&mut self) -> Vec<PeerId> {
        self.welcome_all();
        self.sent = self.log.last();
        self.post.reach(self.log.message_at(self.sent));
        self.newcomers.clear();
        self.show();
        let slow = self.post.send(mem::take(&mut self.draft));
        let tally = self.post.take_tally();
        self.metrics.deliveries.add(tally.frames);
        self.metrics.sent_bytes.add(tally.written);
        slow
    }

    /// Shows who is here, before anybody can have heard of it.
    fn show(&self) {
        let metrics = &self.metrics;
        metrics.members.set(self.room.len() as u64);
        metrics.granted.set(self.room.grants() as u64);
        metrics.absent.set(self.absent.len() as u64);
        metrics.strangers.set(self.lobby.len() as u64);
        #[cfg(feature = "cluster")]
        self.show_cluster();
        metrics.pass_time(self.now);
    }

    /// Lets go of everybody. Returns what is still to be written.
    fn close(mut self) -> Vec<Closing> {
        self.say_that_it_stops();
        let mut closing = self.post.close();
        closing.extend(self.lobby.close());
        closing
    }
}

#[cfg(test)]
#[cfg(feature = "history")]
mod exactly_once;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
