//! The room as all nodes have it: what follows from the entries of the stream alone. Plain and deterministic: no clock,
//! no engine, no peers. Two nodes that have applied the same entries are equal to the last bit.
//!
//! A record that cannot be read changes nothing, on every node alike. Time is what the stream says: each record moves
//! it on by 15 s at most, so that nobody is taken for gone because the stream, or an engine's clock, was away.

use std::sync::Arc;

use hubbub_wire::{Hex64, Hex128, Time};

pub(crate) use self::due::Snapshot;
use self::due::Taking;
pub(crate) use self::effect::{Effect, Halt, Why};
use self::last_said::LastSaid;
use self::members::Members;
use self::nodes::Nodes;
pub(crate) use self::past::Reading;
use self::past::{Applied, Past};
use super::record::{Draft, Item, NEWEST_FORMAT, Record, Ticket, Unreadable};
use super::{Entry, Incarnation, NodeId, Start};
use crate::id::Name;
use crate::log::sessions::Sessions;
use crate::said::{Said, Seq};

mod due;
mod effect;
mod items;
mod last_said;
mod members;
mod nodes;
mod past;
mod snapshot;

/// The most time, in milliseconds, that passes from one record to the next as far as rules go. Every node gives a sign
/// of life each 10 s. So it takes several records of other nodes, and not one pause of the stream, to make one gone.
const MOST_BETWEEN: u64 = 15_000;

/// A digest of these bytes.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// What a node knows that knows nothing of the room.
#[derive(Clone, Copy, Debug)]
struct Lost {
    /// An epoch counts for certain only if it says this place or a later one.
    since: u64,
    /// The age at which somebody was heard last who knows the room.
    heard: u64,
    /// For how long nobody must be heard before the room is given up, in milliseconds.
    patience: u64,
}

/// The room.
#[derive(Debug)]
pub(crate) struct Replica {
    /// The name of the stream, and when it was made.
    stream: (String, u64),
    /// The last place that was applied.
    place: u64,
    /// Nothing is known of the room.
    lost: Option<Lost>,
    /// Members know other texts by places of this room. An epoch is wanted that stands after this place.
    rolled_back: Option<u64>,
    /// Where the stream ended when this node began. Of the snapshots up to there it has the best, so one of them that
    /// differs is damaged, and no reason to begin once more.
    begun: u64,
    /// The place of the last epoch; 0 for none.
    epoch: u64,
    room: Hex128,
    /// The place of the text that was said last.
    last: Seq,
    /// The time of the last record, as the stream gave it.
    stamp: Option<Time>,
    /// The same, but it never runs backwards.
    time: Time,
    /// How much time has passed since the epoch, as far as rules go, in milliseconds.
    age: u64,
    nodes: Nodes,
    members: Members,
    /// By `age`.
    sessions: Sessions,
    said: LastSaid,
    past: Past,
    taking: Taking,
    /// A snapshot of this place, if one has to be put into the stream.
    snapshot: Option<Snapshot>,
}

impl Replica {
    /// The room at the beginning of a stream of this name, which was made at this time.
    pub(crate) fn new(stream: &str, created: u64) -> Self {
        Self::at((stream.to_owned(), created), 0, (NodeId(0), 0))
    }

    /// An empty room that begins at a place with this record. A stream that has lost its end may give a place to two
    /// records.
    fn at(stream: (String, u64), epoch: u64, (node, count): (NodeId, u64)) -> Self {
        let mut named = stream.0.clone().into_bytes();
        for number in [stream.1, epoch, node.0, count] {
            named.extend_from_slice(&number.to_le_bytes());
        }
        let hash = hash(&named);
        let number = |from: usize| {
            hash[from..]
                .iter()
                .take(8)
                .fold(0, |number, &byte| number << 8 | u64::from(byte))
        };
        let (generation, count) = (number(16), 0);
        Self {
            stream,
            place: epoch,
            lost: None,
            rolled_back: None,
            begun: 0,
            epoch,
            room: Hex128(u128::from(number(0)) << 64 | u128::from(number(8))),
            last: Seq { generation, count },
            stamp: None,
            time: Time::from_unix_ms(0),
            age: 0,
            nodes: Nodes::default(),
            members: Members::default(),
            sessions: Sessions::default(),
            said: LastSaid::default(),
            past: Past::default(),
            taking: Taking::default(),
            snapshot: None,
        }
    }

