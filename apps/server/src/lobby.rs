//! The lobby: connections that have not joined, how long they may take, and what they wait for after their JOIN.
//!
//! They get nothing of what is said in the room. The lobby never waits, and the time is given.

use std::collections::BTreeMap;
use std::time::Instant;

#[cfg(feature = "tls")]
use hubbub_wire::Password;
use hubbub_wire::{Hex128, Username};

use self::claims::Claims;
#[cfg(feature = "admin")]
use crate::address::Network;
use crate::address::Origin;
#[cfg(feature = "cluster")]
use crate::event::Candidate;
use crate::event::{Event, Offered};
use crate::guests::Guest;
use crate::id::PeerId;
use crate::outbox::{Closing, Outbox};

#[cfg(test)]
pub(crate) use self::claims::{CLAIM_BYTES, OFFER_WAIT};
pub(crate) use self::claims::{Claim, Kept};

mod claims;
#[cfg(feature = "tls")]
mod comparisons;

/// A connection that has not joined.
#[derive(Debug)]
pub(crate) struct Stranger {
    /// Takes what the server says to it.
    pub(crate) outbox: Outbox,
    /// Where it comes from.
    pub(crate) from: Origin,
    /// The time by which it must send its JOIN.
    pub(crate) join_by: Instant,
    /// Its place among those that have not joined, which is free when it has.
    pub(crate) guest: Guest,
}

/// All connections that have not joined.
#[derive(Debug, Default)]
pub(crate) struct Lobby {
    /// Those that have not sent a JOIN, the oldest first.
    strangers: BTreeMap<PeerId, Stranger>,
    claims: Claims,
}

impl Lobby {
    /// Adds a new connection.
    pub(crate) fn enter(&mut self, peer: PeerId, stranger: Stranger) {
        self.strangers.insert(peer, stranger);
    }

    /// Whether a peer is one of them.
    #[must_use]
    pub(crate) fn has(&self, peer: PeerId) -> bool {
        self.strangers.contains_key(&peer) || self.claims.get(peer).is_some()
    }

