//! Connect: from a name to a socket that notices a dead server, or the reason in words why there is none.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use async_std::net::TcpStream;
use futures::future::{Either, select};
use futures::pin_mut;
use socket2::{SockRef, TcpKeepalive};

use super::{Clock, Settings};

/// Longest wait for the addresses of a name: a resolver asks two name servers twice within it.
const RESOLVE_WITHIN: Duration = Duration::from_secs(20);
/// Longest wait for one address. A SYN that got lost twice is sent a third time after 3 s.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Silence before the first probe. A quiet room costs one small packet in this time.
const PROBE_AFTER: Duration = Duration::from_secs(20);
/// Time between two probes.
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// Probes without an answer until the server is dead.
const PROBES: u32 = 3;
/// Longest time that written bytes stay without an answer, so that a server that died while we spoke is noticed as
/// soon as one that died while all were silent: within a minute.
#[cfg(target_os = "linux")]
const UNANSWERED: Duration = Duration::from_secs(50);

/// Tries every address of the target, IPv6 and IPv4, in the resolver's order.
///
/// # Errors
///
/// Why no address took the connection, in words for a person.
pub(super) async fn connect(settings: &Settings, clock: &Clock) -> Result<TcpStream, String> {
    let addresses = match within(clock, RESOLVE_WITHIN, resolve(settings)).await {
        Some(Ok(addresses)) => addresses,
        Some(Err(_)) => return Err("no such host, or no network to look it up".to_owned()),
        None => {
            let seconds = RESOLVE_WITHIN.as_secs();
            return Err(format!("looking up the host took longer than {seconds} s"));
        }
    };
    connect_to_any(addresses.into_iter(), clock).await
}

/// Looks the target up in a thread that ends with the answer. async-std's own would stay and wake twice a second.
async fn resolve(settings: &Settings) -> io::Result<Vec<SocketAddr>> {
    let (target, port) = (settings.target.clone(), settings.port);
    let (found, answer) = flume::bounded(1);
    thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let addresses = (target.as_str(), port).to_socket_addrs();
            // Nobody waits for an answer that comes too late.
            let _ = found.send(addresses.map(Iterator::collect));
        })?;
    answer
        .recv_async()
        .await
        .unwrap_or_else(|_| Err(ErrorKind::Other.into()))
}

async fn connect_to_any(
    addresses: impl Iterator<Item = SocketAddr>,
    clock: &Clock,
) -> Result<TcpStream, String> {
    let mut failure = None;
    for address in addresses {
        match connect_to(address, clock).await {
            Ok(stream) => return Ok(stream),
            // Which of several reasons helps most? The first address that could be reached at all.
            Err(error) if failure.as_ref().is_none_or(is_unreachable) => failure = Some(error),
            Err(_) => {}
        }
    }
    Err(failure.map_or_else(|| "the host has no address".to_owned(), |error| why(&error)))
}

async fn connect_to(address: SocketAddr, clock: &Clock) -> io::Result<TcpStream> {
    let attempt = within(clock, CONNECT_WITHIN, TcpStream::connect(address)).await;
    let stream = attempt.unwrap_or_else(|| Err(ErrorKind::TimedOut.into()))?;
    tune(&stream)?;
    Ok(stream)
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let probes = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_EVERY)
        .with_retries(PROBES);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNANSWERED))?;
    Ok(())
}

/// `None` when the time was over first.
async fn within<T>(clock: &Clock, time: Duration, work: impl Future<Output = T>) -> Option<T> {
    pin_mut!(work);
    match select(work, clock.sleep(time)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

fn is_unreachable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable
    )
}

/// Why a connection failed or ended, in words for a person.
pub(super) fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            "the server broke the connection".to_owned()
        }
        ErrorKind::BrokenPipe | ErrorKind::WriteZero => CLOSED.to_owned(),
        ErrorKind::TimedOut => "the server does not answer".to_owned(),
        ErrorKind::NetworkUnreachable => "no network".to_owned(),
        ErrorKind::HostUnreachable => "the server cannot be reached".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

/// What is said when the stream ended in good order.
pub(super) const CLOSED: &str = "the server closed the connection";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use async_std::task;

    use super::*;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn every_address_is_tried_until_one_takes_the_connection() {
        let (listener, open) = listener();
        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let attempt = |addresses: Vec<SocketAddr>| {
            task::block_on(connect_to_any(addresses.into_iter(), &Clock::system()))
        };
        let stream = attempt(vec![closed, closed, open]).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(accepted.peer_addr().unwrap(), stream.local_addr().unwrap());
        assert_eq!(attempt(vec![closed]).unwrap_err(), "connection refused");
        assert_eq!(attempt(Vec::new()).unwrap_err(), "the host has no address");
    }

    #[test]
    fn a_connection_sends_small_frames_at_once_and_notices_a_dead_server_within_a_minute() {
        let (_listener, address) = listener();
        let stream = task::block_on(connect_to(address, &Clock::system())).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        let probes =
            socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        let silent = socket.tcp_keepalive_time().unwrap() + probes;
        assert!(silent <= Duration::from_secs(60), "{silent:?}");
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNANSWERED));
    }
}
