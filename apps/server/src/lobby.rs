//! Connections that have not joined: how long they may take, and what they wait for once they have said JOIN.
//!
//! They get nothing of what is said in the room. Plain: it never waits, and the time is given.

use std::collections::BTreeMap;
use std::time::Instant;

use hubbub_wire::Username;

use self::claims::Claims;
use crate::address::Origin;
use crate::event::Event;
use crate::id::PeerId;
use crate::outbox::{Closing, Outbox};

#[cfg(test)]
pub(crate) use self::claims::CLAIM_BYTES;
pub(crate) use self::claims::{Claim, Kept};

mod claims;

/// A connection that has not joined.
#[derive(Debug)]
pub(crate) struct Stranger {
    /// Where the server's words to it go.
    pub(crate) outbox: Outbox,
    /// Where it comes from.
    pub(crate) from: Origin,
    /// When it must have said JOIN.
    pub(crate) join_by: Instant,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Lobby {
    /// Those that have not said JOIN. The eldest come first.
    strangers: BTreeMap<PeerId, Stranger>,
    claims: Claims,
}

impl Lobby {
    /// A connection stands.
    pub(crate) fn enter(&mut self, peer: PeerId, stranger: Stranger) {
        self.strangers.insert(peer, stranger);
    }

    /// When the eldest stranger must have said JOIN. Later ones have later deadlines, as all have the same time.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let (_, eldest) = self.strangers.first_key_value()?;
        Some(eldest.join_by)
    }

    /// The eldest stranger, if its deadline is over.
    #[must_use]
    pub(crate) fn late(&self, now: Instant) -> Option<PeerId> {
        let (&peer, eldest) = self.strangers.first_key_value()?;
        (eldest.join_by <= now).then_some(peer)
    }

    /// A stranger has said JOIN, and waits from now on. Returns `false` when it is none.
    pub(crate) fn claim(&mut self, peer: PeerId, name: Username<'static>) -> bool {
        let Some(stranger) = self.strangers.remove(&peer) else {
            return false;
        };
        self.claims.add(peer, Claim::new(name, stranger));
        true
    }

    /// The name under which a peer wants to join that waits for it.
    #[must_use]
    pub(crate) fn claimed(&self, peer: PeerId) -> Option<&Username<'static>> {
        self.claims.name(peer)
    }

    /// Has a JOIN wait for what the `bearer` of its name answers: to a new question, or else to the last one.
    pub(crate) fn wait_for(&mut self, bearer: PeerId, peer: PeerId, is_new: bool) {
        self.claims.wait_for(bearer, peer, is_new);
    }

    /// Keeps what a peer says whose JOIN waits.
    pub(crate) fn keep(&mut self, event: Event) -> Kept {
        self.claims.keep(event)
    }

    /// Those who wait for the answer that has just come from `bearer`.
    pub(crate) fn answered(&mut self, bearer: PeerId) -> Vec<PeerId> {
        self.claims.answered(bearer)
    }

    /// All who wait for `bearer`, which has gone.
    pub(crate) fn freed(&mut self, bearer: PeerId) -> Vec<PeerId> {
        self.claims.freed(bearer)
    }

    /// Takes one whose JOIN waits.
    pub(crate) fn take_claim(&mut self, peer: PeerId) -> Option<Claim> {
        self.claims.take(peer)
    }

    /// Takes one that goes, whether it has said JOIN or not.
    pub(crate) fn take(&mut self, peer: PeerId) -> Option<Stranger> {
        let claim = || Some(self.claims.take(peer)?.stranger);
        self.strangers.remove(&peer).or_else(claim)
    }

    /// All of them, with where the server's words to them go.
    pub(crate) fn outboxes(&self) -> impl Iterator<Item = (PeerId, &Outbox)> {
        let strangers = self.strangers.iter();
        let strangers = strangers.map(|(&peer, stranger)| (peer, &stranger.outbox));
        strangers.chain(self.claims.outboxes())
    }

    /// Lets go of everybody, and returns what is still to be written.
    #[must_use]
    pub(crate) fn close(self) -> Vec<Closing> {
        self.outboxes().map(|(_, outbox)| outbox.watch()).collect()
    }
}
