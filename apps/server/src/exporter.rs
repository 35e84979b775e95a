//! The exporter: shows the metrics over HTTP, `/metrics` for Prometheus and `/healthz` for whoever restarts servers.
//!
//! It has a thread of its own, so that whoever reads the metrics slowly, often or never costs the room nothing. It
//! reads numbers and asks the hub whether it still answers; it knows nothing of the room. It holds the hub's inbox only
//! while it asks. It ends when [`Shown`] is dropped.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::StreamExt;
use futures::future::select;
use futures::stream::FuturesUnordered;
use hubbub_transport::{Listener, Transport};
use tracing::info;

use self::http::{Asked, Reply, Status};
use crate::door;
use crate::event::{Event, Mail};
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::runtime;

mod http;
mod page;
mod process;

/// How many are answered at a time. The others wait in the system's queue; an answer takes less than a millisecond. It
/// is small, since [`RESERVED`](crate::descriptors::RESERVED) has to have room for it.
const CONNECTIONS: usize = 8;

/// How long a request may take to come. Programs send it at once, and somebody who sends none keeps one of few places.
const REQUEST_TIME: Duration = Duration::from_secs(2);

/// How long the answer may take to be read.
const REPLY_TIME: Duration = Duration::from_secs(5);

/// How much of what comes behind a request is read before the connection is closed, in bytes.
const UNREAD: usize = 16 * 1024;

/// How long the hub may take to answer. In a flood it pauses for up to a second.
const HUB_TIME: Duration = Duration::from_secs(1);

/// How long accepting pauses when the process has run out of something, such as descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Where the numbers come from.
pub(crate) struct Source {
    pub(crate) metrics: Arc<Metrics>,
    /// Asks the hub. Not a sender, which would keep the hub from ending.
    pub(crate) inbox: flume::WeakSender<Mail>,
    /// What waits to be written.
    pub(crate) queued: Arc<Memory>,
    /// What is read in part, and what waits for the hub.
    pub(crate) unfinished: Arc<Memory>,
    pub(crate) max_peers: usize,
    pub(crate) has_history: bool,
    /// Whether the room is on many machines.
    #[cfg(feature = "cluster")]
    pub(crate) has_cluster: bool,
    #[cfg(feature = "tls")]
    pub(crate) has_tls: bool,
    #[cfg(feature = "web")]
    pub(crate) has_page: bool,
    /// When it began, in seconds since 1970.
    pub(crate) began: f64,
}

/// Shows the metrics until it is dropped.
#[derive(Debug)]
pub(crate) struct Shown {
    _stop: flume::Sender<()>,
}

/// Shows the metrics on this address.
///
/// # Errors
///
/// The address cannot be used, or there is no thread.
pub(crate) fn start(address: SocketAddr, source: Source) -> io::Result<Shown> {
    let explain = |error: io::Error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "it is in use; choose another port".to_owned(),
            io::ErrorKind::AddrNotAvailable => "that is no address of this machine".to_owned(),
            _ => error.to_string(),
        };
        io::Error::other(format!("the metrics on {address}: {why}; see --metrics"))
    };
    let listener = door::listen_on(address).and_then(Listener::new);
    start_on(listener.map_err(explain)?, source)
}

fn start_on(listener: Listener, source: Source) -> io::Result<Shown> {
    let address = listener.local_addr()?;
    let (stop, stopped) = flume::bounded::<()>(0);
    thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || {
            let stopped = pin!(stopped.recv_async());
            let shown = pin!(show(&listener, &source));
            runtime::block_on(select(stopped, shown));
        })?;
    info!(%address, "metrics are on /metrics and /healthz");
    Ok(Shown { _stop: stop })
}

/// Answers for as long as it is polled.
async fn show(listener: &Listener, source: &Source) {
    let mut open = FuturesUnordered::new();
    loop {
        while open.len() >= CONNECTIONS {
            open.next().await;
        }
        match runtime::meanwhile(&mut open, listener.accept()).await {
            Ok((transport, _)) => open.push(serve(transport, source)),
            Err(_) => runtime::meanwhile(&mut open, runtime::sleep(ACCEPT_PAUSE)).await,
        }
    }
}

