//! The log: the order of all that happens in the room, and the places of what is said.
//!
//! The hub proposes, and applies what comes out of the log, in that order and never sooner. Nothing may rely on it that
//! a proposal comes out at once: a log on a disk or on other machines gives the order later.
//!
//! What was said last stays here for those who come later, and so does how far each session has counted. With a disk,
//! what is said comes out when it is kept there.

use std::collections::VecDeque;
use std::sync::Arc;

use hubbub_wire::{Hex64, Hex128, Id, Kept, Time};

use self::backlog::Backlog;
use self::keeping::Keeping;
pub(crate) use self::keeping::{Answer, Notice};
pub(crate) use self::replay::{Ask, Past, Replay};
use self::replay::{Range, Remembered};
use self::sessions::{Counted, Sessions};
#[cfg(all(test, feature = "cluster"))]
pub(crate) use self::stream::{AWAY, LIFE, OPEN, PATIENCE, READING, TRIES};
#[cfg(feature = "cluster")]
pub(crate) use self::stream::{Cluster, Happened, Pause};
use crate::event::Departure;
use crate::id::{Name, PeerId};
use crate::memory::{Held, Memory};
use crate::said::{Own, Said, Seq};
use crate::texts::Texts;

mod backlog;
mod disk;
#[cfg(feature = "history")]
pub(crate) mod history;
pub(crate) mod keeping;
mod recall;
mod replay;
pub(crate) mod sessions;
#[cfg(feature = "cluster")]
pub(crate) mod stream;

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
    /// The texts of a member do not follow those before them. Its connection must end, so that no acknowledgement
    /// covers what is missing.
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
    /// Something that only a stream orders.
    #[cfg(feature = "cluster")]
    InCluster(Happened),
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

/// A proposal in its place.
#[derive(Debug)]
struct Place {
    ordered: Ordered,
    /// What its texts are counted under.
    key: Option<Hex64>,
    /// It comes out when the disk has kept the orders up to this one.
    ticket: u64,
}

/// The order of what was proposed.
#[derive(Debug)]
pub(crate) struct Log {
    room: Hex128,
    /// What has not come out yet.
    ordered: VecDeque<Place>,
    /// How many of these may come out.
    ready: usize,
    /// How much memory these take, in bytes.
    size: usize,
    /// How much memory the others take, which wait for the disk.
    waiting: usize,
    /// The place that was given last.
    given: Seq,
    /// The place of the text that came out last.
    last: Seq,
    /// The time of the last proposal.
    now: Time,
    sessions: Sessions,
    backlog: Backlog,
    /// The disk, if there is one.
    keeping: Option<Keeping>,
    /// The stream, if the order is one.
    #[cfg(feature = "cluster")]
    stream: Option<Box<stream::Stream>>,
    remembered: Remembered<Range, u64>,
    remembered_of_disk: Remembered<(Ask, Seq), (Option<Seq>, bool, bool)>,
    has_recalled: bool,
    memory: Arc<Memory>,
    /// Everything that came out, for tests that hold it against what was shown.
    #[cfg(test)]
    pub(crate) all: Vec<Arc<Said>>,
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
            ready: 0,
            size: 0,
            waiting: 0,
            given: none,
            last: none,
            now: Time::from_unix_ms(0),
            sessions: Sessions::default(),
            backlog: Backlog::default(),
            keeping: None,
            #[cfg(feature = "cluster")]
            stream: None,
            remembered: Remembered::default(),
            remembered_of_disk: Remembered::default(),
            has_recalled: false,
            memory,
            #[cfg(test)]
            all: Vec::new(),
        }
    }

    /// Which log this is. Another id means another past.
    pub(crate) const fn room(&self) -> Hex128 {
        self.room
    }

    /// Which start this is.
    #[cfg(test)]
    pub(crate) const fn generation(&self) -> u64 {
        self.given.generation
    }

    /// How long messages are kept.
    pub(crate) fn kept(&self) -> Kept {
        #[cfg(feature = "cluster")]
        if let Some(stream) = &self.stream {
            return stream.kept();
        }
        let keeping = self.keeping.as_ref();
        keeping.map_or(Kept::Memory, |keeping| {
            Kept::Seconds(keeping.keep.as_secs())
        })
    }

    /// The place of the text that came out last.
    pub(crate) const fn last(&self) -> Seq {
        self.last
    }

    /// The message up to which a place reaches. Where this start had taken nothing, that is the newest of an earlier
    /// one: a client looks for it in what is replayed.
    pub(crate) fn message_at(&self, place: Seq) -> Seq {
        let keeping = self.keeping.as_ref().filter(|_| place.count == 0);
        keeping.and_then(|keeping| keeping.newest).unwrap_or(place)
    }

    /// The highest count under this key ([`Own::key`]) that came out; 0 for none.
    pub(crate) fn arrived(&self, key: Hex64) -> u64 {
        self.sessions.highest(key, self.now)
    }

    /// Asks for a place in the order. `time` never runs backwards.
    pub(crate) fn propose(&mut self, proposal: Proposal, time: Time) {
        #[cfg(feature = "cluster")]
        if self.stream.is_some() {
            return self.propose_to_stream(proposal);
        }
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
        let ticket = match (&mut self.keeping, &ordered) {
            (None, _) => 0,
            (Some(keeping), Ordered::Said { said, .. }) => {
                keeping.keep(said, key);
                keeping.ticket()
            }
            (Some(keeping), _) => keeping.ticket(),
        };
        self.waiting += ordered.size();
        self.ordered.push_back(Place {
            ordered,
            key,
            ticket,
        });
        self.release();
    }

    /// Lets come out what need not wait for the disk any more.
    fn release(&mut self) {
        let released = self.keeping.as_ref().map_or(u64::MAX, Keeping::released);
        while let Some(place) = self.ordered.get(self.ready)
            && place.ticket <= released
        {
            let size = place.ordered.size();
            self.waiting -= size;
            self.size += size;
            self.ready += 1;
        }
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
        self.ready = self.ready.checked_sub(1)?;
        let Place { ordered, key, .. } = self.ordered.pop_front()?;
        self.size -= ordered.size();
        if let Ordered::Said { said, .. } = &ordered {
            self.last = said.last();
            #[cfg(test)]
            self.all.push(Arc::clone(said));
            if let (Some(key), Some(last)) = (key, said.last_own()) {
                self.sessions.arrived(key, last.count);
            }
            self.backlog.push(Arc::clone(said));
        }
        Some(ordered)
    }

    /// How many bytes of memory are taken by what can come out now.
    #[must_use]
    pub(crate) const fn size(&self) -> usize {
        self.size
    }
}

#[cfg(test)]
mod tests;
