//! The ends of a connection, and what each side is told of them.

use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use hubbub_transport::Transport;
use rustls::ContentType;
use socket2::SockRef;

use crate::forger::forger;
use crate::support::{read, read_exact, server, wait, write};

fn wait_readable(transport: &Transport) {
    wait(poll_fn(|cx| transport.poll_readable(cx))).unwrap();
}

#[test]
fn a_side_that_finishes_is_heard_to_the_end_and_still_hears() {
    let (server, mut client) = server();
    write(&server, b"bye");
    server.finish().unwrap();
    server.finish().unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "bye");
    let refused = server.try_write(b"x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    client.write_all(b"so long").unwrap();
    assert_eq!(read_exact(&server, 7), b"so long");
    client.conn.send_close_notify();
    client.flush().unwrap();
    assert_eq!(read(&server).unwrap(), b"");
}

#[test]
fn an_end_without_a_word_is_no_orderly_one() {
    for is_orderly in [true, false] {
        let (server, mut client) = server();
        client.write_all(b"bye").unwrap();
        if is_orderly {
            client.conn.send_close_notify();
            client.flush().unwrap();
        }
        drop(client);
        assert_eq!(read_exact(&server, 3), b"bye");
        for _ in 0..2 {
            match read(&server) {
                Ok(bytes) => assert!(is_orderly && bytes.is_empty()),
                Err(error) => {
                    assert!(!is_orderly);
                    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
                }
            }
        }
        assert!(server.has_ended());
    }
}

#[test]
fn an_end_in_the_middle_of_a_record_is_no_orderly_one() {
    let (server, mut client) = server();
    client.conn.writer().write_all(b"half").unwrap();
    let mut record = Vec::new();
    client.conn.write_tls(&mut record).unwrap();
    client.sock.write_all(&record[..record.len() / 2]).unwrap();
    drop(client);
    let cut_off = read(&server).unwrap_err();
    assert_eq!(cut_off.kind(), ErrorKind::UnexpectedEof);
}

/// Many programs end their half without the word, and still listen.
#[test]
fn after_an_end_in_the_middle_of_anything_the_other_side_is_still_spoken_to() {
    for typ in [ContentType::ApplicationData, ContentType::Handshake] {
        let (server, mut forger) = forger();
        let record = match typ {
            ContentType::Handshake => forger.record(typ, &[24, 0]),
            typ => forger.record(typ, b"half")[..10].to_vec(),
        };
        forger.socket.write_all(&record).unwrap();
        forger.socket.shutdown(Shutdown::Write).unwrap();
        let cut_off = read(&server).unwrap_err();
        assert_eq!(cut_off.kind(), ErrorKind::UnexpectedEof);
        write(&server, b"bye");
        server.finish().unwrap();
        let mut heard = Vec::new();
        forger.socket.read_to_end(&mut heard).unwrap();
        // Two records, of three bytes and of an alert, each with a head, its type and a tag.
        assert_eq!(heard.len(), (5 + 3 + 17) + (5 + 2 + 17));
    }
}

#[test]
fn what_comes_after_the_word_that_nothing_more_comes_is_not_heard() {
    let (server, mut client) = server();
    client.conn.send_close_notify();
    client.flush().unwrap();
    client.sock.write_all(b"more and more").unwrap();
    assert_eq!(read(&server).unwrap(), b"");
    // The socket has not ended, but the connection has.
    assert!(server.has_ended());
    assert_eq!(read(&server).unwrap(), b"");
}

#[test]
fn an_end_is_known_before_what_came_before_it_is_read() {
    for breaks in [false, true] {
        let (server, mut client) = server();
        client.write_all(b"bye").unwrap();
        wait_readable(&server);
        assert!(!server.has_ended());
        if breaks {
            let linger = Some(Duration::ZERO);
            SockRef::from(&client.sock).set_linger(linger).unwrap();
        }
        drop(client);
        wait_readable(&server);
        // One is ready at once for what came first.
        while !server.has_ended() {
            std::thread::yield_now();
        }
        if !breaks {
            assert_eq!(read_exact(&server, 3), b"bye");
        }
    }
}

#[test]
fn after_a_cut_what_had_arrived_is_read_and_nothing_is_written() {
    let (server, mut client) = server();
    client.write_all(b"bye").unwrap();
    wait_readable(&server);
    server.cut().unwrap();
    let refused = server.try_write(b"x").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    assert_eq!(read(&server).unwrap(), b"bye");
    assert_eq!(read(&server).unwrap(), b"");
    let end = client.read(&mut [0; 16]).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_reset_breaks_the_connection_when_it_is_dropped() {
    let (server, mut client) = server();
    server.reset().unwrap();
    drop(server);
    let broken = client.read(&mut [0; 16]).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);
}
