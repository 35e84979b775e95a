//! A batch: the entries that leave the hub together, and their bytes in each form that a reader needs.
//!
//! The hub drafts entries. Sealing a draft makes the bytes, once for all readers. Today there is one form, the plain
//! one, which every CHAT/1.0 program reads. A place in a batch is a number of entries.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use hubbub_wire::{Frame, Time, encode};

use crate::id::{Name, PeerId};
use crate::memory::{Held, Memory};
use crate::said::Said;
use crate::words;

/// A place in a batch. A batch holds 256 KiB and one more read, or a single text of at most 256 MiB, so 32 bits are
/// enough. They take half the space of a `usize` in the row of each reader and of each entry.
fn position(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// What a peer did, in log order: one entry of the batch, or several that came together.
#[derive(Debug)]
struct Deed {
    peer: PeerId,
    name: Name,
    what: What,
}

#[derive(Debug)]
#[expect(dead_code, reason = "the stamped form needs the times")]
enum What {
    Joined(Time),
    Left(Time),
    Said(Arc<Said>),
}

/// A batch in the making.
#[derive(Debug, Default)]
pub struct Draft {
    deeds: Vec<Deed>,
    /// How many entries they are.
    entries: usize,
    /// How much memory their texts take, in bytes.
    size: usize,
    /// Counts the texts until the draft is sealed.
    held: Vec<Held>,
}

/// The approximate size of a frame's head, in bytes.
const HEAD: usize = 64;

impl Draft {
    /// How many entries it has. The next entry gets this place.
    #[must_use]
    pub fn len(&self) -> u32 {
        position(self.entries)
    }

    /// Whether it has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deeds.is_empty()
    }

    /// The approximate size of its frames, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.entries * HEAD + self.size
    }

    /// A member came.
    pub fn joined(&mut self, peer: PeerId, name: &Name, time: Time) {
        self.push(peer, name, What::Joined(time), 1);
    }

    /// A member went.
    pub fn left(&mut self, peer: PeerId, name: &Name, time: Time) {
        self.push(peer, name, What::Left(time), 1);
    }

    /// A member said something. The texts count as `held` until the draft is sealed.
    pub fn said(&mut self, peer: PeerId, said: Arc<Said>, held: Held) {
        self.size += said.texts.size();
        self.held.push(held);
        let (name, entries) = (Arc::clone(&said.name), said.texts.count());
        self.push(peer, &name, What::Said(said), entries);
    }

    fn push(&mut self, peer: PeerId, name: &Name, what: What, entries: usize) {
        let name = Arc::clone(name);
        self.deeds.push(Deed { peer, name, what });
        self.entries += entries;
    }

    /// Makes the bytes, which all readers share. The batch counts as used `memory` until the last reader has written
    /// it.
    #[must_use]
    pub fn seal(self, memory: &Arc<Memory>) -> Arc<Batch> {
        let mut runs: Vec<Run> = Vec::new();
        let mut ends = Vec::with_capacity(self.entries);
        let mut plain = Vec::with_capacity(self.size());
        for Deed { peer, name, what } in &self.deeds {
            let mut add = |frame: &Frame<'_>| {
                encode(frame, &mut plain);
                ends.push(position(plain.len()));
            };
            let username = || name.borrowed();
            match what {
                What::Joined(_) => add(&Frame::join(username())),
                What::Left(_) => add(&Frame::leave(username())),
                What::Said(said) => said.texts.iter().for_each(|payload| {
                    add(&Frame::text(username(), payload));
                }),
            }
            let end = position(ends.len());
            match runs.last_mut() {
                Some(run) if run.sender == *peer => run.end = end,
                _ => runs.push(Run { sender: *peer, end }),
            }
        }
        Batch::share(runs, ends, plain, memory)
    }
}

/// A batch, which all readers share.
#[derive(Debug)]
pub struct Batch {
    /// Runs of entries by sender, in order.
    runs: Vec<Run>,
    /// Where each entry ends in `plain`, in bytes. An entry begins where the one before it ends.
    ends: Vec<u32>,
    /// The plain form: the frames of all entries, one after another.
    plain: Vec<u8>,
    _held: Held,
}

#[derive(Debug)]
struct Run {
    sender: PeerId,
    /// The place after its last entry. A run begins where the one before it ends.
    end: u32,
}

