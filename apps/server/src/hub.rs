//! The one task that owns the room. It takes everything that waits in its inbox, lets the room decide, and sends what
//! comes of it to all members as one batch.
//!
//! It waits for no single peer: one whose outbox is full is a slow consumer and goes. In a flood it pauses, for
//! `CATCH_UP` at most, so that those who read keep up. It knows no sockets. It ends when it is told to and the last
//! peer has let go of the inbox.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::mem;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hubbub_wire::{DecodeError, Frame, Payload, Username, encode};
use tracing::{debug, info, warn};

use self::claims::{Claim, Claims};
use crate::Settings;
use crate::address::{Origin, thinned};
use crate::memory::{Held, Memory};
use crate::outbox::{Batch, Closing, Delivery, Outbox};
pub(crate) use crate::room::PeerId;
use crate::room::{Name, Refusal, Room};
use crate::runtime::{self, timeout};

/// How long the hub pauses at most when members lag. A flood that comes faster than they can read is thus slowed down
/// at its source, and costs nobody a place who reads as fast as the machine allows.
const CATCH_UP: Duration = Duration::from_secs(1);
/// How long one of them may take nothing in that time. Longer than a busy machine leaves a program without a turn, and
/// than a socket with large buffers takes between two writes; short, since one that has stalled costs all others this
/// time, once.
const STALLED: Duration = Duration::from_millis(500);
/// How often the hub looks meanwhile.
const CATCH_UP_STEP: Duration = Duration::from_millis(1);

/// What one peer tells the hub at a time: all that one read brought.
pub type Mail = Vec<Event>;

/// How much mail waits for the hub at most. Peers that want to send more wait, each on its own socket; this is enough
/// that the hub finds work whenever it looks, and that a storm of joins does not wait for it: who does waits until all
/// that goes out before is written. Texts in it count as memory.
pub const INBOX: usize = 256;

/// A batch is sent on as soon as it holds this many bytes. Larger ones gain nothing and would fill outboxes in leaps.
const BATCH_BYTES: usize = 256 * 1024;

