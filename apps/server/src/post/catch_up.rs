//! Catching up: for which members that lag in a flood the hub waits, and for how long.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::id::PeerId;
use crate::outbox::Outbox;

/// How long the hub waits at most for members that lag. This slows a flood down at its source, so that no member that
/// reads as fast as the machine allows is dropped.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(1);

/// How long a lagging member may take nothing before the hub stops waiting for it. A busy machine gives each program a
/// turn more often than that, and a socket with large buffers takes something more often too. It is no longer because a
/// stalled member delays all others by this time, once.
pub(crate) const STALLED: Duration = Duration::from_millis(500);

/// The most that counts of the time between two looks at those who lag. The hub looks far more often. Where it did not,
/// the whole server had no turn, so that nobody could take anything: a machine too busy for it costs no member its
/// place.
pub(crate) const LONGEST_LOOK: Duration = Duration::from_millis(50);

/// The members that lag, and since when.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    /// Whether some member lags and still has time to catch up.
    is_needed: bool,
    /// How long the current wait has been, as far as the server had a turn.
    waited: Duration,
    /// When the hub last looked, in the current wait.
    looked: Option<Instant>,
    /// For each lagging member, how many writes it had made when that number last changed, and how long the wait had
    /// been.
    seen: HashMap<PeerId, (u16, Duration)>,
    /// Members that had time and did not catch up. They get no more time until they have.
    given_up: HashSet<PeerId>,
}

impl CatchUp {
    /// Notes that a member was given a batch, and whether it lagged before that and lags now.
    pub(super) fn saw(&mut self, peer: PeerId, was_behind: bool, lags: bool) {
        if !was_behind && !self.given_up.is_empty() {
            self.given_up.remove(&peer);
        }
        self.is_needed |= lags && !self.given_up.contains(&peer);
    }

    /// Forgets a member that is gone.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.given_up.remove(&peer);
    }

    /// Whether the hub should wait for some member that lags.
    pub(super) fn is_to_wait<'a>(
        &mut self,
        members: impl Iterator<Item = (PeerId, &'a Outbox)>,
        now: Instant,
    ) -> bool {
        if !self.is_needed {
            return false;
        }
        self.is_needed = false;
        let looked = self.looked.replace(now).unwrap_or(now);
        self.waited += now.saturating_duration_since(looked).min(LONGEST_LOOK);
        let waited = self.waited;
        for (peer, outbox) in members {
            if !outbox.is_lagging() || self.given_up.contains(&peer) {
                continue;
            }
            let writes = outbox.writes();
            let (last, since) = self.seen.entry(peer).or_insert((writes, waited));
            if writes != *last {
                (*last, *since) = (writes, waited);
            }
            if waited - *since >= STALLED || waited >= CATCH_UP {
                self.given_up.insert(peer);
            } else {
                self.is_needed = true;
            }
        }
        if !self.is_needed {
            (self.waited, self.looked) = (Duration::ZERO, None);
            self.seen = HashMap::new();
        }
        self.is_needed
    }
}
