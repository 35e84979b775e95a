//! Listener: where connections come in.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};

use async_io::Async;
use socket2::SockRef;

use crate::Transport;

/// The most that the system buffers for a connection that was let in, in bytes: as much as Linux lets any program have
/// by default. Without a bound it takes 4 MiB for each peer that stalls, which no limit of the server would count. It
/// is enough for 2 MB/s to the other side of the world.
const SEND_BUFFER: usize = 208 * 1024;

/// A socket that listens.
#[derive(Debug)]
pub struct Listener(Async<TcpListener>);

impl Listener {
    /// Takes over a socket that already listens. Its connections get a bounded send buffer.
    ///
    /// # Errors
    ///
    /// The system cannot tell when a connection comes in.
    pub fn new(listener: TcpListener) -> io::Result<Self> {
        // Connections inherit it.
        SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER)?;
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

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use async_io::block_on;

    use super::*;

    #[test]
    fn a_connection_that_is_let_in_has_a_send_buffer_of_the_bound_and_one_of_our_own_has_not() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = Listener::new(socket).unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = block_on(listener.0.accept()).unwrap();
        // Linux counts twice as much, for what it needs itself.
        let size = SockRef::from(&theirs).send_buffer_size().unwrap();
        assert!((SEND_BUFFER..=2 * SEND_BUFFER).contains(&size), "{size}");
        let size = SockRef::from(&ours).send_buffer_size().unwrap();
        assert!(size > 2 * SEND_BUFFER, "{size}");
    }
}
