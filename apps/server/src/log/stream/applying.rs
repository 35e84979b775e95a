//! Applying: what comes of the entries of the stream, for the hub.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use hubbub_wire::Time;
use tracing::{error, info, warn};

use super::queue::Note;
use super::{Happened, Stream, begin};
use crate::cluster::record::Item;
use crate::cluster::replica::{Effect, Halt, Snapshot, Why};
use crate::cluster::{Answer, Entry, Incarnation, NodeId, Order, Start};
use crate::event::Departure;
use crate::id::PeerId;
use crate::log::{Log, Ordered, Place};
use crate::memory::Held;
use crate::said::stirred;

/// How much may have come out and not been taken, in bytes, before no more of the stream is taken.
const MAX_READY: usize = 256 * 1024;

impl Log {
    /// Takes what the engine has answered, as much as makes a batch, and does what is due.
    pub(in crate::log) fn listen_to_stream(&mut self, now: Instant) {
        while self.size < MAX_READY
            && let Some(stream) = &mut self.stream
        {
            match stream.answers.try_recv() {
                Ok(answer) => self.take_of_stream(answer, now),
                Err(flume::TryRecvError::Empty) => break,
                Err(flume::TryRecvError::Disconnected) => {
                    let why = || "the thread of the engine has ended".to_owned();
                    stream.fatal.get_or_insert_with(why);
                    break;
                }
            }
        }
        let Some(stream) = &mut self.stream else {
            return;
        };
        stream.pass_time(now);
        self.read_on();
    }

    /// Takes one answer of the engine.
    pub(crate) fn take_of_stream(&mut self, answer: Answer, now: Instant) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        match answer {
            Answer::Entry { place, time, entry } => self.apply(place, time, entry, now),
            Answer::Away => {
                stream.away.get_or_insert(now);
            }
            Answer::Back => {
                stream.away = None;
                stream.queue.may_be_lost();
                stream.past.may_be_lost();
            }
            Answer::Past {
                number, records, ..
            } => self.was_read(number, &records),
            Answer::Anew { why, start } => self.begin_anew(&why, &start, now),
            Answer::Fatal { why } => stream.fatal = Some(why),
        }
    }

    /// All that this node knows of the room is void.
    fn begin_anew(&mut self, why: &str, start: &Start, now: Instant) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        if stream.replica.is_known() {
            error!(
                why,
                "this node begins anew with the room of the stream: everybody here has to come again"
            );
        }
        if let Some(order) = stream.queue.farewell(&stream.replica, &stream.own) {
            // If it is lost, they leave when the node of before is gone.
            let _ = stream.orders.try_send(order);
        }
        match begin(start, stream.queue.timeout()) {
            Ok(replica) => {
                if !stream.replica.is_known() && replica.is_known() {
                    info!("this node has found the room");
                }
                stream.replica = replica;
            }
            Err(why) => {
                stream.fatal = Some(why);
                return;
            }
        }
        stream.node = NodeId(stirred(stream.node.0.wrapping_add(1)));
        stream.queue = stream.queue.renamed(stream.node, now);
        stream.elsewhere.clear();
        stream.own.clear();
        stream.counted.clear();
        stream.returning.clear();
        stream.is_halted = false;
        stream.has_started = false;
        stream.away = None;
        self.forget_what_came();
        self.comes_out(Ordered::InCluster(Happened::Anew));
        self.begin_with_replica(now);
    }

    /// Lets go of what has come out and was not taken: the room is another one.
    fn forget_what_came(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.past.forget();
        }
        self.ordered.clear();
        (self.ready, self.size) = (0, 0);
    }

    /// This comes out next.
    pub(super) fn comes_out(&mut self, ordered: Ordered) {
        self.size += ordered.size();
        self.ready += 1;
        self.ordered.push_back(Place {
            ordered,
            key: None,
            ticket: 0,
        });
    }

    /// Applies what stands next in the stream.
    fn apply(&mut self, place: u64, time: Time, entry: Entry, now: Instant) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        if stream.is_halted {
            return;
        }
        let effects = match stream.replica.apply(place, time, entry) {
            Ok(effects) => effects,
            Err(halt @ Halt::Newer(_)) => {
                stream.fatal = Some(halt.to_string());
                stream.is_halted = true;
                return;
            }
            Err(halt @ (Halt::Differs(_) | Halt::Found(_))) => {
                let why = halt.to_string();
                // If the engine does not take it, the next snapshot shows the same.
                stream.is_halted = stream.orders.try_send(Order::Anew { why }).is_ok();
                return;
            }
        };
        if let Some(Snapshot {
            node,
            place,
            hash,
            bytes,
        }) = stream.replica.take_snapshot()
            && node == stream.node
        {
            let _ = stream
                .orders
                .try_send(Order::Snapshot { place, hash, bytes });
        }
        let mut notes = VecDeque::new();
        for effect in effects {
            self.is_effected(effect, &mut notes);
        }
        let Some(stream) = &mut self.stream else {
            return;
        };
        let starts = stream.starts(place);
        stream.publish(now);
        if starts {
            self.comes_out(Ordered::InCluster(Happened::Started));
        }
    }

    /// Lets come out what comes of a record.
    fn is_effected(&mut self, effect: Effect, notes: &mut VecDeque<Note>) {
        let memory = Arc::clone(&self.memory);
        let Some(stream) = &mut self.stream else {
            return;
        };
        let ordered = match effect {
            Effect::Joined {
                who,
                name,
                ticket,
                arrived,
                replaces,
                time,
            } => {
                stream.note(notes, who);
                let replaces = replaces.and_then(|old| stream.forget(old));
                if who.node == stream.node {
                    stream
                        .own
                        .insert(who.connection, (Arc::clone(&name), ticket));
                }
                Ordered::InCluster(Happened::Admitted {
                    peer: stream.number(who),
                    name,
                    ticket,
                    arrived,
                    replaces,
                    time,
                })
            }
            Effect::Refused { who } if who.node == stream.node => {
                stream.note(notes, who);
                let peer = PeerId(who.connection);
                Ordered::InCluster(Happened::Refused { peer })
            }
            Effect::Known {
                who,
                ticket,
                arrived,
            } => {
                stream.note(notes, who);
                if let Some((_, known)) = stream.own.get_mut(&who.connection)
                    && who.node == stream.node
                {
                    *known = Some(ticket);
                }
                let peer = stream.number(who);
                Ordered::InCluster(Happened::Known {
                    peer,
                    ticket,
                    arrived,
                })
            }
            Effect::Said { who, said } => {
                let held = stream.note(notes, who).and_then(|note| note.held);
                if let Some(id) = said.last_own() {
                    stream.has_arrived(who, id, said.last());
                }
                let bytes = said.texts.size();
                Ordered::Said {
                    peer: stream.number(who),
                    said,
                    held: held.unwrap_or_else(|| memory.hold(bytes)),
                }
            }
            Effect::Arrived { who, id, seq } if who.node == stream.node => {
                stream.note(notes, who);
                stream.has_arrived(who, id, seq);
                let peer = PeerId(who.connection);
                Ordered::Known { peer, id, seq }
            }
            Effect::Broken { who } if who.node == stream.node => {
                stream.note(notes, who);
                let peer = PeerId(who.connection);
                Ordered::Broken { peer }
            }
            Effect::Void { who } => {
                stream.note(notes, who);
                return;
            }
            Effect::Left { who, why, time } => match stream.left(who, why, time, notes) {
                Some(ordered) => ordered,
                None => return,
            },
            Effect::Read { node, count } => {
                if node == stream.node {
                    *notes = stream.queue.read_back(count);
                }
                return;
            }
            Effect::Gone { node } if node == stream.node && stream.queue.has_stopped() => return,
            Effect::Gone { node } if node == stream.node => {
                warn!(
                    "this node was taken for gone, since it said nothing for too long: its members join again"
                );
                let members = std::mem::take(&mut stream.returning);
                return stream.queue.again(members);
            }
            Effect::Gone { node } => {
                info!(%node, nodes = stream.replica.nodes().count(), "a node is gone");
                return;
            }
            Effect::Epoch => {
                error!("the room has begun anew, empty: what was before is lost");
                stream.queue.clear();
                stream.has_started = false;
                if !stream.replica.has_node(stream.node) {
                    stream.queue.start(stream.replica.epoch());
                }
                return self.follow_epoch();
            }
            Effect::Refused { .. } | Effect::Arrived { .. } | Effect::Broken { .. } => return,
        };
        self.comes_out(ordered);
    }

    /// The room has another name, and no past.
    fn follow_epoch(&mut self) {
        self.forget_what_came();
        let Some(stream) = &self.stream else {
            return;
        };
        self.room = stream.replica.room_id();
        self.last = stream.replica.last();
        self.given = self.last;
        self.backlog = super::Backlog::default();
        self.remembered = super::Remembered::default();
        self.comes_out(Ordered::InCluster(Happened::Anew));
    }
}

