//! The disk: the real database, and in place of its thread what that does, in steps that a crash can come between.

use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use hubbub_wire::{Hex128, Time};

use crate::log::history::database::Database;
use crate::log::history::open;
use crate::log::keeping::{Answer, Disk, Order};
use crate::settings::History;

/// A directory of one run, which goes with it.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hubbub-exactly-once-{}-{number}", std::process::id());
        // In memory where there is such a place, since the disk itself is not what is tried.
        let shm = PathBuf::from("/dev/shm");
        let parent = if shm.is_dir() {
            shm
        } else {
            std::env::temp_dir()
        };
        let path = parent.join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the disk does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Works,
    /// It refuses to keep anything.
    Full,
    /// It does nothing.
    Hangs,
}

/// The disk of the server that runs now.
pub(super) struct Keeper {
    database: Database,
    orders: flume::Receiver<Order>,
    answers: flume::Sender<Answer>,
    to_keep: VecDeque<Order>,
    questions: VecDeque<Order>,
    kept: u64,
    mood: Mood,
    _lock: File,
}

impl Keeper {
    /// Opens what is in the directory, as a server does that starts.
    pub(super) fn open(directory: &Directory, time: Time, random: &mut Rng) -> (Self, Disk) {
        let history = History::new(directory.0.clone());
        let (room, generation) = (Hex128(random.u128(..)), random.u64(..));
        let lock = open::lock(&directory.0).unwrap();
        let (database, opened) = Database::open(&history, room, generation, time).unwrap();
        let (give, orders) = flume::unbounded();
        let (answer, answers) = flume::unbounded();
        let disk = Disk {
            room: opened.room,
            generation,
            time: opened.time,
            newest: opened.newest,
            sessions: opened.sessions,
            keep: history.keep,
            orders: give,
            answers,
        };
        let keeper = Self {
            database,
            orders,
            answers: answer,
            to_keep: VecDeque::new(),
            questions: VecDeque::new(),
            kept: 0,
            mood: Mood::Works,
            _lock: lock,
        };
        (keeper, disk)
    }

    /// The disk fills up, hangs, or works again.
    pub(super) fn changes(&mut self, random: &mut Rng) {
        self.mood = match random.u8(..6) {
            0 => Mood::Full,
            1 => Mood::Hangs,
            _ => Mood::Works,
        };
    }

    /// Whether something is to be done, and may be.
    pub(super) fn is_busy(&self) -> bool {
        let waits = !self.orders.is_empty() || !self.to_keep.is_empty();
        self.mood == Mood::Works && (waits || !self.questions.is_empty())
    }

    /// It works from now on.
    pub(super) fn recovers(&mut self) {
        self.mood = Mood::Works;
    }

    /// One transaction with some of what waits, or the answer to one question.
    pub(super) fn step(&mut self, random: &mut Rng) {
        for order in self.orders.try_iter() {
            match order {
                Order::Recall { .. } => self.questions.push_back(order),
                _ => self.to_keep.push_back(order),
            }
        }
        if self.mood == Mood::Hangs {
            return;
        }
        if random.bool() || self.questions.is_empty() {
            self.keep(random);
        } else if let Some(Order::Recall { number, ask, until }) = self.questions.pop_front() {
            let answer = self.database.recall(number, &ask, until).unwrap();
            let _ = self.answers.send(answer);
        }
    }

    fn keep(&mut self, random: &mut Rng) {
        if self.to_keep.is_empty() {
            return;
        }
        if self.mood == Mood::Full {
            let why = "the disk is full".to_owned();
            let _ = self.answers.send(Answer::Failed { why });
            return;
        }
        let count = random.usize(1..=self.to_keep.len());
        let orders: Vec<Order> = self.to_keep.drain(..count).collect();
        self.database.keep(&orders).unwrap();
        self.kept += orders.len() as u64;
        // A crash may come before the hub takes the answer.
        let _ = self.answers.send(Answer::Kept { orders: self.kept });
    }

    /// All that is kept, in order: places and texts.
    pub(super) fn everything(&self) -> Vec<(String, String)> {
        let connection = &self.database.connection;
        let mut rows = connection
            .prepare(
                "SELECT starts.generation, messages.count, messages.text
                 FROM messages JOIN starts ON starts.number = messages.start ORDER BY messages.seq",
            )
            .unwrap();
        let rows = rows.query_map((), |row| {
            let text: Vec<u8> = row.get(2)?;
            let generation: String = row.get(0)?;
            let count: i64 = row.get(1)?;
            Ok((
                format!("{generation}-{count}"),
                String::from_utf8(text).unwrap(),
            ))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}
