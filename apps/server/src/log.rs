//! The log: the order of all that happens in the room, and the places of what is said.
//!
//! The hub proposes, and applies what comes out of the log, in that order and never sooner. Nothing may rely on it that a
//! proposal comes out at once: a log on a disk or on other machines gives the order later.
//!
//! What was said last stays here for those who come later, and so does how far each session has counted.

use std::collections::VecDeque;
use std::sync::Arc;

use hubbub_wire::{Hex64, Hex128, Id, Kept, Time, Token};

use self::backlog::Backlog;
pub(crate) use self::replay::{Ask, Past, Replay};
use self::replay::{Line, Page, Range, Remembered};
use self::sessions::{Counted, Sessions};
use crate::batch::Batch;
use crate::event::Departure;
use crate::id::{Name, PeerId};
use crate::memory::{Held, Memory};
use crate::said::{Own, Said, Seq};
use crate::texts::Texts;

mod backlog;
mod replay;
mod sessions;

/// Something that happens when its turn comes, if it still can.
#[derive(Debug)]
pub(crate) enum Proposal {
    /// A peer joins. Its name is kept in the lobby.
    Join {
        /// Which.
        peer: PeerId,
    },
    /// A member says something.
    Say {
        /// Which.
        peer: PeerId,
        /// Under which name.
        name: Name,
        /// Its own name for the first text, if it has a grant, and what to count that under.
        own: Option<Own>,
        /// What, in order.
        texts: Texts,
        /// Counts the texts for as long as they wait.
        held: Held,
    },
    /// A member goes.
    Leave {
        /// Which.
        peer: PeerId,
        /// Why.
        why: Departure,
    },
}

/// A proposal whose turn has come.
#[derive(Debug)]
pub(crate) enum Ordered {
    /// A peer joins.
    Join {
        /// Which.
        peer: PeerId,
        /// When.
        time: Time,
    },
    /// A member says something.
    Said {
        /// Which.
        peer: PeerId,
        /// What, and where it stands.
        said: Arc<Said>,
        /// Counts the texts.
        held: Held,
    },
    /// A member said something that is in the log already: to be acknowledged, and not to be said.
    Known {
        /// Which.
        peer: PeerId,
        /// All texts of its session up to this one are in the log.
        id: Id,
        /// The place of that one.
        seq: Seq,
    },
    /// The texts of a member do not follow those before them. Its connection must end, so that no acknowledgement covers
    /// what is missing.
    Broken {
        /// Which.
        peer: PeerId,
    },
    /// A member goes.
    Left {
        /// Which.
        peer: PeerId,
        /// Why.
        why: Departure,
        /// When.
        time: Time,
    },
}

impl Ordered {
    /// How much memory it takes, in bytes.
    fn size(&self) -> usize {
        let texts = match self {
            Self::Said { said, .. } => said.texts.size() + size_of::<Said>(),
            _ => 0,
        };
        size_of::<Self>() + texts
    }
}

/// The order of what was proposed.
#[derive(Debug)]
pub(crate) struct Log {
    room: Hex128,
    /// What has not come out yet, and the key under which it was counted.
    ordered: VecDeque<(Ordered, Option<Hex64>)>,
    size: usize,
    /// The place that was given last.
    given: Seq,
    /// The place of the text that came out last.
    last: Seq,
    /// The time of the last proposal.
    now: Time,
    sessions: Sessions,
    backlog: Backlog,
    remembered: Remembered,
    memory: Arc<Memory>,
}

impl Log {
    /// An empty log, with numbers that were drawn for it. Replays count as used `memory`.
    pub(crate) fn new(room: Hex128, generation: u64, memory: Arc<Memory>) -> Self {
        let none = Seq {
            generation,
            count: 0,
        };
        Self {
            room,
            ordered: VecDeque::new(),
            size: 0,
            given: none,
            last: none,
            now: Time::from_unix_ms(0),
            sessions: Sessions::default(),
            backlog: Backlog::default(),
            remembered: Remembered::default(),
            memory,
        }
    }

    /// Which log this is. Another id means another past.
    pub(crate) const fn room(&self) -> Hex128 {
        self.room
    }

    /// How long messages are kept.
    pub(crate) const fn kept(&self) -> Kept {
        Kept::Memory
    }

    /// The place of the text that came out last.
    pub(crate) const fn last(&self) -> Seq {
        self.last
    }

    /// The highest count under this key ([`Own::key`]) that came out; 0 for none.
    pub(crate) fn arrived(&self, key: Hex64) -> u64 {
        self.sessions.highest(key, self.now)
    }

