//! History: a thread that keeps what was said in an SQLite database, and reads it back.
//!
//! The thread owns the database. It takes everything that waits as one transaction, answers when that is committed, and
//! answers one question about the past between two transactions. If a transaction fails, it tries the same again, later
//! each time. Old messages go in small steps when nothing else is to be done. It ends when the log lets go of the
//! orders and what they brought is kept, or cannot be.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use flume::RecvTimeoutError;
use hubbub_wire::{Hex128, Time};
use tracing::warn;

use self::database::Database;
use super::keeping::{Answer, Disk, Order};
use crate::metrics::Metrics;
use crate::runtime::{now, wall};
use crate::settings::History;

pub(crate) mod database;
pub(crate) mod open;
mod past;

/// How long the thread waits before it tries a failed transaction again, at first and at most. A full disk needs a
/// person, who wants to see soon that it helped.
const RETRY: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(8)];

/// How long a transaction waits for somebody else's lock before questions about the past have their turn. They need no
/// lock.
const TRY: Duration = Duration::from_millis(50);

/// How long somebody else may hold the lock before keeping is suspended: less than the room waits for the disk.
const LOCKED_FOR: Duration = Duration::from_millis(1500);

/// How long old messages stay if they cannot be deleted: the disk has other troubles then.
const SWEEP_PAUSE: Duration = Duration::from_secs(60);

/// Opens the history, or begins one with this id, and starts its thread.
///
/// # Errors
///
/// The history cannot be used, for a reason that the operator should read.
pub(crate) fn start(
    history: &History,
    room: Hex128,
    generation: u64,
    metrics: &Arc<Metrics>,
) -> Result<Disk, String> {
    let lock = open::lock(&history.dir)?;
    let (database, opened) = Database::open(history, room, generation, wall())?;
    let (orders, given) = flume::unbounded();
    let (answer, answers) = flume::unbounded();
    let metrics = Arc::clone(metrics);
    let worker = Worker::new(database, given, answer, lock, metrics);
    let spawned = thread::Builder::new()
        .name("history".to_owned())
        .spawn(move || worker.run());
    spawned.map_err(|error| format!("cannot start the thread of the history: {error}"))?;
    Ok(Disk {
        room: opened.room,
        generation,
        time: opened.time,
        newest: opened.newest,
        sessions: opened.sessions,
        keep: history.keep,
        orders,
        answers,
    })
}

struct Worker {
    metrics: Arc<Metrics>,
    database: Database,
    /// Nobody else uses the directory.
    _lock: File,
    given: flume::Receiver<Order>,
    /// What the next transaction keeps.
    to_keep: Vec<Order>,
    /// What is asked about the past.
    questions: VecDeque<Order>,
    /// How many orders are kept.
    kept: u64,
    /// After a failure, how long to wait before the next try, and when that is.
    retry: Option<(Duration, Instant)>,
    /// Since when somebody else has had the lock.
    locked: Option<Instant>,
    sweep_not_before: Option<Instant>,
    /// The last to be dropped: when it is, the directory is free again.
    answer: flume::Sender<Answer>,
}

impl Worker {
    fn new(
        database: Database,
        given: flume::Receiver<Order>,
        answer: flume::Sender<Answer>,
        lock: File,
        metrics: Arc<Metrics>,
    ) -> Self {
        metrics.history.rows.set(database.rows);
        metrics.history.bytes.set(database.bytes());
        Self {
            metrics,
            database,
            _lock: lock,
            given,
            to_keep: Vec::new(),
            questions: VecDeque::new(),
            kept: 0,
            retry: None,
            locked: None,
            sweep_not_before: None,
            answer,
        }
    }

    fn run(mut self) {
        self.wait_for_locks(TRY);
        loop {
            let is_open = self.wait();
            if !self.to_keep.is_empty() && self.may_try() {
                self.keep();
            }
            if let Some(question) = self.questions.pop_front() {
                self.recall(question);
            }
            if is_open {
                self.sweep();
            } else if self.questions.is_empty() {
                if !self.to_keep.is_empty() && self.retry.is_some() {
                    self.retry = None;
                    self.wait_for_locks(LOCKED_FOR);
                    self.keep();
                }
                if !self.to_keep.is_empty() {
                    warn!("what was said last could not be kept");
                }
                return;
            }
        }
    }

