//! Claims: JOINs that wait for their place in the log, or for a name that a member bears.
//!
//! A client that closes a connection and opens another is often faster than the news of the close. So the bearer's task
//! is asked whether its connection still stands. The JOIN waits, with everything that follows it, until the bearer has
//! answered or is gone. The hub does not wait. The task always answers, by `StillHere` or by the bearer's departure.

use std::collections::{HashMap, VecDeque};

use hubbub_wire::Username;

use super::Stranger;
use crate::event::Event;
use crate::id::PeerId;
use crate::outbox::Outbox;

/// How much of what follows a JOIN may wait with it for the bearer's answer, in bytes. The answer takes milliseconds.
/// In that time a person types less than this; one text of any length may wait too. A peer that says more is refused at
/// once.
pub(crate) const CLAIM_BYTES: usize = 64 * 1024;

/// A JOIN that waits.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Under which name.
    pub(crate) name: Username<'static>,
    /// Whose.
    pub(crate) stranger: Stranger,
    /// What the peer has said since, and its end.
    pub(crate) mail: Vec<Event>,
    bytes: usize,
    /// Whether it waits for an answer of the bearer of the name, and not for something to come out of the log.
    awaits_answer: bool,
}

impl Claim {
    pub(super) fn new(name: Username<'static>, stranger: Stranger) -> Self {
        Self {
            name,
            stranger,
            mail: Vec::new(),
            bytes: 0,
            awaits_answer: false,
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
    /// It is not kept, since this peer has said too much to wait any longer.
    TooMuch(PeerId),
}

/// All JOINs that wait.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_claimant: HashMap<PeerId, Claim>,
    /// For each bearer, the peers that wait for its next answer, then those that wait for the one after it, and so on.
    /// Peers are in the order in which they came.
    by_bearer: HashMap<PeerId, VecDeque<Vec<PeerId>>>,
}

impl Claims {
    pub(super) fn add(&mut self, peer: PeerId, claim: Claim) {
        self.by_claimant.insert(peer, claim);
    }

    pub(super) fn name(&self, peer: PeerId) -> Option<&Username<'static>> {
        Some(&self.by_claimant.get(&peer)?.name)
    }

    pub(super) fn wait_for(&mut self, bearer: PeerId, peer: PeerId, asked: Option<bool>) {
        let Some(claim) = self.by_claimant.get_mut(&peer) else {
            return;
        };
        claim.awaits_answer = asked.is_some();
        let answers = self.by_bearer.entry(bearer).or_default();
        match answers.back_mut() {
            Some(last) if asked == Some(false) => last.push(peer),
            _ => answers.push_back(vec![peer]),
        }
    }

    pub(super) fn keep(&mut self, event: Event) -> Kept {
        if self.is_empty() {
            return Kept::No(event);
        }
        let claim = event
            .peer()
            .and_then(|peer| Some((peer, self.by_claimant.get_mut(&peer)?)));
        let Some((peer, claim)) = claim else {
            return Kept::No(event);
        };
        if claim.awaits_answer && claim.bytes > CLAIM_BYTES {
            return Kept::TooMuch(peer);
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
                claim.awaits_answer = false;
            }
        }
        freed
    }

    pub(super) fn take(&mut self, peer: PeerId) -> Option<Claim> {
        self.by_claimant.remove(&peer)
    }

    pub(super) fn outboxes(&self) -> impl Iterator<Item = (PeerId, &Outbox)> {
        let claims = self.by_claimant.iter();
        claims.map(|(&peer, claim)| (peer, &claim.stranger.outbox))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_claimant.is_empty()
    }
}
