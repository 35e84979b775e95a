//! The log: the order of all that happens in the room, and the places of what is said.
//!
//! The hub proposes, and applies what comes out of the log, in that order and never sooner. Nothing may rely on it that a
//! proposal comes out at once: a log on a disk or on other machines gives the order later.

use std::collections::VecDeque;
use std::sync::Arc;

use hubbub_wire::Time;

use crate::event::Departure;
use crate::id::{Name, PeerId};
use crate::memory::Held;
use crate::said::{Own, Said, Seq};
use crate::texts::Texts;

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
            Self::Join { .. } | Self::Left { .. } => 0,
        };
        size_of::<Self>() + texts
    }
}

/// The order of what was proposed.
#[derive(Debug)]
pub(crate) struct Log {
    /// What has not come out yet.
    ordered: VecDeque<Ordered>,
    size: usize,
    /// The place that was given last.
    last: Seq,
}

impl Log {
    /// An empty log of this generation.
    pub(crate) fn new(generation: u64) -> Self {
        Self {
            ordered: VecDeque::new(),
            size: 0,
            last: Seq {
                generation,
                count: 0,
            },
        }
    }

    /// Asks for a place in the order. `time` never runs backwards.
    pub(crate) fn propose(&mut self, proposal: Proposal, time: Time) {
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
                let first = self.last.after(1);
                let said = Arc::new(Said {
                    name,
                    first,
                    time,
                    own: own.map(|own| own.id),
                    texts,
                });
                self.last = said.last();
                Ordered::Said { peer, said, held }
            }
        };
        self.size += ordered.size();
        self.ordered.push_back(ordered);
    }

    /// Takes what is next in the order, if that is known.
    pub(crate) fn next(&mut self) -> Option<Ordered> {
        let ordered = self.ordered.pop_front()?;
        self.size -= ordered.size();
        Some(ordered)
    }

    /// How much memory it takes, in bytes, what has not come out yet.
    #[must_use]
    pub(crate) const fn size(&self) -> usize {
        self.size
    }
}
