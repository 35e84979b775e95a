//! What happens to the stream, and to what is on its way to it.

use hubbub_wire::Time;

use super::super::Faults;
use super::super::node::PATIENCE;
use super::super::person::Person;
use super::super::truth::Truth;
use super::{CREATED, Flying, STREAM, Stands, World};
use crate::cluster::Entry;
use crate::cluster::record::Record;
use crate::cluster::replica::{Replica, hash};

impl World {
    pub(super) fn publishes(&mut self) {
        if let Some(at) = self.random_node().filter(|&at| !self.nodes[at].is_asleep) {
            self.publishes_at(at);
        }
    }

    pub(super) fn publishes_at(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let gives_up = !node.replica.is_known() && node.in_flight.is_none();
        let Some(bytes) = node.publishes(self.now, &mut self.rng) else {
            return;
        };
        if gives_up && node.replica.epoch().is_some() && node.replica.rolled_back.is_none() {
            self.nobody_is_heard(at);
        }
        self.flying.push_back(Flying::Record(bytes));
    }

    /// A node gives up a room that it does not know. It has not read anything for as long as it has to wait of anybody
    /// who knows it.
    fn nobody_is_heard(&mut self, at: usize) {
        let read = usize::try_from(self.nodes[at].replica.place()).unwrap();
        let (mut silence, mut after) = (0, None);
        for (time, stands) in self.stream[..read].iter().rev() {
            let Stands::Record(bytes) = stands else {
                continue;
            };
            let passed = after.replace(time.unix_ms());
            let passed = passed.map_or(0, |after| after.saturating_sub(time.unix_ms()));
            silence += passed.min(15_000);
            let record = Record::parse(&[&bytes[..4], &[1], &bytes[5..]].concat()).unwrap();
            if record.generation != 0 || silence >= PATIENCE {
                break;
            }
        }
        assert!(silence >= PATIENCE, "after {silence} ms of silence");
        self.tally.given_up += 1;
    }

    /// A piece of a snapshot is lost, or its head is damaged.
    pub(super) fn loses_a_piece(&mut self) {
        if self.faults == Faults::Whole {
            return;
        }
        let snapshots = self
            .stream
            .iter_mut()
            .filter_map(|(_, stands)| match stands {
                Stands::Snapshot { is_whole, .. } => Some(is_whole),
                _ => None,
            });
        for is_whole in snapshots.rev().take(self.rng.usize(1..4)) {
            *is_whole = false;
        }
    }

    pub(super) fn lands(&mut self) {
        let is_in_order = self.rng.u32(0..4) > 0;
        let flying = if is_in_order {
            self.flying.pop_front()
        } else {
            self.random_flying()
        };
        if let Some(flying) = flying {
            self.put(flying);
        }
    }

    /// A record comes a second time, long after the first perhaps.
    pub(super) fn doubles(&mut self) {
        let at = self.rng.usize(0..self.stream.len().max(1));
        if let Some((_, Stands::Record(bytes))) = self.stream.get(at) {
            self.tally.doubled += 1;
            self.flying.push_back(Flying::Record(bytes.clone()));
        }
    }

    pub(super) fn put(&mut self, flying: Flying) {
        match flying {
            Flying::Record(bytes) => self.append(Stands::Record(bytes)),
            Flying::Snapshot { place, bytes } => {
                for _ in 0..self.rng.usize(0..3) {
                    self.append(Stands::Other);
                }
                let is_whole = true;
                self.append(Stands::Snapshot {
                    place,
                    bytes,
                    is_whole,
                });
            }
        }
    }

    pub(super) fn append(&mut self, stands: Stands) {
        let time = Time::from_unix_ms(self.now + self.ahead);
        self.stream.push((time, stands));
        let entry = self.entry(self.stream.len());
        if self.truth.read(time, entry) {
            self.people.iter_mut().for_each(Person::gives_up);
        }
    }

    /// What stands at a place, in a format that this version can read.
    pub(super) fn entry(&self, place: usize) -> Entry {
        match &self.stream[place - 1].1 {
            Stands::Record(bytes) => {
                let mut bytes = bytes.clone();
                bytes[4] = 1;
                Entry::Record(bytes)
            }
            Stands::Snapshot { place, bytes, .. } => Entry::Snapshot {
                place: *place,
                hash: hash(bytes),
            },
            Stands::Other => Entry::Other,
        }
    }

    pub(super) fn is_trimmed(&mut self) {
        let newest = self
            .stream
            .iter()
            .rev()
            .find_map(|(_, stands)| match stands {
                Stands::Snapshot { place, .. } => Some(place + 1),
                _ => None,
            });
        let is_deep = self.faults == Faults::Lossy && self.rng.u32(0..4) == 0;
        let most = if is_deep {
            self.stream.len() as u64 + 1
        } else {
            newest.unwrap_or(1)
        };
        self.first = self.first.max(self.rng.u64(1..=most));
    }

    pub(super) fn loses_its_end(&mut self) {
        if self.faults != Faults::Lossy || (self.stream.len() as u64) < self.first + 20 {
            return;
        }
        let end = self.stream.len() - self.rng.usize(1..20);
        let is_known = self
            .nodes
            .iter()
            .any(|node| node.replica.place() > end as u64);
        if !is_known {
            return;
        }
        self.stream.truncate(end);
        // Whoever took a snapshot of what is lost begins anew, and its engine lets go of it.
        self.flying.retain(
            |flying| !matches!(flying, Flying::Snapshot { place, .. } if *place > end as u64),
        );
        let mut truth = Truth::new(Replica::new(STREAM, CREATED));
        for place in 1..=end {
            truth.may_break = true;
            truth.read(self.stream[place - 1].0, self.entry(place));
        }
        truth.may_break = true;
        truth.tally = self.truth.tally;
        self.truth = truth;
        self.people.iter_mut().for_each(Person::gives_up);
        for at in 0..self.nodes.len() {
            if self.nodes[at].replica.place() > end as u64 {
                self.is_anew(at, true);
            }
        }
    }
}
