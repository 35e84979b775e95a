//! Where the past stands in the stream: which places have to be read for which texts, and what in them was void.
//!
//! What was said lies in runs of records that follow each other. When there are too many runs, the oldest go, and with
//! them what can be read of the past. Nothing else takes anything away from it: what is void only ends a run.

use std::collections::VecDeque;
use std::sync::Arc;

use hubbub_wire::Time;

use super::snapshot::MOST;
use crate::cluster::bytes::{Reader, Write};
use crate::cluster::record::{Item, Record};
use crate::said::{Said, Seq};

/// The most runs. With texts of a line each, they reach over what a stream of 1 GiB has.
pub(super) const MAX_RUNS: usize = 16 * 1024;

/// A run ends after so many texts. For one text of it, all of it has to be read.
const RUN_TEXTS: u64 = 1024;

/// A run also ends after so many bytes of records: those of a replay.
const RUN_BYTES: u64 = 256 * 1024;

/// A run also ends after so many voids, and those after its last text are then forgotten. So somebody who only makes voids
/// takes no memory, and leaves at least [`MAX_RUNS`] texts to be read.
pub(super) const RUN_VOIDS: u64 = 4;

/// The most voids: those of all runs. Only records that have many of them, and texts besides, can bring more; then the
/// oldest runs go.
pub(super) const MAX_VOIDS: usize = MAX_RUNS * RUN_VOIDS as usize;

/// Texts that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The count of the first text.
    count: u64,
    /// How many they are.
    texts: u64,
    /// How many bytes their records have, with those of the void ones since.
    bytes: u64,
    /// How many voids it has, with those since.
    voids: u64,
    /// The place of the first record.
    first: u64,
    /// The place of the last.
    last: u64,
    /// The time of the first. Later ones never have an earlier one.
    time: Time,
}

impl Run {
    /// Whether what follows it becomes a part of it.
    const fn is_open(&self) -> bool {
        self.texts < RUN_TEXTS && self.bytes < RUN_BYTES && self.voids < RUN_VOIDS
    }
}

/// A part of a record that is not in the past: all texts of an item, or of a whole record, but for those `taken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Void {
    place: u64,
    /// Which item of the record. [`ALL`] for all of them.
    item: u32,
    /// How many of its texts are in the log at this place: the last ones.
    taken: u32,
}

/// All items of a record.
const ALL: u32 = u32::MAX;

impl Void {
    /// What is void of an item of which so many texts, the last ones, are in the log. `None` if that is nothing.
    pub(super) fn of(place: u64, item: usize, texts: usize, taken: usize) -> Option<Self> {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let (item, is_void) = (number(item), taken < texts);
        let taken = number(taken);
        is_void.then_some(Self { place, item, taken })
    }
}

/// A record in which somebody says something, as it was applied.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) place: u64,
    /// How many bytes it has.
    pub(super) len: u64,
    /// Its time as the stream gave it.
    pub(super) stamp: Time,
    /// The time of its texts.
    pub(super) time: Time,
    /// The count of its first text that is in the log.
    pub(super) count: u64,
    /// How many are.
    pub(super) texts: u64,
    /// What is not, in order.
    pub(super) voids: Vec<Void>,
}

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
#[derive(Debug)]
pub(super) struct Past {
    runs: VecDeque<Run>,
    /// Those of the runs, and after them those that are a part of the last one if a text follows.
    voids: VecDeque<Void>,
    /// The time of the texts that were said last.
    latest: Time,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            runs: VecDeque::new(),
            voids: VecDeque::new(),
            latest: Time::from_unix_ms(0),
        }
    }
}

impl Past {
    /// The next record in which somebody says something.
    pub(super) fn add(&mut self, record: Applied) {
        if record.texts == 0 {
            return self.add_void(&record);
        }
        // The time of a text is the latest that a record has had, which only the records with texts can tell later.
        let is_told = record.time == self.latest.max(record.stamp);
        self.latest = record.time;
        if !self.runs.back().is_some_and(Run::is_open) || !is_told {
            self.forget_pending();
            self.runs.push_back(Run {
                count: record.count,
                texts: 0,
                bytes: 0,
                voids: 0,
                first: record.place,
                last: record.place,
                time: record.time,
            });
        }
        if let Some(run) = self.runs.back_mut() {
            run.texts += record.texts;
            run.bytes += record.len;
            run.voids += record.voids.len() as u64;
            run.last = record.place;
        }
        self.voids.extend(record.voids);
        while self.runs.len() > MAX_RUNS || self.voids.len() > MAX_VOIDS {
            self.forget_oldest();
        }
    }