/// What a peer tells the hub. A peer begins with `Connected` and ends with `Gone`.
#[derive(Debug)]
pub enum Event {
    /// A connection stands. It is no member yet.
    Connected {
        /// Which.
        peer: PeerId,
        /// Where its deliveries go. Dropping it ends the peer's write half when all is written.
        outbox: Outbox,
        /// Where it comes from.
        from: Origin,
    },
    /// A JOIN.
    Join {
        /// Whose.
        peer: PeerId,
        /// Under which name.
        name: Username<'static>,
    },
    /// TEXTs that arrived together under one name.
    Text {
        /// Whose.
        peer: PeerId,
        /// The name that they bear.
        name: Username<'static>,
        /// The frames, encoded.
        frames: Vec<u8>,
        /// Counts them for as long as they wait for the hub.
        held: Held,
    },
    /// A TEXT over the limit, which was skipped.
    TooLong {
        /// Whose.
        peer: PeerId,
        /// Its length, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A LEAVE.
    Leave {
        /// Whose.
        peer: PeerId,
        /// Under which name.
        name: Username<'static>,
    },
    /// It holds a part of a text and has seen that all peers together hold more than they may.
    NoRoom {
        /// Whose it is.
        peer: PeerId,
    },
    /// Its connection still stands: the answer to [`Outbox::ask`].
    StillHere {
        /// Whose.
        peer: PeerId,
    },
    /// The connection has ended, or is of no more use.
    Gone {
        /// Which.
        peer: PeerId,
        /// Why.
        why: Departure,
    },
    /// The server stops: everybody gets what is queued and goes.
    Stop,
}

impl Event {
    /// Whose it is; that the server stops is nobody's.
    fn peer(&self) -> Option<PeerId> {
        match *self {
            Self::Connected { peer, .. }
            | Self::Join { peer, .. }
            | Self::Text { peer, .. }
            | Self::TooLong { peer, .. }
            | Self::Leave { peer, .. }
            | Self::NoRoom { peer }
            | Self::StillHere { peer }
            | Self::Gone { peer, .. } => Some(peer),
            Self::Stop => None,
        }
    }
}

/// Why a peer is no longer here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Departure {
    /// It sent LEAVE.
    Left,
    /// It closed the connection without a LEAVE.
    Closed,
    /// It connected and went without a byte, as programs do that look whether a server is there.
    SaidNothing,
    /// The connection failed: reset, timed out, unreachable.
    Failed(std::io::ErrorKind),
    /// It broke the protocol.
    Broke(DecodeError),
    /// It did not take what was said, so that its outbox ran full or a write missed its deadline.
    TooSlow,
    /// It did not JOIN in time.
    NeverJoined,
    /// It held most of all in the middle of a text when the server ran out of the memory that it may use for those.
    OutOfMemory,
    /// It was in the middle of a text, and nothing of it came for too long.
    TextStalled,
    /// Its JOIN was not taken.
    Refused(Refusal),
    /// The server stops.
    Shutdown,
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("it left"),
            Self::Closed => f.write_str("it closed the connection"),
            Self::SaidNothing => f.write_str("it said nothing"),
            Self::Failed(kind) => write!(f, "the connection failed: {kind}"),
            Self::Broke(why) => write!(f, "it broke the protocol: {why}"),
            Self::TooSlow => f.write_str("slow consumer: it did not take what was said"),
            Self::OutOfMemory => f.write_str(
                "its unfinished text did not fit: the memory limit is reached; see --memory-limit",
            ),
            Self::TextStalled => {
                f.write_str("nothing of its unfinished text came in time; see --text-timeout")
            }
            Self::NeverJoined => f.write_str("it did not join in time"),
            Self::Refused(Refusal::NameTaken) => f.write_str("its name is taken"),
            Self::Refused(Refusal::NameReserved) => f.write_str("its name is reserved"),
            Self::Shutdown => f.write_str("the server stops"),
        }
    }
}

/// Runs the room until it is told to stop, or until every sender of `inbox` is gone. A stopping room waits
/// [`Settings::drain_timeout`] at most for the peers to write what is queued for them.
///
/// `queued` counts the batches that somebody has still to write, `unfinished` what the peers have still to read to its
/// end, or the hub to take.
pub async fn run(
    inbox: flume::Receiver<Mail>,
    queued: Arc<Memory>,
    unfinished: Arc<Memory>,
    settings: Arc<Settings>,
) {
    let mut hub = Hub::new(queued, unfinished, Arc::clone(&settings));
    while !hub.stopping
        && let Some(mail) = hub.wait(&inbox).await
    {
        mail.into_iter().for_each(|event| hub.take(event));
        // A turn for everybody: they write what went before, and who was about to speak makes this batch longer.
        runtime::yield_now().await;
        hub.let_catch_up().await;
        while hub.batch.len() < BATCH_BYTES
            && let Ok(mail) = inbox.try_recv()
        {
            mail.into_iter().for_each(|event| hub.take(event));
        }
        hub.flush();
    }
    let closing = hub.close();
    // The last peer to end lets go of the inbox. The outbox of one that comes late is dropped with its mail.
    let drained = timeout(settings.drain_timeout, async {
        while inbox.recv_async().await.is_ok() {}
    });
    if drained.await.is_err() {
        warn!("stopped with words unwritten: some peers did not take them in time");
        closing.iter().for_each(Closing::evict);
    }
}

