//! The order: what was proposed first, what next.
//!
//! The hub proposes, and applies what comes out of here, in that order and never sooner. Today the order is the hub's own
//! and a proposal comes out at once. Nothing may rely on that: a log on a disk or on other machines gives it later.

use std::collections::VecDeque;

use crate::event::{Departure, Texts};
use crate::id::PeerId;
use crate::memory::Held;

/// Something that may happen when its turn comes.
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

/// The proposals that have no place yet.
#[derive(Debug, Default)]
pub(crate) struct Log {
    proposed: VecDeque<Proposal>,
}

impl Log {
    /// Asks for a place.
    pub(crate) fn propose(&mut self, proposal: Proposal) {
        self.proposed.push_back(proposal);
    }

    /// What is next in the order, if that is known.
    pub(crate) fn next(&mut self) -> Option<Proposal> {
        self.proposed.pop_front()
    }
}
