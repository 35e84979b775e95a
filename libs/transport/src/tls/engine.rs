//! The engine: rustls without sockets and without buffers. Bytes go in and come out, and what is kept between two calls
//! is kept by the caller. An idle connection so costs nothing but its keys.

use rustls::Error;
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::CertificateDer;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};

/// The most plaintext that one record has, in bytes.
pub(crate) const MOST_PLAIN: usize = 16 * 1024;
/// The longest record, in bytes with its head: older versions of TLS had longer ones than this one. rustls refuses a
/// longer one as soon as its head has come.
pub(crate) const LONGEST_RECORD: usize = MOST_PLAIN + 2047 + 5;
/// Room for one record and for what may have to go before it, such as an update of the keys.
pub(crate) const RECORD_ROOM: usize = LONGEST_RECORD + 1024;

/// One side of an encrypted connection.
pub(crate) enum Engine {
    Client(UnbufferedClientConnection),
    Server(UnbufferedServerConnection),
}

/// How far the bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More must come before more happens.
    Waits,
    /// The other side has said that nothing more comes.
    Closed,
}

/// What is to be written.
#[derive(Clone, Copy)]
pub(crate) enum Words<'a> {
    /// One record of plaintext, of [`MOST_PLAIN`] bytes at most.
    Plain(&'a [u8]),
    /// Nothing more comes from us.
    Close,
}

impl Engine {
    /// Uses the first `len` bytes of `incoming`, as far as they go. What is left stands at its front afterwards, and
    /// `len` is the length of that; it must be given again, with more after it. Plaintext goes to `plain`, and what
    /// must be sent goes to `outgoing`.
    ///
    /// # Errors
    ///
    /// The other side broke the rules of TLS, or says that we did. `outgoing` may have got an alert. The engine must
    /// not be used any more.
    pub(crate) fn take(
        &mut self,
        incoming: &mut [u8],
        len: &mut usize,
        plain: &mut dyn FnMut(&[u8]),
        outgoing: &mut Vec<u8>,
    ) -> Result<Progress, Error> {
        loop {
            let (used, turn) = self.turn(&mut incoming[..*len], plain, outgoing);
            incoming.copy_within(used..*len, 0);
            *len -= used;
            match turn {
                Ok(None) => {}
                Ok(Some(progress)) => return Ok(progress),
                Err(error) => {
                    // An alert is among it. What came is not looked at again.
                    while self.has_more_to_say() {
                        let _ = self.turn(&mut incoming[..*len], plain, outgoing);
                    }
                    return Err(error);
                }
            }
        }
    }

    fn has_more_to_say(&self) -> bool {
        match self {
            Self::Client(client) => client.wants_write(),
            Self::Server(server) => server.wants_write(),
        }
    }

    fn turn(
        &mut self,
        incoming: &mut [u8],
        plain: &mut dyn FnMut(&[u8]),
        outgoing: &mut Vec<u8>,
    ) -> (usize, Result<Option<Progress>, Error>) {
        match self {
            Self::Client(client) => taken(client.process_tls_records(incoming), plain, outgoing),
            Self::Server(server) => taken(server.process_tls_records(incoming), plain, outgoing),
        }
    }

    /// Encrypts `words` into `record`, which has [`RECORD_ROOM`] bytes, and returns the length of that, with what had
    /// to go before. `incoming` is what [`take`](Self::take) has left.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    pub(crate) fn write(
        &mut self,
        incoming: &mut [u8],
        words: Words<'_>,
        record: &mut [u8],
    ) -> Result<usize, Error> {
        match self {
            Self::Client(client) => written(client.process_tls_records(incoming), words, record),
            Self::Server(server) => written(server.process_tls_records(incoming), words, record),
        }
    }

    /// Whether plaintext cannot go both ways yet.
    pub(crate) fn is_handshaking(&self) -> bool {
        match self {
            Self::Client(client) => client.is_handshaking(),
            Self::Server(server) => server.is_handshaking(),
        }
    }

    /// The protocol that was agreed on, if one was.
    #[cfg(feature = "web")]
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        match self {
            Self::Client(client) => client.alpn_protocol(),
            Self::Server(server) => server.alpn_protocol(),
        }
    }

    /// The certificates that the other side has shown, its own first.
    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        let certificates = match self {
            Self::Client(client) => client.peer_certificates(),
            Self::Server(server) => server.peer_certificates(),
        };
        certificates.unwrap_or_default()
    }
}

/// Does what the connection asks for. Returns how many bytes were used, and `None` if there is more to do.
fn taken<Side>(
    status: UnbufferedStatus<'_, '_, Side>,
    plain: &mut dyn FnMut(&[u8]),
    outgoing: &mut Vec<u8>,
) -> (usize, Result<Option<Progress>, Error>) {
    let UnbufferedStatus { mut discard, state } = status;
    let progress = match state {
        Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
            match traffic.next_record() {
                Some(Ok(record)) => {
                    discard += record.discard;
                    plain(record.payload);
                }
                Some(Err(error)) => break Err(error),
                None => break Ok(None),
            }
        },
        Ok(ConnectionState::EncodeTlsData(mut message)) => {
            let start = outgoing.len();
            if let Err(EncodeError::InsufficientSize(size)) = message.encode(&mut []) {
                outgoing.resize(start + size.required_size, 0);
                // It has the room that it wants.
                let _ = message.encode(&mut outgoing[start..]);
            }
            Ok(None)
        }
        Ok(ConnectionState::TransmitTlsData(sent)) => {
            // The caller sends it before it waits for an answer.
            sent.done();
            Ok(None)
        }
        Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => Ok(Some(Progress::Closed)),
        Ok(ConnectionState::BlockedHandshake | ConnectionState::WriteTraffic(_)) => {
            Ok(Some(Progress::Waits))
        }
        Ok(other) => Err(Error::General(format!("unexpected state {other:?}"))),
        Err(error) => Err(error),
    };
    (discard, progress)
}

fn written<Side>(
    status: UnbufferedStatus<'_, '_, Side>,
    words: Words<'_>,
    record: &mut [u8],
) -> Result<usize, Error> {
    let ConnectionState::WriteTraffic(mut traffic) = status.state? else {
        return Err(Error::General("nothing can be written now".to_owned()));
    };
    let written = match words {
        Words::Plain(plain) => traffic.encrypt(plain, record),
        Words::Close => traffic.queue_close_notify(record),
    };
    written.map_err(|error| Error::General(error.to_string()))
}

#[cfg(test)]
mod tests;
