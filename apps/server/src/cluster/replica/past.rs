//! Where the past stands in the stream: which places have to be read for which texts, and what in them was void.
//!
//! What was said lies in runs: places that are close to each other, with little else between them. When there are too
//! many runs, or too many texts that were void, the oldest go, and with them what can be read of the past.

use std::collections::VecDeque;
use std::sync::Arc;

use hubbub_wire::Time;

use crate::cluster::bytes::{Reader, Write};
use crate::cluster::record::{Item, Record};
use crate::said::{Said, Seq};

/// The most runs. With texts of a line each, they reach over what a stream of 1 GiB has.
pub(super) const MAX_RUNS: usize = 16 * 1024;

/// A run ends after so many texts. For one text of it, all of it has to be read.
const RUN_TEXTS: u64 = 1024;

/// A run also ends after so many bytes of texts: those of a replay.
const RUN_BYTES: u64 = 256 * 1024;

/// A run also ends where so many places follow each other without a text.
const RUN_GAP: u64 = 16;

/// The most records and parts of records that were void. There is one after each text that was sent twice.
const MAX_VOIDS: usize = 16 * 1024;

/// The most places that are read for one answer.
pub(super) const READ_PLACES: u64 = 8 * 1024;

/// Texts that stand close to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The count of the first text.
    count: u64,
    /// How many they are.
    texts: u64,
    /// How many bytes they have.
    bytes: u64,
    /// The place of the first record.
    first: u64,
    /// The place of the last.
    last: u64,
    /// The time of the first. Later ones never have an earlier one.
    time: Time,
}

/// A part of a record that is not in the past: all texts of an item, or of a whole record, but for those `taken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Void {
    place: u64,
    /// Which item of the record. [`ALL`] for all of them.
    item: u32,
    /// How many of its texts are in the log at this place: the last ones.
    taken: u32,
}

/// All items of a record.
const ALL: u32 = u32::MAX;

/// What has to be read of the stream for an answer.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) generation: u64,
    runs: Vec<Run>,
}

impl Reading {
    /// The places that have to be read: the first and the last of each range.
    pub(crate) fn ranges(&self) -> Vec<(u64, u64)> {
        self.runs.iter().map(|run| (run.first, run.last)).collect()
    }
}

/// Where the past stands.
#[derive(Debug, Default)]
pub(super) struct Past {
    runs: VecDeque<Run>,
    voids: VecDeque<Void>,
}

impl Past {
    /// Something was said at this place.
    pub(super) fn add(&mut self, place: u64, said: &Said) {
        let (texts, bytes) = (said.count(), said.texts.payload() as u64);
        if let Some(run) = self.runs.back_mut() {
            let has_space = run.texts < RUN_TEXTS && run.bytes < RUN_BYTES;
            // A record is never in two runs.
            if place == run.last || has_space && place - run.last <= RUN_GAP {
                run.texts += texts;
                run.bytes += bytes;
                run.last = place;
                return;
            }
        }
        self.runs.push_back(Run {
            count: said.first.count,
            texts,
            bytes,
            first: place,
            last: place,
            time: said.time,
        });
        if self.runs.len() > MAX_RUNS {
            self.runs.pop_front();
        }
        // Where nothing is read, nothing has to be left out.
        let first = self.runs.front().map_or(u64::MAX, |run| run.first);
        while self.voids.front().is_some_and(|void| void.place < first) {
            self.voids.pop_front();
        }
    }

    /// Of so many texts of an item, only the last are in the log.
    pub(super) fn void_texts(&mut self, place: u64, item: usize, texts: usize, taken: usize) {
        if taken < texts {
            let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
            self.void(Void {
                place,
                item: number(item),
                taken: number(taken),
            });
        }
    }

    /// No text of a record is in the log at this place.
    pub(super) fn void_record(&mut self, place: u64) {
        let (item, taken) = (ALL, 0);
        self.void(Void { place, item, taken });
    }

    fn void(&mut self, void: Void) {
        if self.runs.is_empty() {
            // The first run may begin with this record.
            self.voids.retain(|old| old.place == void.place);
        }
        self.voids.push_back(void);
        if self.voids.len() > MAX_VOIDS
            && let Some(oldest) = self.voids.pop_front()
        {
            while self
                .runs
                .front()
                .is_some_and(|run| run.first <= oldest.place)
            {
                self.runs.pop_front();
            }
        }
    }

    /// The count of the oldest text.
    pub(super) fn first(&self) -> Option<u64> {
        self.runs.front().map(|run| run.count)
    }