    /// Takes all orders that wait, and waits for one if there is nothing to do. Returns `false` when no more will come.
    fn wait(&mut self) -> bool {
        let first = match self.idle_for() {
            Some(time) => self.given.recv_timeout(time),
            None => self
                .given
                .recv()
                .map_err(|_| RecvTimeoutError::Disconnected),
        };
        let first = match first {
            Ok(order) => order,
            Err(why) => return why == RecvTimeoutError::Timeout,
        };
        for order in std::iter::once(first).chain(self.given.try_iter()) {
            match order {
                Order::Recall { .. } => self.questions.push_back(order),
                _ => self.to_keep.push(order),
            }
        }
        self.show_waiting();
        true
    }

    /// For how long there is nothing to do. `None` until an order comes.
    fn idle_for(&self) -> Option<Duration> {
        if !self.questions.is_empty() {
            return Some(Duration::ZERO);
        }
        if !self.to_keep.is_empty() {
            let (_, at) = self.retry?;
            return Some(at.saturating_duration_since(now()));
        }
        let sweep = self.database.sweep_in(wall())?;
        let pause = self
            .sweep_not_before
            .map_or(Duration::ZERO, |at| at.saturating_duration_since(now()));
        Some(sweep.max(pause))
    }

    fn may_try(&self) -> bool {
        self.retry.is_none_or(|(_, at)| now() >= at)
    }

    fn wait_for_locks(&self, time: Duration) {
        if let Err(error) = self.database.connection.busy_timeout(time) {
            warn!("cannot set how long to wait for a lock: {error}");
        }
    }

    /// Whether that is because somebody else has the lock, and has not had it for long.
    fn is_locked_for_a_moment(&mut self, error: &rusqlite::Error) -> bool {
        if error.sqlite_error_code() != Some(rusqlite::ErrorCode::DatabaseBusy) {
            return false;
        }
        let now = now();
        now.duration_since(*self.locked.get_or_insert(now)) < LOCKED_FOR
    }

    fn keep(&mut self) {
        match self.database.keep(&self.to_keep) {
            Ok(kept) => {
                self.kept += self.to_keep.len() as u64;
                // First of all, since the room waits for it.
                self.say(Answer::Kept { orders: self.kept });
                self.metrics.history.kept.add(kept);
                self.to_keep.clear();
                self.show();
                (self.retry, self.locked) = (None, None);
            }
            Err(error) if self.is_locked_for_a_moment(&error) => {
                self.retry = Some((Duration::ZERO, now()));
            }
            Err(error) => {
                let [first, longest] = RETRY;
                let wait = self
                    .retry
                    .map_or(first, |(wait, _)| (2 * wait).clamp(first, longest));
                self.retry = Some((wait, now() + wait));
                let why = error.to_string();
                self.say(Answer::Failed { why });
            }
        }
    }

    fn recall(&self, question: Order) {
        let Order::Recall { number, ask, until } = question else {
            return;
        };
        let answer = self.database.recall(number, &ask, until);
        self.say(answer.unwrap_or_else(|error| {
            warn!("cannot read the history: {error}");
            Answer::Recalled {
                number,
                texts: None,
                after: None,
                more: false,
                lost: true,
            }
        }));
    }

    /// Deletes a few of the messages that are too old or too many.
    fn sweep(&mut self) {
        let may = self.sweep_not_before.is_none_or(|at| now() >= at);
        if may && self.to_keep.is_empty() {
            self.sweep_not_before = None;
            let before = self.database.rows;
            if let Err(error) = self.database.sweep(wall()) {
                self.sweep_not_before = Some(now() + SWEEP_PAUSE);
                warn!("cannot delete old messages: {error}");
            }
            if self.database.rows != before {
                self.show();
            }
        }
    }

    /// Shows what the database has now.
    fn show(&self) {
        let history = &self.metrics.history;
        history.rows.set(self.database.rows);
        history.bytes.set(self.database.bytes());
        self.show_waiting();
    }

    /// Shows since when something waits to be kept.
    fn show_waiting(&self) {
        let oldest = self.to_keep.iter().find_map(|order| match order {
            Order::Keep { said, .. } => Some(said.time),
            Order::CatchUp { said, .. } => said.first().map(|said| said.time),
            Order::Recall { .. } => None,
        });
        let since = oldest.map_or(0, Time::unix_ms);
        self.metrics.history.waiting_since.set(since);
    }

    fn say(&self, answer: Answer) {
        // Nobody listens any more when the server ends.
        let _ = self.answer.send(answer);
    }
}

/// A moment as the database has it: milliseconds since the beginning of 1970.
fn ms(time: Time) -> i64 {
    i64::try_from(time.unix_ms()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
