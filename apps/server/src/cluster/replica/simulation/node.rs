//! A node: the least that a hub has to do with its replica, so that nothing is lost and nothing is said twice.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use fastrand::Rng;
use hubbub_wire::{Hex64, Id, Payload, Username};

use super::super::Replica;
use crate::cluster::record::{Draft, Item, Taken, Ticket};
use crate::cluster::{NodeId, Start};
use crate::id::Name;
use crate::texts::Texts;

/// A node gives a sign of life after so many milliseconds.
const SIGN_OF_LIFE: u64 = 10_000;

/// How long nobody must be heard before a node that knows nothing gives the room up, in milliseconds.
pub(super) const PATIENCE: u64 = 45_000;

/// Something that a node has to propose.
#[derive(Clone, Debug)]
pub(super) enum Want {
    Join(u64),
    /// So many texts, from this one on.
    Say(u64, u64, u64),
    Leave(u64),
    Stop,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) person: usize,
    pub(super) name: &'static str,
    pub(super) ticket: Option<Ticket>,
    /// The beginning of its texts.
    pub(super) prefix: String,
    pub(super) is_member: bool,
}

/// A record that was not read back yet.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) count: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) wants: Vec<Want>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    /// The newest format that it can read.
    pub(super) version: u16,
    pub(super) replica: Replica,
    last_at_start: u64,
    count: u64,
    pub(super) queue: VecDeque<Want>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) here: BTreeMap<u64, Here>,
    pub(super) connections: u64,
    pub(super) is_asleep: bool,
    pub(super) is_stopping: bool,
    published: u64,
}

impl Node {
    pub(super) fn new(id: NodeId, version: u16, start: &Start) -> Self {
        Self {
            id,
            version,
            replica: Replica::begin(start, PATIENCE).unwrap(),
            last_at_start: start.last,
            count: 0,
            queue: VecDeque::new(),
            in_flight: None,
            here: BTreeMap::new(),
            connections: 0,
            is_asleep: false,
            is_stopping: false,
            published: 0,
        }
    }

    /// Whether people can come to it.
    pub(super) fn is_ready(&self) -> bool {
        let has_caught_up = self.replica.place() >= self.last_at_start;
        self.replica.has_node(self.id) && has_caught_up && !self.is_stopping
    }

    /// The record that it publishes now, if there is one. The first is given again until it is read back.
    pub(super) fn publishes(&mut self, now: u64, rng: &mut Rng) -> Option<Vec<u8>> {
        if let Some(InFlight { bytes, .. }) = &self.in_flight {
            return Some(bytes.clone());
        }
        // The formats of nodes of a newer version differ from ours only in their number.
        let format = self.replica.nodes.lowest_format();
        let format = format.unwrap_or(self.version).min(self.version);
        let mut draft = Draft::new(self.id, self.count + 1, self.replica.generation(), format);
        let mut take = |mut item| assert!(matches!(draft.take(&mut item), Taken::Whole));
        let epoch = self.replica.epoch();
        // Who knows nothing of the room asks for a snapshot, and for nothing else.
        let may_start = self.replica.is_known() || epoch.is_some();
        if !self.replica.has_node(self.id) && may_start {
            if let Some(epoch) = epoch {
                take(epoch);
            }
            take(Item::Start {
                newest_format: self.version,
                timeout_s: 45,
            });
            let members = self.here.iter().filter(|(_, here)| here.is_member);
            for (&connection, here) in members {
                take(join(connection, here, true));
            }
        }
        let mut wants = Vec::new();
        for _ in 0..rng.usize(1..8) {
            let Some(want) = self.queue.pop_front() else {
                break;
            };
            if let Some(item) = self.item(&want) {
                take(item);
                wants.push(want);
            }
        }
        if draft.is_empty() && now < self.published + SIGN_OF_LIFE && self.count > 0 {
            return None;
        }
        self.published = now;
        self.count += 1;
        let (count, bytes) = (self.count, draft.finish());
        self.in_flight = Some(InFlight {
            count,
            bytes: bytes.clone(),
            wants,
        });
        Some(bytes)
    }

    fn item(&self, want: &Want) -> Option<Item> {
        Some(match *want {
            Want::Join(connection) => join(connection, self.here.get(&connection)?, false),
            Want::Say(connection, first, count) => {
                say(connection, self.here.get(&connection)?, first, count)
            }
            Want::Leave(connection) => Item::Leave { connection },
            Want::Stop => Item::Stop,
        })
    }

    /// Its record was read back.
    pub(super) fn was_read(&mut self, count: u64) {
        self.in_flight.take_if(|in_flight| in_flight.count == count);
    }

    /// It reads that it is gone. All that it has in flight is void.
    pub(super) fn is_gone(&mut self) {
        for want in self
            .in_flight
            .take()
            .into_iter()
            .flat_map(|all| all.wants)
            .rev()
        {
            self.queue.push_front(want);
        }
    }

    /// It reads that the room began anew.
    pub(super) fn begins_anew(&mut self) {
        self.in_flight = None;
        self.queue.clear();
        self.here.clear();
        if self.is_stopping {
            self.queue.push_back(Want::Stop);
        }
    }
}

fn name(text: &'static str) -> Name {
    Arc::new(Username::new(text, 64).unwrap())
}

fn join(connection: u64, here: &Here, again: bool) -> Item {
    Item::Join {
        connection,
        name: name(here.name),
        ticket: here.ticket,
        again,
    }
}

fn say(connection: u64, here: &Here, first: u64, count: u64) -> Item {
    let mut texts = Texts::default();
    for count in first..first + count {
        let text = format!("{}{count}", here.prefix);
        texts.push(Payload::new(text.as_bytes()).unwrap());
    }
    let session = here.ticket.map(|ticket| ticket.session);
    Item::Say {
        connection,
        name: name(here.name),
        own: session.map(|session: Hex64| Id {
            session,
            count: first,
        }),
        texts,
    }
}
