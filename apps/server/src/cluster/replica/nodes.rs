//! The nodes: who is here, how far each has counted its records, and whose silence has lasted too long.

use std::collections::BTreeMap;

use crate::cluster::NodeId;
use crate::cluster::bytes::{Reader, Write};

/// Of how many nodes that are gone it is known how far they had counted. A record of such a node that comes late must
/// not bring it back. A node is one start of a server, so these are the starts of weeks.
pub(super) const MAX_GONE: usize = 1024;

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The highest count of its records.
    count: u64,
    newest_format: u16,
    timeout_s: u32,
    /// At which age of the room it was last heard, in milliseconds.
    heard: u64,
}

#[derive(Clone, Copy, Debug)]
struct Gone {
    /// The highest count of its records.
    count: u64,
    /// Where it went.
    place: u64,
}

/// The nodes.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    here: BTreeMap<NodeId, Node>,
    gone: BTreeMap<NodeId, Gone>,
}

impl Nodes {
    /// Hears a record. Returns `false` if it or a later one of its node was heard before.
    pub(super) fn hear(&mut self, node: NodeId, count: u64, age: u64) -> bool {
        let highest = match (self.here.get_mut(&node), self.gone.get_mut(&node)) {
            (Some(here), _) if count > here.count => {
                here.heard = age;
                &mut here.count
            }
            (None, Some(gone)) if count > gone.count => &mut gone.count,
            (None, None) => return count > 0,
            _ => return false,
        };
        *highest = count;
        true
    }

    /// A node is here.
    pub(super) fn start(
        &mut self,
        node: NodeId,
        count: u64,
        newest_format: u16,
        timeout_s: u32,
        age: u64,
    ) {
        self.gone.remove(&node);
        let new = Node {
            count,
            newest_format,
            timeout_s,
            heard: age,
        };
        self.here.insert(node, new);
    }

    /// A node is gone.
    pub(super) fn goes(&mut self, node: NodeId, place: u64) {
        if let Some(Node { count, .. }) = self.here.remove(&node) {
            self.remember(node, count, place);
        }
    }

    /// Remembers how far a node has counted that is not here.
    fn remember(&mut self, node: NodeId, count: u64, place: u64) {
        self.gone.insert(node, Gone { count, place });
        if self.gone.len() > MAX_GONE {
            let oldest = self
                .gone
                .iter()
                .min_by_key(|(node, gone)| (gone.place, **node));
            if let Some(oldest) = oldest.map(|(node, _)| *node) {
                self.gone.remove(&oldest);
            }
        }
    }

    /// Those that have been silent for too long.
    pub(super) fn silent(&self, age: u64) -> Vec<NodeId> {
        let is_silent = |node: &Node| age - node.heard >= u64::from(node.timeout_s) * 1000;
        let silent = self.here.iter().filter(|(_, node)| is_silent(node));
        silent.map(|(node, _)| *node).collect()
    }

    /// Those that are here.
    pub(super) fn ids(&self) -> impl Iterator<Item = NodeId> {
        self.here.keys().copied()
    }

    /// Whether a node is here.
    pub(super) fn has(&self, node: NodeId) -> bool {
        self.here.contains_key(&node)
    }

    /// The newest format that all nodes can read. `None` if there are none.
    pub(super) fn lowest_format(&self) -> Option<u16> {
        self.here.values().map(|node| node.newest_format).min()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_len(self.here.len());
        for (id, node) in &self.here {
            out.put_u64(id.0);
            out.put_u64(node.count);
            out.put_u16(node.newest_format);
            out.put_u32(node.timeout_s);
            out.put_u64(node.heard);
        }
        out.put_len(self.gone.len());
        for (id, gone) in &self.gone {
            out.put_u64(id.0);
            out.put_u64(gone.count);
            out.put_u64(gone.place);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, age: u64) -> Option<Self> {
        let mut nodes = Self::default();
        for _ in 0..reader.len()? {
            let id = NodeId(reader.u64()?);
            let node = Node {
                count: reader.u64()?,
                newest_format: reader.u16()?,
                timeout_s: reader.u32()?,
                heard: reader.u64().filter(|&heard| heard <= age)?,
            };
            nodes.here.insert(id, node);
        }
        for _ in 0..reader.len()? {
            let id = NodeId(reader.u64()?);
            let (count, place) = (reader.u64()?, reader.u64()?);
            nodes.gone.insert(id, Gone { count, place });
        }
        Some(nodes)
    }
}
