//! Claims: JOINs that wait: for what comes after them, for the comparison of a password, for their place in the log, or
//! for a name that a member bears.
//!
//! A client that closes a connection and opens another is often faster than the news of the close. So the bearer's task
//! is asked whether its connection still stands. The JOIN waits, with everything that follows it, until the bearer has
//! answered or is gone. The hub does not wait. The task always answers, by `StillHere` or by the bearer's departure.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

#[cfg(feature = "tls")]
use hubbub_wire::Password;
use hubbub_wire::{Hex128, Username};

use super::Stranger;
#[cfg(feature = "tls")]
use super::comparisons::Comparisons;
#[cfg(feature = "cluster")]
use crate::event::Candidate;
use crate::event::{Event, Offered};
use crate::id::{ByPeer, PeerId};
use crate::outbox::Outbox;

/// How much of what follows a JOIN may wait with it for the bearer's answer, in bytes. The answer takes milliseconds.
/// In that time a person types less than this; one text of any length may wait too. A peer that says more is refused at
/// once, and so is one that waits for the comparison of its password. A peer that waits for the log may say more, but
/// only while there is memory for it.
pub(crate) const CLAIM_BYTES: usize = 64 * 1024;

/// How long a JOIN waits for what comes after it, where its fate hangs on that. A program of ours sends both in one
/// write, and no line delays the second half of one by as much.
pub(crate) const OFFER_WAIT: Duration = Duration::from_secs(1);

/// A JOIN that waits.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Under which name.
    pub(crate) name: Username<'static>,
    /// What comes directly after it.
    pub(crate) offered: Offered,
    /// Whose.
    pub(crate) stranger: Stranger,
    /// What the peer has said since, and its end.
    pub(crate) mail: Vec<Event>,
    bytes: usize,
    awaits: Awaits,
    /// The secret under which others find it.
    secret: Option<Hex128>,
}

/// What a JOIN waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    /// Its place in the log, or the end of the bearer of its name.
    Order,
    /// An answer of the bearer of its name.
    Answer,
    /// What comes after it.
    Offer,
    /// That its password is compared.
    #[cfg(feature = "tls")]
    Comparison,
}

impl Claim {
    pub(super) fn new(name: Username<'static>, offered: Offered, stranger: Stranger) -> Self {
        Self {
            name,
            offered,
            stranger,
            mail: Vec::new(),
            bytes: 0,
            awaits: Awaits::Order,
            secret: None,
        }
    }

    /// Whether it waits for the log or another member, and for nothing of its own.
    #[cfg(feature = "admin")]
    pub(super) const fn waits_for_its_turn(&self) -> bool {
        matches!(self.awaits, Awaits::Order | Awaits::Answer)
    }

    /// From now on it waits for this. While it waits for the log or for another member, it goes last if there are too
    /// many that have not joined. Else anybody could hold a place by saying something, and a wrong password is
    /// something too.
    fn waits_for(&mut self, awaits: Awaits) {
        self.awaits = awaits;
        match awaits {
            Awaits::Order | Awaits::Answer => self.stranger.guest.waits(),
            Awaits::Offer => self.stranger.guest.waits_no_longer(),
            #[cfg(feature = "tls")]
            Awaits::Comparison => self.stranger.guest.waits_no_longer(),
        }
    }
}

/// What became of an event, whose peer may be one that waits.
#[derive(Debug)]
pub(crate) enum Kept {
    /// It is kept until the peer has joined.
    Yes,
    /// It is not kept, since its peer does not wait.
    No(Event),
    /// It is not kept, since this peer has said too much to wait any longer for a name or with a password.
    TooMuch(PeerId),
    /// It is not kept, since there is no memory for what this peer says while it waits for the log.
    NoRoom(PeerId),
}

/// All JOINs that wait.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_claimant: ByPeer<Claim>,
    /// For each bearer, the peers that wait for its next answer, then those that wait for the one after it, and so on.
    /// Peers are in the order in which they came.
    by_bearer: ByPeer<VecDeque<Vec<PeerId>>>,
    by_secret: HashMap<Hex128, PeerId>,
    /// Until when each of them may wait at most, the first first. Some may have stopped waiting, here and below.
    deadlines: VecDeque<(Instant, PeerId)>,
    /// Until when those wait that wait for what comes after their JOIN, the first first.
    offers: VecDeque<(Instant, PeerId)>,
    /// Those whose password is compared when the turn of their address comes.
    #[cfg(feature = "tls")]
    comparisons: Comparisons,
}

