//! Echoes: what we wrote lately. Some servers send a text back to its sender, and the screen must not show it twice.
//! Only hashes are kept, so that the memory is bounded whatever was written.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The most texts that are remembered. A person writes fewer within the age below; 1,024 hashes take 24 KiB.
const MOST: usize = 1024;
/// What comes later than this is not an echo but a namesake who says the same. A dead connection is noticed within a
/// minute.
const AGE: Duration = Duration::from_secs(60);

/// What we wrote lately. It outlives a connection, since an echo may come after a reconnect.
#[derive(Debug, Default)]
pub(crate) struct Echoes {
    hasher: RandomState,
    written: VecDeque<(u64, Duration)>,
}

impl Echoes {
    /// Remembers a text that is being written at `now`.
    pub(crate) fn remember(&mut self, text: &str, now: Duration) {
        if self.written.len() == MOST {
            self.written.pop_front();
        }
        self.written.push_back((self.hasher.hash_one(text), now));
    }

    /// Whether a text under our own name is an echo of one that we wrote. Each text has at most one echo.
    pub(crate) fn take(&mut self, text: &str, now: Duration) -> bool {
        while self
            .written
            .front()
            .is_some_and(|(_, at)| now.saturating_sub(*at) > AGE)
        {
            self.written.pop_front();
        }
        let hash = self.hasher.hash_one(text);
        let found = self.written.iter().position(|(other, _)| *other == hash);
        found.and_then(|at| self.written.remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn each_text_written_has_one_echo() {
        let mut echoes = Echoes::default();
        echoes.remember("hi", NOW);
        echoes.remember("hi", NOW);
        assert!(!echoes.take("ho", NOW));
        assert!(echoes.take("hi", NOW));
        assert!(echoes.take("hi", NOW));
        assert!(!echoes.take("hi", NOW));
    }

    #[test]
    fn an_echo_within_a_minute_is_one_and_later_it_is_not() {
        let mut echoes = Echoes::default();
        echoes.remember("in time", NOW);
        echoes.remember("too late", NOW);
        assert!(echoes.take("in time", NOW + AGE));
        assert!(!echoes.take("too late", NOW + AGE + Duration::from_nanos(1)));
    }

    #[test]
    fn the_newest_1024_texts_are_remembered_and_no_more() {
        let mut echoes = Echoes::default();
        for number in 0..=MOST {
            echoes.remember(&number.to_string(), NOW);
        }
        assert_eq!(echoes.written.len(), MOST);
        assert!(!echoes.take("0", NOW));
        assert!(echoes.take("1", NOW));
        assert!(echoes.take("1024", NOW));
    }
}