#[derive(Debug)]
struct Hub {
    room: Room,
    /// Connections that have not joined: they get nothing. The eldest come first.
    strangers: BTreeMap<PeerId, Stranger>,
    members: HashMap<PeerId, Member>,
    claims: Claims,
    /// What the next flush sends.
    batch: Batch,
    /// Those who left since the last flush, with their share of the batch.
    leavers: Vec<(Outbox, Range<usize>)>,
    /// Those who left and have not written all that was queued for them yet.
    leaving: Vec<Closing>,
    /// Slow consumers that were told to go and have not gone yet.
    evicted: Vec<Closing>,
    stopping: bool,
    /// Somebody lags who is still to be given time.
    lagging: bool,
    memory: Arc<Memory>,
    unfinished: Arc<Memory>,
    /// Those that had to go for what they hold unfinished, and have not forgotten it yet.
    cut_off: Vec<Closing>,
    settings: Arc<Settings>,
}

#[derive(Debug)]
struct Stranger {
    outbox: Outbox,
    /// When it must have joined.
    join_by: Instant,
    from: Origin,
}

#[derive(Debug)]
struct Member {
    outbox: Outbox,
    /// Where its share of the batch begins: behind its JOIN when that is in this batch. A batch is far shorter than 4 GiB,
    /// and 4 bytes of each idle member are saved.
    since: u32,
    /// A word under a wrong name was logged. Later ones are not, so that no peer can flood the log.
    warned: bool,
    /// Its coming was left out of the log, and so is its going.
    unlogged: bool,
    /// It was given time to catch up and did not. It gets no more before it has.
    given_up: bool,
}

impl Member {
    /// Is more waiting for it than for one that reads, and is it still to be given time?
    fn lags(&self) -> bool {
        !self.given_up && self.outbox.is_lagging()
    }
}

impl Hub {
    fn new(memory: Arc<Memory>, unfinished: Arc<Memory>, settings: Arc<Settings>) -> Self {
        Self {
            room: Room::default(),
            strangers: BTreeMap::new(),
            members: HashMap::new(),
            claims: Claims::default(),
            batch: Batch::default(),
            leavers: Vec::new(),
            leaving: Vec::new(),
            evicted: Vec::new(),
            stopping: false,
            lagging: false,
            memory,
            unfinished,
            cut_off: Vec::new(),
            settings,
        }
    }

    /// The next mail, empty when it is time for a stranger to go. There is a timer only while there are strangers.
    async fn wait(&mut self, inbox: &flume::Receiver<Mail>) -> Option<Mail> {
        let now = Instant::now();
        let mail = match self.strangers.first_key_value() {
            None => inbox.recv_async().await.ok()?,
            Some((&peer, eldest)) if eldest.join_by <= now => {
                self.depart(peer, Departure::NeverJoined);
                Mail::new()
            }
            Some((_, eldest)) => match timeout(eldest.join_by - now, inbox.recv_async()).await {
                Ok(mail) => mail.ok()?,
                Err(_) => Mail::new(),
            },
        };
        Some(mail)
    }

    fn take(&mut self, event: Event) {
        if self.claims.is_empty() {
            return self.hear(event);
        }
        match self.claims.keep(event) {
            Ok(Some(event)) => self.hear(event),
            Ok(None) => {}
            Err(peer) => {
                if let Some(claim) = self.claims.take(peer) {
                    self.refuse(peer, &claim.name, &claim.stranger, Refusal::NameTaken);
                }
            }
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Connected { peer, outbox, from } => {
                let stranger = Stranger {
                    outbox,
                    join_by: Instant::now() + self.settings.join_timeout,
                    from,
                };
                self.strangers.insert(peer, stranger);
            }
            Event::Join { peer, name } => self.join(peer, name),
            Event::Text {
                peer, name, frames, ..
            } => {
                if self.hears(peer, &name) {
                    debug!(peer = peer.0, bytes = frames.len(), "text");
                    self.batch.append(peer, frames);
                }
            }
            Event::TooLong { peer, len, limit } => self.tell_too_long(peer, len, limit),
            Event::Leave { peer, name } => {
                if self.hears(peer, &name) {
                    self.depart(peer, Departure::Left);
                }
            }
            Event::NoRoom { .. } => self.make_room(),
            Event::StillHere { peer } => {
                for (peer, claim) in self.claims.answered(peer) {
                    self.refuse(peer, &claim.name, &claim.stranger, Refusal::NameTaken);
                }
            }
            Event::Gone { peer, why } => self.depart(peer, why),
            Event::Stop => {
                info!(members = self.room.len(), "stopping");
                self.stopping = true;
            }
        }
    }