    /// Begins with what the stream has. If that is too little, nothing is known of the room. Others may know it: their
    /// next snapshot is waited for. If none of them is heard for `patience` milliseconds, an [`epoch`](Self::epoch) has to
    /// be proposed.
    ///
    /// # Errors
    ///
    /// The newest snapshot has a format that this server cannot read.
    pub(crate) fn begin(start: &Start, patience: u64) -> Result<Self, Unreadable> {
        let after = start.place();
        let known = match &start.snapshot {
            Some((place, bytes)) if *place == after => match Self::restore(bytes) {
                Err(Unreadable::Newer(format)) => return Err(Unreadable::Newer(format)),
                restored => restored.ok().filter(|replica| replica.place == after),
            },
            None if after == 0 => Some(Self::new(&start.stream, start.created)),
            _ => None,
        };
        let lost = || Self {
            place: start.last,
            lost: Some(Lost {
                since: start.last,
                heard: 0,
                patience,
            }),
            ..Self::new(&start.stream, start.created)
        };
        Ok(Self {
            rolled_back: start.is_rolled_back.then_some(start.last),
            begun: start.last,
            ..known.unwrap_or_else(lost)
        })
    }

    /// Whether anything is known of the room.
    pub(crate) const fn is_known(&self) -> bool {
        self.lost.is_none()
    }

    /// What a node has to propose before it starts, as long as it is here: an end of what was before.
    pub(crate) fn epoch(&self) -> Option<Item> {
        let since = match (self.lost, self.rolled_back) {
            (Some(lost), None) if self.age - lost.heard < lost.patience => return None,
            (lost, rolled_back) => lost.map(|lost| lost.since).max(rolled_back)?,
        };
        Some(Item::Epoch { since })
    }

    /// Applies what stands next in the stream. What was applied already changes nothing.
    ///
    /// # Errors
    ///
    /// Why this node cannot go on from what it knows.
    pub(crate) fn apply(
        &mut self,
        place: u64,
        time: Time,
        entry: Entry,
    ) -> Result<Vec<Effect>, Halt> {
        self.snapshot = None;
        if place <= self.place {
            return Ok(Vec::new());
        }
        self.place = place;
        match entry {
            Entry::Record(bytes) => match Record::parse(&bytes) {
                Ok(record) => Ok(self.read(time, record, bytes.len())),
                Err(Unreadable::Newer(format)) => Err(Halt::Newer(format)),
                Err(Unreadable::Damaged) => Ok(Vec::new()),
            },
            Entry::Snapshot { place, hash } => self.sees(place, &hash).map(|()| Vec::new()),
            Entry::Other => Ok(Vec::new()),
        }
    }

    /// A snapshot as of this place is complete.
    fn sees(&mut self, place: u64, hash: &[u8; 32]) -> Result<(), Halt> {
        // What nobody can have taken is none.
        if place >= self.place {
            return Ok(());
        }
        if !self.is_known() {
            // After what was lost, only an epoch helps.
            let is_wanted = self.rolled_back.is_none();
            return if is_wanted {
                Err(Halt::Found(place))
            } else {
                Ok(())
            };
        }
        if self.taking.stands(place, hash, self.epoch) || self.place <= self.begun {
            return Ok(());
        }
        Err(Halt::Differs(place))
    }

