//! A shortage: accepting fails because something has run out, such as descriptors. Plain data, the time is given.

use std::time::{Duration, Instant};

/// A shortage is over when accepting has not failed for this long, and the next one is worth another line in the log. A
/// full server that lets one in for each that goes fails more often than that, and an operator soon hears of a new
/// shortage.
const SHORTAGE_OVER: Duration = Duration::from_secs(60);

/// When accepting last failed because something had run out, such as descriptors.
#[derive(Debug, Default)]
pub(crate) struct Shortage {
    last: Option<Instant>,
}

impl Shortage {
    /// Notes a failure. Returns whether a shortage begins with it.
    pub(crate) fn begins(&mut self, now: Instant) -> bool {
        let last = self.last.replace(now);
        last.is_none_or(|last| now - last > SHORTAGE_OVER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_over_after_a_minute_without_a_failure_and_not_before() {
        let (mut shortage, start) = (Shortage::default(), Instant::now());
        assert!(shortage.begins(start));
        assert!(!shortage.begins(start + SHORTAGE_OVER));
        // The time counts from the last failure, not from the first.
        assert!(!shortage.begins(start + 2 * SHORTAGE_OVER));
        assert!(shortage.begins(start + 3 * SHORTAGE_OVER + Duration::from_millis(1)));
    }
}
