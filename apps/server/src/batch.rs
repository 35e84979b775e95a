//! A batch: the entries that leave the hub together, and their bytes in each form that a reader needs.
//!
//! The hub drafts entries. Sealing a draft makes the bytes, once for all readers of a form: the plain form, which every
//! CHAT/1.0 program reads, and the stamped form for members with a grant. A form that nobody reads is not made. A place
//! in a batch is a number of entries, so it is the same in both forms.

use std::ops::Range;
use std::sync::Arc;

use hubbub_wire::Time;

use self::sheet::Sheet;
pub use self::sheet::{Form, Forms};
use crate::id::{Name, PeerId};
use crate::memory::{Held, Memory};
use crate::metrics::Sample;
use crate::said::Said;
use crate::words;

mod sheet;

/// A place in a batch. A batch holds 256 KiB and one more read, or a single text of at most 256 MiB, so 32 bits are
/// enough. They take half the space of a `usize` in the row of each reader and of each entry.
fn position(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// What a peer did, in log order: one entry of the batch, or several that came together.
#[derive(Debug)]
struct Deed {
    peer: PeerId,
    what: What,
}

#[derive(Debug)]
enum What {
    Joined(Name, Time),
    Left(Name, Time),
    Said {
        said: Arc<Said>,
        /// Counts the texts until the draft is sealed.
        _held: Held,
    },
}

impl Deed {
    /// How many entries it is.
    fn entries(&self) -> usize {
        match &self.what {
            What::Joined(..) | What::Left(..) => 1,
            What::Said { said, .. } => said.texts.count(),
        }
    }
}

/// A batch in the making.
#[derive(Debug, Default)]
pub struct Draft {
    deeds: Vec<Deed>,
    /// How many entries they are.
    entries: usize,
    /// How much memory their texts take, in bytes.
    size: usize,
    /// Measures how long one of them is on its way.
    sample: Option<Sample>,
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
        self.push(peer, What::Joined(Arc::clone(name), time));
    }

    /// A member went.
    pub fn left(&mut self, peer: PeerId, name: &Name, time: Time) {
        self.push(peer, What::Left(Arc::clone(name), time));
    }

    /// A member said something. The texts count as `held` until the draft is sealed.
    pub fn said(&mut self, peer: PeerId, said: Arc<Said>, mut held: Held) {
        if self.sample.is_none() {
            self.sample = held.take_sample();
        }
        self.size += said.texts.size();
        self.push(peer, What::Said { said, _held: held });
    }

    fn push(&mut self, peer: PeerId, what: What) {
        let deed = Deed { peer, what };
        self.entries += deed.entries();
        self.deeds.push(deed);
    }

    /// Makes the bytes in these forms, which all readers share. The batch counts as used `memory` until the last reader
    /// has written it. It keeps nothing of the texts but these bytes: what the log remembers, the log counts.
    #[must_use]
    pub fn seal(self, forms: Forms, memory: &Arc<Memory>) -> Arc<Batch> {
        let mut runs: Vec<Run> = Vec::new();
        let mut end = 0;
        for deed in &self.deeds {
            end += position(deed.entries());
            match runs.last_mut() {
                Some(run) if run.sender == deed.peer => run.end = end,
                _ => runs.push(Run {
                    sender: deed.peer,
                    end,
                }),
            }
        }
        let sheet = |form| {
            if forms.contains(form) {
                self.sheet(form)
            } else {
                Sheet::default()
            }
        };
        let sheets = Form::ALL.map(sheet);
        Batch::share(runs, sheets, memory, self.sample)
    }

    fn sheet(&self, form: Form) -> Sheet {
        let mut sheet = Sheet::with_room(form, self.entries, self.size());
        for Deed { what, .. } in &self.deeds {
            match what {
                What::Joined(name, time) => sheet.joined(form, name, *time),
                What::Left(name, time) => sheet.left(form, name, *time),
                What::Said { said, .. } => sheet.said(form, said),
            }
        }
        sheet
    }
}

/// A batch, which all readers share.
#[derive(Debug)]
pub struct Batch {
    /// Runs of entries by sender, in order.
    runs: Vec<Run>,
    /// Its bytes by form.
    sheets: [Sheet; Form::ALL.len()],
    /// What it costs a reader of each form, in bytes.
    costs: [usize; Form::ALL.len()],
    held: Held,
}

#[derive(Debug)]
struct Run {
    sender: PeerId,
    /// The place after its last entry. A run begins where the one before it ends.
    end: u32,
}

/// What the place of a batch in one peer's queue takes, in bytes.
const PLACE: usize = 24;

impl Batch {
    /// Frames of the server to one peer, or to several that need the same. It is one entry and has one form, which
    /// [`Delivery::all`](crate::outbox::Delivery::all) delivers to every reader.
    #[must_use]
    pub fn alone(frames: Vec<u8>, memory: &Arc<Memory>) -> Arc<Self> {
        let mut sheets = <[Sheet; Form::ALL.len()]>::default();
        sheets[Form::Plain as usize] = Sheet::of(frames);
        let run = Run {
            sender: PeerId::SERVER,
            end: 1,
        };
        Self::share(vec![run], sheets, memory, None)
    }

