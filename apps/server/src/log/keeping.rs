//! Keeping: what the log gives a disk, and what the disk answers. Both are plain values in two queues, so that a test
//! can stand in for the disk.
//!
//! The disk never holds anybody up: when it fails, or has not answered for too long, keeping is suspended, and the log
//! goes on from memory. It resumes when the disk has everything that it was given and what memory still has of the
//! rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hubbub_wire::{Hex64, Hex128, Time, Token};
use tracing::{error, info};

use super::replay::{Ask, Replay};
use crate::said::{Said, Seq};

/// How long the disk may take for what it has been given. The room waits for it, and people notice two seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What the log gives the disk, in order.
#[derive(Debug)]
pub(crate) enum Order {
    /// Texts that were said next.
    Keep {
        /// What and where.
        said: Arc<Said>,
        /// What they are counted under, if their sender has a grant. The count is that of the last text.
        key: Option<Hex64>,
    },
    /// What was said while keeping was suspended, as far as memory has it. It is kept whole or not at all.
    CatchUp {
        /// What and where, without a gap.
        said: Vec<Arc<Said>>,
        /// How far sessions have counted meanwhile.
        counted: Vec<Counting>,
    },
    /// A question about the past.
    Recall {
        /// Which. The answer bears it.
        number: u64,
        /// What is asked.
        ask: Ask,
        /// The place of the JOIN of the member that asks.
        until: Seq,
    },
}

/// What the disk answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// So many orders to keep are kept by now, counted from the start.
    Kept {
        /// How many.
        orders: u64,
    },
    /// The disk does not take what it should keep. It goes on trying.
    Failed {
        /// Why, for the operator.
        why: String,
    },
    /// The past.
    Recalled {
        /// Of which question.
        number: u64,
        /// The frames, oldest first.
        texts: Option<Vec<u8>>,
        /// As in [`Replay`].
        after: Option<Seq>,
        /// As in [`Replay`].
        more: bool,
        /// As in [`Replay`].
        lost: bool,
    },
}

/// How far a session has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counting {
    /// The key of the session.
    pub(crate) key: Hex64,
    /// Its highest count in the log.
    pub(crate) count: u64,
    /// The place of that text.
    pub(crate) place: Seq,
    /// When it was last heard.
    pub(crate) heard: Time,
}

/// What a disk knows when the server starts, and its two queues.
#[derive(Debug)]
pub(crate) struct Disk {
    /// Which log this is.
    pub(crate) room: Hex128,
    /// Drawn for this start.
    pub(crate) generation: u64,
    /// The time of the newest message.
    pub(crate) time: Time,
    /// The place of the newest message, which an earlier start got.
    pub(crate) newest: Option<Seq>,
    /// How far sessions had counted.
    pub(crate) sessions: Vec<Counting>,
    /// How long messages are kept.
    pub(crate) keep: Duration,
    /// Takes what is to be kept. When it is dropped, the disk keeps what it was given and lets go of the answers.
    pub(crate) orders: flume::Sender<Order>,
    /// What it answers.
    pub(crate) answers: flume::Receiver<Answer>,
    /// In a build without a history there is no disk, and nothing of what the log would do with one.
    #[cfg(not(any(feature = "history", test)))]
    pub(crate) never: std::convert::Infallible,
}

/// A change that members are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// What is said from now on is in memory only.
    KeepingStopped,
    /// Messages are kept again.
    KeepingResumed,
}

/// Who waits for the answer to a question.
#[derive(Debug)]
pub(super) struct Asked {
    number: u64,
    pub(super) ask: Ask,
    pub(super) until: Seq,
    /// What memory has, to which the disk adds what it knows of the rest.
    pub(super) page: Option<Replay>,
    pub(super) waiting: Vec<flume::Sender<Replay>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// What is said waits until it is kept.
    Steady,
    /// What is said comes out at once.
    Suspended {
        /// Since when.
        begun: Time,
        /// The count of the first text that the disk was not given.
        from: Option<u64>,
        /// Whether the disk has been given what it had missed.
        is_catching_up: bool,
        /// The count of a text up to which the disk has everything.
        kept: u64,
    },
}

