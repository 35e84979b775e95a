//! The past of a stream: memory has the end of it, and what lies before that is read from the stream, one page at a
//! time.

use std::time::{Duration, Instant};

use hubbub_wire::{Time, Token};

use super::super::recall::cut_off;
use super::super::replay::{Ask, Line, Page, Past as Answered, Replay};
use crate::batch::Batch;
use crate::cluster::Order;
use crate::cluster::replica::Reading;
use crate::log::Log;
use crate::said::Seq;

/// How long the stream may take to be read. After that, what is older than memory counts as lost: whoever asks again
/// may be luckier.
pub(super) const READING: Duration = Duration::from_secs(10);

/// Who waits for a page of the stream.
#[derive(Debug)]
struct Asked {
    number: u64,
    before: Token<'static>,
    most: u32,
    reading: Reading,
    waiting: Vec<flume::Sender<Replay>>,
    until: Instant,
}

/// The questions that the stream has still to answer.
#[derive(Debug, Default)]
pub(super) struct Past {
    asked: Vec<Asked>,
    questions: u64,
}

impl Past {
    /// When the first of them will have taken too long.
    pub(super) fn deadline(&self) -> Option<Instant> {
        Some(self.asked.first()?.until)
    }

    /// Whether one of them has taken too long.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|until| until <= now)
    }
}

impl Log {
    /// Answers what a member asks of the past: from memory as far as that goes. `replay` is what memory has.
    pub(in crate::log) fn replay_of_stream(
        &mut self,
        ask: &Ask,
        until: u64,
        replay: Replay,
    ) -> Answered {
        let Some(stream) = &self.stream else {
            return Answered::Here(replay);
        };
        let first = self.backlog.first().unwrap_or(self.last.count + 1);
        let oldest = stream.replica.first().unwrap_or(first);
        let has_older = oldest < first;
        match ask {
            Ask::Recent(_) => Answered::Here(Replay {
                more: replay.more || has_older,
                ..replay
            }),
            Ask::Since(room, place) => {
                let since = self.count_of(place).filter(|_| *room == self.room);
                let is_missing = since.is_some_and(|since| since < until && since + 1 < first);
                let more = replay.more || (is_missing && has_older);
                Answered::Here(Replay {
                    more,
                    lost: replay.lost && !more,
                    ..replay
                })
            }
            Ask::Before(before, most) if !replay.more && has_older => {
                if replay.texts.is_some() {
                    let (more, lost) = (true, false);
                    return Answered::Here(Replay {
                        more,
                        lost,
                        ..replay
                    });
                }
                let Some(count) = self.count_of(before) else {
                    return Answered::Here(replay);
                };
                if count <= oldest {
                    let lost = count > 1;
                    return Answered::Here(Replay { lost, ..replay });
                }
                self.read_stream(before, *most, count, replay)
            }
            Ask::Before(..) | Ask::Whether(..) => Answered::Here(replay),
        }
    }

    /// Has the stream read, unless somebody else waits for the same page.
    fn read_stream(
        &mut self,
        before: &Token<'static>,
        most: u32,
        count: u64,
        replay: Replay,
    ) -> Answered {
        let Some(stream) = self
            .stream
            .as_deref_mut()
            .filter(|stream| !stream.is_paused)
        else {
            return Answered::Here(cut_off(replay));
        };
        let (sender, receiver) = flume::bounded(1);
        let past = &mut stream.past;
        let mut same = past.asked.iter_mut();
        if let Some(asked) = same.find(|asked| asked.before == *before && asked.most == most) {
            asked.waiting.push(sender);
            return Answered::Later(receiver);
        }
        let Some(reading) = stream.replica.reading(count, most) else {
            return Answered::Here(cut_off(replay));
        };
        past.questions += 1;
        let number = past.questions;
        let order = Order::Read {
            number,
            ranges: reading.ranges(),
        };
        if stream.orders.try_send(order).is_err() {
            return Answered::Here(cut_off(replay));
        }
        past.asked.push(Asked {
            number,
            before: before.clone(),
            most,
            reading,
            waiting: vec![sender],
            until: stream.now + READING,
        });
        Answered::Later(receiver)
    }

    /// The stream was read.
    pub(super) fn was_read(&mut self, number: u64, records: &[(u64, Time, Vec<u8>)]) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let asked = &mut stream.past.asked;
        let Some(at) = asked.iter().position(|asked| asked.number == number) else {
            return;
        };
        let asked = asked.remove(at);
        let (generation, before) = (self.given.generation, Seq::parse(asked.before.as_str()));
        let before = before.map_or(0, |before| before.count);
        let mut page = Page::new(asked.most);
        let mut first = before;
        let said = stream.replica.past(&asked.reading, records);
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
        self.has_recalled = true;
        let replay = Replay {
            texts: texts.map(|bytes| Batch::alone(bytes, &self.memory)),
            after: None,
            more,
            lost,
        };
        for waiting in asked.waiting {
            let _ = waiting.try_send(replay.clone());
        }
    }

    /// Nobody waits any longer for a stream that is not read: those that were to wait until this time, or all.
    pub(super) fn answer_without_stream(&mut self, now: Option<Instant>) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let is_over = |asked: &mut Asked| now.is_none_or(|now| asked.until <= now);
        let asked: Vec<_> = stream.past.asked.extract_if(.., is_over).collect();
        self.has_recalled |= !asked.is_empty();
        for waiting in asked.into_iter().flat_map(|asked| asked.waiting) {
            let _ = waiting.try_send(Replay {
                texts: None,
                after: None,
                more: false,
                lost: true,
            });
        }
    }
}