    /// A message of the server to one peer alone.
    #[must_use]
    pub fn notice(text: &str, memory: &Arc<Memory>) -> Arc<Self> {
        Self::alone(words::frame(text), memory)
    }

    fn share(
        runs: Vec<Run>,
        sheets: [Sheet; Form::ALL.len()],
        memory: &Arc<Memory>,
        sample: Option<Sample>,
    ) -> Arc<Self> {
        let base = runs.len() * size_of::<Run>() + size_of::<Self>() + PLACE;
        let costs = sheets.each_ref().map(|sheet| base + sheet.cost());
        // What both have in common is there once.
        let cost = costs.iter().sum::<usize>() - base * (costs.len() - 1);
        let mut held = memory.hold(cost);
        held.measure(sample);
        Arc::new(Self {
            runs,
            sheets,
            costs,
            held,
        })
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

    /// Each run of entries of one sender, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (PeerId, Range<u32>)> {
        let mut at = 0;
        self.runs.iter().map(move |run| {
            let from = std::mem::replace(&mut at, run.end);
            (run.sender, from..run.end)
        })
    }

    /// Notes that somebody gets it. If it is measured, that counts.
    pub(crate) fn is_given(&self) {
        if let Some(sample) = self.held.sample() {
            sample.counts();
        }
    }

    /// Whether this sender sent all of it.
    #[must_use]
    pub fn is_all_from(&self, sender: PeerId) -> bool {
        matches!(&self.runs[..], [run] if run.sender == sender)
    }

    /// What it costs to hold, in bytes: the frames in all forms that were made, and their tables.
    #[must_use]
    pub const fn cost(&self) -> usize {
        self.held.bytes()
    }