impl Stream {
    /// Says what the node has to say before anything else. Returns whether it has its place from now on.
    fn starts(&mut self, place: u64) -> bool {
        let epoch = self.replica.epoch();
        if let Some(Item::Epoch { since }) = epoch
            && self.epoch != Some(since)
        {
            error!("nobody knows any more what was in this room: it begins anew, empty");
            // The one before is void, and so is the start after it.
            self.epoch = Some(since);
            self.queue.start(epoch);
        }
        let starts = !self.has_started && self.replica.has_node(self.node);
        if starts {
            info!(node = %self.node, place, "this node has its place in the room");
            self.has_started = true;
        }
        starts
    }

    /// What is known of the next item of a connection of this node.
    fn note(&self, notes: &mut VecDeque<Note>, who: Incarnation) -> Option<Note> {
        if who.node != self.node {
            return None;
        }
        while let Some(note) = notes.pop_front() {
            if note.connection == Some(who.connection) {
                return Some(note);
            }
        }
        None
    }

    fn left(
        &mut self,
        who: Incarnation,
        why: Why,
        time: Time,
        notes: &mut VecDeque<Note>,
    ) -> Option<Ordered> {
        let is_own = who.node == self.node;
        let given = match why {
            Why::Left => self.note(notes, who).and_then(|note| note.why),
            _ => None,
        };
        if is_own
            && why == Why::NodeGone
            && let Some((name, ticket)) = self.own.get(&who.connection)
        {
            let name = Arc::clone(name);
            self.returning.push((who.connection, name, *ticket));
        }
        let peer = self.forget(who)?;
        if why == Why::Epoch {
            return None;
        }
        if is_own && why == Why::NodeGone {
            return Some(Ordered::InCluster(Happened::Suspended { peer, time }));
        }
        let why = given.unwrap_or(match why {
            Why::Renamed => Departure::Replaced,
            Why::Left | Why::NodeStopped => Departure::Left,
            Why::NodeGone | Why::Epoch => Departure::Closed,
        });
        Some(Ordered::Left { peer, why, time })
    }
}
