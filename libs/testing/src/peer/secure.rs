//! What a peer does with TLS, beyond saying and hearing the same as without.

use std::io::{self, Write};

use super::Peer;
use crate::DEADLINE;
use crate::tls::{Caller, Certificate, Line};
use crate::web::Frame;

impl Peer {
    /// Does a client's handshake, and believes every certificate. It names `localhost`.
    #[track_caller]
    pub fn secure(self) -> Self {
        match self.try_secure(&Caller::believing_all(), "localhost") {
            Ok(peer) => peer,
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// Does a browser's handshake, which names the protocols of HTTP, and believes every certificate.
    #[track_caller]
    pub fn secure_as_browser(self) -> Self {
        let caller = Caller::believing_all().speaking(&["h2", "http/1.1"]);
        match self.try_secure(&caller, "localhost") {
            Ok(peer) => peer,
            Err(error) => panic!("no handshake: {error}"),
        }
    }

    /// Does a client's handshake.
    ///
    /// # Errors
    ///
    /// What this end does not like about the other, or what the other said instead.
    pub fn try_secure(self, caller: &Caller, host: &str) -> io::Result<Self> {
        self.line.stream.set_read_timeout(Some(DEADLINE))?;
        let line = Line::call(self.line.stream, caller, host)?;
        let unread = Vec::new();
        Ok(Self { line, unread })
    }

    /// Does a server's handshake. Nothing checks whether the certificate's key is the right one.
    ///
    /// # Errors
    ///
    /// What this end does not like about the other, or what the other said instead.
    pub fn accept_tls(self, certificate: &Certificate) -> io::Result<Self> {
        self.line.stream.set_read_timeout(Some(DEADLINE))?;
        let line = Line::answer(self.line.stream, certificate)?;
        let unread = Vec::new();
        Ok(Self { line, unread })
    }

    /// The certificate of the other end, which has shown that it has the key.
    #[track_caller]
    pub fn certificate(&self) -> Vec<u8> {
        let tls = self.line.tls.as_ref().expect("a peer with TLS");
        let chain = tls.peer_certificates().expect("a server's certificate");
        chain[0].to_vec()
    }

    /// The protocol that both ends have agreed on.
    #[track_caller]
    pub fn protocol(&self) -> Option<String> {
        let tls = self.line.tls.as_ref().expect("a peer with TLS");
        let name = tls.alpn_protocol()?;
        Some(String::from_utf8(name.to_vec()).unwrap())
    }

    /// The record that says these bytes. It must be sent by [`send_under_tls`](Self::send_under_tls) before anything
    /// else is.
    #[track_caller]
    pub fn sealed(&mut self, bytes: impl AsRef<[u8]>) -> Vec<u8> {
        let tls = self.line.tls.as_mut().expect("a peer with TLS");
        tls.writer().write_all(bytes.as_ref()).unwrap();
        let mut record = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut record).unwrap();
        }
        record
    }

    /// Sends bytes past TLS: parts of records, or none of the kind.
    #[track_caller]
    pub fn send_under_tls(&mut self, bytes: impl AsRef<[u8]>) {
        self.line.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// The records of a change of keys, which asks the other end for one too. They must be sent as
    /// [`sealed`](Self::sealed) ones must.
    #[track_caller]
    pub fn new_keys(&mut self) -> Vec<u8> {
        let tls = self.line.tls.as_mut().expect("a peer with TLS");
        tls.refresh_traffic_keys().unwrap();
        self.sealed("")
    }

    /// Says inside WebSocket and TLS, where they are, that nothing more will be sent.
    pub(super) fn say_the_end(&mut self) {
        if let Some(web) = &mut self.line.web {
            web.has_said_the_end = true;
            let _ = self.line.write_below(&Frame::close(1000, "").bytes());
        }
        if let Some(tls) = &mut self.line.tls {
            tls.send_close_notify();
        }
        let _ = self.line.send_what_waits();
    }
}
