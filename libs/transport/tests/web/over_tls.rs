//! The same over an encrypted connection.

use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use hubbub_transport::tls::{Acceptor, Identity};
use hubbub_transport::{Goodbye, Transport};
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{
    BINARY, CLOSE, LAST, PING, PONG, closing, end, frame, hear, message, read, read_exact, sockets,
    wait, write,
};

type Client = StreamOwned<ClientConnection, TcpStream>;

/// The connection of a browser by TLS, and the browser.
fn browser() -> (Transport, Client) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let chain = params.self_signed(&key).unwrap().pem();
    let identity = Identity::from_pem(chain.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    let (transport, mut socket) = sockets();
    let client = thread::spawn(move || {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(chain.as_bytes());
        roots.add(own.unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        client.complete_io(&mut socket).unwrap();
        StreamOwned::new(client, socket)
    });
    let transport = wait(transport.accept_tls(&Acceptor::new(&identity), b"")).unwrap();
    (transport.into_web(Vec::new()), client.join().unwrap())
}

#[test]
fn both_sides_are_heard_and_nobody_in_between_reads_along() {
    let (transport, mut peer) = browser();
    assert!(transport.is_encrypted());
    let text: Vec<u8> = (0..60_000).map(|at: u32| (at >> 4) as u8).collect();
    let said = [frame(BINARY, b""), frame(LAST, &text)].concat();
    // Records of all sizes.
    for part in said.chunks(777) {
        peer.write_all(part).unwrap();
    }
    assert!(read_exact(&transport, text.len(), 5000) == text);
    assert_eq!(transport.held(), 0);
    write(&transport, b"welcome");
    assert_eq!(hear(&mut peer), Some((LAST | BINARY, b"welcome".to_vec())));
}

#[test]
fn what_the_socket_did_not_take_is_offered_again_and_comes_once_with_all_between() {
    let (transport, mut peer) = browser();
    let text: Vec<u8> = (0..16 << 20).map(|at: u32| (at >> 12) as u8).collect();
    let mut written = 0;
    let full = loop {
        match transport.try_write(&text[written..]) {
            Ok(more) => written += more,
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    assert!((1..=20 << 10).contains(&transport.unsent()));
    peer.write_all(&frame(LAST | PING, b"?")).unwrap();
    wait(poll_fn(|cx| transport.poll_readable(cx))).unwrap();
    let nothing = transport.try_read(&mut [0; 16]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    let reader = thread::spawn(move || {
        let (mut bytes, mut others) = (Vec::new(), Vec::new());
        loop {
            match hear(&mut peer).unwrap() {
                (first, payload) if first == LAST | BINARY => bytes.extend(payload),
                (first, payload) => others.push((first, payload)),
            }
            if matches!(others.last(), Some((first, _)) if *first == LAST | CLOSE) {
                peer.write_all(&frame(LAST | CLOSE, &closing(1001, "")))
                    .unwrap();
                return (bytes, others, peer);
            }
        }
    });
    write(&transport, &text[written..]);
    transport.goodbye(Goodbye::Stopping);
    end(&transport);
    let (bytes, others, _peer) = reader.join().unwrap();
    assert!(bytes == text);
    let close = closing(1001, "stopping");
    assert_eq!(
        others,
        [(LAST | PONG, b"?".to_vec()), (LAST | CLOSE, close)]
    );
    assert_eq!(transport.held(), 0);
}

#[test]
fn a_line_that_is_cut_off_is_not_mistaken_for_an_end() {
    let (transport, mut peer) = browser();
    peer.write_all(&message(b"bye")).unwrap();
    assert_eq!(read(&transport).unwrap(), b"bye");
    drop(peer.sock);
    let end = read(&transport).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
}
