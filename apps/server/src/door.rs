//! The door: where connections come in. It decides which of them get a place, and tells the others why they do not.
//!
//! A connection that is not served is told why in one line and closed; a burst of connections costs few descriptors.
//! The accept loop owns what is known about addresses. It ends when it is dropped.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
#[cfg(feature = "tls")]
use std::time::SystemTime;

use hubbub_transport::{Listener, Transport};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tracing::warn;

use crate::address::{Origin, thinned};
#[cfg(any(feature = "tls", feature = "web"))]
use crate::entrance::Entrance;
#[cfg(feature = "tls")]
use crate::entrance::Proof;
#[cfg(feature = "tls")]
use crate::event::Event;
use crate::guests::Guest;
use crate::id::PeerId;
use crate::metrics::Metrics;
use crate::peer::{self, Early, House, Newcomer};
use crate::runtime;
use crate::shortage::Shortage;
#[cfg(feature = "tls")]
use crate::tls::Identity;

pub(crate) use self::register::{Register, TurnedAway, Who};

mod register;

/// How many connections may wait to be accepted. The system refuses more. After a restart, all members of a room come
/// back at once.
const BACKLOG: i32 = 4096;

/// How many connections are told at a time that there is no place for them, which takes each up to a second. Any more
/// are closed without a word, so that a burst at a full room costs few descriptors.
const TURNED_AWAY_AT_ONCE: usize = 32;

/// How long accepting pauses when the process or the system has run out of something, such as descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Listens on `port` of all interfaces, IPv4 and IPv6. Port 0 takes a free one.
///
/// # Errors
///
/// The port is taken or needs rights.
pub fn listen(port: u16) -> io::Result<TcpListener> {
    // One IPv6 socket serves both, unless the machine has no IPv6.
    match listen_on((Ipv6Addr::UNSPECIFIED, port).into()) {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            listen_on((Ipv4Addr::UNSPECIFIED, port).into())
        }
        other => other,
    }
}

/// Listens on one address. Port 0 takes a free one.
///
/// # Errors
///
/// The port is taken or needs rights, or the machine does not have this address.
pub fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A port counts as free while its last connections are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Whether a socket that somebody else has opened listens.
#[must_use]
pub fn listens(socket: &TcpListener) -> bool {
    SockRef::from(socket).is_listener().unwrap_or(false)
}

/// Lets connections in for as long as it is polled.
pub(crate) async fn let_in(listener: &Listener, mut door: Door, house: &Arc<House>) {
    for number in 0.. {
        let (transport, from) = door.accept(listener, &house.metrics).await;
        let place = match door.register.admit(&from, door.who(&from), house) {
            Ok(place) => place,
            Err(why) => {
                house.metrics.turned_away.count(why.cause());
                door.turn_away(transport, &from, why);
                continue;
            }
        };
        house.metrics.connections.add(1);
        let newcomer = Newcomer {
            peer: PeerId(number),
            from,
            place,
            guest: Guest::default(),
        };
        #[cfg(any(feature = "tls", feature = "web"))]
        if let Some(entrance) = &mut door.entrance {
            entrance.let_in(transport, newcomer, house).await;
            // Nothing above waits, and a flood of connections must not keep the only thread from their tasks.
            runtime::yield_now().await;
            continue;
        }
        if !newcomer.enter(transport, Early::default(), house).await {
            return;
        }
    }
}

/// Lets the server prove itself with other `identities` as they come. Without TLS there is nobody to prove it to.
#[cfg(feature = "tls")]
pub(crate) async fn renew(
    identities: flume::Receiver<Identity>,
    proof: Option<Proof>,
    house: &House,
) {
    let Some(proof) = proof else { return };
    while let Ok(identity) = identities.recv_async().await {
        show_end(identity.ends(), &house.metrics);
        proof.renew(&identity);
        let _ = house
            .inbox
            .send_async(vec![Event::Identity(identity)])
            .await;
    }
}

/// Shows in the metrics when the certificate ends.
#[cfg(feature = "tls")]
fn show_end(end: Option<SystemTime>, metrics: &Metrics) {
    let since = end.and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
    metrics
        .certificate_end
        .set(since.map_or(0, |since| since.as_secs()));
}

