//! One CHAT/1.0 room on one TCP port.
//!
//! # The tour
//!
//! `serve` accepts and gives every connection a task (`peer`). Its read half turns bytes into events for the hub's
//! inbox; the `hub`, one task, asks the `room` what counts, and pushes what comes of it as one shared batch into every
//! member's `outbox`; the peer's write half writes all that waits there with one system call.
//!
//! One for whom there is no place ([`Settings::max_peers`]) is told so in one line and closed. Only 32 are told at a
//! time, each for up to a second; whoever comes beyond those is closed without a word.
//!
//! Waiting runs one way: a peer waits for the hub, the hub for nobody but, for a second at most, in a flood. Shutdown
//! runs the same way: the hub drops the outboxes, the write halves empty their queues and end, the inbox closes, the
//! hub ends, `serve` returns.
//!
//! # What it holds in memory
//!
//! An idle member costs about 1.5 kB. `benches/idle` measures the server by members, and then makes 10,000 of each part
//! that can be made alone: its place in the reactor takes 250 bytes, its queue 220, its decoder 150, its name and its
//! rows in the room 130. What is left, some 730, is the rest of its task, its row in the hub and what the allocator
//! loses. It holds no buffer: reads go through one of each thread. The kernel holds 4 kB for its socket beside that.
//!
//! A member that stalls costs its outbox on top ([`Settings::outbox_bytes`]) and one batch at most. All of that together,
//! all unfinished texts, and those in the hub's inbox, stay within [`Settings::memory_limit`].

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_io::Async;
use async_std::task;
use futures::future::select;
use hubbub_wire::Limits;
use socket2::{Domain, Protocol, Socket, Type};
use tracing::{info, warn};

use crate::allowance::Allowance;
use crate::hub::{Event, Mail};
use crate::memory::Memory;
use crate::peer::{Connection, Peer};
use crate::room::PeerId;

pub mod allowance;
pub mod descriptors;
pub mod hub;
pub mod memory;
pub mod outbox;
mod peer;
pub mod room;

/// Connections that wait to be accepted; more are refused by the system. A room that comes back after a restart has
/// all its members at the door at once.
const BACKLOG: i32 = 4096;

/// How many connections are told at a time that there is no place for them; it takes each up to a second. More than
/// these are closed without a word, so that a storm at a full room costs few descriptors.
const TURNED_AWAY_AT_ONCE: usize = 32;

/// How long accepting pauses when the process or the system has run out of something, such as descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// A shortage is over when accepting has not failed for this long, and only the next one is worth a line: far longer
/// than a full server takes to let one in for each that goes, and short enough that an operator hears of a new one.
const SHORTAGE_OVER: Duration = Duration::from_secs(60);

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
    /// What a peer may say in the long run; by itself as much as it likes. One that says more is read slower, so that
    /// whoever reads on a slow line is not made a slow consumer by it.
    pub allowance: Allowance,
    /// How long a peer's socket may take nothing while something waits for it. Longer than any outage that TCP mends
    /// without the user's noticing.
    pub write_timeout: Duration,
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
            allowance: Allowance::UNLIMITED,
            write_timeout: Duration::from_secs(30),
            join_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

/// Listens on `port` of all interfaces, IPv4 and IPv6. Port 0 takes a free one.
///
/// # Errors
///
/// The port is taken or needs rights.
pub fn listen(port: u16) -> io::Result<TcpListener> {
    // One IPv6 socket serves both, unless this machine has no IPv6.
    match listen_on((Ipv6Addr::UNSPECIFIED, port).into()) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            listen_on((Ipv4Addr::UNSPECIFIED, port).into())
        }
        other => other,
    }
}

