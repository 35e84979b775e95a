//! One CHAT/1.0 room on one TCP port.
//!
//! # The tour
//!
//! The `door` accepts and gives every connection a task (`peer`). Its read half turns bytes into events for the hub's
//! inbox. The `hub`, one task, proposes what counts to the `log`, applies to the `room` what the log has ordered, and drafts
//! an entry for each thing that happened. The `post` seals the draft as one `batch`, whose bytes are made once, and pushes it
//! into every member's `outbox`. The peer's write half writes all that waits there with one system call. Connections that
//! have not joined stand in the `lobby`.
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
//! that can be made alone: its place in the reactor takes 250 bytes, its queue 220, its decoder 170, its name and its
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

use futures::future::select;
use hubbub_transport::Listener;
use tracing::info;

pub use crate::door::{listen, listen_on};
use crate::event::Event;
use crate::memory::{Memory, Shares};
pub use crate::settings::Settings;

// In reading order. The blank lines keep rustfmt from sorting it.

// Words that the rooms below share.
pub mod id;
mod settings;

pub mod memory;

pub mod address;
pub mod allowance;

pub mod event;

// The room: plain, without waiting, the time given.
pub mod room;

mod words;

pub mod batch;

pub mod outbox;

mod post;

mod lobby;

mod log;

// What waits: the hub, the peers, the door.
pub mod hub;

mod peer;

mod door;

// The system.
pub mod descriptors;
pub mod runtime;

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
    let listener = Listener::new(listener)?;
    let settings = Arc::new(settings);
    info!(address = %listener.local_addr()?, "listening");
    let (sender, inbox) = flume::bounded(hub::INBOX);
    let shares = Shares::of(settings.memory_limit);
    let queued = Memory::new(shares.queued);
    let unfinished = Memory::new(shares.unfinished);
    let hub = runtime::spawn(hub::run(
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
