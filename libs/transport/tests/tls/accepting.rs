//! The server's side of a handshake, and what clients do with it.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread;

use hubbub_transport::Transport;
use hubbub_transport::tls::Acceptor;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConnection, HandshakeKind, ServerConfig, ServerConnection};

use crate::support::{Door, client, made, patient, read, read_exact, wait, with_client, write};

/// What a server of ours says of a client that does `act` with a raw socket, and what the client has heard.
fn met(
    act: impl FnOnce(&mut std::net::TcpStream) + Send + 'static,
) -> (std::io::Result<Transport>, Vec<u8>) {
    let (transport, mut socket) = Door::new().sockets();
    let peer = thread::spawn(move || {
        act(&mut socket);
        let mut heard = Vec::new();
        // Whatever of what it said was not read breaks the connection at the end.
        let _ = socket.read_to_end(&mut heard);
        heard
    });
    let acceptor = Acceptor::new(&made().identity());
    let met = wait(transport.accept_tls(&acceptor, b""));
    (met, peer.join().unwrap())
}

/// The beginning of what a client of rustls says.
fn hello() -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(made().config()), name).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    hello
}

#[test]
fn bytes_that_were_read_before_belong_to_the_handshake() {
    let made = made();
    let acceptor = Acceptor::new(&made.identity());
    for first in [0, 1, 5, 6, 100] {
        let (transport, socket) = Door::new().sockets();
        let config = made.config();
        let peer = thread::spawn(move || {
            let mut client = client(config, socket);
            client.write_all(b"hello").unwrap();
            client.read_exact(&mut [0; 7]).unwrap();
        });
        let mut bytes = Vec::new();
        while bytes.len() < first {
            let mut byte = [0];
            let came = std::future::poll_fn(|cx| transport.poll_read(cx, &mut byte));
            assert_eq!(wait(came).unwrap(), 1);
            bytes.extend(byte);
        }
        let transport = wait(transport.accept_tls(&acceptor, &bytes)).unwrap();
        assert_eq!(read_exact(&transport, 5), b"hello");
        write(&transport, b"welcome");
        peer.join().unwrap();
    }
}

#[test]
fn a_client_may_offer_chat_or_nothing_to_be_spoken_but_not_something_else_alone() {
    let made = made();
    let with = |protocols: &[&[u8]]| {
        let mut config = made.config();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        config
    };
    for (offered, spoken) in [
        (&[][..], None),
        (&[&b"http/1.1"[..], b"chat/1.0"], Some(&b"chat/1.0"[..])),
    ] {
        let (_, client) = with_client(&made, with(offered));
        assert_eq!(client.conn.alpn_protocol(), spoken);
    }
    let (transport, socket) = Door::new().sockets();
    let config = with(&[b"http/1.1"]);
    let refused = thread::spawn(move || {
        let mut client = client(config, socket);
        client.read(&mut [0; 16]).unwrap_err().to_string()
    });
    let acceptor = Acceptor::new(&made.identity());
    let error = wait(transport.accept_tls(&acceptor, b"")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let refused = refused.join().unwrap();
    assert!(refused.contains("NoApplicationProtocol"), "{refused}");
}

#[test]
fn what_is_not_tls_gets_an_alert_and_the_end() {
    for said in [
        &b"JOIN alice\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        &[0x16; 600],
        &[0; 5],
    ] {
        let (met, heard) = met(|socket| socket.write_all(said).unwrap());
        assert_eq!(met.unwrap_err().kind(), ErrorKind::InvalidData);
        let [21, 3, _, 0, 2, 2, _] = heard[..] else {
            panic!("this is no alert: {heard:?}");
        };
    }
}

#[test]
fn a_client_without_tls_1_3_is_told_so() {
    // A hello of TLS 1.2 for one suite, with one extension: the signatures.
    let mut hello = vec![22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xC0, 0x2B, 1, 0]);
    hello.extend([0, 16, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 29]);
    hello[4] = (hello.len() - 5) as u8;
    hello[8] = (hello.len() - 9) as u8;
    let (met, heard) = met(move |socket| socket.write_all(&hello).unwrap());
    assert_eq!(met.unwrap_err().kind(), ErrorKind::InvalidData);
    // protocol_version
    assert_eq!(heard, [21, 3, 3, 0, 2, 2, 70]);
}

