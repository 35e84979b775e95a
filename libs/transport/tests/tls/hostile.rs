//! What a peer may do after the handshake that no honest one does. It costs the connection at most, and little memory
//! until then.

use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use hubbub_transport::Transport;
use rustls::ContentType;

use crate::forger::forger;
use crate::support::{PATIENCE, read, read_exact, server, wait};

/// The longest record that is taken, with its head, in bytes.
const LONGEST: usize = 16 * 1024 + 2047 + 5;

/// Reads until all that was sent is used and nothing comes of it.
fn expect_silence(transport: &Transport, held: usize) {
    let since = Instant::now();
    while transport.held() != held {
        assert!(since.elapsed() < PATIENCE, "it holds {}", transport.held());
        wait(poll_fn(|cx| transport.poll_readable(cx))).unwrap();
        let waits = transport.try_read(&mut [0; 64 * 1024]).unwrap_err();
        assert_eq!(waits.kind(), ErrorKind::WouldBlock, "{waits}");
    }
}

/// The connection fails, for good.
#[track_caller]
fn expect_failure(transport: &Transport, why: &str) {
    for _ in 0..2 {
        let error = read(transport).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().contains(why), "{error}");
    }
    let refused = transport.try_write(b"x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    assert!(transport.has_ended());
    assert_eq!(transport.held(), 0);
}

#[test]
fn what_is_not_encrypted_ends_the_connection_after_an_alert() {
    let (server, mut client) = server();
    client.write_all(b"the last word").unwrap();
    client.sock.write_all(b"JOIN alice\n").unwrap();
    assert_eq!(read_exact(&server, 13), b"the last word");
    expect_failure(&server, "corrupt message");
    server.finish().unwrap();
    let alert = client.read(&mut [0; 16]).unwrap_err();
    assert!(alert.to_string().contains("DecodeError"), "{alert}");
}

#[test]
fn a_record_that_was_changed_on_its_way_ends_the_connection() {
    let (server, mut forger) = forger();
    let mut record = forger.text(b"hello");
    *record.last_mut().unwrap() ^= 1;
    forger.socket.write_all(&record).unwrap();
    expect_failure(&server, "decrypt");
}

#[test]
fn a_record_may_be_longer_than_its_text_and_a_longer_one_is_refused_by_its_head() {
    let (server, mut client) = server();
    let head = |len: usize| [0x17, 3, 3, (len >> 8) as u8, len as u8];
    let longest = LONGEST - 5;
    client.sock.write_all(&head(longest)).unwrap();
    client.sock.write_all(&vec![0; longest - 1]).unwrap();
    expect_silence(&server, LONGEST - 1);
    client.sock.write_all(&[0]).unwrap();
    expect_failure(&server, "decrypt");

    let (server, mut client) = crate::support::server();
    client.sock.write_all(&head(longest + 1)).unwrap();
    expect_failure(&server, "MessageTooLarge");
}

#[test]
fn a_record_has_16_kib_of_text_at_most() {
    let (server, mut forger) = forger();
    let most = vec![7; 16 * 1024];
    forger.send(ContentType::ApplicationData, &most);
    assert!(read_exact(&server, most.len()) == most);
    let more = vec![7; 16 * 1024 + 1];
    forger.send(ContentType::ApplicationData, &more);
    expect_failure(&server, "excess record size");
}

#[test]
fn empty_records_are_passed_over_but_not_for_ever() {
    let (server, mut forger) = forger();
    for _ in 0..3 {
        for _ in 0..32 {
            forger.send(ContentType::ApplicationData, b"");
        }
        forger.send(ContentType::ApplicationData, b"!");
        assert_eq!(read_exact(&server, 1), b"!");
    }
    for _ in 0..33 {
        forger.send(ContentType::ApplicationData, b"");
    }
    expect_failure(&server, "TooManyEmptyFragments");
}

#[test]
fn new_keys_may_be_asked_for_32_times_without_a_word_in_between() {
    let (server, mut client) = server();
    let mut ask = |times| {
        for _ in 0..times {
            client.conn.refresh_traffic_keys().unwrap();
            client.flush().unwrap();
        }
        client.write_all(b"!").unwrap();
    };
    for _ in 0..3 {
        ask(32);
        assert_eq!(read_exact(&server, 1), b"!");
    }
    ask(33);
    expect_failure(&server, "TooManyKeyUpdateRequests");
}

/// A peer that never reads what it asks for.
#[test]
fn answers_to_new_keys_do_not_pile_up() {
    let (server, mut client) = server();
    while let Ok(1..) = server.try_write(&[0; 16 * 1024]) {}
    let held = server.held();
    for _ in 0..1000 {
        client.conn.refresh_traffic_keys().unwrap();
        client.write_all(b"!").unwrap();
        assert_eq!(read_exact(&server, 1), b"!");
        assert_eq!(server.held(), held);
    }
}

#[test]
fn a_message_in_several_records_costs_no_more_than_a_record() {
    for (kind, len) in [(24, 0xFFFF_u32), (11, 0xFFFF)] {
        let (server, mut forger) = forger();
        let head = len.to_be_bytes();
        forger.send(ContentType::Handshake, &[kind, head[1], head[2], head[3]]);
        let part = forger.record(ContentType::Handshake, &[0; 1000]);
        forger.socket.write_all(&part).unwrap();
        wait(poll_fn(|cx| server.poll_readable(cx))).unwrap();
        let since = Instant::now();
        let error = loop {
            assert!(server.held() < LONGEST);
            match server.try_read(&mut [0; 64 * 1024]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(since.elapsed() < PATIENCE);
                    let more = forger.record(ContentType::Handshake, &[0; 1000]);
                    // It may have closed the connection meanwhile.
                    let _ = forger.socket.write_all(&more);
                }
                done => break done.unwrap_err(),
            }
        };
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        expect_failure(&server, "has more than 18436 bytes");
    }
}

#[test]
fn a_second_handshake_is_refused() {
    // A hello, and a request for a certificate. Nothing is renegotiated in TLS 1.3.
    for kind in [1, 13] {
        let (server, mut forger) = forger();
        forger.send(ContentType::Handshake, &[kind, 0, 0, 0]);
        expect_failure(&server, "");
    }
}

#[test]
fn half_a_message_about_keys_does_not_keep_anybody_from_writing() {
    let (server, mut forger) = forger();
    let record = forger.record(ContentType::Handshake, &[24, 0]);
    forger.socket.write_all(&record).unwrap();
    wait(poll_fn(|cx| server.poll_readable(cx))).unwrap();
    let waits = server.try_read(&mut [0; 64]).unwrap_err();
    assert_eq!(waits.kind(), ErrorKind::WouldBlock);
    assert!(server.held() > 0);
    assert_eq!(server.try_write(b"hello").unwrap(), 5);
    forger.send(ContentType::Handshake, &[0, 1, 0]);
    expect_silence(&server, 0);
    assert_eq!(server.try_write(b"hello").unwrap(), 5);
}
