//! When a snapshot of the room has to be put into the stream, and by whom. All nodes come to the same at the same
//! place, and all know a digest of it, so that they can compare it with what stands in the stream.

use std::collections::VecDeque;

use super::snapshot::MOST;
use super::{Replica, hash};
use crate::cluster::NodeId;
use crate::cluster::bytes::{Reader, Write};

/// A snapshot is due after so many bytes of records, or [`PER_BYTE`] times its own size if that is more. A node that
/// starts reads them in a moment.
pub(super) const BYTES: u64 = 1024 * 1024;

/// See [`BYTES`]. So snapshots are at most a fifth of the stream, and of a small stream there is always one left.
const PER_BYTE: u64 = 4;

/// A snapshot is also due after so many milliseconds in which something happened: a node that starts reads the rest.
pub(super) const BUSY: u64 = 5 * 60 * 1000;

/// A snapshot is also due after so many milliseconds. A stream that keeps everything for an hour still has the one
/// before then.
pub(super) const IDLE: u64 = 20 * 60 * 1000;

/// If a snapshot is not in the stream after so many milliseconds, the next node has to take one. Its node may have gone
/// just then.
const RETRY: u64 = 30 * 1000;

/// How many snapshots are waited for. One that was taken long ago may still come.
pub(super) const MAX_PENDING: usize = 8;

/// A snapshot.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The node that has to put it into the stream.
    pub(crate) node: NodeId,
    /// The place up to which everything is in it.
    pub(crate) place: u64,
    /// A digest of it.
    pub(crate) hash: [u8; 32],
    /// The room.
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    place: u64,
    /// How many bytes of records stood before it.
    written: u64,
    age: u64,
    size: u64,
    hash: [u8; 32],
}

/// The snapshots of the room.
#[derive(Debug, Default)]
pub(super) struct Taking {
    /// The newest that is in the stream.
    newest: Mark,
    /// Those that have been due since and are not in the stream.
    pending: VecDeque<Mark>,
    /// How many have been due since.
    attempts: u64,
    /// How many bytes of records were written.
    written: u64,
    /// The place of the last record that was more than a sign of life.
    news: u64,
    /// The next digest is that of a snapshot which is due.
    is_being_taken: bool,
}

impl Taking {
    /// A record of so many bytes was written.
    pub(super) const fn written(&mut self, bytes: usize) {
        self.written += bytes as u64;
    }

    /// The record at this place is more than a sign of life.
    pub(super) const fn has_news(&mut self, place: u64) {
        self.news = place;
    }

    /// Whether a snapshot is due now. `asks` says that a node asks for one that knows nothing of the room. The newest
    /// may be damaged, or lack a piece; but that one may ask in vain again.
    pub(super) fn is_due(&self, age: u64, asks: bool) -> bool {
        if let Some(last) = self.pending.back() {
            return age - last.age >= RETRY;
        }
        let Mark { place, size, .. } = self.newest;
        let (bytes, passed) = (self.written - self.newest.written, age - self.newest.age);
        place == 0
            || bytes > BYTES.max(size * PER_BYTE)
            || passed >= BUSY && self.news > place
            || passed >= IDLE
            || asks && passed >= RETRY
    }

    /// A snapshot as of this place is in the stream, which nodes can have taken since `begun`. Returns `false` if it is
    /// another one than it should be, or none was due there.
    pub(super) fn stands(&mut self, place: u64, hash: &[u8; 32], begun: u64) -> bool {
        let Some(&mark) = self.pending.iter().find(|mark| mark.place == place) else {
            let oldest = self
                .pending
                .front()
                .filter(|_| self.pending.len() == MAX_PENDING);
            let is_given_up = oldest.is_some_and(|oldest| place < oldest.place);
            return is_given_up || place <= self.newest.place.max(begun);
        };
        if mark.hash != *hash {
            return false;
        }
        self.newest = mark;
        self.pending.retain(|mark| mark.place > place);
        self.attempts = 0;
        true
    }

    /// The snapshot of this place is known now.
    pub(super) fn taken(&mut self, place: u64, age: u64, bytes: &[u8]) -> [u8; 32] {
        let hash = hash(bytes);
        let (written, size) = (self.written, bytes.len() as u64);
        self.is_being_taken = false;
        self.attempts += 1;
        self.pending.push_back(Mark {
            place,
            written,
            age,
            size,
            hash,
        });
        if self.pending.len() > MAX_PENDING {
            self.pending.pop_front();
        }
        hash
    }

    /// Whether this was read from a snapshot that was due.
    pub(super) const fn is_being_taken(&self) -> bool {
        self.is_being_taken
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_u64(self.attempts);
        out.put_u64(self.written);
        out.put_u64(self.news);
        out.put_u8(self.is_being_taken.into());
        out.put_len(self.pending.len());
        for mark in [&self.newest].into_iter().chain(&self.pending) {
            for number in [mark.place, mark.written, mark.age, mark.size] {
                out.put_u64(number);
            }
            out.extend_from_slice(&mark.hash);
        }
    }

    /// `None` also if they do not follow each other, up to this place and age.
    pub(super) fn read(reader: &mut Reader<'_>, place: u64, age: u64) -> Option<Self> {
        let mut taking = Self {
            attempts: reader.u64().filter(|&attempts| attempts <= MOST)?,
            written: reader.u64().filter(|&written| written <= MOST)?,
            news: reader.u64().filter(|&news| news <= place)?,
            is_being_taken: reader.bool()?,
            ..Self::default()
        };
        let pending = reader.len().filter(|&pending| pending <= MAX_PENDING)?;
        let mut mark = || {
            Some(Mark {
                place: reader.u64().filter(|&at| at <= place)?,
                written: reader.u64().filter(|&written| written <= taking.written)?,
                age: reader.u64().filter(|&then| then <= age)?,
                size: reader.u64().filter(|&size| size <= u32::MAX.into())?,
                hash: reader.bytes(32)?.try_into().ok()?,
            })
        };
        taking.newest = mark()?;
        let mut before = taking.newest;
        for _ in 0..pending {
            let mark = mark()?;
            let follows = before.place < mark.place && before.age <= mark.age;
            follows.then_some(())?;
            taking.pending.push_back(mark);
            before = mark;
        }
        Some(taking)
    }
}

impl Replica {
    /// Takes a snapshot, which is due if there is a node that can put it into the stream.
    pub(super) fn take(&mut self) {
        let nodes: Vec<_> = self.nodes().collect();
        let turn = self.taking.attempts.checked_rem(nodes.len() as u64);
        let turn = turn.and_then(|turn| usize::try_from(turn).ok());
        let Some(&node) = turn.and_then(|turn| nodes.get(turn)) else {
            return;
        };
        self.taking.is_being_taken = true;
        let bytes = self.snapshot();
        let (place, age) = (self.place, self.age);
        let hash = self.taking.taken(place, age, &bytes);
        self.snapshot = Some(Snapshot {
            node,
            place,
            hash,
            bytes,
        });
    }
}

#[cfg(test)]
mod tests;
