//! The past of a stream: memory has the end of it, and what lies before that is read from the stream, one page at a
//! time. A page that cannot be read is asked for again, after a pause at first.

use std::time::{Duration, Instant};

use hubbub_wire::Time;

use super::super::replay::{Ask, Line, Page, Replay};
use super::{Happened, Stream};
use crate::batch::Batch;
use crate::cluster::Order;
use crate::cluster::replica::Reading;
use crate::log::{Log, Ordered};
use crate::said::Seq;

/// How long the stream may take to be read. After that it is asked again.
pub(crate) const READING: Duration = Duration::from_secs(10);

/// How often it is asked for one page, pauses apart, before that counts as lost. Whoever asks again may be luckier.
pub(crate) const TRIES: u32 = 3;

/// How many pages it is asked for at a time. The engine reads one after the other, and what it is to publish must not
/// wait behind many of them.
pub(crate) const OPEN: usize = 8;

/// A page of the stream that somebody waits for: at most so many texts before the one of this count.
#[derive(Debug)]
struct Asked {
    before: u64,
    most: u32,
    tries: u32,
    /// `None`: the stream has yet to be asked.
    question: Option<Question>,
}

/// A question that the stream was asked.
#[derive(Debug)]
struct Question {
    number: u64,
    reading: Reading,
    until: Instant,
}

/// The pages that have still to be read.
#[derive(Debug, Default)]
pub(super) struct Past {
    asked: Vec<Asked>,
    questions: u64,
}

impl Past {
    /// When the first question will have taken too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let asked = self.asked.iter();
        asked
            .filter_map(|asked| Some(asked.question.as_ref()?.until))
            .min()
    }

    /// Nobody waits for a page any more. What is still answered is of before: numbers of questions go on.
    pub(super) fn forget(&mut self) {
        self.asked.clear();
    }

    /// Questions that were not answered in time will not be.
    fn lets_go_of_late(&mut self, now: Instant) {
        for asked in &mut self.asked {
            let late = asked.question.take_if(|question| question.until <= now);
            asked.tries += u32::from(late.is_some());
        }
    }

    /// How many questions are still to be answered.
    fn open(&self) -> usize {
        let asked = self.asked.iter();
        asked.filter(|asked| asked.question.is_some()).count()
    }

    /// The questions, or their answers, may be lost.
    pub(super) fn may_be_lost(&mut self) {
        for asked in &mut self.asked {
            asked.question = None;
        }
    }
}

impl Log {
    /// Adds to what memory has for somebody who comes whether there is more in the stream. The end of what was missed
    /// is in memory, but for somebody who makes an offer long after its JOIN.
    pub(in crate::log) fn beside_stream(&self, ask: &Ask, until: u64, replay: Replay) -> Replay {
        let Some(oldest) = self.oldest_of_stream() else {
            return replay;
        };
        let first = self.backlog.first().unwrap_or(self.last.count + 1);
        let has_older = match ask {
            Ask::Since(room, place) => {
                let since = self.count_of(place).filter(|_| *room == self.room);
                let is_missing = since.is_some_and(|since| since < until && since + 1 < first);
                is_missing && replay.texts.is_some()
            }
            _ => true,
        };
        let more = replay.more || (has_older && oldest < first);
        let lost = replay.lost && !more;
        Replay {
            more,
            lost,
            ..replay
        }
    }

    /// The count of the oldest text that the stream has.
    fn oldest_of_stream(&self) -> Option<u64> {
        self.stream.as_ref()?.replica.first()
    }

