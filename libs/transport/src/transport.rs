//! Transport: one connection, plain, encrypted or of a browser. Reading and writing never wait; waiting for the moment
//! when they are worth a try is separate.
//!
//! Callers keep two rules, so that nobody sees which kind it is: they wait for writing only after
//! [`ErrorKind::WouldBlock`], and the next write then begins with the same bytes. What a connection is made of is known
//! in this file, in `listener`, in `tls` and in `web`, and nowhere else.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_io::Async;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

#[cfg(any(feature = "tls", feature = "web"))]
pub(crate) use self::waiting::Waiting;
use self::wrapped::Wrapped;
#[cfg(feature = "web")]
use crate::Goodbye;
#[cfg(all(feature = "tls", feature = "web"))]
use crate::tls::Agreed;
#[cfg(feature = "tls")]
use crate::tls::Secured;
use crate::tuning::tune;
#[cfg(feature = "web")]
use crate::web::Web;

#[cfg(any(feature = "tls", feature = "web"))]
mod waiting;

mod wrapped;

/// What the system says of a connection that the other side has ended, or that has failed.
#[cfg(target_os = "linux")]
const END: PollFlags = PollFlags::RDHUP.union(PollFlags::HUP).union(PollFlags::ERR);
#[cfg(not(target_os = "linux"))]
const END: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

/// One connection, plain, encrypted or of a browser. Dropping it closes it.
#[derive(Debug)]
pub struct Transport(Kind);

/// What a connection is made of. A plain one costs as much as if there were no others: every member has one.
#[derive(Debug)]
enum Kind {
    Plain(Async<TcpStream>),
    /// `None` leads nowhere. All the others are behind one pointer, since another variant would cost a plain one room.
    Wrapped(Option<Box<Wrapped>>),
}