    /// A record stands at this place.
    fn read(&mut self, stamp: Time, record: Record, len: usize) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.time_passes(stamp);
        self.taking.written(len);
        let Record {
            node,
            count,
            generation,
            items,
        } = record;
        if !self.is_known() && !self.is_epoch(generation, &items) {
            return vec![Effect::Read { node, count }];
        }
        let asks = generation == 0 && items.is_empty();
        let is_new = self.nodes.hear(node, count, self.age);
        for silent in self.nodes.silent(self.age) {
            self.goes(silent, Why::NodeGone, &mut effects);
            effects.push(Effect::Gone { node: silent });
        }
        if is_new {
            effects.push(Effect::Read { node, count });
        }
        let begins_anew = is_new && self.ends_epoch(&items);
        if begins_anew {
            self.begins_anew((node, count), stamp, &mut effects);
        }
        let has_texts = items.iter().any(|item| matches!(item, Item::Say { .. }));
        let before = self.last.count;
        let mut voids = Vec::new();
        if begins_anew || is_new && generation == self.last.generation {
            voids = self.apply_items((node, count), items, &mut effects);
        }
        if has_texts {
            self.past.add(Applied {
                place: self.place,
                len: len as u64,
                stamp,
                time: self.time,
                count: before + 1,
                texts: self.last.count - before,
                voids,
            });
        }
        if self.taking.is_due(self.age, asks) {
            self.take();
        }
        effects
    }

    /// Whether a record ends the time in which nothing is known. An epoch for which that is not certain only moves the
    /// place that the node's own epoch has to name.
    fn is_epoch(&mut self, generation: u64, items: &[Item]) -> bool {
        let Some(lost) = &mut self.lost else {
            return false;
        };
        let epoch = match items {
            [Item::Epoch { since }, ..] => Some(*since),
            _ => None,
        };
        if epoch.is_some_and(|since| since >= lost.since) {
            return true;
        }
        if epoch.is_some() {
            lost.since = self.place;
        }
        if epoch.is_some() || generation != 0 {
            lost.heard = self.age;
        }
        false
    }

    /// Whether the room begins anew by these items.
    fn ends_epoch(&self, items: &[Item]) -> bool {
        matches!(items, [Item::Epoch { since }, ..] if self.epoch <= *since && *since < self.place)
    }

    fn time_passes(&mut self, time: Time) {
        let before = self.stamp.replace(time).unwrap_or(time);
        let passed = time.unix_ms().saturating_sub(before.unix_ms());
        self.age = self.age.saturating_add(passed.min(MOST_BETWEEN));
        self.time = self.time.max(time);
    }

    /// Rules know of the time that has passed since the epoch only.
    fn now(&self) -> Time {
        Time::from_unix_ms(self.age)
    }

    /// All members of a node leave, and it is gone.
    fn goes(&mut self, node: NodeId, why: Why, effects: &mut Vec<Effect>) {
        let time = self.time;
        let left = self.members.leave_all(node).into_iter();
        effects.extend(left.map(|who| Effect::Left { who, why, time }));
        self.nodes.goes(node, self.place);
    }

    /// The last place that was applied.
    pub(crate) const fn place(&self) -> u64 {
        self.place
    }

    /// Which room this is. Another id means another past.
    pub(crate) const fn room_id(&self) -> Hex128 {
        self.room
    }

    /// The place of the text that was said last.
    pub(crate) const fn last(&self) -> Seq {
        self.last
    }

    /// The time of the last record. It never runs backwards.
    pub(crate) const fn time(&self) -> Time {
        self.time
    }

    /// The highest count under this key ([`Own::key`](crate::said::Own::key)) that is in the log; 0 for none.
    pub(crate) fn arrived(&self, key: Hex64) -> u64 {
        self.sessions.highest(key, self.now())
    }

    /// All members, by node and connection.
    pub(crate) fn members(&self) -> impl Iterator<Item = (Incarnation, &Name, Option<Ticket>)> {
        self.members.iter()
    }

    /// The nodes that are here.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.ids()
    }

    /// Whether a node is here.
    pub(crate) fn has_node(&self, node: NodeId) -> bool {
        self.nodes.has(node)
    }

    /// An empty record of a node, such that all can read it. If the node knows nothing of the room, it asks the others for
    /// a snapshot.
    pub(crate) fn draft(&self, node: NodeId, count: u64) -> Draft {
        Draft::new(node, count, self.generation(), self.format())
    }

    /// The generation of the room; 0 if nothing is known of it.
    const fn generation(&self) -> u64 {
        match self.lost {
            None => self.last.generation,
            Some(_) => 0,
        }
    }

    /// In which format a node has to write, so that all can read it.
    pub(crate) fn format(&self) -> u16 {
        let newest = self.nodes.lowest_format().unwrap_or(NEWEST_FORMAT);
        newest.min(NEWEST_FORMAT)
    }

    /// What was said last, oldest first.
    pub(crate) fn backlog(&self) -> impl Iterator<Item = &Arc<Said>> {
        self.said.iter()
    }

    /// The count of the oldest text that can be read of the past.
    pub(crate) fn first(&self) -> Option<u64> {
        self.past.first()
    }

    /// What has to be read of the stream for at most so many texts before the one of this count. `None` if nothing is
    /// known of them.
    pub(crate) fn reading(&self, before: u64, most: u32) -> Option<Reading> {
        self.past.reading(self.last.generation, before, most)
    }

    /// What was said in the records that were read, oldest first and without a gap. Those may be fewer than what was
    /// asked for, if the stream does not have the first any more. The last may reach beyond what was asked for.
    pub(crate) fn past(
        &self,
        reading: &Reading,
        records: &[(u64, Time, Vec<u8>)],
    ) -> Vec<Arc<Said>> {
        if reading.generation != self.last.generation {
            return Vec::new();
        }
        self.past.said(reading, records)
    }

    /// The snapshot that one of the nodes has to put into the stream, as of the place that was applied last.
    pub(crate) fn take_snapshot(&mut self) -> Option<Snapshot> {
        self.snapshot.take()
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