/// Listens on this address alone. Port 0 takes a free one.
///
/// # Errors
///
/// The port is taken or needs rights, or the address is not of this machine.
pub fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A port whose last connections are still in TIME_WAIT is free for us.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
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
    let hub = task::spawn(hub::run(inbox, queued, Arc::clone(&settings)));
    select(
        pin!(shutdown),
        pin!(accept_loop(&listener, &settings, &sender)),
    )
    .await;
    drop(listener);
    let _ = sender.send_async(vec![Event::Stop]).await;
    drop(sender);
    hub.await;
    info!("stopped");
    Ok(())
}

async fn accept_loop(
    listener: &Async<TcpListener>,
    settings: &Arc<Settings>,
    hub: &flume::Sender<Mail>,
) {
    let unfinished = Memory::new(settings.memory_limit / 4);
    let mut doors = Doors::default();
    let mut shortage = Shortage::default();
    for number in 0.. {
        let socket = accept(listener, &mut shortage).await;
        if !doors.admit(settings.max_peers) {
            doors.turn_away(socket, settings.max_peers);
            continue;
        }
        let peer = PeerId(number);
        let (outbox, pending) = outbox::outbox(peer, settings.outbox_bytes);
        if hub
            .send_async(vec![Event::Connected { peer, outbox }])
            .await
            .is_err()
        {
            return;
        }
        task::spawn(peer::run(Peer {
            connection: Connection {
                peer,
                socket,
                settings: Arc::clone(settings),
                hub: hub.clone(),
            },
            pending,
            unfinished: unfinished.hold(0),
            _place: Arc::clone(&doors.places),
        }));
    }
}

/// How many are in, and how many are being told that there is no place.
#[derive(Default)]
struct Doors {
    /// One clone for each peer that is served.
    places: Arc<()>,
    /// One clone for each that is being turned away.
    turning_away: Arc<()>,
    full: bool,
}

impl Doors {
    /// Is there a place for one more?
    fn admit(&mut self, max_peers: usize) -> bool {
        let peers = Arc::strong_count(&self.places) - 1;
        let full = peers >= max_peers;
        if full && !self.full {
            warn!(peers, max_peers, "full: turning connections away");
        }
        self.full = full;
        !full
    }

    fn turn_away(&self, socket: Async<TcpStream>, max_peers: usize) {
        if Arc::strong_count(&self.turning_away) > TURNED_AWAY_AT_ONCE {
            return;
        }
        let place = Arc::clone(&self.turning_away);
        let why = format!("the room is full: {max_peers} connections is the most; try again later");
        task::spawn(async move {
            peer::turn_away(socket, why).await;
            drop(place);
        });
    }
}

/// When accepting last failed because something had run out, such as descriptors.
#[derive(Default)]
struct Shortage {
    last: Option<Instant>,
}

impl Shortage {
    /// Takes note of one more failure. Is it the first of its shortage?
    fn begins(&mut self, now: Instant) -> bool {
        let last = self.last.replace(now);
        last.is_none_or(|last| now - last > SHORTAGE_OVER)
    }
}

/// Waits for a connection that is fit for use.
async fn accept(listener: &Async<TcpListener>, shortage: &mut Shortage) -> Async<TcpStream> {
    loop {
        match listener.accept().await {
            Ok((socket, address)) => match hubbub_transport::tune(socket.get_ref()) {
                Ok(()) => return socket,
                Err(error) => info!(%address, %error, "gone before it was served"),
            },
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if shortage.begins(Instant::now()) {
                    warn!(%error, "cannot accept; trying again every second");
                }
                task::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Errors of `accept` that speak of the connection that was about to be accepted and not of the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_over_after_a_minute_without_a_failure_and_not_before() {
        let (mut shortage, start) = (Shortage::default(), Instant::now());
        assert!(shortage.begins(start));
        assert!(!shortage.begins(start + SHORTAGE_OVER));
        // It counts from the last failure and not from the first.
        assert!(!shortage.begins(start + 2 * SHORTAGE_OVER));
        assert!(shortage.begins(start + 3 * SHORTAGE_OVER + Duration::from_millis(1)));
    }
}