    /// What has to be read for at most so many texts before the one of this count.
    pub(super) fn reading(&self, generation: u64, before: u64, most: u32) -> Option<Reading> {
        let end = self.runs.partition_point(|run| run.count < before);
        let (mut texts, mut bytes, mut places) = (0, 0, 0);
        let mut runs = Vec::new();
        for run in self.runs.range(..end).rev() {
            let is_enough = texts >= u64::from(most) || bytes >= RUN_BYTES;
            places += run.last - run.first + 1;
            if !runs.is_empty() && (is_enough || places > READ_PLACES) {
                break;
            }
            texts += run.texts.min(before - run.count);
            bytes += run.bytes;
            runs.push(*run);
        }
        runs.reverse();
        (!runs.is_empty()).then_some(Reading { generation, runs })
    }

    /// What was said in the records that were read.
    pub(super) fn said(
        &self,
        reading: &Reading,
        records: &[(u64, Time, Vec<u8>)],
    ) -> Vec<Arc<Said>> {
        let known_from = self.runs.front().map_or(u64::MAX, |run| run.first);
        let mut all = Vec::new();
        for run in &reading.runs {
            let of_run = records
                .iter()
                .filter(|(place, ..)| (run.first..=run.last).contains(place));
            let said = self.said_in(run, of_run, reading.generation);
            let texts: u64 = said.iter().map(Said::count).sum();
            if texts < run.texts || run.first < known_from {
                // The stream does not have what was before, either.
                all.clear();
            }
            if texts <= run.texts && run.first >= known_from {
                all.extend(numbered(said, run.count + run.texts - texts));
            }
        }
        all
    }

    /// What was said in the records of a run.
    fn said_in<'a>(
        &self,
        run: &Run,
        records: impl Iterator<Item = &'a (u64, Time, Vec<u8>)>,
        generation: u64,
    ) -> Vec<Said> {
        let mut said = Vec::new();
        let mut latest = run.time;
        for (place, time, bytes) in records {
            latest = latest.max(*time);
            let Ok(record) = Record::parse(bytes) else {
                continue;
            };
            for (number, item) in record.items.into_iter().enumerate() {
                let Item::Say {
                    name,
                    mut own,
                    mut texts,
                    ..
                } = item
                else {
                    continue;
                };
                let taken = self.taken(*place, number, texts.count());
                let void = texts.count() - taken;
                texts.skip(void);
                if let Some(own) = &mut own {
                    own.count = own.count.saturating_add(void as u64);
                }
                if taken > 0 {
                    let first = Seq {
                        generation,
                        count: 0,
                    };
                    let time = latest;
                    said.push(Said {
                        name,
                        first,
                        time,
                        own,
                        texts,
                    });
                }
            }
        }
        said
    }

    /// How many of the texts of an item are in the log.
    fn taken(&self, place: u64, item: usize, texts: usize) -> usize {
        let begin = self.voids.partition_point(|void| void.place < place);
        let mut here = self
            .voids
            .range(begin..)
            .take_while(|void| void.place == place);
        let void = here.find(|void| void.item == ALL || usize::try_from(void.item) == Ok(item));
        void.map_or(texts, |void| void.taken as usize).min(texts)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_len(self.runs.len());
        for run in &self.runs {
            for number in [
                run.count,
                run.texts,
                run.bytes,
                run.first,
                run.last,
                run.time.unix_ms(),
            ] {
                out.put_u64(number);
            }
        }
        out.put_len(self.voids.len());
        for void in &self.voids {
            out.put_u64(void.place);
            out.put_u32(void.item);
            out.put_u32(void.taken);
        }
    }

    /// `None` also if they do not follow each other, up to the last place and the last count.
    pub(super) fn read(reader: &mut Reader<'_>, place: u64, count: u64) -> Option<Self> {
        let mut past = Self::default();
        for _ in 0..reader.len()? {
            let run = Run {
                count: reader.u64().filter(|&count| count > 0)?,
                texts: reader.u64()?,
                bytes: reader.u64()?,
                first: reader.u64()?,
                last: reader.u64()?,
                time: Time::from_unix_ms(reader.u64()?),
            };
            let before = past.runs.back();
            let follows = before.is_none_or(|before| {
                before.last < run.first && before.count.checked_add(before.texts) == Some(run.count)
            });
            (follows && run.first <= run.last && run.last <= place).then_some(())?;
            past.runs.push_back(run);
        }
        let end = past
            .runs
            .back()
            .map_or(Some(count), |run| (run.count - 1).checked_add(run.texts));
        (end == Some(count)).then_some(())?;
        for _ in 0..reader.len()? {
            let void = Void {
                place: reader.u64()?,
                item: reader.u32()?,
                taken: reader.u32()?,
            };
            let before = past.voids.back();
            before.is_none_or(|before| *before < void).then_some(())?;
            past.voids.push_back(void);
        }
        Some(past)
    }
}

/// Gives texts that follow each other their counts, from this one on.
fn numbered(said: Vec<Said>, mut count: u64) -> impl Iterator<Item = Arc<Said>> {
    said.into_iter().map(move |mut said| {
        said.first.count = count;
        count += said.count();
        Arc::new(said)
    })
}
