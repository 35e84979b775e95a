//! Two engines that speak to each other without a socket.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CipherSuiteCommon, CryptoProvider};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedCipherSuite, Tls13CipherSuite};

use super::*;

/// One side, and what has come for it.
struct Side {
    engine: Engine,
    incoming: Vec<u8>,
    heard: Vec<u8>,
}

impl Side {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            incoming: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Takes what has come, and returns what is to be sent.
    fn take(&mut self) -> Vec<u8> {
        let mut len = self.incoming.len();
        let mut outgoing = Vec::new();
        let mut plain = |payload: &[u8]| self.heard.extend_from_slice(payload);
        let taken = self
            .engine
            .take(&mut self.incoming, &mut len, &mut plain, &mut outgoing);
        assert_eq!(taken, Ok(Progress::Waits));
        self.incoming.truncate(len);
        outgoing
    }

    fn say(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut record = vec![0; RECORD_ROOM];
        let words = Words::Plain(plain);
        let len = self.engine.write(&mut self.incoming, words, &mut record);
        record.truncate(len.unwrap());
        record
    }
}

/// A provider whose keys are worn out after so many records.
fn provider(records: u64) -> Arc<CryptoProvider> {
    let suite = TLS13_AES_128_GCM_SHA256.tls13().unwrap();
    let suite = Tls13CipherSuite {
        common: CipherSuiteCommon {
            confidentiality_limit: records,
            ..suite.common
        },
        ..*suite
    };
    Arc::new(CryptoProvider {
        cipher_suites: vec![SupportedCipherSuite::Tls13(Box::leak(Box::new(suite)))],
        ..default_provider()
    })
}

/// A client and a server after their handshake.
fn shaken(records: u64) -> (Side, Side) {
    let provider = provider(records);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let chain = params.self_signed(&key).unwrap().der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(chain.clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    server.send_tls13_tickets = 0;
    let name = ServerName::try_from("localhost").unwrap();
    let client = UnbufferedClientConnection::new(Arc::new(client), name).unwrap();
    let server = UnbufferedServerConnection::new(Arc::new(server)).unwrap();
    let mut client = Side::new(Engine::Client(client));
    let mut server = Side::new(Engine::Server(server));
    while client.engine.is_handshaking() || server.engine.is_handshaking() {
        server.incoming.extend(client.take());
        client.incoming.extend(server.take());
    }
    (client, server)
}

/// Keys wear out. Whoever writes much gets new ones by itself, and each record still has room for the news of them.
#[test]
fn keys_are_renewed_before_they_are_worn_out() {
    let (mut client, mut server) = shaken(5);
    let most = vec![7; MOST_PLAIN];
    for round in 0..100 {
        client.incoming.extend(server.say(&most));
        assert_eq!(client.take(), b"");
        assert!(client.heard == most, "round {round}");
        client.heard.clear();
        if round % 7 == 0 {
            server.incoming.extend(client.say(b"yes"));
            assert_eq!(server.take(), b"");
        }
    }
    assert_eq!(server.heard, b"yes".repeat(15));
}

/// A record must find room as it is written.
#[test]
fn a_record_without_room_is_an_error_and_no_panic() {
    let (_, mut server) = shaken(1 << 24);
    let words = Words::Plain(b"hello");
    let refused = server.engine.write(&mut [], words, &mut [0; 20]);
    assert!(matches!(refused, Err(Error::General(_))));
}