#[test]
fn a_client_that_ends_in_the_middle_is_gone() {
    let hello = hello();
    for said in [0, 1, 5, 100, hello.len()] {
        let part = hello[..said].to_vec();
        let (met, _) = met(move |socket| {
            socket.write_all(&part).unwrap();
            socket.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let error = met.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{said}: {error}");
    }
}

#[test]
fn a_hello_may_come_in_single_bytes_and_in_many_records() {
    for in_records in [false, true] {
        let hello = hello();
        let (met, heard) = met(move |socket| {
            let bytes: Vec<Vec<u8>> = if in_records {
                let record = |byte: &u8| vec![22, 3, 1, 0, 1, *byte];
                hello[5..].iter().map(record).collect()
            } else {
                hello.iter().map(|byte| vec![*byte]).collect()
            };
            for bytes in bytes {
                socket.write_all(&bytes).unwrap();
            }
            socket.shutdown(std::net::Shutdown::Write).unwrap();
        });
        assert_eq!(met.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        // A server's hello.
        assert_eq!(heard[..1], [22]);
        assert_eq!(heard[5], 2);
    }
}

#[test]
fn a_hello_that_goes_on_and_on_is_refused() {
    let (met, _) = met(|socket| {
        // A hello of 64 kB, in records of 1 kB.
        let mut record = vec![22, 3, 1, 4, 0, 1, 0, 255, 255];
        record.resize(1029, 0);
        for _ in 0..17 {
            socket.write_all(&record).unwrap();
            record[5..].fill(0);
        }
        // The last byte decides.
        let _ = socket.write_all(&record[..18_436 - 17 * 1029 + 1]);
    });
    let error = met.unwrap_err();
    assert!(
        error.to_string().contains("more than 18436 bytes"),
        "{error}"
    );
}

/// Such a client has a ticket of another server, which has the same name and would take its words at once.
#[test]
fn words_that_come_too_early_are_not_heard_and_tickets_are_not_known() {
    let made = made();
    let chain = CertificateDer::from_pem_slice(made.chain.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).unwrap();
    let mut other =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
    other.max_early_data_size = 1 << 14;
    let other = Arc::new(other);
    let mut config = made.config();
    config.enable_early_data = true;
    config.resumption = Resumption::in_memory_sessions(8);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let first = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    patient(&first);
    let served = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        patient(&socket);
        let mut server = ServerConnection::new(other).unwrap();
        server.complete_io(&mut socket).unwrap();
        server.writer().write_all(b"!").unwrap();
        server.complete_io(&mut socket).unwrap();
    });
    let mut client = client(config.clone(), first);
    client.read_exact(&mut [0]).unwrap();
    served.join().unwrap();
    drop(client);

    let (transport, socket) = Door::new().sockets();
    let peer = thread::spawn(move || {
        let mut client = crate::support::client(config, socket);
        let mut early = client.conn.early_data().unwrap();
        early.write_all(b"too early").unwrap();
        client.write_all(b"in time").unwrap();
        client.read_exact(&mut [0; 3]).unwrap();
        assert!(!client.conn.is_early_data_accepted());
        assert_eq!(client.conn.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(client.conn.tls13_tickets_received(), 0);
    });
    let transport = wait(transport.accept_tls(&Acceptor::new(&made.identity()), b"")).unwrap();
    assert_eq!(read(&transport).unwrap(), b"in time");
    write(&transport, b"yes");
    peer.join().unwrap();
}

#[test]
fn there_is_no_tls_within_tls() {
    let made = made();
    let (transport, _client) = with_client(&made, made.config());
    let acceptor = Acceptor::new(&made.identity());
    let refused = wait(transport.accept_tls(&acceptor, b"")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}
