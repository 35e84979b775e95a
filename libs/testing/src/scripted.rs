//! A server that does what the test says, and nothing by itself.

use std::net::{TcpListener, TcpStream};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockRef, Socket, Type};

use crate::{DEADLINE, Peer};

/// A listening socket on loopback.
pub struct ScriptedServer(TcpListener);

impl ScriptedServer {
    /// A server on a free port of IPv4 loopback.
    pub fn start() -> Self {
        Self::at("127.0.0.1:0")
    }

    /// A server at this address and port.
    pub fn at(address: &str) -> Self {
        Self::on(TcpListener::bind(address).unwrap())
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        let socket = SockRef::from(&listener);
        // On Linux, accepting has this timeout too.
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(listener)
    }

    /// A server whose queue of connections is full, so that the system does not answer new ones. It stays full while
    /// the streams are kept.
    pub fn that_hangs() -> (Self, [TcpStream; 2]) {
        let server = Self::start();
        let full = server.hang();
        (server, full)
    }

    /// Fills the queue of connections, as [`that_hangs`](Self::that_hangs) does.
    pub fn hang(&self) -> [TcpStream; 2] {
        SockRef::from(&self.0).listen(0).unwrap();
        let address = self.0.local_addr().unwrap();
        let filler = TcpStream::connect(address).unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&address.into());
        [filler, socket.into()]
    }

    /// Takes the next connection to any of these servers. Returns which one it came to.
    #[track_caller]
    pub fn accept_at_one_of(servers: &[&Self]) -> (usize, Peer) {
        let listening = servers
            .iter()
            .map(|server| PollFd::new(&server.0, PollFlags::IN));
        let mut listening: Vec<_> = listening.collect();
        let deadline = Timespec::try_from(DEADLINE).unwrap();
        poll(&mut listening, Some(&deadline)).unwrap();
        let is_called = |it: &PollFd<'_>| it.revents().contains(PollFlags::IN);
        let at = listening
            .iter()
            .position(is_called)
            .expect("nobody connected");
        (at, servers[at].accept())
    }

    /// Whether somebody waits to be accepted.
    pub fn is_called(&self) -> bool {
        let mut listening = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut listening, Some(&Timespec::default())).unwrap() > 0
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Takes the next connection.
    #[track_caller]
    pub fn accept(&self) -> Peer {
        match self.0.accept() {
            Ok((stream, _)) => Peer::on(stream),
            Err(error) => panic!("nobody connected: {error}"),
        }
    }
}
