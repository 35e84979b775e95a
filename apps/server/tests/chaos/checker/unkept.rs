//! Unkept: the times in which the log could not be kept on the disk, and the ends of the server, which forgot it then.

use std::time::Duration;

use crate::journal::{Entry, What};

/// A lock that lasts 1.5 s suspends keeping. What was known this long after a lock began was committed.
const LOCKED_AFTER: Duration = Duration::from_secs(1);

/// How long after the disk is fine again the last notice of it may come.
const LATE: Duration = Duration::from_secs(3);

/// What the server had sent before it ended may be heard this much later.
pub(super) const ON_ITS_WAY: Duration = Duration::from_secs(1);

pub(super) struct Unkept {
    times: Vec<(Duration, Duration)>,
    stops: Vec<Duration>,
}

impl Unkept {
    pub(super) fn of(journal: &[Entry]) -> Self {
        let mut times = Vec::new();
        for (at, entry) in journal.iter().enumerate() {
            let from = match entry.what {
                What::Full => entry.at,
                What::Locked => entry.at + LOCKED_AFTER,
                _ => continue,
            };
            let until = end_of(&journal[at..]);
            if from < until {
                times.push((from, until));
            }
        }
        let stops = journal
            .iter()
            .filter(|entry| matches!(entry.what, What::Stops(_)));
        Self {
            times,
            stops: stops.map(|entry| entry.at).collect(),
        }
    }

    /// Whether what was first known at this time may have been in memory only.
    pub(super) fn was_unkept(&self, known_at: Duration) -> bool {
        let mut times = self.times.iter();
        times.any(|(from, until)| (*from..=*until).contains(&known_at))
    }

    /// Whether the server ended from one time to another, so that it forgot what it had in memory only.
    pub(super) fn has_ended(&self, from: Duration, until: Duration) -> bool {
        self.stops.iter().any(|stop| (from..=until).contains(stop))
    }

    /// Whether what was first known at one time may have been forgotten by another time.
    pub(super) fn is_forgotten(&self, known_at: Duration, by: Duration) -> bool {
        self.was_unkept(known_at) && self.has_ended(known_at.saturating_sub(ON_ITS_WAY), by)
    }
}

/// When the log was kept again after a fault at the beginning of this part of the journal.
fn end_of(journal: &[Entry]) -> Duration {
    let fine = journal.iter().position(|entry| entry.what == What::Fine);
    let end = journal.last().map_or(Duration::ZERO, |entry| entry.at);
    let Some(fine) = fine else {
        return end;
    };
    let fine_at = journal[fine].at;
    let is_notice =
        |entry: &&Entry, wanted: &str| matches!(&entry.what, What::Notice(code) if code == wanted);
    let stopped = journal
        .iter()
        .take_while(|entry| entry.at <= fine_at + LATE)
        .any(|entry| is_notice(&entry, "keeping-stopped"));
    if !stopped {
        return fine_at;
    }
    let is_kept_again =
        |entry: &&Entry| is_notice(entry, "keeping-resumed") || entry.what == What::Starts;
    let again = journal[fine..].iter().find(is_kept_again);
    again.map_or(end, |entry| entry.at)
}
