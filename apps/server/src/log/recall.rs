//! What the log answers to those who ask of the past: from memory where memory has it, else from the disk.

use hubbub_wire::Token;

use super::Log;
use super::replay::{Ask, Line, Page, Past, Range, Replay};
use crate::batch::Batch;
use crate::said::Seq;

impl Log {
    /// Answers what a member asks of the past, who had seen everything up to the place `seen` before it came. `until`
    /// is the place of its JOIN.
    pub(crate) fn replay(&mut self, ask: &Ask, until: Seq, seen: Option<Seq>) -> Past {
        // What lies before a place is the same for all who ask.
        let until = match ask {
            Ask::Before(..) => Seq {
                count: 0,
                ..self.given
            },
            _ => until,
        };
        let replay = self.recall(ask, until.count);
        #[cfg(feature = "cluster")]
        if self.stream.is_some() {
            return Past::Here(self.beside_stream(ask, until.count, replay));
        }
        let is_complete = self.is_complete(ask, until.count, &replay);
        let since = match ask {
            Ask::Since(room, place) if !is_complete => Some((*room, place.clone())),
            _ => None,
        };
        let seen = seen.filter(|seen| seen.generation == self.given.generation);
        // What is said of the rest here is more than memory knows.
        let is_whole = since.is_none() || !self.newest(0, until.count, u32::MAX).more;
        match &mut self.keeping {
            None => Past::Here(replay),
            Some(keeping) if is_complete => {
                let is_since = matches!(ask, Ask::Since(..));
                let more = replay.more || (!is_since && keeping.newest.is_some());
                Past::Here(Replay { more, ..replay })
            }
            Some(keeping) if keeping.is_deaf() => Past::Here(cut_off(replay)),
            Some(keeping) => {
                if let Some(kept) = keeping.kept_until() {
                    // What the disk does not have is in memory, or lost. The rest can still be read, on demand.
                    let has_rest = match self.backlog.first() {
                        Some(first) => first <= kept + 1,
                        None => self.last.count <= kept,
                    };
                    // Who has seen so much of this start needs nothing from the disk. What the disk was given, and has
                    // yet to keep, would come out of order.
                    if !has_rest && seen.is_some_and(|seen| seen.count >= kept) {
                        return Past::Here(cut_off(replay));
                    }
                    if let (Some(since), Some(first), Some(_)) =
                        (since, self.backlog.first(), &replay.texts)
                    {
                        let below = Seq {
                            count: first - 1,
                            ..self.given
                        };
                        let page = Replay {
                            more: !is_whole,
                            ..replay
                        };
                        return Past::Later(keeping.ask_whether(since, below, page));
                    }
                    if replay.texts.is_some() {
                        let (more, lost) = (true, false);
                        return Past::Here(Replay {
                            more,
                            lost,
                            ..replay
                        });
                    }
                }
                let key = (ask.clone(), until);
                match self.remembered_of_disk.find(&key) {
                    Some(((after, more, lost), texts)) => Past::Here(Replay {
                        texts: Some(texts),
                        after,
                        more,
                        lost,
                    }),
                    None => Past::Later(keeping.ask(ask, until)),
                }
            }
        }
    }

    /// Whether the disk has nothing to add to an answer from memory.
    fn is_complete(&self, ask: &Ask, until: u64, replay: &Replay) -> bool {
        match ask {
            Ask::Recent(most) => *most == 0 || replay.more,
            Ask::Before(place, _) => replay.more && self.count_of(place).is_some(),
            Ask::Since(room, place) => {
                let since = self.count_of(place).filter(|_| *room == self.room);
                since.is_some_and(|since| since >= until || self.has(since))
            }
            Ask::Whether(..) => false,
        }
    }

    /// Whether memory has the text of this count.
    fn has(&self, count: u64) -> bool {
        self.backlog.first().is_some_and(|first| first <= count)
    }

    /// Answers from memory what the disk was asked.
    pub(super) fn recall_without_disk(&mut self, ask: &Ask, until: Seq) -> Replay {
        cut_off(self.recall(ask, until.count))
    }

    /// What memory has of the past.
    fn recall(&mut self, ask: &Ask, until: u64) -> Replay {
        match ask {
            &Ask::Recent(most) => self.newest(0, until, most),
            Ask::Since(room, place) | Ask::Whether(room, place) => {
                let since = match self.count_of(place) {
                    // Everything is new to somebody who comes from another room.
                    _ if *room != self.room => Some(0),
                    since => since,
                };
                let kept = self.backlog.first().unwrap_or(self.last.count + 1);
                let lost = since.is_none_or(|since| since < until && since + 1 < kept);
                let replay = self.newest(since.unwrap_or(0), until, u32::MAX);
                // Nobody knows what somebody has seen whose place is unknown.
                let more = replay.more && since.is_some();
                // Where there is more, what is lost is older than that, and is told when that is asked for.
                let lost = lost && !more;
                Replay {
                    more,
                    lost,
                    ..replay
                }
            }
            &Ask::Before(ref place, most) => {
                let Some(before) = self.count_of(place) else {
                    return Replay::LOST;
                };
                let replay = self.newest(0, before.saturating_sub(1), most);
                let kept = self.backlog.first().unwrap_or(self.last.count + 1);
                let lost = !replay.more && kept > 1 && before > 1;
                Replay { lost, ..replay }
            }
        }
    }

    /// The count of a place. `None` if this log never gave it.
    pub(crate) fn count_of(&self, place: &Token<'_>) -> Option<u64> {
        let Seq { generation, count } = Seq::parse(place.as_str())?;
        (generation == self.given.generation && count <= self.last.count).then_some(count)
    }

    /// The newest texts after the count `above`, up to the count `until`.
    pub(super) fn newest(&mut self, above: u64, until: u64, most: u32) -> Replay {
        let kept = self.backlog.first().unwrap_or(u64::MAX);
        let range = (above.max(kept.saturating_sub(1)), until, most);
        let found = self.remembered.find(&range).or_else(|| {
            let (first, bytes) = self.encode(range)?;
            let texts = Batch::alone(bytes, &self.memory);
            self.remembered.remember(range, first, &texts);
            Some((first, texts))
        });
        let first = found
            .as_ref()
            .map_or(until.saturating_add(1), |(first, _)| *first);
        Replay {
            after: None,
            texts: found.map(|(_, texts)| texts),
            more: range.0 + 1 < first,
            lost: false,
        }
    }

    /// The frames of the newest texts in this range, and the count of the first of them.
    fn encode(&self, (above, until, most): Range) -> Option<(u64, Vec<u8>)> {
        let mut page = Page::new(most);
        let mut first = None;
        'full: for said in self.backlog.newest_first(until) {
            let texts: Vec<_> = said.iter().collect();
            for (seq, own, payload) in texts.into_iter().rev() {
                if seq.count > until {
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
                if seq.count <= above || !page.add(&line) {
                    break 'full;
                }
                first = Some(seq.count);
            }
        }
        Some((first?, page.finish()?))
    }
}

/// What memory has of a past of which the disk has more, when the disk cannot be asked.
pub(super) fn cut_off(replay: Replay) -> Replay {
    let lost = replay.lost || !replay.more;
    Replay { lost, ..replay }
}