/// What the disk has to be given after an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Missed {
    /// Texts from this count on.
    pub(super) from: u64,
    /// The counts of sessions that were heard since.
    pub(super) begun: Time,
}

/// What the log knows of its disk.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) keep: Duration,
    pub(super) newest: Option<Seq>,
    orders: flume::Sender<Order>,
    pub(super) answers: flume::Receiver<Answer>,
    /// How many orders to keep were given.
    given: u64,
    /// How many of them are kept.
    kept: u64,
    /// Since when the disk has been busy without an answer, as far as the log was asked.
    busy: Option<Instant>,
    state: State,
    asked: Vec<Asked>,
    /// Whether it has not answered for too long, and nothing since.
    hangs: bool,
    questions: u64,
    notice: Option<Notice>,
    #[cfg(not(any(feature = "history", test)))]
    _never: std::convert::Infallible,
}

impl Keeping {
    pub(super) fn new(disk: Disk) -> Self {
        let Disk {
            newest,
            keep,
            orders,
            answers,
            ..
        } = disk;
        Self {
            keep,
            newest,
            orders,
            answers,
            given: 0,
            kept: 0,
            busy: None,
            state: State::Steady,
            asked: Vec::new(),
            hangs: false,
            questions: 0,
            notice: None,
            #[cfg(not(any(feature = "history", test)))]
            _never: disk.never,
        }
    }

    /// Gives texts to the disk, unless keeping is suspended.
    pub(super) fn keep(&mut self, said: &Arc<Said>, key: Option<Hex64>) {
        match &mut self.state {
            State::Steady => {
                let said = Arc::clone(said);
                self.give(Order::Keep { said, key });
            }
            State::Suspended { from, .. } => {
                from.get_or_insert(said.first.count);
            }
        }
    }

    /// Gives the disk what it has missed.
    pub(super) fn catch_up(&mut self, said: Vec<Arc<Said>>, counted: Vec<Counting>) {
        self.give(Order::CatchUp { said, counted });
    }

    fn give(&mut self, order: Order) {
        self.given += 1;
        // If its thread has ended, the answers end too.
        let _ = self.orders.send(order);
    }

    /// How many orders were given with those that come out of the log now.
    pub(super) const fn ticket(&self) -> u64 {
        match self.state {
            State::Steady => self.given,
            State::Suspended { .. } => 0,
        }
    }

    /// What was given with the orders up to this one may come out.
    pub(super) const fn released(&self) -> u64 {
        match self.state {
            State::Steady => self.kept,
            State::Suspended { .. } => u64::MAX,
        }
    }

    pub(super) const fn is_suspended(&self) -> bool {
        matches!(self.state, State::Suspended { .. })
    }

    /// While keeping is suspended, the count of a text up to which the disk has everything.
    pub(super) const fn kept_until(&self) -> Option<u64> {
        match self.state {
            State::Steady => None,
            State::Suspended { kept, .. } => Some(kept),
        }
    }

    /// Whether its thread has ended.
    pub(super) fn is_dead(&self) -> bool {
        self.answers.is_disconnected()
    }

    /// Whether somebody waits for an answer about the past.
    pub(super) const fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Whether an answer is to come.
    pub(super) const fn is_busy(&self) -> bool {
        self.given > self.kept || !self.asked.is_empty()
    }

    /// Whether somebody waits for an answer.
    const fn is_awaited(&self) -> bool {
        self.is_asked() || (self.is_busy() && !self.is_suspended())
    }

    /// When the disk will have taken too long.
    pub(super) fn deadline(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        self.is_awaited()
            .then(|| *self.busy.get_or_insert_with(now) + PATIENCE)
    }

