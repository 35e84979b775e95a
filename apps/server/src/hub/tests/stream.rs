//! An engine for tests: a stream that is a vector, and the way of each node to it. An observer that never
//! fails reads all of it, and knows what is true.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hubbub_wire::{Hex128, Time};

use crate::cluster::replica::{Effect, Replica, hash};
use crate::cluster::{Answer, Entry, Link, NodeId, Order, Start};
use crate::said::Said;

/// What stands in the stream.
enum Stored {
    Record(Vec<u8>),
    Piece,
    Head {
        place: u64,
        hash: [u8; 32],
        bytes: Vec<u8>,
        /// All its pieces are there.
        is_whole: bool,
    },
}

pub(in crate::hub) struct Engine {
    entries: Vec<(Time, Stored)>,
    taken: HashSet<(NodeId, u64)>,
    observer: Replica,
    all: Vec<Arc<Said>>,
    /// By how much the clock of the stream is wrong, in milliseconds.
    wrong: i64,
    /// The first place that it still has.
    pub(in crate::hub) first: u64,
    pub(in crate::hub) gone: usize,
    pub(in crate::hub) snapshots: usize,
}

/// When the world began, in milliseconds since 1970.
const BEGAN: i64 = 1_700_000_000_000;

/// The name of the stream, and when it was made.
const STREAM: (&str, u64) = ("HUBBUB_room", 1);

/// The way of one node to the engine.
pub(in crate::hub) struct Tap {
    orders: flume::Receiver<Order>,
    answers: flume::Sender<Answer>,
    /// The place that it was given last.
    given: u64,
    /// What was published, and has not come to the stream.
    late: Vec<Order>,
    is_away: bool,
    /// So many questions for the past are not answered.
    pub(in crate::hub) unanswered: u32,
}

impl Engine {
    pub(in crate::hub) fn new() -> Self {
        Self {
            entries: Vec::new(),
            taken: HashSet::new(),
            observer: Replica::new(STREAM.0, STREAM.1),
            all: Vec::new(),
            wrong: 0,
            first: 1,
            gone: 0,
            snapshots: 0,
        }
    }

    /// A node comes.
    pub(in crate::hub) fn tap(&mut self) -> (Tap, Link) {
        let (to_engine, orders) = flume::unbounded();
        let (answers, from_engine) = flume::unbounded();
        let start = self.start();
        let tap = Tap {
            orders,
            answers,
            given: start.place(),
            late: Vec::new(),
            is_away: false,
            unanswered: 0,
        };
        let link = Link {
            orders: to_engine,
            answers: from_engine,
            start,
        };
        (tap, link)
    }

    fn start(&self) -> Start {
        let mut heads = self.entries.iter().filter_map(|(_, stored)| match stored {
            Stored::Head {
                place,
                bytes,
                is_whole: true,
                ..
            } => Some((*place, bytes.clone())),
            _ => None,
        });
        Start {
            stream: STREAM.0.to_owned(),
            created: STREAM.1,
            snapshot: heads.next_back(),
            first: self.first,
            last: self.entries.len() as u64,
            is_rolled_back: false,
        }
    }

    /// The stream has lost all that was before, and everything that would tell of it.
    pub(in crate::hub) fn lose_snapshots(&mut self) {
        for (_, stored) in &mut self.entries {
            if matches!(stored, Stored::Head { .. }) {
                *stored = Stored::Piece;
            }
        }
        self.first = self.entries.len() as u64 + 1;
    }

    /// A piece of the newest snapshot is lost.
    pub(in crate::hub) fn lose_piece(&mut self) {
        let mut stored = self.entries.iter_mut().rev().map(|(_, stored)| stored);
        let head = stored.find_map(|stored| match stored {
            Stored::Head { is_whole, .. } => Some(is_whole),
            _ => None,
        });
        if let Some(is_whole) = head {
            *is_whole = false;
        }
    }

    /// The clock of the stream jumps.
    pub(in crate::hub) fn jumps(&mut self, random: &mut Rng) {
        self.wrong = random.i64(-60_000..60_000);
    }

    fn push(&mut self, stored: Stored, now: Duration) {
        let ms = BEGAN + i64::try_from(now.as_millis()).unwrap() + self.wrong;
        let time = Time::from_unix_ms(ms.unsigned_abs());
        self.entries.push((time, stored));
        let place = self.entries.len() as u64;
        let effects = self.observer.apply(place, time, self.entry(place)).unwrap();
        for effect in effects {
            match effect {
                Effect::Said { said, .. } => self.all.push(said),
                Effect::Gone { .. } => self.gone += 1,
                _ => {}
            }
        }
    }

    fn entry(&self, place: u64) -> Entry {
        match &self.entries[usize::try_from(place - 1).unwrap()].1 {
            Stored::Record(bytes) => Entry::Record(bytes.clone()),
            Stored::Piece => Entry::Other,
            Stored::Head { place, hash, .. } => Entry::Snapshot {
                place: *place,
                hash: *hash,
            },
        }
    }

    /// The room as it has to be.
    pub(in crate::hub) fn room(&self) -> (Hex128, u64) {
        (self.observer.room_id(), self.observer.last().generation)
    }

