//! What happens to nodes.

use super::super::Faults;
use super::super::node::{Node, Want};
use super::{CREATED, NODES, STREAM, Stands, World};
use crate::cluster::replica::Replica;
use crate::cluster::{NodeId, Start};

impl World {
    pub(super) fn begin(&mut self, is_rolled_back: bool) -> Node {
        let first = self.first;
        let kept = usize::try_from(first - 1).unwrap();
        let kept = self.stream.get(kept..).unwrap_or_default();
        // What the engine does: the last that is whole and after which nothing is missing.
        let heads = kept.iter().rev().filter_map(|(_, stands)| match stands {
            Stands::Snapshot {
                place,
                bytes,
                is_whole,
            } => Some((*place, bytes, *is_whole)),
            _ => None,
        });
        let mut whole = heads.filter(|(place, _, is_whole)| *is_whole && place + 1 >= first);
        let mut snapshot = whole.next().map(|(place, bytes, _)| (place, bytes.clone()));
        if let Some((_, bytes)) = &mut snapshot
            && self.faults == Faults::Lossy
            && self.rng.u32(0..10) == 0
        {
            bytes.pop();
        }
        self.tally.restored += usize::from(snapshot.is_some());
        let start = Start {
            stream: STREAM.to_owned(),
            created: CREATED,
            snapshot,
            first,
            last: self.stream.len() as u64,
            is_rolled_back,
        };
        let node = Node::new(NodeId(self.rng.u64(..)), self.version, &start);
        self.tally.lost += usize::from(!node.replica.is_known());
        node
    }

    pub(super) fn starts(&mut self) {
        if self.nodes.len() < NODES {
            let node = self.begin(false);
            self.nodes.push(node);
        }
    }

    /// A node begins anew under another name.
    pub(super) fn is_anew(&mut self, at: usize, is_rolled_back: bool) {
        self.close_all(self.nodes[at].id);
        self.nodes[at] = self.begin(is_rolled_back);
    }

    pub(super) fn close_all(&mut self, id: NodeId) {
        for person in self.people.iter_mut().filter(|person| person.is_on(id)) {
            person.closes();
        }
    }

    pub(super) fn is_killed(&mut self) {
        if let Some(at) = self.random_node() {
            self.ends(at);
        }
    }

    pub(super) fn ends(&mut self, at: usize) {
        let node = self.nodes.swap_remove(at);
        self.close_all(node.id);
    }

    pub(super) fn stops(&mut self) {
        if let Some(at) = self.random_node()
            && !self.nodes[at].is_stopping
        {
            self.nodes[at].is_stopping = true;
            self.nodes[at].queue.push_back(Want::Stop);
        }
    }

    pub(super) fn sleeps(&mut self) {
        if let Some(at) = self.random_node() {
            self.nodes[at].is_asleep = true;
        }
    }

    pub(super) fn wakes(&mut self) {
        if let Some(at) = self.random_node() {
            self.nodes[at].is_asleep = false;
        }
    }

    /// A node goes on with what a snapshot has of its room, at whatever place.
    pub(super) fn is_restored(&mut self) {
        if let Some(at) = self.random_node()
            && self.nodes[at].replica.is_known()
        {
            let replica = &mut self.nodes[at].replica;
            let (rolled_back, begun) = (replica.rolled_back, replica.begun);
            *replica = Replica::restore(&replica.snapshot()).unwrap();
            (replica.rolled_back, replica.begun) = (rolled_back, begun);
        }
    }
}
