//! What an encrypted connection keeps between two tries, and what one try does. It knows when the socket takes or has
//! nothing; waiting is not its matter.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};

use rustls::pki_types::CertificateDer;

use crate::tls::engine::{Engine, LONGEST_RECORD, Progress, Words};
use crate::transport::{Waiting, uninterrupted};

/// Room for the word that nothing more comes, and for what may have to go before it, in bytes.
const CLOSE_ROOM: usize = 256;

/// What is kept between two tries.
pub(super) struct State {
    engine: Engine,
    /// The beginning of a record, or of a message in several records. The engine wants it whenever it is used.
    incoming: Vec<u8>,
    /// Plaintext for which the reader had no room.
    plain: Waiting,
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

impl State {
    pub(super) fn new(engine: Engine, incoming: Vec<u8>, came: &[u8], is_closed: bool) -> Self {
        let mut plain = Waiting::default();
        plain.give(came, &mut [], &mut 0);
        Self {
            engine,
            incoming,
            plain,
            outgoing: Outgoing::default(),
            promised: 0,
            end: is_closed.then_some(End::Closed),
            finish: Finish::Not,
            is_cut: false,
        }
    }

    pub(super) fn certificates(&self) -> &[CertificateDer<'static>] {
        self.engine.certificates()
    }

    #[cfg(feature = "web")]
    pub(super) fn protocol(&self) -> Option<&[u8]> {
        self.engine.protocol()
    }

    pub(super) fn unread(&self) -> usize {
        self.incoming.capacity() + self.plain.held()
    }

    pub(super) fn unsent(&self) -> usize {
        self.outgoing.bytes.capacity()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether a try to read brings something, whatever the socket has.
    pub(super) fn is_readable(&self) -> bool {
        self.is_ended() || !self.plain.is_empty()
    }

    /// What a reader is told when there is no plaintext.
    pub(super) fn report(&self) -> io::Result<usize> {
        match &self.end {
            Some(end) => end.report(self.is_cut),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// Whether the engine must not be used any more.
    fn has_failed(&self) -> bool {
        matches!(self.end, Some(End::Failed(..)))
    }

    /// Moves plaintext that waits to `bytes`.
    pub(super) fn take_plain(&mut self, bytes: &mut [u8]) -> usize {
        self.plain.take(bytes)
    }

    /// Reads from the socket until there is plaintext or an end, or nothing has arrived. Returns how much plaintext is
    /// in `bytes`.
    pub(super) fn read(
        &mut self,
        mut socket: &TcpStream,
        scratch: &mut [u8],
        bytes: &mut [u8],
    ) -> usize {
        let mut len = self.incoming.len();
        scratch[..len].copy_from_slice(&self.incoming);
        // So much that its plaintext finds room, and at least one record.
        let most = bytes.len().clamp(LONGEST_RECORD, scratch.len());
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
        let mut plain = |payload: &[u8]| waiting.give(payload, bytes, &mut taken);
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

    /// Sends what waits, and says how much of what is offered is written by that. What is offered must begin with the
    /// bytes that were offered before, so there are as many.
    ///
    /// # Errors
    ///
    /// It waits still, or nothing can be written any more.
    pub(super) fn written_at_last(
        &mut self,
        socket: &TcpStream,
        slices: &[IoSlice<'_>],
    ) -> io::Result<Option<usize>> {
        self.outgoing.flush(socket)?;
        if self.promised > 0 {
            let offered: usize = slices.iter().map(|slice| slice.len()).sum();
            if offered < self.promised {
                let why = "other bytes were offered than before";
                return Err(io::Error::new(ErrorKind::InvalidInput, why));
            }
            return Ok(Some(mem::take(&mut self.promised)));
        }
        if self.finish != Finish::Not || self.has_failed() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        Ok(None)
    }

    /// Encrypts one record and sends it.
    pub(super) fn write(
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

    /// Ends our half, as soon as all is sent.
    pub(super) fn finish(&mut self, socket: &TcpStream) -> io::Result<()> {
        if self.finish == Finish::Not {
            self.finish = Finish::Wanted;
        }
        self.flush_own(socket)
    }

    /// Takes note that both halves of the socket are ended. Nothing is sent any more.
    pub(super) fn cut(&mut self) {
        self.is_cut = true;
        self.promised = 0;
        self.outgoing = Outgoing::default();
    }

    /// Sends what no writer waits for: an alert, and our own end.
    pub(super) fn flush_own(&mut self, socket: &TcpStream) -> io::Result<()> {
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
