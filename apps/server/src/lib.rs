//! One CHAT/1.0 room on one TCP port.
//!
//! # The tour
//!
//! The `door` accepts and gives every connection a task (`peer`). Its read half turns bytes into events for the hub's
//! inbox; the `hub`, one task, asks the `room` what counts, and pushes what comes of it as one shared batch into every
//! member's `outbox`; the peer's write half writes all that waits there with one system call.
//!
//! One for whom there is no place ([`Settings::max_peers`], [`Settings::max_peers_per_address`]), or whose address comes
//! too often ([`Settings::visits_per_minute`]), is told so in one line and closed. Only 32 are told at a time, each for up
//! to a second; whoever comes beyond those is closed without a word.
//!
//! Before a name is refused, its bearer's task looks whether its connection still stands: whoever has just closed and
//! connects anew is often faster than the news of it. The hub does not wait for the answer; the JOIN does.
//!
//! Waiting runs one way: a peer waits for the hub, the hub for nobody but, for a second at most, in a flood. Shutdown
//! runs the same way: the hub drops the outboxes, the write halves empty their queues and end, the inbox closes, the
//! hub ends, `serve` returns.
//!
//! # What is heard of one that goes
//!
//! All that its system had sent before its connection ended: where a write fails, what waits to be read is read to its
//! end, at the pace of its allowance, and what waits to be written is forgotten. Whoever the server drops (a slow
//! consumer, one that passes a limit) has left from that moment, and so has everybody when the server stops.
//!
//! # What it holds in memory
//!
//! An idle member costs about 1.5 kB. `benches/idle` measures the server by members, and then makes 10,000 of each part
//! that can be made alone: its place in the reactor takes 250 bytes, its queue 220, its decoder 180, its name and its
//! rows in the room 140. What is left, some 720, is the rest of its task, its row in the hub and what the allocator
//! loses. It holds no buffer: reads go through one of each thread. The kernel holds 4 kB for its socket beside that.
//!
//! A member that stalls costs its outbox on top ([`Settings::outbox_bytes`]) and one batch at most. All of that together,
//! all unfinished texts, and those in the hub's inbox, stay within [`Settings::memory_limit`].

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_io::Async;
use async_std::task;
use futures::future::select;
use hubbub_wire::Limits;
use tracing::info;

use crate::allowance::Allowance;
pub use crate::door::{listen, listen_on};
use crate::hub::Event;
use crate::memory::Memory;

pub mod address;
pub mod allowance;
pub mod descriptors;
mod door;
pub mod hub;
pub mod memory;
pub mod outbox;
mod peer;
pub mod room;

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
    /// as [`address::PEERS_WORTH`] of them, and no more by coming again.
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

/// Serves one room on `listener` until `shutdown` is ready, then writes what is queued, for at most
/// [`Settings::drain_timeout`], and returns.
///
/// # Errors
///
/// The listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let listener = Async::new(listener)?;
    let settings = Arc::new(settings);
    info!(address = %listener.get_ref().local_addr()?, "listening");
    let (sender, inbox) = flume::bounded(hub::INBOX);
    let queued = Memory::new(settings.memory_limit / 4 * 3);
    let unfinished = Memory::new(settings.memory_limit / 4);
    let hub = task::spawn(hub::run(
        inbox,
        queued,
        Arc::clone(&unfinished),
        Arc::clone(&settings),
    ));
    select(
        pin!(shutdown),
        pin!(door::let_in(&listener, &settings, &unfinished, &sender)),
    )
    .await;
    drop(listener);
    let _ = sender.send_async(vec![Event::Stop]).await;
    drop(sender);
    hub.await;
    info!("stopped");
    Ok(())
}
