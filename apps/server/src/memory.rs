//! The memory that the server holds for its peers, counted against a limit. Knows nothing of what is held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::metrics::Sample;

/// The limit that an operator sets is divided into this many parts.
const PARTS: usize = 4;
/// This many of them are for what waits to be written, and the rest is for unfinished texts: slow readers are common,
/// and texts that arrive in pieces are rare.
const QUEUED_PARTS: usize = 3;

/// How much of a limit on memory each of its two uses has, in bytes.
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

    /// The smallest limit with a share of this many bytes for batches.
    #[must_use]
    pub fn limit_for_queued(bytes: usize) -> usize {
        PARTS * bytes.div_ceil(QUEUED_PARTS)
    }

    /// The smallest limit with a share of this many bytes for unfinished texts.
    #[must_use]
    pub fn limit_for_unfinished(bytes: usize) -> usize {
        PARTS * bytes.div_ceil(PARTS - QUEUED_PARTS)
    }
}

/// A count of bytes with a limit. The count can pass the limit; whoever notices that has to make room.
#[derive(Debug)]
pub struct Memory {
    used: AtomicUsize,
    limit: usize,
}

impl Memory {
    /// Begins at 0. `limit` is in bytes.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
        })
    }

    /// Counts `bytes` for as long as the result lives.
    #[must_use]
    pub fn hold(self: &Arc<Self>, bytes: usize) -> Held {
        let mut held = Held {
            memory: Arc::clone(self),
            bytes: 0,
            sample: None,
        };
        held.set(bytes);
        held
    }

    /// Counts `bytes` for as long as the result lives, if they fit. Where others would have to go for them, they do
    /// not.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn try_hold(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        let with = |used: usize| used.checked_add(bytes).filter(|all| *all <= self.limit);
        let counted = self
            .used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, with);
        counted.ok().map(|_| Held {
            memory: Arc::clone(self),
            bytes,
            sample: None,
        })
    }

    /// Replaces `before` bytes of the count by `now` bytes.
    pub fn count(&self, before: usize, now: usize) {
        if now > before {
            self.used.fetch_add(now - before, Ordering::AcqRel);
        } else if now < before {
            self.used.fetch_sub(before - now, Ordering::AcqRel);
        }
    }

    /// The count, in bytes.
    #[cfg(any(feature = "metrics", feature = "admin"))]
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The limit, in bytes.
    #[cfg(feature = "metrics")]
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// By how many bytes the count passes the limit; 0 if it does not.
    #[must_use]
    pub fn excess(&self) -> usize {
        self.used.load(Ordering::Acquire).saturating_sub(self.limit)
    }
}

/// Bytes that are counted until this is dropped.
#[derive(Debug)]
pub struct Held {
    memory: Arc<Memory>,
    bytes: usize,
    /// Measures how long they are on their way.
    sample: Option<Sample>,
}

impl Held {
    /// How many they are.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Measures how long these bytes are on their way, from now on.
    pub(crate) fn measure(&mut self, sample: Option<Sample>) {
        self.sample = sample;
    }

    /// Takes what measures that. It goes on with other bytes.
    pub(crate) const fn take_sample(&mut self) -> Option<Sample> {
        self.sample.take()
    }

    /// What measures that.
    pub(crate) const fn sample(&self) -> Option<&Sample> {
        self.sample.as_ref()
    }

    /// From now on counts this many bytes instead.
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
    #[cfg(feature = "tls")]
    fn what_is_only_tried_is_held_up_to_the_limit_and_not_a_byte_beyond() {
        let memory = Memory::new(10);
        let held = memory.hold(4);
        assert!(memory.try_hold(7).is_none());
        let tried = memory.try_hold(6);
        assert!(tried.is_some() && memory.try_hold(1).is_none());
        drop((held, tried));
        assert!(memory.try_hold(10).is_some());
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
