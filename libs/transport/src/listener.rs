//! Listener: where connections come in.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use async_io::Async;

use crate::Transport;

/// A socket that listens.
#[derive(Debug)]
pub struct Listener(Async<TcpListener>);

impl Listener {
    /// Takes over a socket that already listens.
    ///
    /// # Errors
    ///
    /// The system cannot tell when a connection comes in.
    pub fn new(listener: TcpListener) -> io::Result<Self> {
        Async::new(listener).map(Self)
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// The system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().local_addr()
    }

    /// Waits for a connection and tunes its socket. One that breaks before that is passed over.
    ///
    /// # Errors
    ///
    /// The process or the system has run out of something, such as descriptors. A later call may succeed.
    pub async fn accept(&self) -> io::Result<(Transport, SocketAddr)> {
        loop {
            match self.0.accept().await {
                Ok((socket, address)) => {
                    if let Ok(transport) = Transport::tuned(socket) {
                        return Ok((transport, address));
                    }
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether an error of `accept` is about the connection that was being accepted and not about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted | TimedOut
    )
}
