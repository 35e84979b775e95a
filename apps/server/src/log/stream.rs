//! The log as a node of a cluster has it: its order is that of the stream.
//!
//! What is proposed waits until it is published (`queue`), and comes out when it has been read back from the stream
//! (`applying`), as everything does that other nodes say. The past is in memory, and before that in the stream (`past`).
//! All of it is plain: the engine is two queues, and the time is given.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hubbub_wire::{Id, Kept, Time};
use tracing::{error, info, warn};

use self::past::Past;
#[cfg(test)]
pub(crate) use self::past::{OPEN, READING, TRIES};
use self::queue::Queue;
use super::backlog::Backlog;
use super::replay::{Remembered, Replay};
use super::{Log, Ordered, Proposal};
use crate::cluster::record::{Item, Ticket};
use crate::cluster::replica::Replica;
use crate::cluster::{Answer, Incarnation, Link, NodeId, Order, Start};
use crate::gate::Gate;
use crate::id::{Name, PeerId};
use crate::memory::Memory;
use crate::said::Seq;
use crate::texts::Texts;

mod applying;
mod past;
mod queue;

/// How long what was published may take to come back before people are told. It is published again as often.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// How long the engine may be away before people are told: it changes its leader in less.
pub(crate) const AWAY: Duration = Duration::from_secs(1);

/// How long a node may say nothing before it says that it is alive.
pub(crate) const LIFE: Duration = Duration::from_secs(10);

/// How much may wait for the stream, in bytes, before peers are held up. It is two records and far more than people
/// say in two seconds.
const MAX_WAITING: usize = 1024 * 1024;

/// What a node needs besides.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The way to the engine.
    pub(crate) link: Link,
    /// Drawn for this start.
    pub(crate) node: NodeId,
    /// After how long without a record this node is gone.
    pub(crate) node_timeout: Duration,
    /// How long the stream keeps messages.
    pub(crate) keep: Duration,
}

/// Something that only happens in a cluster. Members of other nodes are peers too, with ids of their own.
#[derive(Debug)]
pub(crate) enum Happened {
    /// A member was here before this node began.
    Here {
        /// Which.
        peer: PeerId,
        /// Under which name.
        name: Name,
        /// How it is known when it comes back.
        ticket: Option<Ticket>,
    },
    /// This node has its place in the room, so that others may come in.
    Started,
    /// A JOIN counts.
    Admitted {
        /// Whose.
        peer: PeerId,
        /// Under which name.
        name: Name,
        /// How it is known when it comes back.
        ticket: Option<Ticket>,
        /// How far its session had counted.
        arrived: u64,
        /// Whose place it takes.
        replaces: Option<PeerId>,
        /// When.
        time: Time,
    },
    /// A JOIN of this node is void.
    Refused {
        /// Whose.
        peer: PeerId,
    },
    /// A member has made an offer.
    Known {
        /// Which.
        peer: PeerId,
        /// How it is known from now on.
        ticket: Ticket,
        /// How far its session had counted.
        arrived: u64,
    },
    /// This node was taken for gone, and so everybody heard the LEAVE of its member, which is about to come back.
    Suspended {
        /// Which.
        peer: PeerId,
        /// When.
        time: Time,
    },
    /// What stands before a place was read from the stream.
    Page {
        /// The texts before the one of this count.
        before: u64,
        /// At most so many.
        most: u32,
        /// The answer.
        replay: Replay,
    },
    /// The room is another one. Everybody has to go, and to come anew.
    Anew,
}

/// A change that members are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// What is said waits.
    Paused,
    /// It goes on.
    Resumed,
}

/// How much of a cluster an operator sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Whether the room is paused.
    pub(crate) is_paused: bool,
    /// The last place that was applied.
    pub(crate) place: u64,
    /// How long what waits for the stream has waited.
    pub(crate) lag: Duration,
    /// How many nodes are alive.
    pub(crate) nodes: usize,
}

/// How far a member of this node has counted.
#[derive(Debug)]
struct Counted {
    /// The last text that was proposed.
    proposed: Id,
    /// The last one that was read back, and its place.
    arrived: Option<(Id, Seq)>,
}