impl Batch {
    /// A message of the server to one peer alone.
    #[must_use]
    pub fn notice(text: &str, memory: &Arc<Memory>) -> Arc<Self> {
        let plain = words::frame(text);
        let ends = vec![position(plain.len())];
        let run = Run {
            sender: PeerId::SERVER,
            end: 1,
        };
        Self::share(vec![run], ends, plain, memory)
    }

    /// Frames for one peer, or a piece that several peers get.
    #[must_use]
    pub fn alone(bytes: Vec<u8>, memory: &Arc<Memory>) -> Arc<Self> {
        let ends = vec![position(bytes.len())];
        let run = Run {
            sender: PeerId::SERVER,
            end: 1,
        };
        Self::share(vec![run], ends, bytes, memory)
    }

    fn share(runs: Vec<Run>, ends: Vec<u32>, plain: Vec<u8>, memory: &Arc<Memory>) -> Arc<Self> {
        let mut batch = Self {
            runs,
            ends,
            plain,
            _held: memory.hold(0),
        };
        batch._held.set(batch.cost());
        Arc::new(batch)
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.runs.last().map_or(0, |run| run.end)
    }

    /// Whether it has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether this sender sent all of it.
    #[must_use]
    pub fn is_all_from(&self, sender: PeerId) -> bool {
        matches!(&self.runs[..], [run] if run.sender == sender)
    }

    /// What it costs to hold, in bytes: the frames and their tables.
    #[must_use]
    pub fn cost(&self) -> usize {
        let runs = self.runs.len() * size_of::<Run>();
        let ends = self.ends.len() * size_of::<u32>();
        self.plain.len() + runs + ends + size_of::<(Self, Delivery)>()
    }

    /// The entries of `range` that `reader` did not send, with neighbours joined into one range.
    pub fn others(
        &self,
        range: Range<u32>,
        reader: PeerId,
    ) -> impl Iterator<Item = Range<u32>> + use<'_> {
        let first = self.runs.partition_point(|run| run.end <= range.start);
        let mut runs = self.runs[first..].iter();
        let mut at = range.start;
        std::iter::from_fn(move || {
            let mut part = at..at;
            while at < range.end
                && let Some(run) = runs.next()
            {
                at = run.end.min(range.end);
                if run.sender != reader {
                    part.end = at;
                } else if part.is_empty() {
                    part = at..at;
                } else {
                    break;
                }
            }
            (!part.is_empty()).then_some(part)
        })
    }

    /// The plain form of these entries.
    #[must_use]
    pub fn plain(&self, entries: Range<u32>) -> &[u8] {
        &self.plain[self.begin(entries.start)..self.begin(entries.end)]
    }

    /// Finds the byte that lies `bytes` after the beginning of `entry`. Returns the entry that contains it, and its
    /// distance from the beginning of that entry.
    #[must_use]
    pub fn locate(&self, entry: u32, bytes: usize) -> (u32, u32) {
        let at = self.begin(entry) + bytes;
        let before = entry as usize;
        let passed = self.ends[before..].partition_point(|&end| end as usize <= at);
        let found = position(before + passed);
        (found, position(at - self.begin(found)))
    }

    /// Where an entry begins in `plain`.
    fn begin(&self, entry: u32) -> usize {
        match entry {
            0 => 0,
            _ => self.ends[entry as usize - 1] as usize,
        }
    }
}

/// The part of a batch that one peer gets.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The batch, which all readers share.
    pub batch: Arc<Batch>,
    /// The entries that are not yet written. At first they reach from the peer's JOIN to its LEAVE.
    pub range: Range<u32>,
    /// How many bytes of the first of them are written. It stands here so that idle peers need no room for it.
    pub written: u32,
}

impl Delivery {
    /// What is still to be written to `reader`, in as few parts as possible. A reader gets nothing that it sent itself.
    pub fn parts(&self, reader: PeerId) -> impl Iterator<Item = &[u8]> {
        let mut written = self.written as usize;
        let others = self.batch.others(self.range.clone(), reader);
        others.map(move |part| &self.batch.plain(part)[mem::take(&mut written)..])
    }

    /// Notes that more bytes were written to `reader`, and subtracts them from `written`. Returns whether all of it is
    /// written now.
    pub fn advance(&mut self, reader: PeerId, written: &mut usize) -> bool {
        *written += mem::take(&mut self.written) as usize;
        for part in self.batch.others(self.range.clone(), reader) {
            let len = self.batch.plain(part.clone()).len();
            if *written < len {
                (self.range.start, self.written) = self.batch.locate(part.start, *written);
                return false;
            }
            *written -= len;
        }
        true
    }

