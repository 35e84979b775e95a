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
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use async_io::Async;
use rustls::pki_types::CertificateDer;

use super::engine::{Engine, LONGEST_RECORD, MOST_PLAIN, Progress, RECORD_ROOM, Words};
use crate::transport::uninterrupted;

/// The most that one try reads from the socket, in bytes. More than one record is worth it only where much comes.
const MOST_READ: usize = 64 * 1024;

/// Room for the word that nothing more comes, and for what may have to go before it, in bytes.
const CLOSE_ROOM: usize = 256;

thread_local! {
    /// What comes in during one try, or the plaintext of one record and what it becomes.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; MOST_READ]);
}

const _: () = assert!(MOST_PLAIN + RECORD_ROOM <= MOST_READ && LONGEST_RECORD <= MOST_READ);

/// An encrypted connection after its handshake.
pub(crate) struct Secured {
    pub(crate) socket: Async<TcpStream>,
    state: Mutex<State>,
}

struct State {
    engine: Engine,
    /// The beginning of a record, or of a message in several records. The engine wants it whenever it is used.
    incoming: Vec<u8>,
    /// Plaintext for which the reader had no room.
    plain: Vec<u8>,
    /// What is still to be sent.
    outgoing: Outgoing,
    /// How many bytes of plaintext count as written when `outgoing` is sent.
    promised: usize,
    /// Why nothing more can be read.
    end: Option<End>,
    /// How far our own end has come.
    finish: Finish,
    /// Both halves of the socket are ended.
    is_cut: bool,
}

/// Encrypted bytes, and how many of them are sent.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

/// Why nothing more can be read.
enum End {
    /// The other side has said that it ends its half.
    Closed,
    /// The socket ended without that. Somebody between the two sides can do this.
    Truncated,
    /// The other side broke the rules, or the socket is broken.
    Failed(ErrorKind, String),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Finish {
    /// We write.
    Not,
    /// What is encrypted is still sent, and then the word that nothing more comes.
    Wanted,
    /// That word is encrypted.
    Said,
    /// Our half of the socket is ended.
    Done,
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
        let state = State {
            engine,
            incoming,
            plain,
            outgoing: Outgoing::default(),
            promised: 0,
            end: is_closed.then_some(End::Closed),
            finish: Finish::Not,
            is_cut: false,
        };
        Self {
            socket,
            state: Mutex::new(state),
        }
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
        if taken == 0 && state.end.is_none() {
            taken = SCRATCH.with_borrow_mut(|scratch| state.read(socket, scratch, bytes));
            // What has failed on the way out is found by whoever writes.
            let _ = state.flush_own(socket);
        }
        match &state.end {
            _ if taken > 0 => Ok(taken),
            Some(end) => end.report(state.is_cut),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }

    pub(crate) fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let socket = self.socket.get_ref();
        let state = &mut *self.state();
        state.outgoing.flush(socket)?;
        if state.promised > 0 {
            return state.keep_promise(slices);
        }
        if state.finish != Finish::Not || state.has_failed() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let (plain, record) = scratch.split_at_mut(MOST_PLAIN);
            state.write(socket, gathered(slices, plain), record)
        })
    }

    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut state = self.state();
            if !state.plain.is_empty() || state.end.is_some() {
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

    pub(crate) fn held(&self) -> usize {
        let state = self.state();
        state.incoming.capacity() + state.plain.capacity() + state.outgoing.bytes.capacity()
    }

    /// The certificates that the other side has shown, its own first.
    pub(super) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.state().engine.certificates().to_vec()
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.state().end.is_some()
    }

    pub(crate) fn finish(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.finish == Finish::Not {
            state.finish = Finish::Wanted;
        }
        match state.flush_own(self.socket.get_ref()) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            done => done,
        }
    }

    pub(crate) fn cut(&self) -> io::Result<()> {
        let mut state = self.state();
        state.is_cut = true;
        state.outgoing = Outgoing::default();
        self.socket.get_ref().shutdown(Shutdown::Both)
    }
}

impl State {
    /// Whether the engine must not be used any more.
    fn has_failed(&self) -> bool {
        matches!(self.end, Some(End::Failed(..)))
    }

    /// Moves plaintext that waits to `bytes`.
    fn take_plain(&mut self, bytes: &mut [u8]) -> usize {
        let len = self.plain.len().min(bytes.len());
        bytes[..len].copy_from_slice(&self.plain[..len]);
        if len == self.plain.len() {
            self.plain = Vec::new();
        } else {
            self.plain.drain(..len);
        }
        len
    }