    /// What stands before the text of this count, at most so many. `None`: it is read from the stream, and comes out
    /// as [`Happened::Page`].
    pub(crate) fn earlier(&mut self, before: u64, most: u32) -> Option<Replay> {
        let replay = self.newest(0, before.saturating_sub(1), most);
        let first = self.backlog.first().unwrap_or(self.last.count + 1);
        let oldest = self.oldest_of_stream().unwrap_or(first);
        if replay.texts.is_some() || before <= oldest {
            let is_some = replay.texts.is_some();
            let more = replay.more || (is_some && oldest < first);
            let lost = !more && before > 1 && oldest > 1;
            return Some(Replay {
                more,
                lost,
                ..replay
            });
        }
        let asked = &mut self.stream.as_mut()?.past.asked;
        let mut others = asked.iter();
        if !others.any(|asked| (asked.before, asked.most) == (before, most)) {
            asked.push(Asked {
                before,
                most,
                tries: 0,
                question: None,
            });
            self.read_on();
        }
        None
    }

    /// Asks the stream for the pages that it was not asked for, or that it has not given in time. In a pause they wait.
    pub(super) fn read_on(&mut self) {
        let Some(stream) = self.stream.as_deref_mut() else {
            return;
        };
        if stream.is_paused {
            for asked in &mut stream.past.asked {
                (asked.question, asked.tries) = (None, 0);
            }
            return;
        }
        stream.past.lets_go_of_late(stream.now);
        let mut open = stream.past.open();
        let mut lost = Vec::new();
        for mut asked in std::mem::take(&mut stream.past.asked) {
            if stream.asks(&mut asked, &mut open) {
                stream.past.asked.push(asked);
            } else {
                lost.push(asked);
            }
        }
        for Asked { before, most, .. } in lost {
            let replay = Replay::LOST;
            self.has_page(before, most, replay);
        }
    }

    fn has_page(&mut self, before: u64, most: u32, replay: Replay) {
        self.comes_out(Ordered::InCluster(Happened::Page {
            before,
            most,
            replay,
        }));
    }

    /// The stream was read.
    pub(super) fn was_read(&mut self, number: u64, records: &[(u64, Time, Vec<u8>)]) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let is_it = |asked: &Asked| {
            let question = asked.question.as_ref();
            question.is_some_and(|question| question.number == number)
        };
        let asked = &mut stream.past.asked;
        let Some(at) = asked.iter().position(is_it) else {
            return;
        };
        let Asked {
            before,
            most,
            question: Some(Question { reading, .. }),
            ..
        } = asked.remove(at)
        else {
            return;
        };
        let generation = self.given.generation;
        let mut page = Page::new(most);
        let mut first = before;
        let said = stream.replica.past(&reading, records);
        'full: for said in said.iter().rev() {
            let texts: Vec<_> = said.iter().collect();
            for (seq, own, payload) in texts.into_iter().rev() {
                if seq.count >= before || seq.generation != generation {
                    continue;
                }
                let (name, time) = (&*said.name, said.time);
                let line = Line {
                    name,
                    seq,
                    own,
                    time,
                    payload,
                };
                // What is missing between two texts is not to be passed over in silence.
                if seq.count + 1 != first || !page.add(&line) {
                    break 'full;
                }
                first = seq.count;
            }
        }
        let oldest = stream.replica.first().unwrap_or(first);
        let texts = page.finish();
        let more = texts.is_some() && oldest < first;
        let lost = !more && first > 1;
        let replay = Replay {
            texts: texts.map(|bytes| Batch::alone(bytes, &self.memory)),
            after: None,
            more,
            lost,
        };
        self.has_page(before, most, replay);
    }
}

impl Stream {
    /// Asks for a page, unless that was done and may still be answered, or too many are `open`. Returns `false` if it is
    /// lost.
    fn asks(&mut self, asked: &mut Asked, open: &mut usize) -> bool {
        if asked.question.is_some() || asked.tries >= TRIES {
            return asked.question.is_some();
        }
        if *open >= OPEN {
            return true;
        }
        let Some(reading) = self.replica.reading(asked.before, asked.most) else {
            return false;
        };
        self.past.questions += 1;
        let number = self.past.questions;
        let ranges = reading.ranges();
        // What a full queue does not take is asked for in the next turn.
        if self.orders.try_send(Order::Read { number, ranges }).is_ok() {
            asked.question = Some(Question {
                number,
                reading,
                until: self.now + READING,
            });
            *open += 1;
        }
        true
    }
}