/// The stream as the log knows it.
#[derive(Debug)]
pub(super) struct Stream {
    node: NodeId,
    replica: Replica,
    orders: flume::Sender<Order>,
    answers: flume::Receiver<Answer>,
    keep: Duration,
    queue: Queue,
    /// The members of other nodes.
    elsewhere: HashMap<Incarnation, PeerId>,
    next: u64,
    /// The members of this node as the stream has them: what they join with again if this node is taken for gone.
    own: BTreeMap<u64, (Name, Option<Ticket>)>,
    /// Members of this node that count what they say. What they say twice stays here: in the stream, it would take the
    /// place of what is said.
    counted: HashMap<u64, Counted>,
    /// Members of this node that everybody heard leaving, since it was taken for gone.
    returning: Vec<(u64, Name, Option<Ticket>)>,
    /// The epoch that it has proposed, since nobody knows what was before.
    epoch: Option<u64>,
    /// Nothing more is applied before the engine has given another room to begin with.
    is_halted: bool,
    /// Whether the node has read back its start in this room.
    has_started: bool,
    past: Past,
    now: Instant,
    away: Option<Instant>,
    is_paused: bool,
    pause: Option<Pause>,
    /// Why the node cannot go on, for the operator.
    fatal: Option<String>,
    gate: Arc<Gate>,
}

impl Log {
    /// A log that is a stream. Replays count as used `memory`.
    ///
    /// # Errors
    ///
    /// The room cannot be read, for the operator.
    pub(crate) fn with_stream(
        cluster: Cluster,
        memory: Arc<Memory>,
        now: Instant,
    ) -> Result<Self, String> {
        let Cluster {
            link:
                Link {
                    orders,
                    answers,
                    start,
                },
            node,
            node_timeout,
            keep,
        } = cluster;
        let replica = begin(&start, node_timeout)?;
        let mut log = Self::new(replica.room_id(), replica.last().generation, memory);
        log.stream = Some(Box::new(Stream {
            node,
            replica,
            orders,
            answers,
            keep,
            queue: Queue::new(node, node_timeout, now),
            elsewhere: HashMap::new(),
            next: PeerId::SERVER.0,
            own: BTreeMap::new(),
            counted: HashMap::new(),
            returning: Vec::new(),
            epoch: None,
            is_halted: false,
            has_started: false,
            past: Past::default(),
            now,
            away: None,
            is_paused: false,
            pause: None,
            fatal: None,
            gate: Arc::default(),
        }));
        log.begin_with_replica(now);
        Ok(log)
    }

