//! What is read of the past, beside what was said.

use super::super::truth;
use super::World;
use crate::cluster::Entry;
use crate::cluster::record::{Item, Record};

/// Whether a record stands where the past is read.
fn has_texts(bytes: &[u8]) -> bool {
    let items = Record::parse(bytes).unwrap().items;
    items.iter().any(|item| matches!(item, Item::Say { .. }))
}

impl World {
    /// Somebody reads a page of the past.
    pub(super) fn looks_back(&mut self) {
        let Some(at) = self.random_node() else {
            return;
        };
        let replica = &self.nodes[at].replica;
        let last = replica.last().count;
        if last == 0 || !replica.is_known() || replica.room_id() != self.truth.replica().room_id() {
            return;
        }
        let (before, most) = (self.rng.u64(1..=last + 1), self.rng.u32(1..200));
        let Some(reading) = replica.reading(before, most) else {
            return;
        };
        let places = reading
            .ranges()
            .into_iter()
            .flat_map(|(first, last)| first..=last);
        let places = places.filter(|place| *place >= self.first);
        let records = places.filter_map(|place| {
            let index = usize::try_from(place).unwrap();
            match self.entry(index) {
                Entry::Record(bytes) if has_texts(&bytes) => {
                    Some((place, self.stream[index - 1].0, bytes))
                }
                _ => None,
            }
        });
        let records: Vec<_> = records.collect();
        let said = replica.past(&reading, &records);
        self.tally.pages += 1;
        let Some(first) = said.first().map(|said| said.first.count) else {
            assert!(reading.ranges()[0].0 < self.first || before <= replica.first().unwrap_or(0));
            return;
        };
        let lines = said.iter().flat_map(|said| {
            let (name, time) = (said.name.to_string(), said.time);
            said.iter().map(move |(seq, own, payload)| {
                let text = String::from_utf8_lossy(payload.as_bytes()).into_owned();
                let (name, own) = (name.clone(), own.map(|own| own.count));
                (
                    seq.count,
                    truth::Line {
                        name,
                        own,
                        text,
                        time,
                    },
                )
            })
        });
        let lines: Vec<_> = lines.collect();
        let is_whole = reading.ranges()[0].0 >= self.first;
        let wanted = before
            .saturating_sub(u64::from(most))
            .max(replica.first().unwrap_or(1));
        assert!(
            !is_whole || first <= wanted || lines.len() >= most as usize,
            "from {first} for {wanted}"
        );
        assert!(first + lines.len() as u64 >= before, "up to {before}");
        for ((count, mut line), expected) in lines.into_iter().zip(first..) {
            assert_eq!(count, expected);
            let truly = &self.truth.log[usize::try_from(count).unwrap() - 1];
            if !is_whole {
                // The latest time before is not known any more.
                line.time = truly.time;
            }
            assert_eq!(line, *truly);
            self.tally.of_the_past += 1;
        }
    }
}