    fn join(&mut self, peer: PeerId, name: Username<'static>) {
        let Some(stranger) = self.strangers.remove(&peer) else {
            debug!(peer = peer.0, "second join ignored");
            return;
        };
        self.join_or_claim(peer, name, stranger);
    }

    /// Where the name is taken, its bearer is asked first whether it is still here.
    fn join_or_claim(&mut self, peer: PeerId, name: Username<'static>, stranger: Stranger) {
        if let Some(bearer) = self.room.bearer(&name)
            && let Some(member) = self.members.get(&bearer)
        {
            let is_new = member.outbox.ask();
            let claim = Claim::new(name, stranger);
            self.claims.wait(peer, claim, bearer, is_new);
            return;
        }
        match self.room.join(peer, name.clone()) {
            Ok(name) => {
                self.batch.append(
                    peer,
                    encoded(&Frame::Join {
                        username: name.borrowed(),
                    }),
                );
                let line = stranger.from.line();
                let member = Member {
                    outbox: stranger.outbox,
                    since: position(&self.batch),
                    warned: false,
                    unlogged: line.is_none(),
                    given_up: false,
                };
                self.members.insert(peer, member);
                let members = self.room.len();
                thinned!(info, line, peer = peer.0, name = ?name.as_str(), members, address = %stranger.from, "joined");
            }
            Err(refusal) => self.refuse(peer, &name, &stranger, refusal),
        }
    }

    fn refuse(&self, peer: PeerId, name: &Username<'_>, stranger: &Stranger, refusal: Refusal) {
        stranger.outbox.refuse();
        tell(&stranger.outbox, &refusal_text(refusal), &self.memory);
        let why = Departure::Refused(refusal);
        let line = stranger.from.line();
        thinned!(warn, line, peer = peer.0, name = ?name.as_str(), %why, address = %stranger.from, "refused");
    }

    /// May the peer speak under `name`? What it says otherwise is ignored.
    fn hears(&mut self, peer: PeerId, name: &Username<'_>) -> bool {
        let Err(why) = self.room.hears(peer, name) else {
            return true;
        };
        if let Some(member) = self.members.get_mut(&peer)
            && !mem::replace(&mut member.warned, true)
            && !member.unlogged
        {
            warn!(peer = peer.0, name = ?name.as_str(), "spoke under a name that is not its own: ignored");
        } else {
            debug!(peer = peer.0, name = ?name.as_str(), ?why, "ignored");
        }
        false
    }

    fn tell_too_long(&mut self, peer: PeerId, len: u64, limit: usize) {
        // Beyond the memory limit it is not said: nobody shall lose a place for it.
        if let Some(member) = self.members.get(&peer)
            && self.memory.excess() == 0
        {
            let text = format!("your text of {len} bytes was not sent: {limit} bytes is the most");
            tell(&member.outbox, &text, &self.memory);
        }
    }

    /// The one place where a peer goes. Late words about one that is gone find nothing.
    fn depart(&mut self, peer: PeerId, why: Departure) {
        let claim = || Some(self.claims.take(peer)?.stranger);
        if let Some(stranger) = self.strangers.remove(&peer).or_else(claim) {
            self.tell_why(&stranger.outbox, why);
            let line = match why {
                Departure::SaidNothing => None,
                _ => stranger.from.line(),
            };
            thinned!(info, line, peer = peer.0, %why, address = %stranger.from, "gone without a join");
            return;
        }
        let Some(member) = self.members.remove(&peer) else {
            return;
        };
        self.tell_why(&member.outbox, why);
        if let Some(name) = self.room.leave(peer) {
            self.announce_leave(peer, &name, why, member);
        }
        // Who waits for the name comes in now, the first first.
        for (peer, claim) in self.claims.freed(peer) {
            self.join_or_claim(peer, claim.name, claim.stranger);
            claim.mail.into_iter().for_each(|event| self.take(event));
        }
    }