    /// Whether the disk has taken too long.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        let since = self.busy.filter(|_| self.is_awaited());
        since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE)
    }

    /// From now on everything comes out of memory. The disk has everything up to the count `kept`.
    pub(super) fn suspend(&mut self, why: &str, time: Time, kept: u64) {
        if self.is_suspended() {
            return;
        }
        error!(
            "keeping messages has stopped: {why}; what is said now is in memory only, until the disk takes it again"
        );
        self.state = State::Suspended {
            begun: time,
            from: None,
            is_catching_up: false,
            kept,
        };
        self.notice = Some(Notice::KeepingStopped);
    }

    /// Whether it is no use to ask.
    pub(super) fn is_deaf(&self) -> bool {
        self.hangs || self.is_dead()
    }

    /// It answers.
    pub(super) const fn answers(&mut self) {
        self.hangs = false;
    }

    /// The questions that the disk will not answer in time. It is not asked again before it answers anything.
    pub(super) fn give_up_asking(&mut self) -> Vec<Asked> {
        self.busy = None;
        self.hangs = true;
        std::mem::take(&mut self.asked)
    }

    /// So many orders are kept.
    pub(super) fn kept(&mut self, orders: u64) {
        self.kept = self.kept.max(orders.min(self.given));
    }

    /// The disk has answered. If it works again, and there is something that it has missed, returns that.
    pub(super) fn goes_on(&mut self, now: Instant) -> Option<Missed> {
        self.busy = self.is_awaited().then_some(now);
        let State::Suspended {
            begun,
            from,
            is_catching_up,
            ..
        } = &mut self.state
        else {
            return None;
        };
        if self.kept < self.given {
            return None;
        }
        let begun = *begun;
        let missed = from.take().map(|from| Missed { from, begun });
        if missed.is_some() && !*is_catching_up {
            *is_catching_up = true;
            return missed;
        }
        // It has kept all that it had missed at first, so it will keep the little that came meanwhile.
        info!("messages are kept again");
        self.state = State::Steady;
        self.notice = Some(Notice::KeepingResumed);
        missed
    }

    /// What the disk was not given.
    pub(super) fn missed(&self) -> Option<Missed> {
        match self.state {
            State::Suspended {
                begun,
                from: Some(from),
                ..
            } => Some(Missed { from, begun }),
            _ => None,
        }
    }

    /// Asks the disk, unless somebody else waits for the same answer.
    pub(super) fn ask(&mut self, ask: &Ask, until: Seq) -> flume::Receiver<Replay> {
        let same = |asked: &&mut Asked| asked.ask == *ask && asked.until == until;
        if let Some(asked) = self.asked.iter_mut().find(same) {
            let (sender, receiver) = flume::bounded(1);
            asked.waiting.push(sender);
            return receiver;
        }
        self.ask_anew(ask, until, None)
    }

    /// Asks the disk whether it has something between a place and what memory has.
    pub(super) fn ask_whether(
        &mut self,
        (room, place): (Hex128, Token<'static>),
        until: Seq,
        page: Replay,
    ) -> flume::Receiver<Replay> {
        self.ask_anew(&Ask::Whether(room, place), until, Some(page))
    }

    fn ask_anew(&mut self, ask: &Ask, until: Seq, page: Option<Replay>) -> flume::Receiver<Replay> {
        let (sender, receiver) = flume::bounded(1);
        if !self.is_awaited() {
            self.busy = None;
        }
        self.questions += 1;
        let number = self.questions;
        let ask = ask.clone();
        self.asked.push(Asked {
            number,
            ask: ask.clone(),
            until,
            page,
            waiting: vec![sender],
        });
        let _ = self.orders.send(Order::Recall { number, ask, until });
        receiver
    }

    /// The question of this number, if somebody still waits for its answer.
    pub(super) fn answered(&mut self, number: u64) -> Option<Asked> {
        let at = self.asked.iter().position(|asked| asked.number == number)?;
        Some(self.asked.remove(at))
    }

    /// What has changed since this was last called.
    pub(super) fn notice(&mut self) -> Option<Notice> {
        self.notice.take()
    }

    /// Lets go of the disk. When it has kept what it was given, it lets go of the answers.
    pub(super) fn end(self) -> flume::Receiver<Answer> {
        self.answers
    }
}
