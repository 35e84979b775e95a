//! A blocking socket with or without TLS and with or without WebSocket, and how a client does its handshake of TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS12;
use rustls::{
    ClientConfig, ClientConnection, ConfigBuilder, ConfigSide, Connection, DigitallySignedStruct,
    Error, RootCertStore, ServerConnection, SignatureScheme, WantsVerifier, WantsVersions,
};

use super::{Authority, Certificate};
use crate::web::{Frame, Framing};

/// The protocol that both sides name in the handshake.
pub(super) const ALPN: &[u8] = b"chat/1.0";

/// How much of what a visitor says is in one message at most, in bytes. The server takes longer ones.
const MESSAGE: usize = 16 * 1024;

/// A blocking socket, which may have TLS on it, and WebSocket on that.
pub(crate) struct Line {
    pub(crate) stream: TcpStream,
    pub(crate) tls: Option<Box<Connection>>,
    pub(crate) web: Option<Box<Framing>>,
}

impl Line {
    /// Without TLS.
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self {
            stream,
            tls: None,
            web: None,
        }
    }

    /// Fails where there is more than the stream, which then has one handle only.
    #[track_caller]
    pub(crate) fn assert_is_plain(&self) {
        let is_plain = self.tls.is_none() && self.web.is_none();
        assert!(is_plain, "a peer with TLS or WebSocket has one handle");
    }

    /// Does a client's handshake.
    pub(crate) fn call(stream: TcpStream, caller: &Caller, host: &str) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(&caller.0), name).unwrap();
        Self::shaken(stream, connection.into())
    }

    /// Does a server's handshake.
    pub(crate) fn answer(stream: TcpStream, certificate: &Certificate) -> io::Result<Self> {
        let connection = ServerConnection::new(certificate.for_a_server()).unwrap();
        Self::shaken(stream, connection.into())
    }

    fn shaken(stream: TcpStream, connection: Connection) -> io::Result<Self> {
        let tls = Some(Box::new(connection));
        let mut line = Self {
            stream,
            tls,
            web: None,
        };
        while line.is_shaking() {
            line.send_what_waits()?;
            if line.is_shaking() && line.take_a_record()? == 0 {
                let end = "the other end closed in the middle of the handshake";
                return Err(io::Error::new(ErrorKind::UnexpectedEof, end));
            }
        }
        line.send_what_waits()?;
        Ok(line)
    }

    fn is_shaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Reads what has come once, and replies to it where TLS itself does. `Ok(0)` is the end of the socket.
    fn take_a_record(&mut self) -> io::Result<usize> {
        let tls = self.tls.as_mut().expect("a line with TLS");
        let len = tls.read_tls(&mut self.stream)?;
        let taken = tls.process_new_packets();
        // An alert may wait, which says why this failed. The other end may be gone.
        let sent = self.send_what_waits();
        taken.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        sent.map(|()| len)
    }

    /// Sends the records that rustls has made.
    pub(crate) fn send_what_waits(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return Ok(());
        };
        while tls.wants_write() {
            tls.write_tls(&mut self.stream)?;
        }
        Ok(())
    }
}

impl Line {
    /// Reads what is on the stream, with or without TLS.
    fn read_below(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(tls) = &mut self.tls else {
                return self.stream.read(buffer);
            };
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // `Ok(0)` is an end that the other end has said, `UnexpectedEof` one that it has not.
                result => return result,
            }
            self.take_a_record()?;
        }
    }

    /// Writes past WebSocket, with or without TLS.
    pub(crate) fn write_below(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return self.stream.write_all(bytes);
        };
        // More than fits into the buffer of rustls is written in parts.
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = tls.writer().write(rest)?;
            rest = &rest[len..];
            while tls.wants_write() {
                tls.write_tls(&mut self.stream)?;
            }
        }
        Ok(())
    }

    /// Takes the frames of a visitor that have come, and reads once if there is none. `Ok(0)` is the end.
    pub(crate) fn take_frames(&mut self) -> io::Result<usize> {
        if let len @ 1.. = self.take_whole_frames() {
            return Ok(len);
        }
        let mut piece = [0; 65536];
        let len = self.read_below(&mut piece)?;
        let web = self.web.as_mut().expect("a visitor");
        web.unread.extend_from_slice(&piece[..len]);
        self.take_whole_frames();
        Ok(len)
    }

    /// Takes the frames that are there, and replies to them. Returns how long they were.
    fn take_whole_frames(&mut self) -> usize {
        let web = self.web.as_mut().expect("a visitor");
        let before = web.unread.len();
        let replies = web.take_frames();
        let taken = before - web.unread.len();
        // The other end may be gone.
        let _ = self.write_below(&replies);
        taken
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(web) = &mut self.web else {
                return self.read_below(buffer);
            };
            let len = web.messages.len().min(buffer.len());
            if len > 0 {
                buffer[..len].copy_from_slice(&web.messages[..len]);
                web.messages.drain(..len);
                return Ok(len);
            }
            let is_said = web.closing.is_some();
            if self.take_frames()? == 0 {
                let cut = io::Error::new(ErrorKind::UnexpectedEof, "an end without a word");
                return if is_said { Ok(0) } else { Err(cut) };
            }
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = if self.web.is_some() {
            bytes.len().min(MESSAGE)
        } else {
            bytes.len()
        };
        let bytes = &bytes[..len];
        match &self.web {
            Some(_) => self.write_below(&Frame::binary(bytes).bytes())?,
            None => self.write_below(bytes)?,
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a client does its handshake: whom it believes, and what it says.
#[derive(Clone)]
pub struct Caller(Arc<ClientConfig>);

impl Caller {
    /// Believes every certificate, and looks at it later. The signature of the handshake must be right.
    pub fn believing_all() -> Self {
        let config = versions(ClientConfig::builder_with_provider)
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Believer));
        Self::with(config.with_no_client_auth())
    }

    /// Believes what the authority has signed.
    pub fn believing(authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.root_der().clone()).unwrap();
        let config = versions(ClientConfig::builder_with_provider).with_root_certificates(roots);
        Self::with(config.with_no_client_auth())
    }

    fn with(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![ALPN.to_vec()];
        Self(Arc::new(config))
    }

    /// Speaks TLS 1.2 and nothing newer, and believes every certificate.
    pub fn of_tls_1_2() -> Self {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS12])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Believer));
        Self::with(config.with_no_client_auth())
    }

    /// The same, with these protocols in the handshake instead of `chat/1.0`.
    #[must_use]
    pub fn speaking(&self, protocols: &[&str]) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        Self(Arc::new(config))
    }
}

/// The first bytes of a right handshake.
pub fn client_hello(host: &str) -> Vec<u8> {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let caller = Caller::believing_all();
    let mut connection = ClientConnection::new(caller.0, name).unwrap();
    let mut hello = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut hello).unwrap();
    }
    hello
}

/// TLS 1.3 with ring, for either side.
pub(super) fn versions<S: ConfigSide>(
    side: impl FnOnce(Arc<CryptoProvider>) -> ConfigBuilder<S, WantsVersions>,
) -> ConfigBuilder<S, WantsVerifier> {
    let provider = Arc::new(ring::default_provider());
    side(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
}

/// Looks at signatures only.
#[derive(Debug)]
struct Believer;

impl ServerCertVerifier for Believer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
