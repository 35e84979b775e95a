//! Settings: what the server allows and how long it waits. Plain data.

use std::time::Duration;

use hubbub_wire::Limits;

use crate::allowance::Allowance;

/// What the server allows and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What is taken from a peer; `max_payload` is the one that `--max-payload` sets.
    pub limits: Limits,
    /// Most bytes that may wait for one peer. 4 MiB is a minute of a very busy room, and what one stalled reader costs.
    pub outbox_bytes: usize,
    /// Most bytes that the texts under way may take, all peers together: three quarters for what waits to be written
    /// ([`Settings::outbox_bytes`] counts the same once a peer, but a batch that many wait for is there once), one
    /// quarter for what is not yet read to its end or not yet taken by the hub.
    pub memory_limit: usize,
    /// Most connections at a time, members or not. More are closed; 32 of those at a time are told why in one line, and
    /// the others of a storm hear nothing.
    pub max_peers: usize,
    /// Most connections at a time from one address (of IPv6: from one network of 64 bits).
    pub max_peers_per_address: usize,
    /// Most connections that may come from one address in a minute, in the long run, and at once. 0 is no bound. Each is
    /// announced to everybody when it joins and when it goes, and has an allowance of its own.
    pub visits_per_minute: u32,
    /// What a peer may say in the long run; by itself as much as it likes. One that says more is read slower, so that
    /// whoever reads on a slow line is not made a slow consumer by it. All peers of one address together may say as much
    /// as [`PEERS_WORTH`](crate::address::PEERS_WORTH) of them, and no more by coming again.
    pub allowance: Allowance,
    /// How long a peer's socket may take nothing while something waits for it. Longer than any outage that TCP mends
    /// without the user's noticing.
    pub write_timeout: Duration,
    /// How long nothing may come of a text that has begun: as long as a peer's line may be away while it reads.
    pub text_timeout: Duration,
    /// How long a connection may take to send its JOIN: time to type one by hand.
    pub join_timeout: Duration,
    /// How long a stopping server goes on writing what is queued: less than service managers wait before they kill.
    pub drain_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::DEFAULT,
            outbox_bytes: 4 * 1024 * 1024,
            memory_limit: 256 * 1024 * 1024,
            max_peers: usize::MAX,
            max_peers_per_address: usize::MAX,
            visits_per_minute: 0,
            allowance: Allowance::UNLIMITED,
            write_timeout: Duration::from_secs(30),
            text_timeout: Duration::from_secs(30),
            join_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
        }
    }
}
