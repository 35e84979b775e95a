//! How members come in a cluster, until the stream has decided: a JOIN waits in the lobby while the room takes none,
//! before the node has its place and in a pause. It is proposed when the room goes on, and the lobby bounds how many
//! wait.
//!
//! A program of ours does not wait for long: it is told that the room is paused, and tries another node.

use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Hub;
use super::elsewhere::ticket_for;
use crate::address::Address;
use crate::batch::Batch;
use crate::event::Departure;
use crate::id::PeerId;
use crate::log::Proposal;
use crate::outbox::Delivery;
use crate::room::Ticket;
use crate::words;

/// How long a program of ours waits without a word. It takes a grant for late after five seconds.
pub(super) const WORD: Duration = Duration::from_secs(3);

impl Hub {
    /// Whether a JOIN has to wait until the room takes some.
    pub(super) fn comes_too_early(&mut self, peer: PeerId) -> bool {
        let is_early = self.log.is_stream() && self.takes_no_joins();
        if is_early && self.lobby.claimed(peer).is_some() {
            self.cluster.arrivals += 1;
            let arrivals = self.cluster.arrivals;
            self.cluster.early.entry(peer).or_insert(arrivals);
            self.waits(peer);
        }
        is_early
    }

    fn takes_no_joins(&self) -> bool {
        !self.cluster.has_started || self.log.is_paused()
    }

    /// Lets those join who have waited, if the room takes them.
    pub(super) fn let_in(&mut self) {
        if self.cluster.early.is_empty() || self.takes_no_joins() {
            return;
        }
        let mut early: Vec<_> = mem::take(&mut self.cluster.early).into_iter().collect();
        early.sort_unstable_by_key(|&(_, arrival)| arrival);
        for (peer, _) in early {
            self.propose_join(peer);
        }
    }

    /// Proposes a JOIN that waits in the lobby.
    pub(super) fn joins_in_cluster(&mut self, peer: PeerId) {
        let Some(claim) = self.lobby.claimed(peer) else {
            return;
        };
        let name = Arc::new(claim.name.clone());
        let ticket = claim.offered.offer().map(Ticket::of);
        self.cluster.joining.insert(peer, None);
        self.waits(peer);
        self.log
            .propose_join(peer, name, ticket.as_ref().map(ticket_for));
    }

    /// Whether the JOIN of a peer is on its way.
    pub(super) fn is_joining(&self, peer: PeerId) -> bool {
        self.cluster.joining.contains_key(&peer)
    }

    /// Whether a peer whose JOIN waits has nothing to say if it goes: what a program of ours has said comes again.
    pub(super) fn goes_in_vain(&self, peer: PeerId) -> bool {
        let claim = self.lobby.claimed(peer);
        let is_vain = claim.is_some_and(|claim| claim.offered.is_offer() || claim.mail.is_empty());
        is_vain && self.cluster.early.contains_key(&peer)
    }

    /// A peer goes whose JOIN may be on its way.
    pub(super) fn goes_from_lobby(&mut self, peer: PeerId) {
        self.waits_no_longer(peer);
        if let Some(from) = self.cluster.joining.get_mut(&peer)
            && let Some(claim) = self.lobby.claimed(peer)
        {
            *from = Some(Arc::clone(claim.stranger.from.address()));
        }
    }

    /// An offer has come after its JOIN. If that waits for the stream, it is that of a program of ours.
    pub(super) fn waits_with_offer(&mut self, peer: PeerId) {
        if self.cluster.early.contains_key(&peer) || self.is_joining(peer) {
            self.waits(peer);
        }
    }

    /// A peer waits for the stream from now on.
    fn waits(&mut self, peer: PeerId) {
        let claim = self.lobby.claimed(peer);
        if claim.is_some_and(|claim| claim.offered.is_offer()) {
            self.cluster.waiting.entry(peer).or_insert(self.now);
        }
    }

    /// A peer has its answer, or goes.
    pub(super) fn waits_no_longer(&mut self, peer: PeerId) {
        self.cluster.early.remove(&peer);
        self.cluster.waiting.remove(&peer);
    }

    /// When the first of those who wait is to be told why.
    pub(super) fn word_at(&self) -> Option<Instant> {
        let first = self.cluster.waiting.values().min();
        first
            .filter(|_| self.takes_no_joins())
            .map(|&since| since + WORD)
    }

    /// Tells those who have waited long enough that the room is paused, and lets them go: they come again, or go to
    /// another node.
    pub(super) fn tell_who_waits(&mut self) {
        if self.word_at().is_none_or(|at| self.now < at) {
            return;
        }
        let waiting = self.cluster.waiting.iter();
        let long = waiting.filter(|&(_, &since)| since + WORD <= self.now);
        let long: Vec<PeerId> = long.map(|(&peer, _)| peer).collect();
        for peer in long {
            if let Some(claim) = self.lobby.claimed(peer) {
                let outbox = &claim.stranger.outbox;
                outbox.refuse();
                let word = words::notice(&claim.name, words::Code::Paused, words::PAUSED);
                let _ = outbox.push(Delivery::all(Batch::alone(word, &self.queued)));
            }
            self.waits_no_longer(peer);
            self.depart(peer, Departure::Unanswered);
        }
    }

    /// A peer is a member now that went while its JOIN was on its way.
    pub(super) fn has_gone_already(&mut self, peer: PeerId, from: Option<Arc<Address>>) {
        let why = Departure::Closed;
        let grace = self.settings.grace;
        if let Some(address) = from
            && !grace.is_zero()
            && self.room.can_come_back(peer)
            && self.absent.has_room(&address)
        {
            self.absent.add(peer, why, &address, self.now + grace);
            self.addresses.insert(peer, address);
            return;
        }
        self.room.void_secret(peer);
        self.log.propose(Proposal::Leave { peer, why }, self.time);
    }
}
