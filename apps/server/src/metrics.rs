//! Metrics: the numbers of the server, for whoever watches it. The rooms add to them, once for all that comes together
//! wherever that is possible. `exporter` reads them.
//!
//! They are relaxed atomics: nobody waits for them, and they order nothing. Without the feature `metrics` they have no
//! size, and adding to them does nothing. What each of them means stands on the front page of the crate.

use std::sync::Arc;
use std::time::Instant;

pub(crate) use self::number::{Counter, Gauge};
pub(crate) use self::sample::Sample;
#[cfg(feature = "metrics")]
pub(crate) use self::sample::{BOUNDS, Delays};
use crate::event::Departure;
use crate::room::Refusal;
#[cfg(feature = "web")]
use crate::web::{SOCKET, Status};

mod number;
#[cfg(feature = "metrics")]
mod sample;

/// Samples where nothing is measured: there is never one.
#[cfg(not(feature = "metrics"))]
mod sample {
    #[derive(Debug)]
    pub(crate) enum Sample {}

    impl Sample {
        pub(crate) fn counts(&self) {
            match *self {}
        }
    }
}

/// All numbers that the rooms keep.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Members, also those without a connection.
    pub(crate) members: Gauge,
    /// Members with a grant.
    pub(crate) granted: Gauge,
    /// Members without a connection.
    pub(crate) absent: Gauge,
    /// Connections that have not joined.
    pub(crate) strangers: Gauge,
    /// JOINs that the room heard.
    pub(crate) joins: Counter,
    /// Connections that got a place.
    pub(crate) connections: Counter,
    /// Those of them that have ended.
    pub(crate) ended: Counter,
    /// Accepting failed, since something had run out.
    pub(crate) accept_failures: Counter,
    /// Connections that got no place.
    pub(crate) turned_away: Causes<4>,
    /// Peers that went.
    pub(crate) departures: Causes<24>,
    /// Requests of browsers that were answered.
    #[cfg(feature = "web")]
    pub(crate) answered: Causes<13>,
    /// Handshakes of TLS that came to an end.
    #[cfg(feature = "tls")]
    pub(crate) handshakes: Counter,
    /// Those that came to nothing.
    #[cfg(feature = "tls")]
    pub(crate) failed_handshakes: Counter,
    /// When the certificate ends, in seconds since 1970; 0 if that is not known, or the server's own.
    #[cfg(feature = "tls")]
    pub(crate) certificate_end: Gauge,
    /// TEXTs that the room took.
    pub(crate) messages: Counter,
    /// Bytes that were read of peers.
    pub(crate) received_bytes: Counter,
    /// Bytes that were written to peers.
    pub(crate) sent_bytes: Counter,
    /// Frames of the room that were given to its members.
    pub(crate) deliveries: Counter,
    /// Of the history.
    pub(crate) history: History,
    /// Of the cluster.
    #[cfg(feature = "cluster")]
    pub(crate) cluster: Cluster,
    /// From the read to the last write.
    #[cfg(feature = "metrics")]
    pub(crate) delays: Delays,
}

/// The numbers of the history.
#[derive(Debug, Default)]
#[cfg_attr(
    not(any(feature = "history", feature = "metrics")),
    expect(dead_code, reason = "nobody counts these and nobody reads them")
)]
pub(crate) struct History {
    /// Messages in the database.
    pub(crate) rows: Gauge,
    /// The bytes that these take.
    pub(crate) bytes: Gauge,
    /// Messages that were kept.
    pub(crate) kept: Counter,
    /// When the oldest message was said that the disk has and has not kept, in ms since 1970; 0 for none.
    pub(crate) waiting_since: Gauge,
    /// 1 while what is said is not kept.
    pub(crate) is_suspended: Gauge,
}

/// The numbers of a cluster, as this node sees it.
#[cfg(feature = "cluster")]
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// 1 while the room is paused.
    pub(crate) is_paused: Gauge,
    /// The last place of the stream that was applied.
    pub(crate) place: Gauge,
    /// When that was published which has not been read back, in ms since 1970; 0 for nothing.
    pub(crate) waiting_since: Gauge,
    /// How many nodes are in the room.
    pub(crate) nodes: Gauge,
}

impl Metrics {
    /// Notes that a peer has gone.
    pub(crate) fn departed(&self, why: Departure) {
        self.departures.count(departure(why));
    }

    /// Begins to measure what has just been read, unless something else is being measured.
    pub(crate) fn sample(self: &Arc<Self>) -> Option<Sample> {
        #[cfg(feature = "metrics")]
        return Sample::begin(self);
        #[cfg(not(feature = "metrics"))]
        None
    }