    /// Says to one that the server closes why, where that is not plain from what it does.
    fn tell_why(&self, outbox: &Outbox, why: Departure) {
        let why = match why {
            Departure::OutOfMemory => {
                "the server has no room for so much at the moment; try again later".to_owned()
            }
            Departure::TextStalled => {
                let time = self.settings.text_timeout;
                format!("nothing of it came for {time:?}; send it again")
            }
            _ => return,
        };
        let text = format!("your text was not sent: {why}");
        tell(outbox, &text, &self.memory);
    }

    /// All peers together hold more unfinished than they may: those that hold most have to go, until it is enough.
    fn make_room(&mut self) {
        self.cut_off.retain(|going| going.unfinished() > 0);
        let going: usize = self.cut_off.iter().map(Closing::unfinished).sum();
        let mut excess = self.unfinished.excess().saturating_sub(going);
        if excess == 0 {
            return;
        }
        let members = self.members.iter().map(|(peer, is)| (peer, &is.outbox));
        let strangers = self.strangers.iter().map(|(peer, is)| (peer, &is.outbox));
        let all = members.chain(strangers).chain(self.claims.outboxes());
        let mut holders: Vec<(usize, PeerId, Closing)> = all
            .filter(|(_, outbox)| outbox.unfinished() > 0)
            .map(|(&peer, outbox)| (outbox.unfinished(), peer, outbox.watch()))
            .collect();
        holders.sort_unstable_by_key(|&(held, peer, _)| Reverse((held, peer)));
        for (held, peer, going) in holders {
            if excess == 0 {
                return;
            }
            excess = excess.saturating_sub(held);
            self.cut_off.push(going);
            self.depart(peer, Departure::OutOfMemory);
        }
    }

    fn announce_leave(&mut self, peer: PeerId, name: &Name, why: Departure, member: Member) {
        let members = self.room.len();
        if why == Departure::TooSlow {
            warn!(peer = peer.0, name = ?name.as_str(), members, %why, "left");
            self.evicted.push(member.outbox.evict());
        } else {
            if member.unlogged {
                debug!(peer = peer.0, name = ?name.as_str(), members, %why, "left");
            } else {
                info!(peer = peer.0, name = ?name.as_str(), members, %why, "left");
            }
            let share = member.since as usize..self.batch.len();
            self.leavers.push((member.outbox, share));
        }
        self.batch.append(
            peer,
            encoded(&Frame::Leave {
                username: name.borrowed(),
            }),
        );
    }

    /// Lets go of everybody.
    fn close(self) -> Vec<Closing> {
        let members = self.members.into_values().map(|member| member.outbox);
        let strangers = self.strangers.into_values().map(|stranger| stranger.outbox);
        let claims = self.claims.into_claims().map(|claim| claim.stranger.outbox);
        let all = members.chain(strangers).chain(claims);
        all.map(Outbox::close).collect()
    }

    /// Sends the batch to everybody who has a share in it. Whoever cannot take it goes, and that is the next batch.
    fn flush(&mut self) {
        let mut newest = 0;
        while !self.batch.is_empty() {
            let batch = mem::take(&mut self.batch).share(&self.memory);
            newest += batch.cost();
            let mut slow = self.slowest(newest);
            for (&peer, member) in &mut self.members {
                let share = mem::take(&mut member.since) as usize..batch.len();
                if batch.is_all_from(peer) || share.is_empty() {
                    continue;
                }
                let delivery = Delivery {
                    batch: Arc::clone(&batch),
                    range: share,
                };
                member.given_up &= member.outbox.is_lagging();
                if member.outbox.push(delivery).is_err() {
                    slow.push(peer);
                }
                self.lagging |= member.lags();
            }
            for (outbox, range) in self.leavers.drain(..) {
                // It is going: what does not fit any more is not waited for.
                let _ = outbox.push(Delivery {
                    batch: Arc::clone(&batch),
                    range,
                });
                self.leaving.push(outbox.close());
            }
            // The eldest first: the order of the map would be another one each time.
            slow.sort_unstable();
            for peer in slow {
                self.depart(peer, Departure::TooSlow);
            }
        }
        self.leavers.clear();
    }