    /// Begins with the room that the replica has.
    fn begin_with_replica(&mut self, now: Instant) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        stream.gate.close();
        self.room = stream.replica.room_id();
        self.last = stream.replica.last();
        self.given = self.last;
        self.now = self.now.max(stream.replica.time());
        self.backlog = Backlog::default();
        self.remembered = Remembered::default();
        for said in stream.replica.backlog() {
            self.backlog.push(Arc::clone(said));
        }
        let members = stream.replica.members();
        let members: Vec<_> = members
            .map(|(who, name, ticket)| (who, Arc::clone(name), ticket))
            .collect();
        let here: Vec<Happened> = members
            .into_iter()
            .map(|(who, name, ticket)| Happened::Here {
                peer: stream.number(who),
                name,
                ticket,
            })
            .collect();
        stream.begin();
        stream.publish(now);
        for happened in here {
            self.comes_out(Ordered::InCluster(happened));
        }
    }

    /// Whether the order is that of a stream.
    pub(crate) const fn is_stream(&self) -> bool {
        self.stream.is_some()
    }

    /// Where the engine answers.
    pub(crate) fn stream_answers(&self) -> Option<&flume::Receiver<Answer>> {
        Some(&self.stream.as_ref()?.answers)
    }

    /// Holds the peers up while too much waits for the stream, or nothing goes on.
    pub(crate) fn gate(&self) -> Arc<Gate> {
        let stream = self.stream.as_ref();
        stream
            .map(|stream| Arc::clone(&stream.gate))
            .unwrap_or_default()
    }

    /// What has changed since this was last called.
    pub(crate) fn pause(&mut self) -> Option<Pause> {
        self.stream.as_mut()?.pause.take()
    }

    /// Whether what is said waits, and members are told so.
    pub(crate) fn is_paused(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.is_paused)
    }

    /// Why the node cannot go on, once.
    pub(crate) fn fatal(&mut self) -> Option<String> {
        self.stream.as_mut()?.fatal.take()
    }

    /// What an operator sees of it.
    pub(crate) fn sight(&self, now: Instant) -> Option<Sight> {
        let stream = self.stream.as_ref()?;
        Some(Sight {
            is_paused: stream.is_paused,
            place: stream.replica.place(),
            lag: stream.queue.lag(now),
            nodes: stream.replica.nodes().count(),
        })
    }

    /// A digest of the room as this node has it.
    #[cfg(test)]
    pub(crate) fn replica_hash(&self) -> Option<[u8; 32]> {
        let stream = self.stream.as_ref()?;
        Some(crate::cluster::replica::hash(&stream.replica.snapshot()))
    }

    /// Proposes a JOIN.
    pub(crate) fn propose_join(&mut self, peer: PeerId, name: Name, ticket: Option<Ticket>) {
        self.propose_item(Item::Join {
            connection: peer.0,
            name,
            ticket,
            again: false,
        });
    }

    /// Proposes that a member is known by this.
    pub(crate) fn propose_offer(&mut self, peer: PeerId, ticket: Ticket) {
        self.propose_item(Item::Offer {
            connection: peer.0,
            ticket,
        });
    }

    /// Proposes that this node stops, whose members have moved.
    pub(crate) fn propose_stop(&mut self) {
        self.propose_item(Item::Stop);
    }

    /// Whether the stream has heard that this node stops.
    pub(crate) fn has_stopped(&self) -> bool {
        let stream = self.stream.as_ref();
        stream.is_none_or(|stream| stream.queue.has_stopped())
    }

    /// Proposes to the stream what can be proposed to any log.
    pub(super) fn propose_to_stream(&mut self, proposal: Proposal) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        match proposal {
            // A JOIN needs its name, and comes by itself.
            Proposal::Join { .. } => {}
            Proposal::Say {
                peer,
                name,
                own,
                mut texts,
                held,
            } => {
                let mut own = own.map(|own| own.id);
                if let Some(first) = &mut own
                    && stream.has_all(peer, first, &mut texts)
                {
                    let arrived = stream.counted.get(&peer.0).and_then(|it| it.arrived);
                    if let Some((id, seq)) = arrived {
                        self.comes_out(Ordered::Known { peer, id, seq });
                    }
                    return;
                }
                let say = Item::Say {
                    connection: peer.0,
                    name,
                    own,
                    texts,
                };
                stream.queue.push(say, None, Some(held));
            }
            Proposal::Leave { peer, why } => {
                let connection = peer.0;
                let leave = Item::Leave { connection };
                stream.queue.push(leave, Some(why), None);
            }
        }
    }

    fn propose_item(&mut self, item: Item) {
        if let Some(stream) = &mut self.stream {
            stream.queue.push(item, None, None);
        }
    }
}

/// The room to begin with. `node_timeout` is how long nobody must be heard before it is given up, if the stream has not
/// enough of it.
fn begin(start: &Start, node_timeout: Duration) -> Result<Replica, String> {
    let explain = |why| format!("the room cannot be read: {why}");
    let patience = u64::try_from(node_timeout.as_millis()).unwrap_or(u64::MAX);
    let replica = Replica::begin(start, patience).map_err(explain)?;
    if !replica.is_known() {
        let seconds = node_timeout.as_secs();
        warn!(
            "the stream has no whole snapshot of the room: this node asks the others for one; \
             if none of them is heard for {seconds} s, the room begins anew, empty"
        );
    }
    Ok(replica)
}

impl Stream {
    /// Says what this node has to say first. If it knows nothing of the room that is nothing, as its empty records ask
    /// for a snapshot.
    fn begin(&mut self) {
        let epoch = self.replica.epoch();
        self.epoch = match epoch {
            Some(Item::Epoch { since }) => Some(since),
            _ => None,
        };
        if self.epoch.is_some() || self.replica.is_known() {
            self.queue.start(epoch);
        } else {
            self.queue.clear();
        }
    }

