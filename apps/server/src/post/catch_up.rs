//! How long the hub waits for members that lag in a flood, and for which of them.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::id::PeerId;
use crate::outbox::Outbox;

/// How long the hub waits at most when members lag. A flood that comes faster than they can read is thus slowed down at
/// its source, and costs nobody a place who reads as fast as the machine allows.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(1);

/// How long one of them may take nothing in that time. It is longer than a busy machine leaves a program without a turn,
/// and than a socket with large buffers takes between two writes. It is short because one that has stalled costs all others
/// this time, once.
pub(crate) const STALLED: Duration = Duration::from_millis(500);

/// Who lags, and since when.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    /// Somebody lags who is still to be given time.
    is_needed: bool,
    /// When the present wait began.
    began: Option<Instant>,
    /// What those who lag had written when they were last seen to write, and when that was.
    seen: HashMap<PeerId, (u16, Instant)>,
    /// Those who were given time and did not catch up. They get no more before they have.
    given_up: HashSet<PeerId>,
}

impl CatchUp {
    /// A member was given a batch. It was behind before, or not, and lags now, or not.
    pub(super) fn saw(&mut self, peer: PeerId, was_behind: bool, lags: bool) {
        if !was_behind && !self.given_up.is_empty() {
            self.given_up.remove(&peer);
        }
        self.is_needed |= lags && !self.given_up.contains(&peer);
    }

    /// A member is gone.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.given_up.remove(&peer);
    }

    /// Whether somebody lags for whom the hub is to wait.
    pub(super) fn is_to_wait<'a>(
        &mut self,
        members: impl Iterator<Item = (PeerId, &'a Outbox)>,
        now: Instant,
    ) -> bool {
        if !self.is_needed {
            return false;
        }
        self.is_needed = false;
        let began = *self.began.get_or_insert(now);
        for (peer, outbox) in members {
            if !outbox.is_lagging() || self.given_up.contains(&peer) {
                continue;
            }
            let writes = outbox.writes();
            let (last, since) = self.seen.entry(peer).or_insert((writes, now));
            if writes != *last {
                (*last, *since) = (writes, now);
            }
            if now - *since >= STALLED || now - began >= CATCH_UP {
                self.given_up.insert(peer);
            } else {
                self.is_needed = true;
            }
        }
        if !self.is_needed {
            self.began = None;
            self.seen = HashMap::new();
        }
        self.is_needed
    }
}