/// Answers one request and closes the connection.
async fn serve(transport: Transport, source: &Source) {
    let mut head = Vec::new();
    let request = runtime::timeout(REQUEST_TIME, read_head(&transport, &mut head)).await;
    let reply = match request {
        Ok(Ok(())) => answer(&head, source).await,
        // It sent nothing, or too little, and may be gone.
        Ok(Err(_)) | Err(_) if head.is_empty() => return,
        Ok(Err(_)) | Err(_) => Reply::of(Status::BadRequest),
    };
    let bytes = reply.bytes();
    let _ = runtime::timeout(REPLY_TIME, write_all(&transport, &bytes)).await;
    // With bytes that nobody has read, closing would destroy the end of the answer on its way.
    let _ = transport.finish();
    let _ = transport.try_read(&mut [0; UNREAD]);
}

/// Reads until the end of the head. What comes after it is not for us.
///
/// # Errors
///
/// The connection has ended, or the head is too long.
async fn read_head(transport: &Transport, head: &mut Vec<u8>) -> io::Result<()> {
    let mut piece = [0; http::MAX_HEAD];
    loop {
        let room = http::MAX_HEAD - head.len();
        if room == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let len = poll_fn(|context| transport.poll_read(context, &mut piece[..room])).await?;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let seen = head.len().saturating_sub(http::END.len() - 1);
        head.extend_from_slice(&piece[..len]);
        if http::has_end(&head[seen..]) {
            return Ok(());
        }
    }
}

async fn answer(head: &[u8], source: &Source) -> Reply {
    let (asked, is_get) = match http::read(head) {
        Ok(request) => request,
        Err(status) => return Reply::of(status),
    };
    let reply = match asked {
        Asked::Metrics => Reply::page(page::write(source)),
        Asked::Health if does_hub_answer(source).await => Reply::of(Status::Ok),
        Asked::Health => Reply::of(Status::Unavailable),
    };
    if is_get { reply } else { reply.without_body() }
}

/// Whether the hub takes mail, and answers in time.
async fn does_hub_answer(source: &Source) -> bool {
    let asking = async {
        let (answer, answered) = flume::bounded(1);
        let inbox = source.inbox.upgrade()?;
        let mail = vec![Event::Probe { answer }];
        inbox.send_async(mail).await.ok()?;
        answered.recv_async().await.ok()
    };
    matches!(runtime::timeout(HUB_TIME, asking).await, Ok(Some(())))
}

async fn write_all(transport: &Transport, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = poll_fn(|context| transport.poll_write(context, bytes)).await?;
        bytes = &bytes[len..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    /// The exporter of a hub for which this receiver stands.
    fn exporter() -> (
        Shown,
        SocketAddr,
        flume::Receiver<Mail>,
        flume::Sender<Mail>,
    ) {
        let (inbox, mail) = flume::bounded(1);
        let source = Source {
            metrics: Arc::default(),
            inbox: inbox.downgrade(),
            queued: Memory::new(1),
            unfinished: Memory::new(1),
            max_peers: 1,
            has_history: false,
            #[cfg(feature = "cluster")]
            has_cluster: false,
            #[cfg(feature = "tls")]
            has_tls: false,
            #[cfg(feature = "web")]
            has_page: false,
            began: 0.0,
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let listener = Listener::new(listener).unwrap();
        (start_on(listener, source).unwrap(), address, mail, inbox)
    }

    #[track_caller]
    fn health(address: SocketAddr) -> String {
        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").unwrap();
        let mut reply = String::new();
        socket.read_to_string(&mut reply).unwrap();
        reply.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn it_is_well_while_the_hub_answers_and_not_when_it_is_late_or_gone() {
        let (_shown, address, mail, inbox) = exporter();
        let hub = thread::spawn(move || {
            for event in mail.recv().unwrap() {
                if let Event::Probe { answer } = event {
                    answer.send(()).unwrap();
                }
            }
            mail
        });
        assert_eq!(health(address), "HTTP/1.1 200 OK");
        let mail = hub.join().unwrap();
        // It does not answer, then it does not even take mail, then it is gone.
        for _ in 0..3 {
            assert_eq!(health(address), "HTTP/1.1 503 Service Unavailable");
        }
        assert_eq!(mail.len(), 1);
        drop(mail);
        assert_eq!(health(address), "HTTP/1.1 503 Service Unavailable");
        drop(inbox);
        assert_eq!(health(address), "HTTP/1.1 503 Service Unavailable");
    }

    #[test]
    fn it_does_not_keep_the_hub_from_ending_and_ends_when_it_is_dropped() {
        let (shown, address, mail, inbox) = exporter();
        drop(inbox);
        assert!(mail.is_disconnected());
        drop(shown);
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_ok() {
            assert!(std::time::Instant::now() < until, "it still listens");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
