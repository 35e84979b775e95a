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
