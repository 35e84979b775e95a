//! Transport: one connection as bytes, tried without waiting, and the wait for the moment when trying is worth it.
//!
//! Whoever reads or writes tries first and waits only after [`ErrorKind::WouldBlock`]. What a connection is made of is
//! known here and nowhere else.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_io::Async;
use socket2::SockRef;

use crate::tuning::tune;

/// One connection. Dropping it closes it.
#[derive(Debug)]
pub struct Transport(Async<TcpStream>);

impl Transport {
    /// Connects, and tunes the socket.
    ///
    /// # Errors
    ///
    /// Why the address did not take the connection.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let socket = Async::<TcpStream>::connect(address).await?;
        tune(socket.get_ref())?;
        Ok(Self(socket))
    }

    /// Reads what is there. 0 means that the other side has ended its half.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] when nothing is there; otherwise the connection is broken.
    pub fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.get_ref().read(bytes)
    }

    /// Writes as much as is taken now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] when nothing is taken; otherwise the connection is broken.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_ref().write(bytes)
    }

    /// Ready when reading is worth another try.
    ///
    /// # Errors
    ///
    /// The system does not say.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_readable(cx)
    }

    /// Ready when writing is worth another try.
    ///
    /// # Errors
    ///
    /// The system does not say.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_writable(cx)
    }

    /// [`try_read`](Self::try_read), again and again until something comes of it.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    pub fn poll_read(&self, cx: &mut Context<'_>, bytes: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.try_read(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.poll_readable(cx))?;
                }
                done => return Poll::Ready(done),
            }
        }
    }

    /// [`try_write`](Self::try_write), again and again until something comes of it.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    pub fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.poll_writable(cx))?;
                }
                done => return Poll::Ready(done),
            }
        }
    }

    /// Ends our half: the other side reads what was written and then the end. Reading goes on.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn finish(&self) -> io::Result<()> {
        self.0.get_ref().shutdown(Shutdown::Write)
    }

    /// Closes at once: what is still on its way is thrown away, and the other side sees a broken connection.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn reset(self) -> io::Result<()> {
        SockRef::from(self.0.get_ref()).set_linger(Some(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::TcpListener;
    use std::pin::pin;

    use async_io::{Timer, block_on};
    use futures::future::{Either, select};

    use super::*;

    /// Nothing here takes a tenth of it.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn wait<T>(work: impl Future<Output = T>) -> T {
        match block_on(select(pin!(work), Timer::after(PATIENCE))) {
            Either::Left((done, _)) => done,
            Either::Right(_) => panic!("it is waited for in vain"),
        }
    }

    fn pair() -> (Transport, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let transport = wait(Transport::connect(listener.local_addr().unwrap())).unwrap();
        let (peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        (transport, peer)
    }

    fn read(transport: &Transport) -> Vec<u8> {
        let mut bytes = [0; 16];
        let len = wait(poll_fn(|cx| transport.poll_read(cx, &mut bytes))).unwrap();
        bytes[..len].to_vec()
    }

    #[test]
    fn a_connection_sends_small_frames_at_once_and_notices_a_dead_server_within_a_minute() {
        let (transport, _peer) = pair();
        let socket = SockRef::from(transport.0.get_ref());
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        let probes =
            socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        let silent = socket.tcp_keepalive_time().unwrap() + probes;
        assert!(silent <= Duration::from_secs(60), "{silent:?}");
        #[cfg(target_os = "linux")]
        assert_eq!(
            socket.tcp_user_timeout().unwrap(),
            Some(Duration::from_secs(50))
        );
    }

    #[test]
    fn who_finishes_is_heard_to_the_end_and_goes_on_hearing() {
        let (transport, mut peer) = pair();
        assert_eq!(transport.try_write(b"bye").unwrap(), 3);
        transport.finish().unwrap();
        let mut heard = String::new();
        peer.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "bye");
        peer.write_all(b"so long").unwrap();
        assert_eq!(read(&transport), b"so long");
        drop(peer);
        assert_eq!(read(&transport), b"");
    }

    #[test]
    fn a_try_waits_for_nothing_and_readiness_says_when_the_next_one_is_worth_it() {
        let (transport, mut peer) = pair();
        let silence = transport.try_read(&mut [0; 16]);
        assert_eq!(silence.unwrap_err().kind(), ErrorKind::WouldBlock);
        let block = vec![0; 1 << 20];
        let mut sent = 0;
        let full = loop {
            match transport.try_write(&block) {
                Ok(bytes) => sent += bytes,
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
        let mut taken = vec![0; sent];
        peer.read_exact(&mut taken).unwrap();
        let more = wait(poll_fn(|cx| transport.poll_write(cx, &block))).unwrap();
        assert!(more > 0);
        peer.write_all(b"hi").unwrap();
        assert_eq!(read(&transport), b"hi");
    }

    #[test]
    fn a_reset_breaks_the_connection_at_once() {
        let (transport, mut peer) = pair();
        transport.reset().unwrap();
        let broken = peer.read(&mut [0; 16]).unwrap_err();
        assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
    }
}