    /// Nothing of a record is in the log.
    fn add_void(&mut self, record: &Applied) {
        let Some(run) = self.runs.back_mut().filter(|run| run.is_open()) else {
            return;
        };
        run.bytes += record.len;
        run.voids += 1;
        if run.is_open() {
            let (place, item, taken) = (record.place, ALL, 0);
            self.voids.push_back(Void { place, item, taken });
        } else {
            self.forget_pending();
        }
    }

    /// No text follows the last run in it, so what was void after it is not read.
    fn forget_pending(&mut self) {
        let last = self.runs.back().map_or(0, |run| run.last);
        while self.voids.back().is_some_and(|void| void.place > last) {
            self.voids.pop_back();
        }
    }

    fn forget_oldest(&mut self) {
        self.runs.pop_front();
        // Where nothing is read, nothing has to be left out.
        let first = self.first_place();
        while self.voids.front().is_some_and(|void| void.place < first) {
            self.voids.pop_front();
        }
    }

    /// The count of the oldest text.
    pub(super) fn first(&self) -> Option<u64> {
        self.runs.front().map(|run| run.count)
    }

    /// What has to be read for at most so many texts before the one of this count.
    pub(super) fn reading(&self, generation: u64, before: u64, most: u32) -> Option<Reading> {
        let end = self.runs.partition_point(|run| run.count < before);
        let (mut texts, mut bytes) = (0, 0);
        let mut runs = Vec::new();
        for run in self.runs.range(..end).rev() {
            let is_enough = texts >= u64::from(most) || bytes >= RUN_BYTES;
            if is_enough && !runs.is_empty() {
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
        let known_from = self.first_place();
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
        out.put_u64(self.latest.unix_ms());
        out.put_len(self.runs.len());
        for run in &self.runs {
            run.write(out);
        }
        out.put_len(self.voids.len());
        for void in &self.voids {
            out.put_u64(void.place);
            out.put_u32(void.item);
            out.put_u32(void.taken);
        }
    }

    /// `None` also if they do not follow each other, up to the last place and the last count, or are too many.
    pub(super) fn read(reader: &mut Reader<'_>, place: u64, count: u64) -> Option<Self> {
        let mut past = Self {
            latest: Time::from_unix_ms(reader.u64()?),
            ..Self::default()
        };
        for _ in 0..reader.len().filter(|&runs| runs <= MAX_RUNS)? {
            let run = Run::read(reader)?;
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
        let first = past.first_place();
        for _ in 0..reader.len().filter(|&voids| voids <= MAX_VOIDS)? {
            let void = Void {
                place: reader.u64().filter(|void| (first..=place).contains(void))?,
                item: reader.u32()?,
                taken: reader.u32()?,
            };
            let before = past.voids.back();
            before.is_none_or(|before| *before < void).then_some(())?;
            past.voids.push_back(void);
        }
        Some(past)
    }

    /// How many voids are known.
    #[cfg(test)]
    pub(super) fn voids(&self) -> usize {
        self.voids.len()
    }

    /// The place of the oldest text.
    fn first_place(&self) -> u64 {
        self.runs.front().map_or(u64::MAX, |run| run.first)
    }
}

impl Run {
    fn write(&self, out: &mut Vec<u8>) {
        let time = self.time.unix_ms();
        for number in [
            self.count, self.texts, self.bytes, self.voids, self.first, self.last, time,
        ] {
            out.put_u64(number);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut number = |least| {
            reader
                .u64()
                .filter(|number| (least..=MOST).contains(number))
        };
        Some(Self {
            count: number(1)?,
            texts: number(1)?,
            bytes: number(0)?,
            voids: number(0)?,
            first: number(1)?,
            last: number(1)?,
            time: Time::from_unix_ms(reader.u64()?),
        })
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

#[cfg(test)]
mod tests;
