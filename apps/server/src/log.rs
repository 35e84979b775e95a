//! The log: the order of all that happens in the room.
//!
//! The hub proposes, and applies what comes out of the log, in that order and never sooner. Today a proposal comes out
//! at once, in the order in which the hub made it. Nothing may rely on that: a log on a disk or on other machines gives
//! the order later.

use std::collections::VecDeque;

use crate::event::Departure;
use crate::id::PeerId;
use crate::memory::Held;
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

impl Proposal {
    /// How much memory it takes, in bytes.
    fn size(&self) -> usize {
        let texts = match self {
            Self::Say { texts, .. } => texts.size(),
            Self::Join { .. } | Self::Leave { .. } => 0,
        };
        size_of::<Self>() + texts
    }
}

/// The proposals that are not ordered yet.
#[derive(Debug, Default)]
pub(crate) struct Log {
    proposed: VecDeque<Proposal>,
    size: usize,
}

impl Log {
    /// Asks for a place in the order.
    pub(crate) fn propose(&mut self, proposal: Proposal) {
        self.size += proposal.size();
        self.proposed.push_back(proposal);
    }

    /// Takes what is next in the order, if that is known.
    pub(crate) fn next(&mut self) -> Option<Proposal> {
        let proposal = self.proposed.pop_front()?;
        self.size -= proposal.size();
        Some(proposal)
    }

    /// How much memory the unordered proposals take, in bytes.
    #[must_use]
    pub(crate) const fn size(&self) -> usize {
        self.size
    }
}
