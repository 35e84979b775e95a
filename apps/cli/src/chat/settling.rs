//! Settling: how long chat goes on after the end of its input, until what was said has arrived. Plain; the time is
//! given.

use std::time::{Duration, Instant};

/// How long nothing of what was said may arrive before the rest is given up.
const SETTLE: Duration = Duration::from_secs(10);

/// How long a server that only speaks CHAT/1.0 may take to refuse somebody. It does not say who is in.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

/// The time since the end of the input, if it has ended.
#[derive(Debug, Default)]
pub(super) struct Settling(Option<Since>);

#[derive(Clone, Copy, Debug)]
struct Since {
    ended: Instant,
    /// The end, or when a message arrived after it.
    progress: Instant,
}

impl Settling {
    /// The input has ended.
    pub(super) fn begin(&mut self, now: Instant) {
        self.0 = Some(Since {
            ended: now,
            progress: now,
        });
    }

    /// Something that was said has arrived.
    pub(super) fn progress(&mut self, now: Instant) {
        if let Some(since) = &mut self.0 {
            since.progress = now;
        }
    }

    /// Whether the input has ended, and nothing more has to be waited for.
    pub(super) fn is_over(&self, now: Instant, is_in: bool, is_settled: bool) -> bool {
        self.0.is_some_and(|Since { ended, progress }| {
            let is_in = is_in || now >= ended + REFUSED_WITHIN;
            is_in && is_settled || now >= progress + SETTLE
        })
    }

    /// When something changes although nothing happens.
    pub(super) fn looks_again(&self, now: Instant) -> Option<Instant> {
        self.0.map(|Since { ended, progress }| {
            let refused_by = ended + REFUSED_WITHIN;
            if now < refused_by {
                refused_by
            } else {
                progress + SETTLE
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    #[test]
    fn what_was_said_is_given_up_when_nothing_has_arrived_for_long_enough() {
        let (mut settling, ended) = (Settling::default(), Instant::now());
        assert!(!settling.is_over(ended + 2 * SETTLE, true, true));
        settling.begin(ended);
        assert!(settling.is_over(ended, true, true));
        assert!(!settling.is_over(ended + SETTLE - MOMENT, true, false));
        assert!(settling.is_over(ended + SETTLE, true, false));
        let progress = ended + SETTLE - MOMENT;
        settling.progress(progress);
        assert!(!settling.is_over(progress + SETTLE - MOMENT, true, false));
        assert_eq!(settling.looks_again(progress), Some(progress + SETTLE));
        assert!(settling.is_over(progress + SETTLE, true, false));
    }

    #[test]
    fn a_refusal_is_waited_for_where_nobody_knows_who_is_in() {
        let (mut settling, ended) = (Settling::default(), Instant::now());
        settling.begin(ended);
        let refused_by = ended + REFUSED_WITHIN;
        assert!(!settling.is_over(refused_by - MOMENT, false, true));
        assert_eq!(settling.looks_again(ended), Some(refused_by));
        assert!(settling.is_over(refused_by, false, true));
    }
}