    pub(in crate::hub) fn names(&self) -> Vec<String> {
        let names = self
            .observer
            .members()
            .map(|(_, name, _)| name.as_str().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    }

    pub(in crate::hub) fn hash(&self) -> [u8; 32] {
        hash(&self.observer.snapshot())
    }

    /// The bytes of all records.
    pub(in crate::hub) fn bytes(&self) -> Vec<u8> {
        let records = self.entries.iter().filter_map(|(_, stored)| match stored {
            Stored::Record(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        records.collect::<Vec<_>>().concat()
    }

    /// All that was said: place and text.
    pub(in crate::hub) fn said(&self) -> Vec<(String, String)> {
        let all = self.all.iter().flat_map(|said| {
            said.iter().map(|(seq, _, payload)| {
                let text = String::from_utf8(payload.as_bytes().to_vec()).unwrap();
                (seq.to_string(), text)
            })
        });
        all.collect()
    }
}

impl Tap {
    /// Something happens between the node and the stream.
    pub(in crate::hub) fn step(&mut self, engine: &mut Engine, now: Duration, random: &mut Rng) {
        if self.is_away {
            return;
        }
        if let Ok(order) = self.orders.try_recv() {
            match (&order, random.u8(..10)) {
                (Order::Publish { .. }, 0) => {}
                (Order::Publish { .. }, 1) => self.late.push(order),
                _ => self.obey(engine, order, now, random.bool()),
            }
        }
        if !self.late.is_empty() && random.u8(..4) == 0 {
            let order = self.late.swap_remove(random.usize(..self.late.len()));
            self.obey(engine, order, now, random.bool());
        }
        for _ in 0..random.usize(..8) {
            self.give(engine);
        }
    }

    /// Everything that is on its way arrives.
    pub(in crate::hub) fn settle(&mut self, engine: &mut Engine, now: Duration) {
        if self.is_away {
            return self.loses_all();
        }
        for order in std::mem::take(&mut self.late) {
            self.obey(engine, order, now, true);
        }
        while let Ok(order) = self.orders.try_recv() {
            self.obey(engine, order, now, true);
        }
        while self.give(engine) {}
    }

    /// The node reads all that there is.
    pub(in crate::hub) fn gives_all(&mut self, engine: &Engine) {
        while self.give(engine) {}
    }

    /// How much waits for the engine.
    pub(in crate::hub) fn waiting(&self) -> usize {
        self.orders.len()
    }

    /// What the node has published is lost.
    pub(in crate::hub) fn loses_all(&mut self) {
        self.late.clear();
        self.orders.drain().for_each(drop);
    }

    /// What the node has published arrives, and it reads nothing.
    pub(in crate::hub) fn publish(&mut self, engine: &mut Engine, now: Duration) {
        while let Ok(order) = self.orders.try_recv() {
            self.obey(engine, order, now, true);
        }
    }

    /// The node has to begin anew.
    pub(in crate::hub) fn begins_anew(&mut self, engine: &Engine) {
        let start = engine.start();
        self.given = start.place();
        let why = "this is a test".to_owned();
        let _ = self.answers.send(Answer::Anew { why, start });
    }

    /// The node sees the engine no longer, or again.
    pub(in crate::hub) fn turns(&mut self) {
        if self.is_away {
            return self.sees_engine();
        }
        self.is_away = true;
        let _ = self.answers.send(Answer::Away);
    }

    pub(in crate::hub) fn sees_engine(&mut self) {
        if std::mem::take(&mut self.is_away) {
            let _ = self.answers.send(Answer::Back);
        }
    }

    /// Gives the node what stands next. Returns whether anything does.
    fn give(&mut self, engine: &Engine) -> bool {
        let Some(&(time, _)) = engine.entries.get(usize::try_from(self.given).unwrap()) else {
            return false;
        };
        self.given += 1;
        let place = self.given;
        let entry = engine.entry(place);
        let _ = self.answers.send(Answer::Entry { place, time, entry });
        true
    }

    /// `drops`: the stream still knows what it had.
    fn obey(&mut self, engine: &mut Engine, order: Order, now: Duration, drops: bool) {
        match order {
            Order::Publish {
                node, count, bytes, ..
            } => {
                let is_new = engine.taken.insert((node, count));
                if is_new || !drops {
                    engine.push(Stored::Record(bytes), now);
                }
            }
            Order::Snapshot { place, hash, bytes } => {
                engine.push(Stored::Piece, now);
                let is_whole = true;
                let head = Stored::Head {
                    place,
                    hash,
                    bytes,
                    is_whole,
                };
                engine.push(head, now);
                engine.snapshots += 1;
            }
            Order::Read { .. } if self.unanswered > 0 => self.unanswered -= 1,
            Order::Read { number, ranges } => {
                let places = ranges.into_iter().flat_map(|(first, last)| first..=last);
                let records = places.filter_map(|place| {
                    let (time, stored) = &engine.entries[usize::try_from(place - 1).unwrap()];
                    match stored {
                        Stored::Record(bytes) => Some((place, *time, bytes.clone())),
                        _ => None,
                    }
                });
                let _ = self.answers.send(Answer::Past {
                    number,
                    records: records.collect(),
                    first: 1,
                });
            }
            Order::Anew { why } if why.contains("there is a snapshot") => self.begins_anew(engine),
            Order::Anew { why } => panic!("a node has another room: {why}"),
        }
    }
}
