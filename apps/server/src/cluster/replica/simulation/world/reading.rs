//! What nodes read, and what they learn from it.

use super::super::Faults;
use super::super::node::{Node, Want};
use super::{Flying, Stands, World};
use crate::cluster::replica::tests::told;
use crate::cluster::replica::{Effect, Halt, Snapshot, Why, hash};
use crate::cluster::{Incarnation, NodeId};

impl World {
    pub(super) fn reads(&mut self) {
        for _ in 0..self.rng.usize(1..12) {
            match self.random_node() {
                Some(at) if !self.nodes[at].is_asleep => self.reads_at(at),
                _ => return,
            };
        }
    }

    /// A node reads what stands next. Returns `false` if there is nothing.
    pub(super) fn reads_at(&mut self, at: usize) -> bool {
        let node = &mut self.nodes[at];
        let place = node.replica.place() + 1;
        if place > self.stream.len() as u64 {
            return false;
        }
        if place < self.first {
            self.is_anew(at, false);
            return true;
        }
        let index = usize::try_from(place).unwrap() - 1;
        let (time, stands) = &self.stream[index];
        let is_newer =
            matches!(stands, Stands::Record(bytes) if u16::from(bytes[4]) > node.version);
        if is_newer {
            self.tally.outdated += 1;
            self.ends(at);
            return true;
        }
        let (time, entry) = (*time, self.entry(index + 1));
        let node = &mut self.nodes[at];
        let id = node.id;
        let effects = match node.replica.apply(place, time, entry) {
            Ok(effects) => effects,
            Err(Halt::Differs(_)) if self.faults == Faults::Lossy => {
                self.is_anew(at, false);
                return true;
            }
            Err(Halt::Found(_)) => {
                self.tally.found += 1;
                self.is_anew(at, false);
                return true;
            }
            Err(halt) => panic!("{halt}"),
        };
        let snapshot = node.replica.take_snapshot();
        if node.replica.is_known() {
            let (told_truly, digest) = &self.truth.places[index];
            let is_epoch = effects.iter().any(|effect| matches!(effect, Effect::Epoch));
            assert!(
                is_epoch || told(&effects) == *told_truly,
                "{:?} at {place}",
                told(&effects)
            );
            assert_eq!(hash(&node.replica.snapshot()), *digest, "at place {place}");
        }
        if let Some(Snapshot {
            node, place, bytes, ..
        }) = snapshot
            && node == id
        {
            self.tally.snapshots += 1;
            self.flying.push_back(Flying::Snapshot { place, bytes });
        }
        for effect in effects {
            if !self.happens(id, effect) {
                break;
            }
        }
        true
    }

    /// A node learns something. Returns `false` if it ends by it.
    pub(super) fn happens(&mut self, id: NodeId, effect: Effect) -> bool {
        match effect {
            Effect::Read { node, count } if node == id => {
                self.node(id)
                    .into_iter()
                    .for_each(|node| node.was_read(count));
            }
            Effect::Joined {
                who,
                replaces,
                arrived,
                ..
            } => {
                if let Some(old) = replaces.filter(|old| old.node == id) {
                    self.is_closed(old);
                }
                if who.node == id {
                    self.is_member(who, arrived);
                }
            }
            Effect::Refused { who } if who.node == id => self.is_closed(who),
            Effect::Said { who, said } if who.node == id => {
                let texts = said.iter().map(|(.., payload)| payload.as_bytes().to_vec());
                let counts = texts.map(|text| {
                    let text = String::from_utf8(text).unwrap();
                    text.split_once('-').unwrap().1.parse().unwrap()
                });
                let last = counts.max().unwrap_or(0);
                self.arrives(who, last);
            }
            Effect::Arrived { who, id: last, .. } if who.node == id => {
                self.arrives(who, last.count)
            }
            Effect::Broken { who } if who.node == id => {
                if let Some(person) = self.people.iter_mut().find(|person| person.has(who)) {
                    person.restarts();
                }
            }
            Effect::Left { who, why, .. } if who.node == id && why != Why::NodeGone => {
                self.is_closed(who)
            }
            Effect::Gone { node } if node == id => {
                let at = self.nodes.iter().position(|node| node.id == id).unwrap();
                let has_stopped = !self.nodes[at]
                    .queue
                    .iter()
                    .any(|want| matches!(want, Want::Stop));
                self.nodes[at].is_gone();
                if self.nodes[at].is_stopping && has_stopped {
                    self.ends(at);
                    return false;
                }
                self.tally.awoke_gone += 1;
            }
            Effect::Epoch => {
                self.close_all(id);
                self.node(id).into_iter().for_each(Node::begins_anew);
            }
            _ => {}
        }
        true
    }

    pub(super) fn is_closed(&mut self, who: Incarnation) {
        if let Some(node) = self.node(who.node) {
            node.here.remove(&who.connection);
        }
        if let Some(person) = self.people.iter_mut().find(|person| person.has(who)) {
            person.closes();
        }
    }

    pub(super) fn is_member(&mut self, who: Incarnation, arrived: u64) {
        let node = self
            .nodes
            .iter_mut()
            .find(|node| node.id == who.node)
            .unwrap();
        let Some(here) = node.here.get_mut(&who.connection) else {
            // It had gone when the room began anew, and its record came late.
            node.queue.push_back(Want::Leave(who.connection));
            return;
        };
        let person = &mut self.people[here.person];
        if std::mem::replace(&mut here.is_member, true) {
            // It never knew that it was gone.
            self.tally.rejoined += 1;
        } else if person.has(who) {
            let waiting = person.opens(arrived);
            if let (Some(&first), Some(last)) = (waiting.first(), waiting.last()) {
                assert_eq!(
                    last - first + 1,
                    waiting.len() as u64,
                    "no text is left out"
                );
                // It may not know yet what has arrived.
                let known = self.rng.u64(0..3).min(arrived);
                if known > 0 && self.rng.bool() {
                    let say = Want::Say(who.connection, first - known, known);
                    node.queue.push_back(say);
                }
                let say = Want::Say(who.connection, first - known, last - first + 1 + known);
                node.queue.push_back(say);
            }
        } else {
            // It went meanwhile.
            node.queue.push_back(Want::Leave(who.connection));
        }
    }

    pub(super) fn arrives(&mut self, who: Incarnation, last: u64) {
        if let Some(person) = self.people.iter_mut().find(|person| person.has(who)) {
            person.waiting.retain(|&count| count > last);
        }
    }
}
