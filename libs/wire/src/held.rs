//! The bytes of one unfinished frame, held from one read to the next. Dropping bytes at the front costs nothing: they
//! are only counted, and go when more are added. It knows nothing of frames.

use alloc::vec::Vec;
use core::fmt;

/// A buffer that grows at its end and shrinks at its front.
pub(crate) struct Held {
    bytes: Vec<u8>,
    /// How many bytes at the front are done with.
    front: usize,
}

/// Without the bytes, which may be those of a secret.
impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({} bytes)", self.len())
    }
}

impl Held {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            front: 0,
        }
    }

    /// The bytes that are still needed.
    pub(crate) fn live(&self) -> &[u8] {
        &self.bytes[self.front..]
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.front
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Frees its memory.
    pub(crate) fn release(&mut self) {
        *self = Self::new();
    }

    /// Drops the first `count` bytes.
    pub(crate) fn drop_front(&mut self, count: usize) {
        self.front += count;
        if self.front == self.bytes.len() {
            self.bytes.clear();
            self.front = 0;
        }
    }

    /// Drops the first `count` bytes except those of `kept`, which come right before the rest then.
    pub(crate) fn keep_of_front(&mut self, count: usize, kept: core::ops::Range<usize>) {
        let begin = self.front + count - kept.len();
        let kept = self.front + kept.start..self.front + kept.end;
        self.bytes.copy_within(kept, begin);
        self.front = begin;
    }

    /// Appends `bytes` and returns how many bytes were copied for that.
    ///
    /// The memory doubles when it is full, as a `Vec` does, but never beyond `most`. So a peer that announces much and
    /// sends little costs little, and one that sends all of it costs no more than that.
    pub(crate) fn push(&mut self, bytes: &[u8], most: usize) -> usize {
        let len = self.len() + bytes.len();
        let mut moved = bytes.len();
        if self.front > 0 {
            moved += self.len();
            self.bytes.drain(..self.front);
            self.front = 0;
        }
        if len > self.bytes.capacity() {
            let capacity = (2 * self.bytes.capacity()).clamp(len, most.max(len));
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        moved
    }
}