    /// Waits, for a bounded time, until nobody lags but those who have stalled.
    async fn let_catch_up(&mut self) {
        let began = Instant::now();
        let mut last_seen = HashMap::new();
        while mem::take(&mut self.lagging) {
            let now = Instant::now();
            for (&peer, member) in &mut self.members {
                if !member.lags() {
                    continue;
                }
                let writes = member.outbox.writes();
                let (last, since) = last_seen.entry(peer).or_insert((writes, now));
                if writes != *last {
                    (*last, *since) = (writes, now);
                }
                member.given_up = now - *since >= STALLED || now - began >= CATCH_UP;
                self.lagging |= !member.given_up;
            }
            if self.lagging {
                runtime::sleep(CATCH_UP_STEP).await;
            }
        }
    }

    /// Who has to go so that the memory limit holds again: those for whom most is waiting, and nobody who has taken
    /// all but the last `newest` bytes. Those who have left go first, at once and unheard.
    fn slowest(&mut self, newest: usize) -> Vec<PeerId> {
        self.leaving.retain(|leaving| leaving.waiting() > 0);
        self.evicted.retain(|going| going.waiting() > 0);
        let going: usize = self.evicted.iter().map(Closing::waiting).sum();
        let mut excess = self.memory.excess().saturating_sub(going);
        if excess == 0 {
            return Vec::new();
        }
        self.leaving.sort_unstable_by_key(Closing::waiting);
        while excess > 0
            && let Some(slowest) = self.leaving.pop_if(|leaving| leaving.waiting() > newest)
        {
            excess = excess.saturating_sub(slowest.waiting());
            slowest.evict();
            self.evicted.push(slowest);
        }
        let mut waiting: Vec<_> = self
            .members
            .iter()
            .map(|(&peer, member)| (member.outbox.waiting(), peer))
            .filter(|&(waiting, _)| waiting > newest)
            .collect();
        waiting.sort_unstable_by(|a, b| b.cmp(a));
        waiting
            .into_iter()
            .take_while(|&(waiting, _)| {
                let still = excess > 0;
                excess = excess.saturating_sub(waiting);
                still
            })
            .map(|(_, peer)| peer)
            .collect()
    }
}

/// Says something to one peer as the server. It is not queued when it does not fit.
fn tell(outbox: &Outbox, text: &str, memory: &Arc<Memory>) {
    let mut batch = Batch::default();
    batch.append(SERVER, server_text(text));
    let range = 0..batch.len();
    let batch = batch.share(memory);
    let _ = outbox.push(Delivery { batch, range });
}

/// The sender of the server's own words: no connection ever counts up to it.
const SERVER: PeerId = PeerId(u64::MAX);

/// A TEXT of the server's own, encoded.
pub(crate) fn server_text(text: &str) -> Vec<u8> {
    let username = Username::SERVER;
    let frame = Payload::new(text.as_bytes()).map(|payload| Frame::Text { username, payload });
    frame.as_ref().map(encoded).unwrap_or_default()
}

fn refusal_text(refusal: Refusal) -> String {
    match refusal {
        Refusal::NameTaken => "this name is taken; join under another one".to_owned(),
        Refusal::NameReserved => {
            let server = Username::SERVER;
            format!("the name {server} is reserved; join under another one")
        }
    }
}

/// Where the next frame of a batch begins.
fn position(batch: &Batch) -> u32 {
    u32::try_from(batch.len()).unwrap_or(u32::MAX)
}

/// A frame as bytes.
fn encoded(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    bytes
}

mod claims;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
