//! A server that does what the test says, and nothing by itself.

use std::net::{TcpListener, TcpStream};

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
        SockRef::from(&server.0).listen(0).unwrap();
        let address = server.0.local_addr().unwrap();
        let filler = TcpStream::connect(address).unwrap();
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&address.into());
        (server, [filler, socket.into()])
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
