//! Comparisons: whose password is compared next. Each address has ten a second, counted before they are made, and its
//! others wait in the order in which they came. Addresses do not wait for each other.
//!
//! The time is given. Whoever leaves while waiting is skipped when its turn comes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crate::address::{Address, Network};
use crate::id::PeerId;

/// All who wait for the comparison of their password.
#[derive(Debug, Default)]
pub(super) struct Comparisons {
    by_network: BTreeMap<Network, Queue>,
}

/// Those of one address, the first first.
#[derive(Debug)]
struct Queue {
    address: Arc<Address>,
    peers: VecDeque<PeerId>,
}

impl Comparisons {
    /// One more waits.
    pub(super) fn add(&mut self, peer: PeerId, address: &Arc<Address>) {
        let queue = self.by_network.entry(address.network());
        let queue = queue.or_insert_with(|| Queue {
            address: Arc::clone(address),
            peers: VecDeque::new(),
        });
        queue.peers.push_back(peer);
    }

    /// The next whose password is compared now, which counts. `waits` says whether a peer still does.
    pub(super) fn next(&mut self, now: Instant, waits: impl Fn(PeerId) -> bool) -> Option<PeerId> {
        self.forget(waits);
        let mut queues = self.by_network.values_mut();
        let queue = queues.find(|queue| queue.address.may_compare(now))?;
        queue.peers.pop_front()
    }

    /// When the next comparison may be made. `None` if nobody waits.
    pub(super) fn deadline(&mut self, waits: impl Fn(PeerId) -> bool) -> Option<Instant> {
        self.forget(waits);
        let queues = self.by_network.values();
        queues.map(|queue| queue.address.compares_at()).min()
    }

    /// Forgets those who do not wait any longer and would be next.
    fn forget(&mut self, waits: impl Fn(PeerId) -> bool) {
        self.by_network.retain(|_, queue| {
            while let Some(&peer) = queue.peers.front() {
                if waits(peer) {
                    return true;
                }
                queue.peers.pop_front();
            }
            false
        });
    }
}
