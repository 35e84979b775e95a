//! Ports that are known before anybody listens on them. Nobody guesses a free one: another program could take it before
//! it is used.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

use crate::ScriptedServer;

/// A port of IPv4 loopback where connections are refused. It is held by a socket that is bound and does not listen, so
/// the system gives it to nobody else. A program that is told its number can still listen there, and again after that
/// program has ended: servers bind with `SO_REUSEADDR`, and so does this socket.
pub struct HeldPort(Socket);

impl HeldPort {
    /// Takes a port that is free.
    pub fn new() -> Self {
        Self::at(0).unwrap()
    }

    /// Takes this port, or another one if somebody listens on it.
    pub fn preferably(number: u16) -> Self {
        Self::at(number).unwrap_or_default()
    }

    fn at(number: u16) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, number));
        socket.bind(&address.into())?;
        Ok(Self(socket))
    }

    /// The number of the port.
    pub fn number(&self) -> u16 {
        let address = self.0.local_addr().unwrap();
        address.as_socket().unwrap().port()
    }

    /// Listens on it.
    pub fn open(self) -> ScriptedServer {
        self.0.listen(128).unwrap();
        ScriptedServer::on(TcpListener::from(self.0))
    }
}

impl Default for HeldPort {
    fn default() -> Self {
        Self::new()
    }
}
