//! An encrypted connection: a socket, an engine, and what must be kept between two tries.
//!
//! One lock guards all of it, and is never held across a wait. One record is encrypted at a time, when all before it is
//! sent, so that no plaintext waits in here for the socket: it counts as written when the last byte of its record is.
//! Until then the caller gets [`ErrorKind::WouldBlock`], and offers the same bytes again. All that has arrived is
//! decrypted at once, so that nothing in here waits for the socket to be readable.
//!
//! Idle, it holds no buffer. The buffers for one try belong to the thread.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_io::Async;
use rustls::pki_types::CertificateDer;

use self::state::State;
#[cfg(feature = "web")]
use super::Agreed;
use super::engine::{Engine, LONGEST_RECORD, MOST_PLAIN, RECORD_ROOM};

mod state;

/// The most that one try reads from the socket, in bytes. More than one record is worth it only where much comes.
const MOST_READ: usize = 64 * 1024;

thread_local! {
    /// What comes in during one try, or the plaintext of one record and what it becomes.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; MOST_READ]);
}

const _: () = assert!(MOST_PLAIN + RECORD_ROOM <= MOST_READ && LONGEST_RECORD <= MOST_READ);

/// An encrypted connection after its handshake.
pub(crate) struct Secured {
    socket: Async<TcpStream>,
    state: Mutex<State>,
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = &self.socket;
        f.debug_struct("Secured")
            .field("socket", socket)
            .finish_non_exhaustive()
    }
}

impl Secured {
    /// Takes over a connection whose handshake is done. `incoming` and `plain` are what came after it.
    pub(super) fn new(
        socket: Async<TcpStream>,
        engine: Engine,
        incoming: Vec<u8>,
        plain: Vec<u8>,
        is_closed: bool,
    ) -> Self {
        let state = State::new(engine, incoming, &plain, is_closed);
        Self {
            socket,
            state: Mutex::new(state),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the other kinds may have none")]
    pub(crate) const fn socket(&self) -> io::Result<&Async<TcpStream>> {
        Ok(&self.socket)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let socket = self.socket.get_ref();
        let state = &mut *self.state();
        let mut taken = state.take_plain(bytes);
        if taken == 0 && !state.is_ended() {
            taken = SCRATCH.with_borrow_mut(|scratch| state.read(socket, scratch, bytes));
            // What has failed on the way out is found by whoever writes.
            let _ = state.flush_own(socket);
        }
        if taken > 0 {
            return Ok(taken);
        }
        state.report()
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let socket = self.socket.get_ref();
        let state = &mut *self.state();
        if let Some(written) = state.written_at_last(socket, slices)? {
            return Ok(written);
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let (plain, record) = scratch.split_at_mut(MOST_PLAIN);
            state.write(socket, gathered(slices, plain), record)
        })
    }

    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut state = self.state();
            if state.is_readable() {
                return Poll::Ready(Ok(()));
            }
            // Nobody else waits for what no writer has given. An error comes out when it is read.
            let is_owing = match state.flush_own(self.socket.get_ref()) {
                Err(error) => error.kind() == ErrorKind::WouldBlock,
                Ok(()) => false,
            };
            drop(state);
            if !is_owing || self.socket.poll_writable(cx)?.is_pending() {
                return self.socket.poll_readable(cx);
            }
        }
    }

    pub(crate) fn unread(&self) -> usize {
        self.state().unread()
    }

    pub(crate) fn unsent(&self) -> usize {
        self.state().unsent()
    }

    /// The certificates that the other side has shown, its own first.
    pub(super) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.state().certificates().to_vec()
    }

    /// What was agreed on to be spoken.
    #[cfg(feature = "web")]
    pub(crate) fn agreed(&self) -> Option<Agreed> {
        self.state().protocol().map(Agreed::of)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.state().is_ended()
    }

    pub(crate) fn finish(&self) -> io::Result<()> {
        match self.state().finish(self.socket.get_ref()) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            done => done,
        }
    }

    pub(crate) fn cut(&self) -> io::Result<()> {
        self.state().cut();
        self.socket.get_ref().shutdown(Shutdown::Both)
    }
}

/// The plaintext of one record: the beginning of what stands in `slices`. It is copied to `room` only if it stands in
/// several places.
fn gathered<'a>(slices: &'a [IoSlice<'_>], room: &'a mut [u8]) -> &'a [u8] {
    if let [slice] = slices {
        return &slice[..slice.len().min(room.len())];
    }
    let mut len = 0;
    for slice in slices {
        let more = slice.len().min(room.len() - len);
        room[len..len + more].copy_from_slice(&slice[..more]);
        len += more;
    }
    &room[..len]
}