    /// How many they are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.strangers.len() + self.claims.len()
    }

    /// When the next of them has taken too long. `None` if there is nobody.
    #[must_use]
    pub(crate) fn deadline(&mut self) -> Option<Instant> {
        // No other stranger has an earlier deadline than the oldest: all have the same time, from when they were let
        // in.
        let eldest = self.strangers.first_key_value();
        let eldest = eldest.map(|(_, stranger)| stranger.join_by);
        eldest.into_iter().chain(self.claims.deadline()).min()
    }

    /// A peer whose deadline for a JOIN, or for becoming a member after it, has passed.
    #[must_use]
    pub(crate) fn late(&mut self, now: Instant) -> Option<PeerId> {
        let eldest = self.strangers.first_key_value();
        let late = eldest.filter(|(_, stranger)| stranger.join_by <= now);
        let late = late.map(|(&peer, _)| peer);
        late.or_else(|| self.claims.late(now))
    }

    /// A peer whose JOIN has waited long enough for what comes after it.
    #[must_use]
    pub(crate) fn without_offer(&mut self, now: Instant) -> Option<PeerId> {
        self.claims.without_offer(now)
    }

    /// Notes that a stranger has sent a JOIN, which waits from now on, until this time at most. Returns `false` if the
    /// peer is not a stranger.
    pub(crate) fn claim(
        &mut self,
        peer: PeerId,
        name: Username<'static>,
        offered: Offered,
        until: Instant,
    ) -> bool {
        let Some(stranger) = self.strangers.remove(&peer) else {
            return false;
        };
        let claim = Claim::new(name, offered, stranger);
        self.claims.add(peer, claim, until);
        true
    }

    /// The JOIN of a peer, if it waits.
    #[must_use]
    pub(crate) fn claimed(&self, peer: PeerId) -> Option<&Claim> {
        self.claims.get(peer)
    }

    /// The peer whose JOIN waits and is registered with this secret.
    #[must_use]
    pub(crate) fn with_secret(&self, secret: Hex128) -> Option<PeerId> {
        self.claims.with_secret(secret)
    }

    /// From now on others find a JOIN that waits by the secret in its offer.
    pub(crate) fn register(&mut self, peer: PeerId) {
        self.claims.register(peer);
    }

    /// Notes what comes after a JOIN that waits. Returns whether it has waited for that.
    pub(crate) fn offered(&mut self, peer: PeerId, offered: Offered) -> bool {
        self.claims.offered(peer, offered)
    }

    /// Takes the offer out of a JOIN that waits.
    #[cfg(feature = "cluster")]
    pub(crate) fn take_offer(&mut self, peer: PeerId) -> Option<Candidate> {
        self.claims.take_offer(peer)
    }

    /// Lets a JOIN wait for what comes after it, but not for long.
    pub(crate) fn wait_for_offer(&mut self, peer: PeerId, now: Instant) {
        self.claims.wait_for_offer(peer, now);
    }

    /// Lets a JOIN wait for the comparison of the password in its offer.
    #[cfg(feature = "tls")]
    pub(crate) fn wait_for_comparison(&mut self, peer: PeerId) {
        self.claims.wait_for_comparison(peer);
    }

    /// A peer whose password is compared now, which counts for its address, and the password.
    #[cfg(feature = "tls")]
    #[must_use]
    pub(crate) fn compares(&mut self, now: Instant) -> Option<(PeerId, Password<'static>)> {
        self.claims.compares(now)
    }

    /// Whether a JOIN waits for the comparison of its password.
    #[cfg(feature = "tls")]
    #[must_use]
    pub(crate) fn awaits_comparison(&self, peer: PeerId) -> bool {
        self.claims.awaits_comparison(peer)
    }

    /// Whether a JOIN waits for what comes after it.
    #[cfg(feature = "tls")]
    #[must_use]
    pub(crate) fn awaits_offer(&self, peer: PeerId) -> bool {
        self.claims.awaits_offer(peer)
    }

    /// Lets a JOIN wait for the `bearer` of its name. If the bearer was `asked`, the JOIN waits for its answer: to a
    /// new question if the value is `true`, and to the last one if it is `false`. If not, the JOIN waits until the
    /// bearer is gone.
    pub(crate) fn wait_for(&mut self, bearer: PeerId, peer: PeerId, asked: Option<bool>) {
        self.claims.wait_for(bearer, peer, asked);
    }

    /// Keeps an event of a peer whose JOIN waits. `is_short` tells whether the memory for what waits is used up.
    pub(crate) fn keep(&mut self, event: Event, is_short: bool) -> Kept {
        self.claims.keep(event, is_short)
    }

    /// Returns the peers that waited for the answer that has just come from `bearer`.
    pub(crate) fn answered(&mut self, bearer: PeerId) -> Vec<PeerId> {
        self.claims.answered(bearer)
    }

    /// Returns all peers that waited for `bearer`, which is gone.
    pub(crate) fn freed(&mut self, bearer: PeerId) -> Vec<PeerId> {
        self.claims.freed(bearer)
    }

    /// Takes out a JOIN that waits.
    pub(crate) fn take_claim(&mut self, peer: PeerId) -> Option<Claim> {
        self.claims.take(peer)
    }

    /// Takes out a peer that goes, whether it has sent a JOIN or not.
    pub(crate) fn take(&mut self, peer: PeerId) -> Option<Stranger> {
        let claim = || Some(self.claims.take(peer)?.stranger);
        self.strangers.remove(&peer).or_else(claim)
    }

    /// Moves all deadlines by as much, but those for a JOIN not beyond `most`. It is `now`.
    #[cfg(feature = "cluster")]
    pub(crate) fn postpone(&mut self, by: std::time::Duration, now: Instant, most: Instant) {
        for stranger in self.strangers.values_mut() {
            stranger.join_by = (stranger.join_by + by).min(most.max(stranger.join_by));
        }
        self.claims.postpone(by, now, most);
    }

    /// Those whose JOIN under this name waits for the log or for another member, and what counts as their addresses.
    /// The others may still have to show a password, and learn nothing of names before.
    #[cfg(feature = "admin")]
    pub(crate) fn named(&self, name: &Username<'static>) -> Vec<(PeerId, Network)> {
        let is_next = |claim: &Claim| claim.name == *name && claim.waits_for_its_turn();
        let named = self.claims.iter().filter(|(_, claim)| is_next(claim));
        let network = |claim: &Claim| claim.stranger.from.address().network();
        let mut named: Vec<_> = named.map(|(peer, claim)| (peer, network(claim))).collect();
        named.sort_unstable();
        named
    }

    /// Those that come from an address.
    #[cfg(feature = "admin")]
    pub(crate) fn of(&self, network: Network) -> Vec<PeerId> {
        let strangers = self
            .strangers
            .iter()
            .map(|(&peer, stranger)| (peer, stranger));
        let claims = self
            .claims
            .iter()
            .map(|(peer, claim)| (peer, &claim.stranger));
        let is_there = |stranger: &Stranger| stranger.from.address().network() == network;
        let there = strangers
            .chain(claims)
            .filter(|(_, stranger)| is_there(stranger));
        let mut there: Vec<_> = there.map(|(peer, _)| peer).collect();
        there.sort_unstable();
        there
    }

    /// Where the server's words go to a peer that has not sent a JOIN.
    #[cfg(feature = "admin")]
    pub(crate) fn outbox(&self, peer: PeerId) -> Option<&Outbox> {
        self.strangers.get(&peer).map(|stranger| &stranger.outbox)
    }

    /// All of them, with where the server's words to them go.
    pub(crate) fn outboxes(&self) -> impl Iterator<Item = (PeerId, &Outbox)> {
        let strangers = self.strangers.iter();
        let strangers = strangers.map(|(&peer, stranger)| (peer, &stranger.outbox));
        strangers.chain(self.claims.outboxes())
    }

    /// Lets go of all of them. Returns what is still to be written.
    #[must_use]
    pub(crate) fn close(self) -> Vec<Closing> {
        self.outboxes().map(|(_, outbox)| outbox.stop()).collect()
    }
}
