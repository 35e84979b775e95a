//! A client that has shaken hands properly, and then writes records that no library would write.

use std::io::Write;
use std::net::TcpStream;

use hubbub_transport::Transport;
use rustls::crypto::cipher::{MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::{ConnectionTrafficSecrets, ContentType, ProtocolVersion};

use crate::support::{made, with_client};

pub(crate) struct Forger {
    pub(crate) socket: TcpStream,
    encrypter: Box<dyn MessageEncrypter>,
    records: u64,
}

/// A server of ours, and a forger.
pub(crate) fn forger() -> (Transport, Forger) {
    let made = made();
    let mut provider = default_provider();
    provider.cipher_suites = vec![cipher_suite::TLS13_AES_128_GCM_SHA256];
    let mut config = made.config_with(provider);
    config.enable_secret_extraction = true;
    let (transport, client) = with_client(&made, config);
    let secrets = client.conn.dangerous_extract_secrets().unwrap();
    let (records, ConnectionTrafficSecrets::Aes128Gcm { key, iv }) = secrets.tx else {
        panic!("it has another suite");
    };
    let suite = cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().unwrap();
    let forger = Forger {
        socket: client.sock,
        encrypter: suite.aead_alg.encrypter(key, iv),
        records,
    };
    (transport, forger)
}

impl Forger {
    /// One record.
    pub(crate) fn record(&mut self, typ: ContentType, plain: &[u8]) -> Vec<u8> {
        let message = OutboundPlainMessage {
            typ,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(plain),
        };
        let record = self.encrypter.encrypt(message, self.records).unwrap();
        self.records += 1;
        record.encode()
    }

    pub(crate) fn text(&mut self, plain: &[u8]) -> Vec<u8> {
        self.record(ContentType::ApplicationData, plain)
    }

    pub(crate) fn send(&mut self, typ: ContentType, plain: &[u8]) {
        let record = self.record(typ, plain);
        self.socket.write_all(&record).unwrap();
    }
}