    /// What it costs a reader of one form, in bytes. Nobody's outbox is filled by what others read.
    #[must_use]
    pub const fn cost_of(&self, form: Form) -> usize {
        self.costs[form as usize]
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

    fn sheet(&self, form: Form) -> &Sheet {
        &self.sheets[form as usize]
    }

    /// These entries in a form. The form must have been made.
    #[must_use]
    pub fn bytes(&self, form: Form, entries: Range<u32>) -> &[u8] {
        self.sheet(form).bytes(entries)
    }

    /// Finds the byte of a form that lies `bytes` after the beginning of `entry`. Returns the entry that contains it,
    /// and its distance from the beginning of that entry.
    #[must_use]
    pub fn locate(&self, form: Form, entry: u32, bytes: usize) -> (u32, u32) {
        self.sheet(form).locate(entry, bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::said::Seq;
    use crate::texts::Texts;
    use hubbub_wire::{Id, Payload, Username};

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);
    const THIRD: PeerId = PeerId(3);

    /// Texts that came together at the beginning of the log.
    pub(crate) fn said(name: &Name, own: Option<Id>, payloads: &[&str]) -> Arc<Said> {
        let mut texts = Texts::default();
        for payload in payloads {
            texts.push(Payload::new(payload.as_bytes()).unwrap());
        }
        Arc::new(Said {
            name: Arc::clone(name),
            first: Seq {
                generation: 0xab,
                count: 1,
            },
            time: Time::from_unix_ms(0),
            own,
            texts,
        })
    }

    pub(crate) fn says(draft: &mut Draft, peer: PeerId, name: &Name, text: &str) {
        let held = Memory::new(0).hold(0);
        draft.said(peer, said(name, None, &[text]), held);
    }

    /// A batch of texts, all under the name `a`.
    pub(crate) fn batch(texts: &[(PeerId, &str)]) -> Arc<Batch> {
        let name = Arc::new(Username::new("a", 1).unwrap());
        let mut draft = Draft::default();
        for (peer, text) in texts {
            says(&mut draft, *peer, &name, text);
        }
        draft.seal(Form::ALL.into_iter().collect(), &Memory::new(usize::MAX))
    }

    /// The frame of one such text.
    pub(crate) fn frame(text: &str) -> String {
        let len = text.len();
        format!("CHAT/1.0 TEXT\r\nUsername: a\r\nMsg-len: {len}\r\n\r\n{text}")
    }

    /// The same in a form.
    pub(crate) fn frame_in(form: Form, text: &str) -> String {
        let plain = frame(text);
        let (head, payload) = plain.split_once("\r\n\r\n").unwrap();
        let stamp = match form {
            Form::Plain => "",
            Form::Stamped => {
                "\r\nId: 00000000000000ab-1\r\nSeq: 00000000000000ab-1\r\nTime: 1970-01-01T00:00:00.000Z"
            }
        };
        format!("{head}{stamp}\r\n\r\n{payload}")
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
        let frames = [
            "CHAT/1.0 JOIN\r\nUsername: ada\r\n\r\n",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n\r\nhi",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 3\r\n\r\nyou",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 1\r\n\r\n?",
            "CHAT/1.0 LEAVE\r\nUsername: ada\r\n\r\n",
        ];
        assert_frames(&a_visit(Form::ALL), Form::Plain, &frames);
        assert_frames(&a_visit([Form::Plain]), Form::Plain, &frames);
    }

    #[test]
    fn the_stamped_form_is_the_same_with_places_times_and_names_of_texts() {
        let frames = [
            "CHAT/1.0 JOIN\r\nUsername: ada\r\nTime: 2026-11-26T00:08:42.123Z\r\n\r\n",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\nId: 00000000000000ab-1\r\n\
             Seq: 00000000000000ab-1\r\nTime: 1970-01-01T00:00:00.000Z\r\n\r\nhi",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 3\r\nId: 00000000000000ab-2\r\n\
             Seq: 00000000000000ab-2\r\nTime: 1970-01-01T00:00:00.000Z\r\n\r\nyou",
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 1\r\nId: 5f3a9c01d2e4b768-17\r\n\
             Seq: 00000000000000ab-1\r\nTime: 1970-01-01T00:00:00.000Z\r\n\r\n?",
            "CHAT/1.0 LEAVE\r\nUsername: ada\r\nTime: 2026-11-26T00:08:42.124Z\r\n\r\n",
        ];
        assert_frames(&a_visit(Form::ALL), Form::Stamped, &frames);
        assert_frames(&a_visit([Form::Stamped]), Form::Stamped, &frames);
    }

    /// Somebody comes, says something before and after a grant, and goes.
    fn a_visit(forms: impl IntoIterator<Item = Form>) -> Arc<Batch> {
        let name = Arc::new(Username::new("ada", 3).unwrap());
        let time = Time::from_unix_ms(1_795_651_722_123);
        let id = Id::parse("5f3a9c01d2e4b768-17");
        let held = || Memory::new(0).hold(0);
        let mut draft = Draft::default();
        draft.joined(OTHER, &name, time);
        draft.said(OTHER, said(&name, None, &["hi", "you"]), held());
        draft.said(OTHER, said(&name, id, &["?"]), held());
        draft.left(OTHER, &name, Time::from_unix_ms(time.unix_ms() + 1));
        assert_eq!(draft.len(), 5);
        draft.seal(forms.into_iter().collect(), &Memory::new(usize::MAX))
    }

    #[track_caller]
    fn assert_frames(batch: &Batch, form: Form, frames: &[&str]) {
        let text = |entries| str::from_utf8(batch.bytes(form, entries)).unwrap();
        for (entry, frame) in (0..).zip(frames) {
            assert_eq!(text(entry..entry + 1), *frame);
        }
        assert_eq!(batch.len() as usize, frames.len());
        assert_eq!(text(0..batch.len()), frames.concat());
        assert_eq!(text(1..1), "");
    }

    #[test]
    fn every_byte_is_found_in_its_entry_in_every_form() {
        let batch = batch(&[(OTHER, "one"), (READER, "three"), (OTHER, "5")]);
        let starts = Form::ALL.map(|form| (0..3).map(move |from| (form, from)));
        for (form, from) in starts.into_iter().flatten() {
            let mut bytes = 0;
            for entry in from..3 {
                for inside in 0..position(batch.bytes(form, entry..entry + 1).len()) {
                    assert_eq!(batch.locate(form, from, bytes), (entry, inside));
                    bytes += 1;
                }
            }
        }
    }

    #[test]
    fn a_batch_costs_the_forms_that_were_made_and_a_reader_its_own() {
        let [plain, stamped] = Form::ALL.map(|form| a_visit([form]));
        let both = a_visit(Form::ALL);
        let nothing = a_visit([]).cost();
        assert_eq!(plain.cost(), both.cost_of(Form::Plain));
        assert_eq!(stamped.cost(), both.cost_of(Form::Stamped));
        assert_eq!(both.cost() + nothing, plain.cost() + stamped.cost());
        let ends = 5 * size_of::<u32>();
        let bytes = |form| both.bytes(form, 0..5).len();
        assert_eq!(plain.cost() - nothing, bytes(Form::Plain) + ends);
        assert_eq!(stamped.cost() - nothing, bytes(Form::Stamped) + ends);
    }

    /// The log counts what it remembers of them.
    #[test]
    fn a_batch_holds_nothing_of_the_texts_but_its_bytes() {
        let name = Arc::new(Username::new("ada", 3).unwrap());
        let unfinished = Memory::new(0);
        let said = said(&name, None, &["hi"]);
        let mut draft = Draft::default();
        draft.said(OTHER, Arc::clone(&said), unfinished.hold(2));
        assert_eq!((Arc::strong_count(&said), unfinished.excess()), (2, 2));
        let _batch = draft.seal(Form::ALL.into_iter().collect(), &Memory::new(0));
        assert_eq!((Arc::strong_count(&said), unfinished.excess()), (1, 0));
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
