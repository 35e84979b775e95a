//! The connection of a browser: WebSocket (RFC 6455) over a plain or an encrypted connection, after the handshake.
//!
//! One lock guards all of it, and is never held across a wait. All that has arrived is decoded at once, so that nothing
//! in here waits for the connection below to be readable. What the other side has to be told by WebSocket goes out with
//! whoever reads or writes, and while there is a wait for reading.
//!
//! Idle, it holds no buffer and one timer. The buffer for one try belongs to the thread.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::Async;

use self::state::State;
use crate::{Goodbye, Transport};

mod incoming;
mod outgoing;
mod pulse;
mod state;

/// The most that one try reads from the connection below, in bytes. One try reads once: somebody who sends much that
/// brings nothing takes turns with the others.
const MOST_READ: usize = 16 * 1024;

thread_local! {
    /// What comes in during one try.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; MOST_READ]);
}

/// The connection of a browser.
pub(crate) struct Web {
    below: Transport,
    /// For whom a proxy comes, which is the other side of the socket.
    visitor: Option<SocketAddr>,
    state: Mutex<State>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = &self.below;
        f.debug_struct("Web")
            .field("below", below)
            .finish_non_exhaustive()
    }
}

impl Web {
    /// Takes over a connection after the handshake. `early` is what came after it.
    pub(crate) fn new(below: Transport, early: Vec<u8>) -> Self {
        Self::with(below, early, pulse::EVERY)
    }

    /// The same, with signs of life so often.
    fn with(below: Transport, early: Vec<u8>, every: Duration) -> Self {
        let mut state = State::new(every);
        if !early.is_empty() {
            state.take(&early, &mut []);
        }
        Self {
            below,
            visitor: None,
            state: Mutex::new(state),
        }
    }

    pub(crate) const fn stand_for(&mut self, visitor: SocketAddr) {
        self.visitor = Some(visitor);
    }

    pub(crate) const fn visitor(&self) -> Option<SocketAddr> {
        self.visitor
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn socket(&self) -> io::Result<&Async<TcpStream>> {
        self.below.socket()
    }

    pub(crate) fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let state = &mut *self.state();
        let mut taken = state.take_plain(bytes);
        if taken == 0 {
            taken = SCRATCH.with_borrow_mut(|scratch| state.read(&self.below, scratch, bytes));
        }
        // What has failed on the way out is found by whoever writes.
        let _ = state.outgoing.flush(&self.below);
        if taken > 0 {
            return Ok(taken);
        }
        state.report()
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.state().outgoing.write(&self.below, slices)
    }

    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let state = &mut *self.state();
            if state.is_readable() {
                return Poll::Ready(Ok(()));
            }
            // Nobody else waits for what no writer has given. An error comes out when it is read.
            let is_owing = match state.outgoing.flush(&self.below) {
                Err(error) => error.kind() == ErrorKind::WouldBlock,
                Ok(()) => false,
            };
            // What has come is a sign of life, and is read before one is missed.
            if let Poll::Ready(ready) = self.below.poll_readable(cx) {
                return Poll::Ready(ready);
            }
            let has_beaten = state.poll_pulse(cx).is_ready();
            if !has_beaten && (!is_owing || self.below.poll_writable(cx)?.is_pending()) {
                return Poll::Pending;
            }
        }
    }

    /// Does what has to be done for the other side while nobody waits for reading.
    pub(crate) fn keep_alive(&self, cx: &mut Context<'_>) {
        let state = &mut *self.state();
        state.ask_unheard(cx);
        // An error is found by whoever reads or writes.
        if let Err(error) = state.outgoing.flush(&self.below)
            && error.kind() == ErrorKind::WouldBlock
            && self.below.poll_writable(cx).is_ready()
        {
            cx.waker().wake_by_ref();
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn is_encrypted(&self) -> bool {
        self.below.is_encrypted()
    }

    pub(crate) fn unread(&self) -> usize {
        self.below.unread() + self.state().unread()
    }

    pub(crate) fn unsent(&self) -> usize {
        self.below.unsent() + self.state().outgoing.held()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.state().is_ended() || self.below.has_ended()
    }

    pub(crate) fn goodbye(&self, why: Goodbye) {
        self.state().outgoing.goodbye(why);
    }

    pub(crate) fn finish(&self) -> io::Result<()> {
        match self.state().outgoing.finish(&self.below) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            done => done,
        }
    }

    pub(crate) fn cut(&self) -> io::Result<()> {
        self.below.cut()
    }
}

#[cfg(test)]
mod tests;
