//! Connect: from a host and a port to a transport, or to a reason in words why there is none.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use hubbub_transport::tls::{Connector, Seen};
use hubbub_transport::{Address, Transport};

use crate::in_turn::one_of;
use crate::known::host_name;
use crate::why::why;
use crate::{Clock, runtime};

/// How long looking up a name may take: long enough for a resolver to ask two name servers twice.
const RESOLVE_WITHIN: Duration = Duration::from_secs(20);
/// How long connecting to one address may take. A SYN that was lost twice is sent a third time after 3 s.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a handshake may take. It is two round trips, but a server that many come to at once lets them wait.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// When an address has not answered for this long, the next one is tried alongside it, as in RFC 8305. Most answer
/// sooner, and a user whose first address never answers hardly notices the delay.
const NEXT_AFTER: Duration = Duration::from_millis(250);

/// When a server has not taken the connection for this long, the next one of the room is tried alongside it. Looking up
/// its name and getting to the other side of the world takes less.
const NEXT_SERVER_AFTER: Duration = Duration::from_secs(1);

/// Tries the servers of a room in turn. Returns the first connection that stands, and to which of them.
///
/// # Errors
///
/// Why there is none, for each of them, in words for a person.
pub(crate) async fn connect_to_one(
    servers: &[Address],
    clock: &Clock,
) -> Result<(usize, Transport), Vec<String>> {
    let mut whys = vec![String::new(); servers.len()];
    let attempts = servers.iter().enumerate().map(|(at, server)| async move {
        let connected = connect(server, clock).await;
        connected
            .map(|transport| (at, transport))
            .map_err(|why| (at, why))
    });
    let fail = |(at, why): (usize, String)| whys[at] = why;
    let connected = one_of(attempts, NEXT_SERVER_AFTER, clock, fail).await;
    connected.ok_or(whys)
}

/// Tries all addresses of the host, IPv6 and IPv4 in turn, each kind in the order of the resolver. The first connection
/// that stands is returned.
///
/// # Errors
///
/// Why there is no connection, in words for a person.
async fn connect(address: &Address, clock: &Clock) -> Result<Transport, String> {
    let Address { host, port } = address.clone();
    let addresses = match clock
        .within(RESOLVE_WITHIN, runtime::look_up(host, port))
        .await
    {
        Some(Ok(addresses)) => addresses,
        Some(Err(_)) => return Err("no such host, or no network to look it up".to_owned()),
        None => {
            let seconds = RESOLVE_WITHIN.as_secs();
            return Err(format!("looking up the host took longer than {seconds} s"));
        }
    };
    connect_to_any(by_turns(addresses), clock).await
}

/// Makes a connection one on which nobody reads along. Nothing is written there but what the handshake takes.
///
/// # Errors
///
/// The server does not speak TLS as it should, or not in time.
pub(crate) async fn secure(
    transport: Transport,
    connector: &Connector,
    host: &str,
    clock: &Clock,
) -> io::Result<(Transport, Seen)> {
    let host = host_name(host);
    let handshake = transport.connect_tls(connector, &host);
    let secured = clock.within(HANDSHAKE_WITHIN, handshake).await;
    secured.unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))
}

/// Alternates the two kinds of addresses, so that one kind that leads nowhere delays the other by one address only.
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().map(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| Some(address.is_ipv6()) == first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::new();
    while first.len() + second.len() > 0 {
        turns.extend(first.next());
        turns.extend(second.next());
    }
    turns
}

async fn connect_to_any(addresses: Vec<SocketAddr>, clock: &Clock) -> Result<Transport, String> {
    let attempts = addresses
        .into_iter()
        .map(|address| connect_to(address, clock));
    let mut failure = None;
    let fail = |error| {
        // The reason that helps most is that of the first address that could be reached at all.
        if failure.as_ref().is_none_or(is_unreachable) {
            failure = Some(error);
        }
    };
    let connected = one_of(attempts, NEXT_AFTER, clock, fail).await;
    connected.ok_or_else(|| {
        failure.map_or_else(|| "the host has no address".to_owned(), |error| why(&error))
    })
}

async fn connect_to(address: SocketAddr, clock: &Clock) -> io::Result<Transport> {
    let attempt = clock
        .within(CONNECT_WITHIN, Transport::connect(address))
        .await;
    attempt.unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))
}