    /// How long messages are kept.
    pub(super) const fn kept(&self) -> Kept {
        Kept::Seconds(self.keep.as_secs())
    }

    /// How many bytes of memory are taken by what waits for the stream.
    pub(super) const fn waiting(&self) -> usize {
        self.queue.bytes()
    }

    /// When something has to be done although nothing comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let away = self.away.filter(|_| !self.is_paused);
        let away = away.map(|since| since + AWAY);
        let late = self.late_at().filter(|_| !self.is_paused);
        let next = Some(self.queue.next_at());
        let past = self.past.deadline();
        [away, late, next, past].into_iter().flatten().min()
    }

    /// When what is in flight will have taken too long. A node reads its start after all that was there before.
    fn late_at(&self) -> Option<Instant> {
        self.queue.late_at().filter(|_| self.has_started)
    }

    /// Does what is due at this time.
    pub(super) fn pass_time(&mut self, now: Instant) {
        self.now = now;
        self.publish(now);
        let is_away = self.away.is_some_and(|since| since + AWAY <= now);
        let is_late = self.late_at().is_some_and(|at| at <= now);
        // Once paused, only what comes back shows that the stream takes records.
        let is_paused = is_away || is_late || (self.is_paused && self.away.is_some());
        if is_paused != self.is_paused {
            self.is_paused = is_paused;
            if is_paused {
                error!(
                    "the room is paused: the engine does not take what is said; it goes on by itself when it does"
                );
                self.pause = Some(Pause::Paused);
            } else {
                info!("the room goes on");
                self.pause = Some(Pause::Resumed);
            }
        }
        self.move_gate();
    }

    /// Publishes what waits, again if it is time for that.
    fn publish(&mut self, now: Instant) {
        if let Some(order) = self.queue.publish(now, &self.replica) {
            // What a full queue does not take is published again.
            let _ = self.orders.try_send(order);
        }
    }

    /// Opens or closes the gate. It opens when half of what may wait has gone, so that it does not move at each record.
    fn move_gate(&self) {
        let is_closed = self.gate.is_closed();
        let most = if is_closed {
            MAX_WAITING / 2
        } else {
            MAX_WAITING
        };
        let is_to_close = self.is_paused || !self.has_started || self.queue.bytes() > most;
        match (is_closed, is_to_close) {
            (false, true) => self.gate.close(),
            (true, false) => self.gate.open(),
            _ => {}
        }
    }

    /// Whether a member has said all of this before on this connection. If it has said the first of them, those go.
    fn has_all(&mut self, peer: PeerId, first: &mut Id, texts: &mut Texts) -> bool {
        let new = Counted {
            proposed: Id { count: 0, ..*first },
            arrived: None,
        };
        let counted = self.counted.entry(peer.0).or_insert(new);
        let Some(last) = first.count.checked_add(texts.count() as u64 - 1) else {
            return false;
        };
        let before = counted.proposed.count;
        if last <= before {
            return true;
        }
        counted.proposed.count = last;
        if let Some(twice) = before.checked_sub(first.count) {
            texts.skip(usize::try_from(twice + 1).unwrap_or(usize::MAX));
            first.count = before + 1;
        }
        false
    }

    /// All that a member of this node has said up to here is in the stream.
    fn has_arrived(&mut self, who: Incarnation, id: Id, seq: Seq) {
        if who.node == self.node
            && let Some(counted) = self.counted.get_mut(&who.connection)
        {
            counted.arrived = Some((id, seq));
        }
    }

    /// Which peer a member is.
    fn number(&mut self, who: Incarnation) -> PeerId {
        if who.node == self.node {
            return PeerId(who.connection);
        }
        *self.elsewhere.entry(who).or_insert_with(|| {
            self.next -= 1;
            PeerId(self.next)
        })
    }

    /// Forgets a member that goes, and returns which peer it was.
    fn forget(&mut self, who: Incarnation) -> Option<PeerId> {
        if who.node == self.node {
            self.own.remove(&who.connection);
            self.counted.remove(&who.connection);
            return Some(PeerId(who.connection));
        }
        self.elsewhere.remove(&who)
    }
}
