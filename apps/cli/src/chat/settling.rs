//! Settling: how long chat goes on after the end of its input, until what was said has arrived. Plain; the time is
//! given.

use std::time::{Duration, Instant};

/// How long nothing of what was said may arrive before the rest is given up.
const SETTLE: Duration = Duration::from_secs(10);

/// How long a server that only speaks CHAT/1.0 may take to refuse somebody. It does not say who is in.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);

/// The time since the end of the input, if it has ended.
#[derive(Debug, Default)]
pub(super) struct Settling {
    /// When all of it was read.
    ended: Option<Instant>,
    /// When nobody could write more of it, or something last arrived after that.
    progress: Option<Instant>,
}

impl Settling {
    /// The input gets no longer. Some of it may wait to be read.
    pub(super) fn closes(&mut self, now: Instant) {
        self.progress.get_or_insert(now);
    }

    /// All of the input is read.
    pub(super) fn begin(&mut self, now: Instant) {
        self.ended = Some(now);
        self.progress = Some(now);
    }

    /// Something that was said has arrived.
    pub(super) fn progress(&mut self, now: Instant) {
        if let Some(progress) = &mut self.progress {
            *progress = now;
        }
    }

    /// Whether all of the input is read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether the input has ended, and nothing more has to be waited for.
    pub(super) fn is_over(&self, now: Instant, is_in: bool, is_settled: bool) -> bool {
        let is_done = self
            .ended
            .is_some_and(|ended| is_settled && (is_in || now >= ended + REFUSED_WITHIN));
        is_done
            || self
                .progress
                .is_some_and(|progress| now >= progress + SETTLE)
    }

    /// When something changes although nothing happens.
    pub(super) fn looks_again(&self, now: Instant) -> Option<Instant> {
        let refused_by = self.ended.map(|ended| ended + REFUSED_WITHIN);
        let gives_up = self.progress.map(|progress| progress + SETTLE);
        refused_by
            .filter(|refused_by| now < *refused_by)
            .or(gives_up)
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
    fn what_waits_to_be_read_is_given_up_in_the_same_way_and_not_because_the_rest_has_arrived() {
        let (mut settling, closed) = (Settling::default(), Instant::now());
        settling.closes(closed);
        let progress = closed + SETTLE - MOMENT;
        assert!(!settling.is_over(progress, true, true));
        settling.progress(progress);
        settling.closes(progress + MOMENT);
        assert!(!settling.is_over(progress + SETTLE - MOMENT, true, true));
        assert_eq!(settling.looks_again(progress), Some(progress + SETTLE));
        assert!(settling.is_over(progress + SETTLE, true, false));
        assert!(!settling.has_ended());
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