    /// Asks for a place in the order. `time` never runs backwards.
    pub(crate) fn propose(&mut self, proposal: Proposal, time: Time) {
        self.now = time;
        let mut key = None;
        let ordered = match proposal {
            Proposal::Join { peer } => Ordered::Join { peer, time },
            Proposal::Leave { peer, why } => Ordered::Left { peer, why, time },
            Proposal::Say {
                peer,
                name,
                own,
                texts,
                held,
            } => {
                key = own.map(|own| own.key);
                match self.say(name, own, texts) {
                    Ok(said) => Ordered::Said { peer, said, held },
                    Err(Counted::Known(id, seq)) => Ordered::Known { peer, id, seq },
                    Err(_) => Ordered::Broken { peer },
                }
            }
        };
        self.size += ordered.size();
        self.ordered.push_back((ordered, key));
    }

    /// Gives texts their places, apart from those that are in the log already.
    fn say(
        &mut self,
        name: Name,
        own: Option<Own>,
        mut texts: Texts,
    ) -> Result<Arc<Said>, Counted> {
        let mut id = own.map(|own| own.id);
        if let (Some(own), Some(first)) = (own, &mut id) {
            match self.sessions.count(own, texts.count() as u64, self.now) {
                Counted::New { known: 0 } => {}
                Counted::New { known } => {
                    first.count += known;
                    texts.skip(usize::try_from(known).unwrap_or(usize::MAX));
                }
                other => return Err(other),
            }
        }
        let said = Arc::new(Said {
            name,
            first: self.given.after(1),
            time: self.now,
            own: id,
            texts,
        });
        self.given = said.last();
        if let (Some(own), Some(last)) = (own, said.last_own()) {
            self.sessions
                .proposed(own.key, last.count, self.given, self.now);
        }
        Ok(said)
    }

    /// Takes what is next in the order, if that is known.
    pub(crate) fn next(&mut self) -> Option<Ordered> {
        let (ordered, key) = self.ordered.pop_front()?;
        self.size -= ordered.size();
        if let Ordered::Said { said, .. } = &ordered {
            self.last = said.last();
            if let (Some(key), Some(last)) = (key, said.last_own()) {
                self.sessions.arrived(key, last.count);
            }
            self.backlog.push(Arc::clone(said));
        }
        Some(ordered)
    }

    /// How much memory it takes, in bytes, what has not come out yet.
    #[must_use]
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Answers what a member asks of the past. `until` is the place of its JOIN.
    pub(crate) fn replay(&mut self, ask: &Ask, until: Seq) -> Past {
        Past::Here(self.recall(ask, until.count))
    }

    /// What memory has of the past.
    fn recall(&mut self, ask: &Ask, until: u64) -> Replay {
        match ask {
            &Ask::Recent(most) => self.newest(0, until, most),
            Ask::Since(room, place) => {
                let since = match self.count_of(place) {
                    // Everything is new to somebody who comes from another room.
                    _ if *room != self.room => Some(0),
                    since => since,
                };
                let kept = self.backlog.first().unwrap_or(self.last.count + 1);
                let lost = since.is_none_or(|since| since < until && since + 1 < kept);
                let replay = self.newest(since.unwrap_or(0), until, u32::MAX);
                Replay { lost, ..replay }
            }
            &Ask::Before(ref place, most) => {
                let Some(before) = self.count_of(place) else {
                    let (texts, more, lost) = (None, false, true);
                    return Replay { texts, more, lost };
                };
                let replay = self.newest(0, before.saturating_sub(1), most);
                let kept = self.backlog.first().unwrap_or(self.last.count + 1);
                let lost = !replay.more && kept > 1 && before > 1;
                Replay { lost, ..replay }
            }
        }
    }

    /// The count of a place. `None` if this log never gave it.
    fn count_of(&self, place: &Token<'_>) -> Option<u64> {
        let Seq { generation, count } = Seq::parse(place.as_str())?;
        (generation == self.given.generation && count <= self.last.count).then_some(count)
    }

    /// The newest texts after the count `above`, up to the count `until`.
    fn newest(&mut self, above: u64, until: u64, most: u32) -> Replay {
        let kept = self.backlog.first().unwrap_or(u64::MAX);
        let range = (above.max(kept.saturating_sub(1)), until, most);
        let found = self.remembered.find(range).or_else(|| {
            let (first, bytes) = self.encode(range)?;
            let texts = Batch::alone(bytes, &self.memory);
            self.remembered.remember(range, first, &texts);
            Some((first, texts))
        });
        let first = found
            .as_ref()
            .map_or(until.saturating_add(1), |(first, _)| *first);
        Replay {
            texts: found.map(|(_, texts)| texts),
            more: kept < first,
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

#[cfg(test)]
mod tests;