/// What the accept loop knows.
#[derive(Default)]
pub(crate) struct Door {
    /// Where connections wait that have not joined, if TLS is spoken or browsers may come.
    #[cfg(any(feature = "tls", feature = "web"))]
    pub(crate) entrance: Option<Entrance>,
    register: Register,
    turning_away: TurningAway,
    shortage: Shortage,
}

impl Door {
    /// As the settings of the house say.
    pub(crate) fn new(house: &House) -> Self {
        #[cfg(feature = "tls")]
        if let Some(tls) = &house.settings.tls {
            show_end(tls.ends(), &house.metrics);
        }
        let (register, turning_away) = (Register::default(), TurningAway::default());
        let _ = house;
        Self {
            #[cfg(any(feature = "tls", feature = "web"))]
            entrance: Entrance::new(house, &register, &turning_away),
            register,
            turning_away,
            ..Self::default()
        }
    }

    /// What proves the server to those who come later, to be renewed.
    #[cfg(feature = "tls")]
    pub(crate) fn proof(&self) -> Option<Proof> {
        self.entrance.as_ref().and_then(Entrance::proof)
    }

    /// Who somebody from there is, as far as that is known before a word is said.
    fn who(&self, from: &Origin) -> Who {
        #[cfg(any(feature = "tls", feature = "web"))]
        if let Some(entrance) = &self.entrance {
            return entrance.who(from);
        }
        let _ = from;
        Who::Peer
    }

    fn turn_away(&self, transport: Transport, from: &Origin, why: TurnedAway) {
        // A line in the log said that the room is full when it became full.
        let line = match why {
            TurnedAway::Full { .. } => None,
            _ => from.line(runtime::now()),
        };
        thinned!(warn, line, address = %from, %why, "turned away");
        let Some(one) = self.turning_away.one_more() else {
            return;
        };
        #[cfg(any(feature = "tls", feature = "web"))]
        let tongues = self.entrance.as_ref().map(Entrance::tongues);
        runtime::spawn(async move {
            #[cfg(any(feature = "tls", feature = "web"))]
            if let Some(tongues) = tongues {
                tongues.turn_away(transport, why.into()).await;
                return drop(one);
            }
            peer::turn_away(transport, why.to_string()).await;
            drop(one);
        });
    }

    /// Waits for a connection, however long a shortage lasts.
    async fn accept(&mut self, listener: &Listener, metrics: &Metrics) -> (Transport, Origin) {
        loop {
            match listener.accept().await {
                Ok((transport, address)) => {
                    return (transport, self.register.origin(address));
                }
                Err(error) => {
                    metrics.accept_failures.add(1);
                    if self.shortage.begins(runtime::now()) {
                        warn!(%error, "cannot accept; trying again every second");
                    }
                    runtime::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// How many connections are being told that there is no place for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurningAway(Arc<AtomicUsize>);

impl TurningAway {
    /// Counts one more for as long as the result lives. `None`: there are already [`TURNED_AWAY_AT_ONCE`].
    pub(crate) fn one_more(&self) -> Option<OneTurnedAway> {
        let one_more = |count| (count < TURNED_AWAY_AT_ONCE).then_some(count + 1);
        let counted = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        counted.ok().map(|_| OneTurnedAway(Arc::clone(&self.0)))
    }
}

/// One of those that are counted.
#[derive(Debug)]
pub(crate) struct OneTurnedAway(Arc<AtomicUsize>);

impl Drop for OneTurnedAway {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_the_bound_are_told_at_a_time_and_one_more_when_one_has_been() {
        let turning_away = TurningAway::default();
        let one_more = || turning_away.one_more();
        let mut told: Vec<_> = (0..TURNED_AWAY_AT_ONCE).map_while(|_| one_more()).collect();
        assert_eq!(told.len(), TURNED_AWAY_AT_ONCE);
        assert!(one_more().is_none());
        told.pop();
        let last = one_more();
        assert!(last.is_some());
        assert!(one_more().is_none());
    }
}
