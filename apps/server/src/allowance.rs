//! How much one peer may say: a token bucket that counts in time. A message costs a part of a second, and so do its
//! bytes; the larger of the two counts. A peer may owe up to [`BURST`], and has to wait for what it owes beyond that.
//!
//! The time is given, and nothing here waits: the read half is told for how long to read nothing.

use std::time::{Duration, Instant};

/// A peer that was quiet may say as much at once as is allowed in this time. At 50 messages a second, which is more
/// than anybody types, a paste of 500 lines passes as it is.
pub const BURST: Duration = Duration::from_secs(10);

/// What every peer may say in a second on average. 0 is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Frames, including those that are ignored.
    pub messages_per_second: u32,
    /// Bytes as they are read, including heads.
    pub bytes_per_second: u32,
}

impl Allowance {
    /// No bound at all. This is the default, since the hub's inbox alone keeps the delivery fair. A bound protects
    /// those whose line is slower than the flood of one peer.
    pub const UNLIMITED: Self = Self {
        messages_per_second: 0,
        bytes_per_second: 0,
    };

    /// What this many messages and bytes cost. Without a bound they cost nothing.
    pub(crate) fn cost(self, messages: usize, bytes: usize) -> Duration {
        let share = |count: usize, a_second: u32| {
            let nanos = 1_000_000_000 * count as u64;
            Duration::from_nanos(nanos.checked_div(a_second.into()).unwrap_or(0))
        };
        share(messages, self.messages_per_second).max(share(bytes, self.bytes_per_second))
    }
}

/// What one peer has used of its allowance.
#[derive(Debug, Default)]
pub struct Bucket {
    /// When all that it said is paid for. `None`, or in the past, for a peer that has been quiet.
    paid_at: Option<Instant>,
}

impl Bucket {
    /// Counts what was read. Returns how long nothing more may be read; zero for most peers.
    #[must_use]
    pub fn take(
        &mut self,
        allowance: Allowance,
        messages: usize,
        bytes: usize,
        now: Instant,
    ) -> Duration {
        let paid_at =
            self.paid_at.map_or(now, |paid_at| paid_at.max(now)) + allowance.cost(messages, bytes);
        self.paid_at = Some(paid_at);
        paid_at.saturating_duration_since(now + BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NONE: Duration = Duration::ZERO;

    fn allowance(messages_per_second: u32, bytes_per_second: u32) -> Allowance {
        Allowance {
            messages_per_second,
            bytes_per_second,
        }
    }

    #[test]
    fn a_burst_passes_at_once_and_a_message_more_waits_for_its_share_of_a_second() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        let allowance = allowance(50, 0);
        assert_eq!(bucket.take(allowance, 499, 1 << 30, now), NONE);
        assert_eq!(bucket.take(allowance, 1, 1 << 30, now), NONE);
        assert_eq!(bucket.take(allowance, 1, 1 << 30, now), SECOND / 50);
    }

    #[test]
    fn a_burst_of_bytes_passes_at_once_and_a_byte_more_waits_for_its_share_of_a_second() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        let allowance = allowance(0, 1000);
        assert_eq!(bucket.take(allowance, 1_000_000, 10_000, now), NONE);
        assert_eq!(bucket.take(allowance, 1_000_000, 1, now), SECOND / 1000);
    }

    #[test]
    fn the_dearer_of_messages_and_bytes_counts() {
        for (messages, bytes) in [(60, 100), (5, 12_000)] {
            let (mut bucket, now) = (Bucket::default(), Instant::now());
            let wait = bucket.take(allowance(5, 1000), messages, bytes, now);
            assert_eq!(wait, 2 * SECOND, "{messages} messages, {bytes} bytes");
        }
    }

    #[test]
    fn who_waits_as_long_as_told_may_go_on_at_the_rate_and_no_faster() {
        let (mut bucket, mut now) = (Bucket::default(), Instant::now());
        let allowance = allowance(10, 0);
        assert_eq!(bucket.take(allowance, 100, 0, now), NONE);
        for _ in 0..1000 {
            let wait = bucket.take(allowance, 1, 0, now);
            assert_eq!(wait, SECOND / 10);
            now += wait;
        }
    }

    #[test]
    fn what_is_saved_is_a_burst_at_most() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        let allowance = allowance(10, 0);
        assert_eq!(bucket.take(allowance, 100, 0, now), NONE);
        let later = now + BURST / 2;
        assert_eq!(bucket.take(allowance, 50, 0, later), NONE);
        assert_eq!(bucket.take(allowance, 1, 0, later), SECOND / 10);
        let much_later = now + 100 * BURST;
        assert_eq!(bucket.take(allowance, 100, 0, much_later), NONE);
        assert_eq!(bucket.take(allowance, 1, 0, much_later), SECOND / 10);
    }

    #[test]
    fn without_a_bound_nobody_waits() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        for _ in 0..1000 {
            let wait = bucket.take(Allowance::UNLIMITED, 1 << 30, 1 << 30, now);
            assert_eq!(wait, NONE);
        }
    }

    #[test]
    fn a_paste_of_500_lines_passes_at_once_where_nobody_may_say_more_than_50_a_second() {
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        assert_eq!(bucket.take(allowance(50, 0), 500, 60_000, now), NONE);
        assert_eq!(bucket.take(allowance(50, 0), 1, 100, now), SECOND / 50);
    }

    #[test]
    fn it_costs_an_idle_member_16_bytes() {
        assert_eq!(size_of::<Bucket>(), 16);
    }
}