    /// Delivers these entries of a batch.
    #[must_use]
    pub const fn part(batch: Arc<Batch>, range: Range<u32>) -> Self {
        let written = 0;
        Self {
            batch,
            range,
            written,
        }
    }

    /// Delivers all of a batch.
    #[must_use]
    pub fn all(batch: Arc<Batch>) -> Self {
        let range = 0..batch.len();
        Self::part(batch, range)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::said::Seq;
    use crate::texts::Texts;
    use hubbub_wire::{Payload, Username};

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);
    const THIRD: PeerId = PeerId(3);

    fn says(draft: &mut Draft, peer: PeerId, name: &Name, text: &str) {
        let mut texts = Texts::default();
        texts.push(Payload::new(text.as_bytes()).unwrap());
        let said = Said {
            name: Arc::clone(name),
            first: Seq {
                generation: 0,
                count: 1,
            },
            time: Time::from_unix_ms(0),
            own: None,
            texts,
        };
        draft.said(peer, Arc::new(said), Memory::new(0).hold(0));
    }

    /// A batch of texts, all under the name `a`.
    pub(crate) fn batch(texts: &[(PeerId, &str)]) -> Arc<Batch> {
        let name = Arc::new(Username::new("a", 1).unwrap());
        let mut draft = Draft::default();
        for (peer, text) in texts {
            says(&mut draft, *peer, &name, text);
        }
        draft.seal(&Memory::new(usize::MAX))
    }

    /// The frame of one such text.
    pub(crate) fn frame(text: &str) -> String {
        let len = text.len();
        format!("CHAT/1.0 TEXT\r\nUsername: a\r\nMsg-len: {len}\r\n\r\n{text}")
    }

    #[test]
    fn a_reader_gets_everything_but_its_own_and_neighbours_in_one_part() {
        let texts = [OTHER, THIRD, READER, READER, OTHER].map(|peer| (peer, "x"));
        let batch = batch(&texts);
        let parts = [
            (0..5, vec![(0, 2), (4, 5)]),
            (1..5, vec![(1, 2), (4, 5)]),
            (2..5, vec![(4, 5)]),
            (0..1, vec![(0, 1)]),
            (2..4, vec![]),
            (3..3, vec![]),
        ];
        for (range, others) in parts {
            let parts = batch.others(range.clone(), READER);
            let parts: Vec<_> = parts.map(|part| (part.start, part.end)).collect();
            assert_eq!(parts, others, "{range:?}");
        }
    }

    #[test]
    fn the_plain_form_is_the_frames_of_the_assignment_one_after_the_other() {
        let name = Arc::new(Username::new("ada", 3).unwrap());
        let mut draft = Draft::default();
        draft.joined(OTHER, &name, Time::from_unix_ms(0));
        says(&mut draft, OTHER, &name, "hi");
        draft.left(OTHER, &name, Time::from_unix_ms(0));
        let batch = draft.seal(&Memory::new(usize::MAX));
        let frames = [
            "CHAT/1.0 JOIN\r\nUsername: ada\r\n\r\n",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n\r\nhi",
            "CHAT/1.0 LEAVE\r\nUsername: ada\r\n\r\n",
        ];
        for (entry, frame) in (0..).zip(frames) {
            assert_eq!(batch.plain(entry..entry + 1), frame.as_bytes());
        }
        assert_eq!(batch.plain(0..3), frames.concat().as_bytes());
        assert_eq!(batch.plain(1..1), b"");
    }

    #[test]
    fn every_byte_is_found_in_its_entry() {
        let batch = batch(&[(OTHER, "one"), (READER, "three"), (OTHER, "5")]);
        for from in 0..3 {
            let mut bytes = 0;
            for entry in from..3 {
                for inside in 0..position(batch.plain(entry..entry + 1).len()) {
                    assert_eq!(batch.locate(from, bytes), (entry, inside));
                    bytes += 1;
                }
            }
        }
    }

    #[test]
    fn a_batch_counts_as_used_memory_until_the_last_reader_lets_go_of_it() {
        let memory = Memory::new(0);
        let batch = Batch::notice("hello", &memory);
        let second = Arc::clone(&batch);
        assert_eq!(memory.excess(), batch.cost());
        drop(batch);
        assert_eq!(memory.excess(), second.cost());
        drop(second);
        assert_eq!(memory.excess(), 0);
    }
}
