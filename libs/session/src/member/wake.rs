//! Wake: notices that the computer slept. The wall clock has then run ahead of the clock that counts only the time
//! awake.

use std::time::Duration;

use super::Now;

/// How often somebody looks. A person who opens a laptop does not notice so short a time.
pub(crate) const WAKE_CHECK: Duration = Duration::from_secs(1);
/// When the wall clock has run ahead by this much, the computer slept. A clock that is set right moves less.
const WAKE_JUMP: Duration = Duration::from_secs(5);

/// When somebody looked at the clocks.
#[derive(Debug)]
pub(crate) struct Wake {
    seen: Now,
}

impl Wake {
    pub(crate) fn new(now: Now) -> Self {
        Self { seen: now }
    }

    /// Whether the computer has slept since the last look.
    pub(crate) fn has_slept(&mut self, now: Now) -> bool {
        let awake = now.awake.saturating_sub(self.seen.awake);
        let wall = now.wall.duration_since(self.seen.wall);
        self.seen = now;
        wall.is_ok_and(|wall| wall >= awake + WAKE_JUMP)
    }

    /// When to look again.
    pub(crate) fn look_at(&self) -> Duration {
        self.seen.awake + WAKE_CHECK
    }
}
