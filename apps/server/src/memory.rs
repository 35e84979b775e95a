//! What the server holds for its peers, counted in one place against one limit. Knows nothing of what is held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
        if bytes > self.bytes {
            let more = bytes - self.bytes;
            self.memory.used.fetch_add(more, Ordering::AcqRel);
        } else if bytes < self.bytes {
            let less = self.bytes - bytes;
            self.memory.used.fetch_sub(less, Ordering::AcqRel);
        }
        self.bytes = bytes;
    }

    /// Counts other bytes against the same limit.
    #[must_use]
    pub fn beside(&self, bytes: usize) -> Self {
        self.memory.hold(bytes)
    }

    /// Is the limit passed, and are some of these bytes among those that pass it?
    #[must_use]
    pub fn is_in_excess(&self) -> bool {
        self.bytes > 0 && self.memory.excess() > 0
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
    fn exactly_the_limit_is_no_excess_and_a_byte_more_is() {
        let memory = Memory::new(10);
        let mut held = memory.hold(10);
        assert_eq!((memory.excess(), held.is_in_excess()), (0, false));
        held.set(11);
        assert_eq!((memory.excess(), held.is_in_excess()), (1, true));
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

    #[test]
    fn what_is_held_beside_counts_against_the_same_limit_and_outlives_the_first() {
        let memory = Memory::new(10);
        let first = memory.hold(6);
        let mut second = first.beside(0);
        second.set(5);
        assert_eq!(memory.excess(), 1);
        drop(first);
        assert!(!second.is_in_excess());
        second.set(11);
        assert!(second.is_in_excess());
    }

    #[test]
    fn who_holds_nothing_is_never_in_excess() {
        let memory = Memory::new(1);
        let _big = memory.hold(2);
        assert!(!memory.hold(0).is_in_excess());
    }
}
