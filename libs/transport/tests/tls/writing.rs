//! What counts as written, when the socket takes no more.

use std::io::{ErrorKind, Read};
use std::time::Instant;

use futures::FutureExt;
use hubbub_transport::Transport;

use crate::support::{Client, PATIENCE, read, server, wait, write};

/// Writes until the socket is full. Returns how many bytes count as written.
fn fill(transport: &Transport, text: &[u8]) -> usize {
    let mut written = 0;
    loop {
        match transport.try_write(&text[written..]) {
            Ok(more) => written += more,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                return written;
            }
        }
    }
}

fn text() -> Vec<u8> {
    (0..16 << 20).map(|at: u32| (at >> 12) as u8).collect()
}

fn heard(mut client: Client) -> Vec<u8> {
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    heard
}

/// Ends our half, and waits for the end of the other side. It comes without a word, which is no matter here.
fn end(server: &Transport) {
    server.finish().unwrap();
    let end = read(server).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn what_counts_as_written_is_on_its_way_and_nothing_else_but_one_record() {
    let (server, mut client) = server();
    let text = text();
    let written = fill(&server, &text);
    assert!((1..=20 << 10).contains(&server.held()), "{}", server.held());
    // Nothing is sent any more. The record that was begun never comes.
    server.cut().unwrap();
    let refused = server.try_write(&text[written..]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    let mut heard = Vec::new();
    let end = client.read_to_end(&mut heard).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(heard.len(), written);
    assert!(heard == text[..written]);
}

#[test]
fn a_record_that_waited_counts_when_the_same_bytes_are_offered_again_and_stands_there_once() {
    let (server, client) = server();
    let text = text();
    let written = fill(&server, &text);
    // It may be asked as often as one likes. The system may have moved something on meanwhile.
    let written = written + fill(&server, &text[written..]);
    let reader = std::thread::spawn(move || heard(client));
    write(&server, &text[written..]);
    end(&server);
    assert!(reader.join().unwrap() == text);
    assert_eq!(server.held(), 0);
}

#[test]
fn fewer_bytes_than_before_are_refused() {
    let (server, mut client) = server();
    let text = text();
    let written = fill(&server, &text);
    let record = 16 * 1024;
    client.read_exact(&mut vec![0; written]).unwrap();
    let since = Instant::now();
    let refused = loop {
        match server.try_write(&text[written..written + record - 1]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                assert!(since.elapsed() < PATIENCE, "it is never sent");
            }
            done => break done.unwrap_err(),
        }
    };
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        server.try_write(&text[written..written + record]).unwrap(),
        record
    );
}

#[test]
fn a_writer_is_woken_when_the_other_side_reads() {
    let (server, mut client) = server();
    let text = text();
    let written = fill(&server, &text);
    let writable = || std::future::poll_fn(|cx| server.poll_writable(cx));
    assert!(writable().now_or_never().is_none());
    client.read_exact(&mut vec![0; written]).unwrap();
    wait(writable()).unwrap();
}

#[test]
fn an_end_that_found_no_room_comes_after_what_waited_while_the_end_of_the_other_side_is_awaited() {
    let (server, client) = server();
    let text = text();
    let written = fill(&server, &text);
    server.finish().unwrap();
    let reader = std::thread::spawn(move || heard(client));
    end(&server);
    let heard = reader.join().unwrap();
    // The record that had been begun is sent as well: nothing could follow otherwise.
    assert!(heard == text[..written + 16 * 1024]);
    let rest = &text[written..];
    assert_eq!(server.try_write(rest).unwrap(), 16 * 1024);
    let refused = server.try_write(rest).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
}
