//! A server that does what the test says, and a window without a window.

#![allow(dead_code, reason = "every test program uses its own part")]

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};
use hubbub_session::{Event, Intent, MessageId, Options, Stamped, start_with_clock};
use hubbub_transport::Address;
use hubbub_wire::{Limits, Username};
use socket2::{Domain, SockRef, Socket, Type};

pub(crate) use crate::time::Time;

/// Nothing here takes a tenth of it; who waits longer waits for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The pace of batches. A clock that paces itself lets nobody wait so short a time.
pub(crate) const PACE: Duration = Duration::from_millis(33);

pub(crate) const JOIN: &[u8] = b"CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n";
pub(crate) const LEAVE: &[u8] = b"CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n";

pub(crate) fn text(name: &str, text: &str) -> Vec<u8> {
    let len = text.len();
    format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n{text}").into_bytes()
}

pub(crate) fn join(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n").into_bytes()
}

pub(crate) fn leave(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 LEAVE\r\nUsername: {name}\r\n\r\n").into_bytes()
}

pub(crate) fn joined(name: &str) -> Event {
    let name = name.to_owned();
    Event::Joined { name }
}

pub(crate) fn left(name: &str) -> Event {
    let name = name.to_owned();
    Event::Left { name }
}

pub(crate) fn said(name: &str, text: &str) -> Event {
    Event::Said {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// A listening socket on a free port.
pub(crate) struct Server(TcpListener);

impl Server {
    pub(crate) fn new() -> Self {
        Self::at("127.0.0.1:0")
    }

    pub(crate) fn at(address: &str) -> Self {
        Self::on(TcpListener::bind(address).unwrap())
    }

    fn on(listener: TcpListener) -> Self {
        let socket = SockRef::from(&listener);
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(listener)
    }

    /// A server whose queue of connections is full: it answers no SYN.
    pub(crate) fn that_hangs() -> (Self, [TcpStream; 2]) {
        let server = Self::new();
        SockRef::from(&server.0).listen(0).unwrap();
        let address = server.0.local_addr().unwrap();
        let filler = TcpStream::connect(address).unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&address.into());
        (server, [filler, socket.into()])
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) fn accept(&self) -> Peer {
        let (stream, _) = self.0.accept().expect("nobody connected");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Peer(stream)
    }
}

/// A port of loopback where connections are refused. It is held, so that no other test gets it in the meantime.
pub(crate) struct ClosedPort(Socket);

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        Self(socket)
    }

    pub(crate) fn number(&self) -> u16 {
        let address = self.0.local_addr().unwrap();
        address.as_socket().unwrap().port()
    }

    pub(crate) fn open(self) -> Server {
        self.0.listen(128).unwrap();
        Server::on(self.0.into())
    }
}

/// The server's end of one connection.
pub(crate) struct Peer(pub(crate) TcpStream);

impl Peer {
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).expect("nobody reads");
    }

    /// What one read gives.
    pub(crate) fn read_once(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 1 << 20];
        let read = self.0.read(&mut bytes).expect("nothing came");
        bytes.truncate(read);
        bytes
    }

    pub(crate) fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        let mut read = vec![0; bytes.len()];
        self.0.read_exact(&mut read).expect("less came");
        assert_eq!(
            String::from_utf8_lossy(&read),
            String::from_utf8_lossy(bytes)
        );
    }

    pub(crate) fn expect_end(&mut self) {
        assert_eq!(self.rest(), "");
    }

    /// All that comes until the other side has closed.
    pub(crate) fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        self.0
            .read_to_end(&mut bytes)
            .expect("the end did not come");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn expect_nothing_yet(&self) {
        self.0.set_nonblocking(true).unwrap();
        let peeked = self.0.peek(&mut [0; 1]).map_err(|error| error.kind());
        self.0.set_nonblocking(false).unwrap();
        assert_eq!(peeked, Err(ErrorKind::WouldBlock));
    }
}