    /// Lets another sample begin if the one that is running takes too long.
    pub(crate) fn pass_time(&self, now: Instant) {
        #[cfg(feature = "metrics")]
        self.delays.pass_time(now);
        #[cfg(not(feature = "metrics"))]
        let _ = now;
    }
}

/// A counter for each cause.
#[derive(Debug)]
pub(crate) struct Causes<const N: usize>(pub(crate) [(&'static str, Counter); N]);

impl<const N: usize> Causes<N> {
    fn of(causes: [&'static str; N]) -> Self {
        Self(causes.map(|cause| (cause, Counter::default())))
    }

    /// Counts one more of this cause, which must be one of ours.
    pub(crate) fn count(&self, cause: &'static str) {
        let counter = self.0.iter().find(|(name, _)| *name == cause);
        debug_assert!(counter.is_some(), "no counter for {cause}");
        if let Some((_, counter)) = counter {
            counter.add(1);
        }
    }
}

impl Default for Causes<4> {
    fn default() -> Self {
        Self::of(["full", "address_full", "too_often", "banned"])
    }
}

impl Default for Causes<24> {
    fn default() -> Self {
        Self::of([
            "left",
            "closed",
            "said_nothing",
            "failed",
            "broke_protocol",
            "too_slow",
            "unanswered",
            "never_joined",
            "crowded_out",
            "plain",
            "no_tls",
            "answered",
            "out_of_memory",
            "text_stalled",
            "name_taken",
            "name_reserved",
            "password",
            "version",
            "replaced",
            "beyond_limit",
            "left_out_text",
            "kicked",
            "still_out",
            "banned",
        ])
    }
}

#[cfg(feature = "web")]
impl Default for Causes<13> {
    fn default() -> Self {
        let mut all = [SOCKET; 13];
        all[1..].copy_from_slice(&Status::ALL.map(Status::number));
        Self::of(all)
    }
}

/// The cause of a departure, as a label says it.
const fn departure(why: Departure) -> &'static str {
    match why {
        Departure::Left => "left",
        Departure::Closed => "closed",
        Departure::SaidNothing => "said_nothing",
        Departure::Failed(_) => "failed",
        Departure::Broke(_) => "broke_protocol",
        Departure::TooSlow => "too_slow",
        Departure::Unanswered => "unanswered",
        Departure::NeverJoined => "never_joined",
        Departure::CrowdedOut => "crowded_out",
        Departure::Plain => "plain",
        Departure::NoTls => "no_tls",
        Departure::Answered => "answered",
        Departure::OutOfMemory => "out_of_memory",
        Departure::TextStalled => "text_stalled",
        Departure::Refused(Refusal::NameTaken) => "name_taken",
        Departure::Refused(Refusal::NameReserved) => "name_reserved",
        Departure::Refused(Refusal::NoPassword | Refusal::WrongPassword) => "password",
        Departure::Refused(Refusal::OtherVersion) => "version",
        Departure::Replaced => "replaced",
        Departure::BeyondLimit => "beyond_limit",
        Departure::LeftOutText => "left_out_text",
        Departure::Kicked => "kicked",
        Departure::Refused(Refusal::Kicked { .. }) => "still_out",
        Departure::Banned | Departure::Refused(Refusal::Banned { .. }) => "banned",
    }
}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use std::io::ErrorKind;

    use hubbub_wire::DecodeError;

    use super::*;

    #[test]
    fn each_departure_has_a_counter_and_each_counter_a_departure() {
        let metrics = Metrics::default();
        for why in [
            Departure::Left,
            Departure::Closed,
            Departure::SaidNothing,
            Departure::Failed(ErrorKind::ConnectionReset),
            Departure::Broke(DecodeError::BadLength),
            Departure::TooSlow,
            Departure::Unanswered,
            Departure::NeverJoined,
            Departure::CrowdedOut,
            Departure::Plain,
            Departure::NoTls,
            Departure::Answered,
            Departure::OutOfMemory,
            Departure::TextStalled,
            Departure::Replaced,
            Departure::BeyondLimit,
            Departure::LeftOutText,
            Departure::Kicked,
            Departure::Banned,
            Departure::Refused(Refusal::NameTaken),
            Departure::Refused(Refusal::NameReserved),
            Departure::Refused(Refusal::NoPassword),
            Departure::Refused(Refusal::OtherVersion),
            Departure::Refused(Refusal::Kicked { seconds: 1 }),
        ] {
            metrics.departed(why);
        }
        for (cause, counter) in &metrics.departures.0 {
            assert_eq!(counter.get(), 1, "{cause}");
        }
    }
}
