//! The log with a disk: what it does with the answers, and when they fail to come.

use std::sync::Arc;
use std::time::Instant;

use super::keeping::{Answer, Asked, Disk, Keeping, Missed, Notice, PATIENCE};
use super::recall::cut_off;
use super::{Log, Ordered, Replay};
use crate::batch::Batch;
use crate::memory::Memory;

/// How much may wait for the disk, in bytes, before the hub stops taking mail until the disk answers, or has taken too
/// long. It is as much as a disk takes in a blink, and far more than people say in two seconds.
const MAX_WAITING: usize = 4 * 1024 * 1024;

impl Log {
    /// A log that goes on with what this disk has. Replays count as used `memory`.
    pub(crate) fn on_disk(disk: Disk, memory: Arc<Memory>) -> Self {
        let mut log = Self::new(disk.room, disk.generation, memory);
        log.now = disk.time;
        for counting in &disk.sessions {
            log.sessions.remember(counting);
        }
        log.keeping = Some(Keeping::new(disk));
        log
    }

    /// The time of the last proposal, or of the newest message on the disk. The time of a proposal must not be lower.
    pub(crate) const fn time(&self) -> hubbub_wire::Time {
        self.now
    }

    /// Where the disk answers, if it is to answer something.
    pub(crate) fn answers(&self) -> Option<&flume::Receiver<Answer>> {
        let keeping = self.keeping.as_ref();
        let keeping = keeping.filter(|keeping| keeping.is_busy() && !keeping.is_dead());
        keeping.map(|keeping| &keeping.answers)
    }

    /// When the disk will have taken too long. [`Log::listen`] must be called then.
    pub(crate) fn deadline(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        #[cfg(feature = "cluster")]
        if let Some(stream) = &self.stream {
            return stream.deadline();
        }
        self.keeping.as_mut()?.deadline(now)
    }

    /// Whether no more should be proposed until the disk answers or has taken too long.
    pub(crate) const fn is_full(&self) -> bool {
        self.waiting >= MAX_WAITING
    }

    /// How many bytes of memory are taken by what waits for the disk.
    pub(crate) const fn waiting(&self) -> usize {
        #[cfg(feature = "cluster")]
        if let Some(stream) = &self.stream {
            return stream.waiting();
        }
        self.waiting
    }

    /// Whether something or somebody waits for the disk.
    pub(crate) fn is_waiting(&self) -> bool {
        let is_asked = self.keeping.as_ref().is_some_and(Keeping::is_asked);
        self.ready < self.ordered.len() || is_asked
    }

    /// Whether what is said is in memory only, because the disk does not take it.
    pub(crate) fn is_suspended(&self) -> bool {
        let keeping = self.keeping.as_ref();
        keeping.is_some_and(Keeping::is_suspended)
    }

    /// Whether a question about the past was answered since this was last called. The answers count as used memory.
    pub(crate) const fn has_recalled(&mut self) -> bool {
        std::mem::replace(&mut self.has_recalled, false)
    }

    /// What has changed since this was last called.
    pub(crate) fn notice(&mut self) -> Option<Notice> {
        self.keeping.as_mut()?.notice()
    }

    /// Takes what the disk has answered, and notices when it has taken too long.
    pub(crate) fn listen(&mut self, now: Instant) {
        #[cfg(feature = "cluster")]
        if self.stream.is_some() {
            return self.listen_to_stream(now);
        }
        while let Some(keeping) = &self.keeping {
            match keeping.answers.try_recv() {
                Ok(answer) => self.take(answer, now),
                Err(flume::TryRecvError::Empty) => break,
                Err(flume::TryRecvError::Disconnected) => {
                    self.suspend("the thread of the database has ended");
                    self.answer_without_disk();
                    break;
                }
            }
        }
        if self
            .keeping
            .as_ref()
            .is_some_and(|keeping| keeping.is_late(now))
        {
            let seconds = PATIENCE.as_secs();
            self.suspend(&format!("the disk takes longer than {seconds} s"));
            self.answer_without_disk();
        }
    }

    /// Takes one answer of the disk.
    pub(crate) fn take(&mut self, answer: Answer, now: Instant) {
        let Some(keeping) = &mut self.keeping else {
            return;
        };
        keeping.answers();
        match answer {
            Answer::Failed { why } => return self.suspend(&why),
            Answer::Kept { orders } => keeping.kept(orders),
            Answer::Recalled {
                number,
                texts,
                after,
                more,
                lost,
            } => {
                if let Some(asked) = keeping.answered(number) {
                    let texts = texts.map(|bytes| Batch::alone(bytes, &self.memory));
                    let replay = Replay {
                        texts,
                        after,
                        more,
                        lost,
                    };
                    self.recalled(asked, &replay);
                }
            }
        }
        let missed = self
            .keeping
            .as_mut()
            .and_then(|keeping| keeping.goes_on(now));
        if let Some(missed) = missed {
            self.catch_up(missed);
        }
        self.release();
    }

    /// Everybody who asked the same gets the same answer.
    fn recalled(&mut self, asked: Asked, replay: &Replay) {
        let completed = asked.page.map(|page| page.completed(replay));
        if let Some(texts) = replay.texts.as_ref().filter(|_| completed.is_none()) {
            let rest = (replay.after, replay.more, replay.lost);
            self.remembered_of_disk
                .remember((asked.ask, asked.until), rest, texts);
        }
        self.has_recalled = true;
        let replay = completed.as_ref().unwrap_or(replay);
        for waiting in asked.waiting {
            let _ = waiting.try_send(replay.clone());
        }
    }

    fn suspend(&mut self, why: &str) {
        if let Some(keeping) = &mut self.keeping {
            keeping.suspend(why, self.now, self.last.count);
        }
        self.release();
    }

    /// Nobody waits any longer for a disk that does not answer.
    fn answer_without_disk(&mut self) {
        let Some(keeping) = &mut self.keeping else {
            return;
        };
        let asked = keeping.give_up_asking();
        self.has_recalled |= !asked.is_empty();
        for asked in asked {
            let replay = match asked.page {
                Some(page) => cut_off(page),
                None => self.recall_without_disk(&asked.ask, asked.until),
            };
            for waiting in asked.waiting {
                let _ = waiting.try_send(replay.clone());
            }
        }
    }

    /// Gives the disk what it has missed and memory still has.
    fn catch_up(&mut self, Missed { from, begun }: Missed) {
        let said = self.backlog.oldest_first(from).map(Arc::clone);
        let waiting = self
            .ordered
            .iter()
            .filter_map(|place| match &place.ordered {
                Ordered::Said { said, .. } if said.first.count >= from => Some(Arc::clone(said)),
                _ => None,
            });
        let said = said.chain(waiting).collect();
        let counted = self.sessions.heard_since(begun);
        if let Some(keeping) = &mut self.keeping {
            keeping.catch_up(said, counted);
        }
    }

    /// Lets go of the disk. It keeps what it was given and what memory still has of the rest. When it has done that, it
    /// lets go of the answers.
    pub(crate) fn end(&mut self) -> Option<flume::Receiver<Answer>> {
        if let Some(missed) = self.keeping.as_ref().and_then(Keeping::missed) {
            self.catch_up(missed);
        }
        self.keeping.take().map(Keeping::end)
    }
}

#[cfg(test)]
mod tests;