impl Transport {
    /// Connects and tunes the socket.
    ///
    /// # Errors
    ///
    /// There is no connection to this address, for the reason that the system gives.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::tuned(Async::<TcpStream>::connect(address).await?)
    }

    /// One that leads nowhere, for those who have none: everything fails with [`ErrorKind::NotConnected`]. An `Option`
    /// would be larger.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self(Kind::Wrapped(None))
    }

    /// Whether it leads nowhere.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        self.socket().is_err()
    }

    /// Takes over a connected socket and tunes it.
    ///
    /// # Errors
    ///
    /// The connection has already ended.
    pub(crate) fn tuned(socket: Async<TcpStream>) -> io::Result<Self> {
        tune(socket.get_ref())?;
        Ok(Self(Kind::Plain(socket)))
    }

    /// Takes over an encrypted connection.
    #[cfg(feature = "tls")]
    pub(crate) fn secured(secured: Secured) -> Self {
        Self::wrapping(Wrapped::Secured(Box::new(secured)))
    }

    /// The socket of a plain connection.
    ///
    /// # Errors
    ///
    /// It is encrypted: there is no TLS within TLS.
    #[cfg(feature = "tls")]
    pub(crate) fn into_plain(self) -> io::Result<Async<TcpStream>> {
        match self.0 {
            Kind::Plain(socket) => Ok(socket),
            Kind::Wrapped(_) => Err(ErrorKind::InvalidInput.into()),
        }
    }

    /// From now on, speaks WebSocket over this connection, which has just been agreed on. What is read is what the
    /// other side's binary messages bring, and what is written goes out as binary messages; where these begin and end
    /// has no meaning. `early` is what has been read of it already.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn into_web(self, early: Vec<u8>) -> Self {
        Self::wrapping(Wrapped::Web(Box::new(Web::new(self, early))))
    }

    /// From now on, says of the connection of a browser that the other side is there: a proxy stands between.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn standing_for(mut self, visitor: SocketAddr) -> Self {
        if let Kind::Wrapped(Some(wrapped)) = &mut self.0
            && let Wrapped::Web(web) = &mut **wrapped
        {
            web.stand_for(visitor);
        }
        self
    }

    #[cfg(any(feature = "tls", feature = "web"))]
    fn wrapping(wrapped: Wrapped) -> Self {
        Self(Kind::Wrapped(Some(Box::new(wrapped))))
    }

    fn wrapped(&self) -> Option<&Wrapped> {
        match &self.0 {
            Kind::Plain(_) => None,
            Kind::Wrapped(wrapped) => wrapped.as_deref(),
        }
    }

    pub(crate) fn socket(&self) -> io::Result<&Async<TcpStream>> {
        match &self.0 {
            Kind::Plain(socket) => Ok(socket),
            Kind::Wrapped(Some(wrapped)) => wrapped.socket(),
            Kind::Wrapped(None) => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Reads what has arrived. 0 means that the other side has ended its half.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] when nothing has arrived. After any other error the connection is broken.
    /// [`ErrorKind::UnexpectedEof`] says that an encrypted one has ended without the other side's word: somebody in
    /// between may have cut it off.
    pub fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        if let Some(wrapped) = self.wrapped() {
            return wrapped.try_read(bytes);
        }
        let mut socket = self.socket()?.get_ref();
        uninterrupted(|| socket.read(bytes))
    }

    /// Writes as much as the system takes now. An encrypted connection takes one record at most.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] when it takes nothing. After any other error the connection is broken.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(wrapped) = self.wrapped() {
            return wrapped.try_write_vectored(&[IoSlice::new(bytes)]);
        }
        let mut socket = self.socket()?.get_ref();
        uninterrupted(|| socket.write(bytes))
    }

    /// Does the same as [`try_write`](Self::try_write) for bytes in several places. With no bytes at all, it does
    /// nothing.
    ///
    /// # Errors
    ///
    /// The same as for [`try_write`](Self::try_write).
    pub fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if let Some(wrapped) = self.wrapped() {
            return wrapped.try_write_vectored(slices);
        }
        match slices {
            [] => Ok(0),
            // The plain system call is cheaper.
            [slice] => self.try_write(slice),
            slices => {
                let mut socket = self.socket()?.get_ref();
                uninterrupted(|| socket.write_vectored(slices))
            }
        }
    }

    /// Ready when reading is worth another try, which includes bytes that the last read left. There may be nothing
    /// after all.
    ///
    /// # Errors
    ///
    /// The system cannot tell.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(wrapped) = self.wrapped() {
            return wrapped.poll_readable(cx);
        }
        self.socket()?.poll_readable(cx)
    }

    /// Does what has to be done for the other side while nobody waits for reading: a browser is asked for signs of life,
    /// so that nobody in between takes the connection for a dead one. It does not count how many it gives. The task is
    /// woken for the next one.
    #[cfg(feature = "web")]
    pub fn keep_alive(&self, cx: &mut Context<'_>) {
        if let Some(Wrapped::Web(web)) = self.wrapped() {
            web.keep_alive(cx);
        }
    }

    /// Ready when writing is worth another try. The system may take nothing after all.
    ///
    /// # Errors
    ///
    /// The system cannot tell.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_writable(cx)
    }

    /// Reads like [`try_read`](Self::try_read), but waits for something to arrive.
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

    /// Writes like [`try_write`](Self::try_write), but waits for the system to take something.
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

    /// Whether nobody in between can read along.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.wrapped().is_some_and(Wrapped::is_encrypted)
    }

    /// What both sides have agreed to speak, where it is encrypted and they have.
    #[cfg(all(feature = "tls", feature = "web"))]
    #[must_use]
    pub fn agreed(&self) -> Option<Agreed> {
        match self.wrapped()? {
            Wrapped::Secured(secured) => secured.agreed(),
            Wrapped::Web(_) => None,
        }
    }

    /// Whether the other side is a browser.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn is_web(&self) -> bool {
        matches!(self.wrapped(), Some(Wrapped::Web(_)))
    }

    /// How many bytes it holds for the other side: what has arrived and is not yet read, and what is not yet sent. A
    /// plain one holds none.
    #[must_use]
    pub fn held(&self) -> usize {
        self.unread() + self.unsent()
    }

    /// How many bytes it holds of what has arrived and is not yet read. A plain one holds none.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.wrapped().map_or(0, Wrapped::unread)
    }

    /// How many bytes it holds of what is not yet sent. A plain one holds none.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.wrapped().map_or(0, Wrapped::unsent)
    }

    /// Where the other side is.
    ///
    /// # Errors
    ///
    /// The connection has failed.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        #[cfg(feature = "web")]
        if let Some(Wrapped::Web(web)) = self.wrapped()
            && let Some(visitor) = web.visitor()
        {
            return Ok(visitor);
        }
        self.socket()?.get_ref().peer_addr()
    }

    /// Where this side is.
    ///
    /// # Errors
    ///
    /// The connection has failed.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket()?.get_ref().local_addr()
    }

    /// Whether the other side has ended its half, or the connection has failed. What arrived before can still be read.
    /// Where the system does not tell, the answer is no.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        if self.wrapped().is_some_and(Wrapped::is_ended) {
            return true;
        }
        let Ok(socket) = self.socket() else {
            return true;
        };
        let mut ends = [PollFd::new(socket.get_ref(), END)];
        // With a time of zero, this does not wait.
        let asked = poll(&mut ends, Some(&Timespec::default()));
        asked.is_ok() && ends[0].revents().intersects(END)
    }

    /// Tells a browser, when our half [ends](Self::finish), why it does. The first reason counts. Others are told
    /// nothing.
    #[cfg(feature = "web")]
    pub fn goodbye(&self, why: Goodbye) {
        if let Some(Wrapped::Web(web)) = self.wrapped() {
            web.goodbye(why);
        }
    }

    /// Ends our half: the other side reads all that was written, and then the end. We can still read. Where an
    /// encrypted connection has no room to say so, it does while there is a wait for reading.
    ///
    /// # Errors
    ///
    /// The connection has already ended.
    pub fn finish(&self) -> io::Result<()> {
        if let Some(wrapped) = self.wrapped() {
            return wrapped.finish();
        }
        self.socket()?.get_ref().shutdown(Shutdown::Write)
    }

    /// Ends both halves: what has arrived can still be read, and nothing more arrives.
    ///
    /// # Errors
    ///
    /// The connection has already ended.
    pub fn cut(&self) -> io::Result<()> {
        if let Some(wrapped) = self.wrapped() {
            return wrapped.cut();
        }
        self.socket()?.get_ref().shutdown(Shutdown::Both)
    }

    /// Makes the connection break when it is dropped: what is still on its way is thrown away, and the other side sees
    /// a broken connection.
    ///
    /// # Errors
    ///
    /// The connection has already ended.
    pub fn reset(&self) -> io::Result<()> {
        SockRef::from(self.socket()?.get_ref()).set_linger(Some(Duration::ZERO))
    }
}

/// Repeats a system call that a signal has interrupted.
pub(crate) fn uninterrupted<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests;
