//! JOINs under a name that a member bears. Whoever has just closed and connects anew is often faster than the news of its
//! end, so the bearer's task is asked whether its connection still stands, and the JOIN waits, with all that follows it,
//! until the bearer has answered or gone.
//!
//! The hub does not wait: the task always answers, by `StillHere` or by the bearer's departure.

use std::collections::{HashMap, VecDeque};

use hubbub_wire::Username;

use super::{Event, PeerId, Stranger};
use crate::outbox::Outbox;

/// How much of what follows a JOIN waits with it, in bytes: what somebody types or has waiting while the bearer answers,
/// which takes milliseconds, and one text of any length. Whoever says more is refused at once.
pub(super) const CLAIM_BYTES: usize = 64 * 1024;

/// A JOIN that waits.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) name: Username<'static>,
    pub(super) stranger: Stranger,
    /// What its peer has said since, and its end.
    pub(super) mail: Vec<Event>,
    bytes: usize,
}

impl Claim {
    pub(super) fn new(name: Username<'static>, stranger: Stranger) -> Self {
        Self {
            name,
            stranger,
            mail: Vec::new(),
            bytes: 0,
        }
    }
}

/// All JOINs that wait.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_claimant: HashMap<PeerId, Claim>,
    /// By the bearer: who waits for which of its answers, the next one first, and in the order in which they came.
    by_bearer: HashMap<PeerId, VecDeque<Vec<PeerId>>>,
}

impl Claims {
    /// Has `peer` wait for an answer of `bearer`: for that to a new question, or else to the last one.
    pub(super) fn wait(&mut self, peer: PeerId, claim: Claim, bearer: PeerId, is_new: bool) {
        self.by_claimant.insert(peer, claim);
        let answers = self.by_bearer.entry(bearer).or_default();
        match answers.back_mut() {
            Some(last) if !is_new => last.push(peer),
            _ => answers.push_back(vec![peer]),
        }
    }

    /// Keeps what a peer says whose JOIN waits. What others say comes back.
    ///
    /// # Errors
    ///
    /// The peer has said too much to wait any longer.
    pub(super) fn keep(&mut self, event: Event) -> Result<Option<Event>, PeerId> {
        let Some(peer) = event.peer() else {
            return Ok(Some(event));
        };
        let Some(claim) = self.by_claimant.get_mut(&peer) else {
            return Ok(Some(event));
        };
        if claim.bytes > CLAIM_BYTES {
            return Err(peer);
        }
        claim.bytes += size_of::<Event>();
        if let Event::Text { frames, .. } = &event {
            claim.bytes += frames.len();
        }
        claim.mail.push(event);
        Ok(None)
    }

    /// Takes those who wait for the answer that has just come from `bearer`.
    pub(super) fn answered(&mut self, bearer: PeerId) -> Vec<(PeerId, Claim)> {
        let Some(answers) = self.by_bearer.get_mut(&bearer) else {
            return Vec::new();
        };
        let asked = answers.pop_front().unwrap_or_default();
        if answers.is_empty() {
            self.by_bearer.remove(&bearer);
        }
        self.take_all(asked)
    }

    /// Takes all who wait for `bearer`, which has gone.
    pub(super) fn freed(&mut self, bearer: PeerId) -> Vec<(PeerId, Claim)> {
        let answers = self.by_bearer.remove(&bearer).unwrap_or_default();
        self.take_all(answers.into_iter().flatten())
    }

    /// Takes one that waits.
    pub(super) fn take(&mut self, peer: PeerId) -> Option<Claim> {
        self.by_claimant.remove(&peer)
    }

    /// Where the deliveries of those that wait go.
    pub(super) fn outboxes(&self) -> impl Iterator<Item = (&PeerId, &Outbox)> {
        let claims = self.by_claimant.iter();
        claims.map(|(peer, claim)| (peer, &claim.stranger.outbox))
    }

    /// Those that are left, at the end.
    pub(super) fn into_claims(self) -> impl Iterator<Item = Claim> {
        self.by_claimant.into_values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_claimant.is_empty()
    }

    fn take_all(&mut self, peers: impl IntoIterator<Item = PeerId>) -> Vec<(PeerId, Claim)> {
        let claims = peers.into_iter();
        claims
            .filter_map(|peer| Some((peer, self.take(peer)?)))
            .collect()
    }
}