/// What the bridge has in its hands: intents, events, and the thread's end.
pub(crate) struct Window {
    pub(crate) intents: Option<Sender<Intent>>,
    pub(crate) batches: Receiver<Vec<Stamped>>,
    pub(crate) time: Time,
    events: VecDeque<Stamped>,
    ended: Receiver<std::convert::Infallible>,
}

impl Window {
    pub(crate) fn open(server: &Server) -> Self {
        Self::open_at(
            options("127.0.0.1", server.port()),
            Time::that_paces_itself(),
        )
    }

    pub(crate) fn open_at(options: Options, time: Time) -> Self {
        let (intents, wishes) = flume::bounded(1024);
        let (events, batches) = flume::bounded(1);
        let ended = start_with_clock(options, wishes, events, time.clock()).unwrap();
        Self {
            intents: Some(intents),
            batches,
            time,
            events: VecDeque::new(),
            ended,
        }
    }

    /// A window whose connection stands, with the time past in which texts wait for a refusal.
    pub(crate) fn connected(server: &Server) -> (Self, Peer) {
        let mut window = Self::open(server);
        let peer = window.expect_connection(server);
        (window, peer)
    }

    pub(crate) fn expect_connection(&mut self, server: &Server) -> Peer {
        self.expect(Event::Connecting);
        let mut peer = server.accept();
        peer.expect(JOIN);
        self.expect(Event::Connected);
        self.time.advance(Duration::from_millis(500));
        peer
    }

    pub(crate) fn wish(&self, intent: Intent) {
        self.intents.as_ref().unwrap().try_send(intent).unwrap();
    }

    pub(crate) fn say(&self, id: MessageId, text: &str) {
        let text = text.to_owned();
        self.wish(Intent::Say { id, text });
    }

    pub(crate) fn next_stamped(&mut self) -> Stamped {
        self.wait_for_event(PATIENCE);
        self.events.pop_front().unwrap()
    }

    pub(crate) fn wait_for_event(&mut self, patience: Duration) {
        while self.events.is_empty() {
            let batch = self.batches.recv_timeout(patience).expect("no event came");
            assert!(!batch.is_empty(), "an empty batch");
            self.events.extend(batch);
        }
    }

    pub(crate) fn next(&mut self) -> Event {
        self.next_stamped().event
    }

    pub(crate) fn expect(&mut self, event: Event) {
        assert_eq!(self.next(), event);
    }

    /// The next two events, in either order.
    pub(crate) fn expect_both(&mut self, one: Event, other: Event) {
        let next = [self.next(), self.next()];
        assert!(
            next == [one.clone(), other.clone()] || next == [other.clone(), one.clone()],
            "{next:?} instead of {one:?} and {other:?}"
        );
    }

    /// Why the connection was lost, whether it was refused, and when it is tried again.
    pub(crate) fn expect_lost(&mut self) -> (String, bool, Duration) {
        match self.next() {
            Event::Lost {
                why,
                refused,
                retry_in,
            } => (why, refused, retry_in),
            other => panic!("not lost: {other:?}"),
        }
    }

    pub(crate) fn expect_no_event(&self) {
        assert!(self.events.is_empty(), "{:?}", self.events);
        assert!(self.batches.is_empty(), "{:?}", self.batches.try_recv());
    }

    pub(crate) fn expect_ended(&self) {
        let ended = self.ended.recv_timeout(PATIENCE);
        assert_eq!(
            ended,
            Err(RecvTimeoutError::Disconnected),
            "the thread goes on"
        );
    }

    pub(crate) fn expect_not_ended(&self) {
        assert!(!self.ended.is_disconnected(), "the thread has ended");
    }
}

pub(crate) fn options(host: &str, port: u16) -> Options {
    Options {
        address: Address {
            host: host.to_owned(),
            port,
        },
        username: Username::new("alice", 64).unwrap(),
        limits: Limits::DEFAULT,
        pace: PACE,
    }
}

/// The same on loopback, under another name than alice.
pub(crate) fn options_of(name: &str, port: u16) -> Options {
    Options {
        username: Username::new(name, 64).unwrap().into_owned(),
        ..options("127.0.0.1", port)
    }
}
