//! What the server holds for its peers, counted in one place against one limit. Knows nothing of what is held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The limit that an operator sets is divided into this many parts, ...
const PARTS: usize = 4;
/// ... of which this many are for what waits to be written: a room with slow readers needs far more of that than of
/// unfinished texts, which hardly anybody sends in pieces. The rest is for those.
const QUEUED_PARTS: usize = 3;

/// What a limit on memory leaves for each of its two uses, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// For batches that somebody has still to write.
    pub queued: usize,
    /// For texts that are read in part, and for those that the hub has still to take.
    pub unfinished: usize,
}

impl Shares {
    /// The shares of `limit` bytes.
    #[must_use]
    pub fn of(limit: usize) -> Self {
        let part = limit / PARTS;
        Self {
            queued: QUEUED_PARTS * part,
            unfinished: (PARTS - QUEUED_PARTS) * part,
        }
    }

    /// The smallest limit that leaves so much for batches.
    #[must_use]
    pub fn limit_for_queued(bytes: usize) -> usize {
        PARTS * bytes.div_ceil(QUEUED_PARTS)
    }

    /// The smallest limit that leaves so much for unfinished texts.
    #[must_use]
    pub fn limit_for_unfinished(bytes: usize) -> usize {
        PARTS * bytes.div_ceil(PARTS - QUEUED_PARTS)
    }
}

/// A count of bytes with a limit. Going over the limit is possible, and whoever looks then has to make room.
#[derive(Debug)]
pub struct Memory {
    used: AtomicUsize,
    limit: usize,
}

impl Memory {
    /// A count that begins at 0. `limit` is in bytes.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
        })
    }

    /// Counts `bytes` for as long as the answer lives.
    #[must_use]
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        let mut held = Held {
            memory: Arc::clone(self),
            bytes: 0,
        };
        held.set(bytes);
        held
    }

    /// Counts `now` bytes instead of `before`.
    pub fn count(&self, before: usize, now: usize) {
        if now > before {
            self.used.fetch_add(now - before, Ordering::AcqRel);
        } else if now < before {
            self.used.fetch_sub(before - now, Ordering::AcqRel);
        }
    }

    /// By how many bytes the limit is passed; 0 while it is not.
    #[must_use]
    pub fn excess(&self) -> usize {
        self.used.load(Ordering::Acquire).saturating_sub(self.limit)
    }
}

/// Some bytes that are counted. Dropping it uncounts them.
#[derive(Debug)]
pub struct Held {
    memory: Arc<Memory>,
    bytes: usize,
}

impl Held {
    /// Counts `bytes` from now on instead of what was counted before.
    pub fn set(&mut self, bytes: usize) {
        self.memory.count(self.bytes, bytes);
        self.bytes = bytes;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_enough_for_its_shares_and_a_byte_less_is_not() {
        for bytes in [1, 2, 3, 4, 1000, 1001] {
            let limit = Shares::limit_for_queued(bytes);
            assert!(Shares::of(limit).queued >= bytes);
            assert!(Shares::of(limit - 1).queued < bytes);
            let limit = Shares::limit_for_unfinished(bytes);
            assert!(Shares::of(limit).unfinished >= bytes);
            assert!(Shares::of(limit - 1).unfinished < bytes);
        }
    }

    #[test]
    fn the_shares_of_a_limit_stay_within_it() {
        for limit in [0, 3, 4, 7, 1 << 28] {
            let Shares { queued, unfinished } = Shares::of(limit);
            assert!(queued + unfinished <= limit);
            assert_eq!(queued, 3 * unfinished);
        }
    }

    #[test]
    fn exactly_the_limit_is_no_excess_and_a_byte_more_is() {
        let memory = Memory::new(10);
        let mut held = memory.hold(10);
        assert_eq!(memory.excess(), 0);
        held.set(11);
        assert_eq!(memory.excess(), 1);
    }

    #[test]
    fn what_is_dropped_is_no_longer_counted() {
        let memory = Memory::new(0);
        let first = memory.hold(5);
        let second = memory.hold(3);
        drop(first);
        assert_eq!(memory.excess(), 3);
        drop(second);
        assert_eq!(memory.excess(), 0);
    }
}