fn is_unreachable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable
    )
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::time::SystemTime;

    use futures::FutureExt;
    use socket2::{Domain, SockRef, Socket, Type};

    use super::*;

    /// Nothing here takes a tenth of this.
    const PATIENCE: Duration = Duration::from_secs(30);
    const NEVER: Duration = Duration::MAX;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address that refuses connections. It is kept bound, so that no other test gets it in the meantime.
    fn closed() -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    /// A listener whose queue of connections is full: it answers no SYN.
    fn that_hangs() -> (TcpListener, SocketAddr, [Socket; 2]) {
        let (listener, address) = listener();
        SockRef::from(&listener).listen(0).unwrap();
        let filler = TcpStream::connect(address).unwrap();
        let second = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        second.set_nonblocking(true).unwrap();
        // It is only begun: it takes up the place in the queue.
        let _ = second.connect(&address.into());
        (listener, address, [filler.into(), second])
    }

    /// A clock that stands still, except for a wait of exactly `passing`, which is over at once.
    fn clock(passing: Duration) -> Clock {
        Clock {
            awake: Box::new(|| Duration::ZERO),
            wall: Box::new(|| SystemTime::UNIX_EPOCH),
            sleep: Box::new(move |time| {
                if time == passing {
                    future::ready(()).boxed()
                } else {
                    future::pending().boxed()
                }
            }),
        }
    }

    fn attempt(addresses: Vec<SocketAddr>, passing: Duration) -> Result<Transport, String> {
        let clock = clock(passing);
        let attempt = connect_to_any(addresses, &clock);
        let outcome = runtime::block_on(Clock::system().within(PATIENCE, attempt));
        outcome.expect("it waits for an address that never answers")
    }

    /// Fails unless the transport leads to this listener.
    fn expect_at(listener: &TcpListener, transport: &Transport) {
        let (mut accepted, _) = listener.accept().unwrap();
        accepted.set_read_timeout(Some(PATIENCE)).unwrap();
        transport.try_write(b"x").unwrap();
        accepted.read_exact(&mut [0; 1]).unwrap();
    }

    #[test]
    fn every_address_is_tried_until_one_takes_the_connection() {
        let (listener, open) = listener();
        let (_held, closed) = closed();
        let transport = attempt(vec![closed, closed, open], NEVER).unwrap();
        expect_at(&listener, &transport);
        let refused = attempt(vec![closed], NEVER).unwrap_err();
        assert_eq!(refused, "connection refused");
        let none = attempt(Vec::new(), NEVER).unwrap_err();
        assert_eq!(none, "the host has no address");
    }

    #[test]
    fn an_address_that_does_not_answer_for_250_ms_gets_company_of_the_next() {
        let (_silent, silent, _fillers) = that_hangs();
        let (listener, open) = listener();
        let (_held, closed) = closed();
        let transport = attempt(vec![silent, closed, silent, open], NEXT_AFTER).unwrap();
        expect_at(&listener, &transport);
    }

    #[test]
    fn an_address_that_answers_sooner_gets_none() {
        let ((first, one), (second, other)) = (listener(), listener());
        attempt(vec![one, other], NEVER).unwrap();
        first.accept().unwrap();
        second.set_nonblocking(true).unwrap();
        let nobody = second.accept().map_err(|error| error.kind());
        assert_eq!(nobody.map(drop), Err(ErrorKind::WouldBlock));
    }

    #[test]
    fn where_no_address_answers_the_end_comes_5_s_after_the_last_was_begun() {
        let (_silent, silent, _fillers) = that_hangs();
        let outcome = attempt(vec![silent], CONNECT_WITHIN);
        assert_eq!(outcome.unwrap_err(), "the server does not answer");
    }

    #[test]
    fn both_kinds_of_addresses_have_their_turn() {
        let six = |i: u16| SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, i], 1));
        let four = |i: u8| SocketAddr::from(([127, 0, 0, i], 1));
        assert_eq!(
            by_turns(vec![six(1), six(2), six(3), four(1), four(2)]),
            [six(1), four(1), six(2), four(2), six(3)]
        );
        assert_eq!(
            by_turns(vec![four(1), four(2), six(1)]),
            [four(1), six(1), four(2)]
        );
        assert_eq!(by_turns(Vec::new()), []);
    }
}
