//! Back-off: how long to wait before the next attempt to connect. Knows no clock.

use std::time::Duration;

use crate::draw;

/// The longest wait before the first retry. A server that was only restarted is back by then.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait of all, and so the longest time that a person may have to wait for a server that is back.
pub(crate) const LAST: Duration = Duration::from_secs(30);

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait now. The longest wait doubles with each failure. A random part of it, up to a half, is taken
    /// off, so that the members of a room do not all come back at the same moment.
    pub(crate) fn next(&mut self) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let longest = doubled.min(LAST);
        longest - longest.mul_f64(draw::share() / 2.0)
    }

    /// Makes the next wait the first one again.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_half_a_second_to_thirty_seconds_and_starts_again_after_a_reset() {
        let mut backoff = Backoff::default();
        for longest in
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].map(Duration::from_millis)
        {
            let wait = backoff.next();
            assert!(wait <= longest, "{wait:?} is longer than {longest:?}");
            assert!(
                wait >= longest / 2,
                "{wait:?} is shorter than half of {longest:?}"
            );
        }
        backoff.failures = u32::MAX;
        assert!(backoff.next() <= LAST);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }

    #[test]
    fn two_sessions_do_not_wait_equally_long() {
        let waits: Vec<_> = (0..8).map(|_| Backoff::default().next()).collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }
}