impl Claims {
    /// Adds a JOIN that waits until this time at most. No earlier one may wait for longer.
    pub(super) fn add(&mut self, peer: PeerId, mut claim: Claim, until: Instant) {
        claim.waits_for(Awaits::Order);
        self.by_claimant.insert(peer, claim);
        self.deadlines.push_back((until, peer));
    }

    pub(super) fn len(&self) -> usize {
        self.by_claimant.len()
    }

    pub(super) fn get(&self, peer: PeerId) -> Option<&Claim> {
        self.by_claimant.get(&peer)
    }

    pub(super) fn with_secret(&self, secret: Hex128) -> Option<PeerId> {
        self.by_secret.get(&secret).copied()
    }

    /// From now on others find the JOIN of a peer by the secret in its offer.
    pub(super) fn register(&mut self, peer: PeerId) {
        if let Some(claim) = self.by_claimant.get_mut(&peer)
            && let Some(secret) = claim.offered.offer().map(|offer| offer.secret)
        {
            claim.secret = Some(secret);
            self.by_secret.insert(secret, peer);
        }
    }

    /// Notes what comes after the JOIN of a peer. Returns whether the peer has waited for that.
    pub(super) fn offered(&mut self, peer: PeerId, offered: Offered) -> bool {
        let Some(claim) = self.by_claimant.get_mut(&peer) else {
            return false;
        };
        claim.offered = offered;
        let has_waited = claim.awaits == Awaits::Offer;
        if has_waited {
            claim.waits_for(Awaits::Order);
        }
        has_waited
    }

    #[cfg(feature = "cluster")]
    pub(super) fn take_offer(&mut self, peer: PeerId) -> Option<Candidate> {
        let offered = &mut self.by_claimant.get_mut(&peer)?.offered;
        if !matches!(offered, Offered::Yes(_)) {
            return None;
        }
        match std::mem::replace(offered, Offered::No) {
            Offered::Yes(candidate) => Some(*candidate),
            _ => None,
        }
    }

    pub(super) fn wait_for_offer(&mut self, peer: PeerId, now: Instant) {
        if let Some(claim) = self.by_claimant.get_mut(&peer) {
            claim.waits_for(Awaits::Offer);
            self.offers.push_back((now + OFFER_WAIT, peer));
        }
    }

    /// Lets a JOIN wait for the comparison of its password.
    #[cfg(feature = "tls")]
    pub(super) fn wait_for_comparison(&mut self, peer: PeerId) {
        if let Some(claim) = self.by_claimant.get_mut(&peer) {
            claim.waits_for(Awaits::Comparison);
            self.comparisons.add(peer, claim.stranger.from.address());
        }
    }

    /// A peer whose password is compared now, and the password.
    #[cfg(feature = "tls")]
    pub(super) fn compares(&mut self, now: Instant) -> Option<(PeerId, Password<'static>)> {
        let claims = &self.by_claimant;
        let peer = self.comparisons.next(now, |peer| compares(claims, peer))?;
        let claim = self.by_claimant.get_mut(&peer)?;
        claim.waits_for(Awaits::Order);
        match &mut claim.offered {
            Offered::Yes(candidate) => Some((peer, candidate.offer.password.take()?)),
            _ => None,
        }
    }

    /// When the next password may be compared. `None` if none waits for that.
    #[cfg(feature = "tls")]
    fn comparison(&mut self) -> Option<Instant> {
        let claims = &self.by_claimant;
        self.comparisons.deadline(|peer| compares(claims, peer))
    }

    #[cfg(feature = "tls")]
    pub(super) fn awaits_comparison(&self, peer: PeerId) -> bool {
        compares(&self.by_claimant, peer)
    }

    #[cfg(feature = "tls")]
    pub(super) fn awaits_offer(&self, peer: PeerId) -> bool {
        let claim = self.by_claimant.get(&peer);
        claim.is_some_and(|claim| claim.awaits == Awaits::Offer)
    }

    pub(super) fn wait_for(&mut self, bearer: PeerId, peer: PeerId, asked: Option<bool>) {
        let Some(claim) = self.by_claimant.get_mut(&peer) else {
            return;
        };
        claim.waits_for(match asked {
            Some(_) => Awaits::Answer,
            None => Awaits::Order,
        });
        let answers = self.by_bearer.entry(bearer).or_default();
        match answers.back_mut() {
            Some(last) if asked == Some(false) => last.push(peer),
            _ => answers.push_back(vec![peer]),
        }
    }

    /// When the next of them has waited for too long. `None` if none waits.
    pub(super) fn deadline(&mut self) -> Option<Instant> {
        let (first, offer) = (self.first(), self.first_for_offer());
        let until = first.into_iter().chain(offer).map(|(until, _)| until);
        #[cfg(feature = "tls")]
        let until = until.chain(self.comparison());
        until.min()
    }

