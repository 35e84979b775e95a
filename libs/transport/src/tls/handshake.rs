//! The handshake of both sides. It ends with an encrypted connection, or with an error after the other side was told
//! why, as far as the socket took that at once.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use async_io::Async;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::engine::{Engine, LONGEST_RECORD, Progress};
use super::secured::Secured;
use crate::transport::uninterrupted;

/// The size of one read, in bytes. What one side says fits into one or two.
const CHUNK: usize = 4096;
/// How much is read and thrown away before the connection closes after an error. Closing a socket with unread bytes
/// resets it, and a reset can destroy the alert on its way.
const MOST_IGNORED: usize = 64 * 1024;

/// A connection during its handshake.
struct Handshake {
    socket: Async<TcpStream>,
    engine: Engine,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// What the other side has said at once after its part of the handshake.
    plain: Vec<u8>,
}

/// Goes through a handshake. `first` has been read already. What the other side says must not be longer than `most`
/// bytes.
pub(super) async fn handshake(
    socket: Async<TcpStream>,
    engine: Engine,
    first: &[u8],
    most: usize,
) -> io::Result<Secured> {
    let mut handshake = Handshake {
        socket,
        engine,
        incoming: first.to_vec(),
        outgoing: Vec::new(),
        plain: Vec::new(),
    };
    let progress = loop {
        let progress = handshake.take();
        let progress = progress.map_err(|error| handshake.fail(&error))?;
        handshake.send().await?;
        if !handshake.engine.is_handshaking() {
            break progress;
        }
        if progress == Progress::Closed {
            return Err(cut_off());
        }
        handshake.receive(most).await?;
    };
    let is_closed = progress == Progress::Closed;
    let Handshake {
        socket,
        engine,
        mut incoming,
        plain,
        ..
    } = handshake;
    if incoming.len() >= LONGEST_RECORD {
        return Err(too_long(LONGEST_RECORD));
    }
    incoming.shrink_to_fit();
    Ok(Secured::new(socket, engine, incoming, plain, is_closed))
}

impl Handshake {
    fn take(&mut self) -> Result<Progress, Error> {
        let mut len = self.incoming.len();
        let mut plain = |payload: &[u8]| self.plain.extend_from_slice(payload);
        let (incoming, outgoing) = (&mut self.incoming, &mut self.outgoing);
        let taken = self.engine.take(incoming, &mut len, &mut plain, outgoing);
        incoming.truncate(len);
        taken
    }

    async fn send(&mut self) -> io::Result<()> {
        let mut rest = &*self.outgoing;
        while !rest.is_empty() {
            let write = |mut socket: &TcpStream| uninterrupted(|| socket.write(rest));
            let sent = self.socket.write_with(write).await?;
            rest = &rest[sent..];
        }
        self.outgoing = Vec::new();
        Ok(())
    }

    async fn receive(&mut self, most: usize) -> io::Result<()> {
        let len = self.incoming.len();
        if len >= most {
            return Err(too_long(most));
        }
        self.incoming.resize((len + CHUNK).min(most), 0);
        let room = &mut self.incoming[len..];
        let read = |mut socket: &TcpStream| uninterrupted(|| socket.read(room));
        let came = self.socket.read_with(read).await?;
        self.incoming.truncate(len + came);
        if came == 0 { Err(cut_off()) } else { Ok(()) }
    }

    /// Tells the other side as far as the socket takes it at once, and says what was wrong for people.
    fn fail(&mut self, error: &Error) -> io::Error {
        let mut socket = self.socket.get_ref();
        // An error here would hide the one that says more.
        let _ = uninterrupted(|| socket.write(&self.outgoing));
        let _ = socket.shutdown(Shutdown::Write);
        let mut ignored = [0; CHUNK];
        for _ in 0..MOST_IGNORED / CHUNK {
            if !matches!(uninterrupted(|| socket.read(&mut ignored)), Ok(1..)) {
                break;
            }
        }
        let kind = match error {
            Error::AlertReceived(AlertDescription::AccessDenied) => ErrorKind::PermissionDenied,
            _ => ErrorKind::InvalidData,
        };
        io::Error::new(kind, why(error))
    }
}

fn too_long(most: usize) -> io::Error {
    let why = format!("what the other side says in the TLS handshake has more than {most} bytes");
    io::Error::new(ErrorKind::InvalidData, why)
}

fn cut_off() -> io::Error {
    let why = "the connection was cut off during the TLS handshake";
    io::Error::new(ErrorKind::UnexpectedEof, why)
}

/// What was wrong, for people.
fn why(error: &Error) -> String {
    match error {
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "what came is not TLS".to_owned()
        }
        Error::AlertReceived(AlertDescription::AccessDenied) => {
            "the other side takes no connection now".to_owned()
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the other side takes no TLS, or not this kind of it".to_owned()
        }
        Error::InvalidCertificate(
            CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => "the other side cannot prove that it has the key of its certificate".to_owned(),
        Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the other side has no TLS 1.3".to_owned()
        }
        error => format!("TLS failed: {error}"),
    }
}