    /// Reads from the socket until there is plaintext or an end, or nothing has arrived. Returns how much plaintext is in
    /// `bytes`.
    fn read(&mut self, mut socket: &TcpStream, scratch: &mut [u8], bytes: &mut [u8]) -> usize {
        let mut len = self.incoming.len();
        scratch[..len].copy_from_slice(&self.incoming);
        // So much that its plaintext finds room, and at least one record.
        let most = bytes.len().clamp(LONGEST_RECORD, MOST_READ);
        let mut taken = 0;
        while taken == 0 && self.end.is_none() {
            match uninterrupted(|| socket.read(&mut scratch[len..most])) {
                Ok(0) => self.end = Some(End::Truncated),
                Ok(more) => {
                    len += more;
                    taken = self.decrypt(scratch, &mut len, bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.end = Some(End::Failed(error.kind(), error.to_string())),
            }
        }
        if matches!(self.end, Some(End::Closed | End::Failed(..))) {
            len = 0;
        }
        // Of nothing, this is nothing: an idle connection holds no buffer.
        self.incoming = scratch[..len].to_vec();
        taken
    }

    /// Decrypts all that is complete. Returns how much plaintext is in `bytes`; the rest of it waits.
    fn decrypt(&mut self, scratch: &mut [u8], len: &mut usize, bytes: &mut [u8]) -> usize {
        let mut taken = 0;
        let waiting = &mut self.plain;
        let mut plain = |payload: &[u8]| {
            let now = payload.len().min(bytes.len() - taken);
            bytes[taken..taken + now].copy_from_slice(&payload[..now]);
            taken += now;
            waiting.extend_from_slice(&payload[now..]);
        };
        let outgoing = &mut self.outgoing.bytes;
        self.end = match self.engine.take(scratch, len, &mut plain, outgoing) {
            // Only a message in several records is longer than any record.
            Ok(Progress::Waits) if *len >= LONGEST_RECORD => {
                let why = format!("a message of TLS has more than {LONGEST_RECORD} bytes");
                Some(End::Failed(ErrorKind::InvalidData, why))
            }
            Ok(Progress::Waits) => None,
            Ok(Progress::Closed) => Some(End::Closed),
            Err(error) => Some(End::Failed(ErrorKind::InvalidData, error.to_string())),
        };
        taken
    }

    /// The record that was promised is sent. What is offered now must begin with its bytes, so there are as many.
    fn keep_promise(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: usize = slices.iter().map(|slice| slice.len()).sum();
        if offered < self.promised {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "other bytes were offered than before",
            ));
        }
        Ok(mem::take(&mut self.promised))
    }

    /// Encrypts one record and sends it.
    fn write(
        &mut self,
        mut socket: &TcpStream,
        plain: &[u8],
        record: &mut [u8],
    ) -> io::Result<usize> {
        if plain.is_empty() {
            return Ok(0);
        }
        let len = self.seal(Words::Plain(plain), record)?;
        let sent = match uninterrupted(|| socket.write(&record[..len])) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            sent => sent?,
        };
        if sent == len {
            return Ok(plain.len());
        }
        self.outgoing.bytes = record[sent..len].to_vec();
        self.promised = plain.len();
        Err(ErrorKind::WouldBlock.into())
    }

    fn seal(&mut self, words: Words<'_>, record: &mut [u8]) -> io::Result<usize> {
        let sealed = self.engine.write(&mut self.incoming, words, record);
        sealed.map_err(|error| io::Error::new(ErrorKind::BrokenPipe, error.to_string()))
    }

    /// Sends what no writer waits for: an alert, and our own end.
    fn flush_own(&mut self, socket: &TcpStream) -> io::Result<()> {
        if self.is_cut || (self.finish == Finish::Not && self.promised > 0) {
            return Ok(());
        }
        self.outgoing.flush(socket)?;
        if self.finish == Finish::Wanted {
            self.finish = Finish::Said;
            let mut record = [0; CLOSE_ROOM];
            if !self.has_failed() {
                let len = self.seal(Words::Close, &mut record)?;
                self.outgoing.bytes = record[..len].to_vec();
            }
            self.outgoing.flush(socket)?;
        }
        if self.finish == Finish::Said {
            self.finish = Finish::Done;
            socket.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }
}

impl Outgoing {
    /// Sends all of it.
    fn flush(&mut self, mut socket: &TcpStream) -> io::Result<()> {
        while self.sent < self.bytes.len() {
            match uninterrupted(|| socket.write(&self.bytes[self.sent..]))? {
                0 => return Err(ErrorKind::WriteZero.into()),
                sent => self.sent += sent,
            }
        }
        *self = Self::default();
        Ok(())
    }
}

impl End {
    /// What a reader is told. After our own cut, an end is no surprise.
    fn report(&self, is_cut: bool) -> io::Result<usize> {
        match self {
            Self::Closed => Ok(0),
            Self::Truncated if is_cut => Ok(0),
            Self::Truncated => Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "the connection was cut off",
            )),
            Self::Failed(kind, why) => Err(io::Error::new(*kind, why.clone())),
        }
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