    /// The peer that must stop waiting first, and when.
    fn first(&mut self) -> Option<(Instant, PeerId)> {
        let claims = &self.by_claimant;
        first_that(&mut self.deadlines, |peer| claims.contains_key(&peer))
    }

    /// The first of those that wait for what comes after their JOIN, and when its time is over.
    fn first_for_offer(&mut self) -> Option<(Instant, PeerId)> {
        let claims = &self.by_claimant;
        first_that(&mut self.offers, |peer| {
            let claim = claims.get(&peer);
            claim.is_some_and(|claim| claim.awaits == Awaits::Offer)
        })
    }

    /// A peer whose JOIN has waited long enough for what comes after it.
    pub(super) fn without_offer(&mut self, now: Instant) -> Option<PeerId> {
        let (until, peer) = self.first_for_offer()?;
        (until <= now).then_some(peer)
    }

    /// A peer whose JOIN has waited for too long.
    pub(super) fn late(&mut self, now: Instant) -> Option<PeerId> {
        let (until, peer) = self.first()?;
        (until <= now).then_some(peer)
    }

    #[cfg(feature = "cluster")]
    pub(super) fn postpone(&mut self, by: Duration, now: Instant, most: Instant) {
        // The first stays the first: none that came later waits for less.
        for (until, _) in &mut self.deadlines {
            *until = (*until + by).min(most.max(*until));
        }
        for (until, _) in &mut self.offers {
            *until = (*until + by).min((now + OFFER_WAIT).max(*until));
        }
    }

    pub(super) fn keep(&mut self, event: Event, is_short: bool) -> Kept {
        if self.by_claimant.is_empty() {
            return Kept::No(event);
        }
        let claim = event
            .peer()
            .and_then(|peer| Some((peer, self.by_claimant.get_mut(&peer)?)));
        let Some((peer, claim)) = claim else {
            return Kept::No(event);
        };
        if claim.bytes > CLAIM_BYTES {
            match claim.awaits {
                Awaits::Answer => return Kept::TooMuch(peer),
                #[cfg(feature = "tls")]
                Awaits::Comparison => return Kept::TooMuch(peer),
                Awaits::Order | Awaits::Offer if is_short => return Kept::NoRoom(peer),
                Awaits::Order | Awaits::Offer => {}
            }
        }
        claim.bytes += event.size();
        claim.mail.push(event);
        Kept::Yes
    }

    pub(super) fn answered(&mut self, bearer: PeerId) -> Vec<PeerId> {
        let Some(answers) = self.by_bearer.get_mut(&bearer) else {
            return Vec::new();
        };
        let asked = answers.pop_front().unwrap_or_default();
        if answers.is_empty() {
            self.by_bearer.remove(&bearer);
        }
        asked
    }

    pub(super) fn freed(&mut self, bearer: PeerId) -> Vec<PeerId> {
        let answers = self.by_bearer.remove(&bearer).unwrap_or_default();
        let freed: Vec<PeerId> = answers.into_iter().flatten().collect();
        for peer in &freed {
            if let Some(claim) = self.by_claimant.get_mut(peer) {
                claim.waits_for(Awaits::Order);
            }
        }
        freed
    }

    pub(super) fn take(&mut self, peer: PeerId) -> Option<Claim> {
        let claim = self.by_claimant.remove(&peer)?;
        if let Some(secret) = claim.secret
            && self.with_secret(secret) == Some(peer)
        {
            self.by_secret.remove(&secret);
        }
        Some(claim)
    }

    #[cfg(feature = "admin")]
    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerId, &Claim)> {
        self.by_claimant.iter().map(|(&peer, claim)| (peer, claim))
    }

    pub(super) fn outboxes(&self) -> impl Iterator<Item = (PeerId, &Outbox)> {
        let claims = self.by_claimant.iter();
        claims.map(|(&peer, claim)| (peer, &claim.stranger.outbox))
    }
}

/// Whether a peer waits for the comparison of its password.
#[cfg(feature = "tls")]
fn compares(claims: &ByPeer<Claim>, peer: PeerId) -> bool {
    let claim = claims.get(&peer);
    claim.is_some_and(|claim| claim.awaits == Awaits::Comparison)
}

/// The first in a queue that still waits. Those before it are forgotten.
fn first_that(
    queue: &mut VecDeque<(Instant, PeerId)>,
    waits: impl Fn(PeerId) -> bool,
) -> Option<(Instant, PeerId)> {
    while let Some(&(until, peer)) = queue.front() {
        if waits(peer) {
            return Some((until, peer));
        }
        queue.pop_front();
    }
    None
}
