//! What goes in on one side comes out on the other.

use std::future::poll_fn;
use std::io::{IoSlice, Read, Write};
use std::thread;

use futures::FutureExt;
use hubbub_transport::Transport;

use crate::forger::forger;
use crate::support::{ours, read, read_exact, server, wait, write};

/// The longest record that is taken, with its head, in bytes.
const LONGEST: usize = 16 * 1024 + 2047 + 5;

/// Longer than what the sockets hold.
const MUCH: usize = 8 << 20;

/// The same numbers each time, and no order in them.
fn numbers(seed: u32) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    }
}

/// Bytes of which no part is like another one.
fn text(len: usize) -> Vec<u8> {
    let mut number = numbers(1);
    (0..len).map(|_| number(256) as u8).collect()
}

fn is_readable(transport: &Transport) -> bool {
    let ready = poll_fn(|cx| transport.poll_readable(cx)).now_or_never();
    ready.is_some_and(|ready| ready.is_ok())
}

#[test]
fn what_is_said_is_heard_both_ways() {
    let (server, client, _) = ours();
    write(&client, b"hello");
    assert_eq!(read_exact(&server, 5), b"hello");
    write(&server, b"welcome");
    assert_eq!(read_exact(&client, 7), b"welcome");
    client.finish().unwrap();
    assert_eq!(read(&server).unwrap(), b"");
    write(&server, b"so long");
    server.finish().unwrap();
    assert_eq!(read_exact(&client, 7), b"so long");
    assert_eq!(read(&client).unwrap(), b"");
}

/// One lock guards both directions. Nobody keeps it while the other side is waited for.
#[test]
fn both_directions_flow_at_once_and_from_several_threads() {
    let (server, client, _) = ours();
    let text = text(MUCH);
    thread::scope(|scope| {
        for transport in [&server, &client] {
            scope.spawn(|| write(transport, &text));
            scope.spawn(|| assert!(read_exact(transport, MUCH) == text));
        }
    });
    assert_eq!((server.held(), client.held()), (0, 0));
}

#[test]
fn bytes_from_several_places_are_written_in_order_and_none_at_all_are_no_end() {
    let (server, client, _) = ours();
    let slices = ["one ", "", "two ", "three"].map(|text| IoSlice::new(text.as_bytes()));
    for (used, bytes) in [(0, 0), (1, 4), (4, 13)] {
        let written = server.try_write_vectored(&slices[..used]).unwrap();
        assert_eq!(written, bytes);
    }
    assert_eq!(server.try_write(b"").unwrap(), 0);
    assert_eq!(read_exact(&client, 17), b"one one two three");
}

#[test]
fn one_try_writes_one_record_at_most() {
    let (server, client, _) = ours();
    let text = text(20_000);
    assert_eq!(server.try_write(&text).unwrap(), 16 * 1024);
    let slices = [&text[16_384..16_390], &text[16_390..]].map(IoSlice::new);
    assert_eq!(server.try_write_vectored(&slices).unwrap(), 20_000 - 16_384);
    assert!(read_exact(&client, 20_000) == text);
}

#[test]
fn a_reader_with_little_room_gets_all_of_a_record_without_waiting_for_the_socket() {
    let (server, mut client) = server();
    let text = text(16 * 1024);
    client.write_all(&text).unwrap();
    let mut heard = Vec::new();
    while heard.len() < text.len() {
        let mut bytes = [0; 1000];
        let len = if heard.is_empty() {
            wait(poll_fn(|cx| server.poll_read(cx, &mut bytes))).unwrap()
        } else {
            assert!(is_readable(&server));
            server.try_read(&mut bytes).unwrap()
        };
        heard.extend_from_slice(&bytes[..len]);
    }
    assert!(heard == text);
    assert_eq!(server.held(), 0);
    assert!(!is_readable(&server));
}

#[test]
fn no_more_is_held_than_a_record_however_much_has_arrived() {
    let (server, mut client) = server();
    let text = text(256 * 1024);
    client.write_all(&text).unwrap();
    let mut heard = Vec::new();
    while heard.len() < text.len() {
        let mut bytes = [0; 1000];
        let len = wait(poll_fn(|cx| server.poll_read(cx, &mut bytes))).unwrap();
        heard.extend_from_slice(&bytes[..len]);
        assert!(server.held() <= LONGEST, "{}", server.held());
    }
    assert!(heard == text);
}

#[test]
fn a_record_may_come_in_single_bytes_and_costs_what_has_come_of_it() {
    let (server, mut forger) = forger();
    let record = forger.text(b"hello");
    let (last, first) = record.split_last().unwrap();
    for (held, byte) in first.iter().enumerate() {
        assert_eq!(server.held(), held);
        forger.socket.write_all(&[*byte]).unwrap();
        wait(poll_fn(|cx| server.poll_readable(cx))).unwrap();
        let waits = server.try_read(&mut [0; 64]).unwrap_err();
        assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
        assert!(!is_readable(&server));
    }
    forger.socket.write_all(&[*last]).unwrap();
    assert_eq!(read(&server).unwrap(), b"hello");
    assert_eq!(server.held(), 0);
}

#[test]
fn many_records_that_came_together_are_all_heard_before_the_socket_is_waited_for() {
    let (server, mut forger) = forger();
    let text = text(1000);
    let mut records: Vec<u8> = text.iter().flat_map(|byte| forger.text(&[*byte])).collect();
    let next = forger.text(b"!");
    records.extend_from_slice(&next[..10]);
    forger.socket.write_all(&records).unwrap();
    assert!(read_exact(&server, 1000) == text);
    forger.socket.write_all(&next[10..]).unwrap();
    assert_eq!(read_exact(&server, 1), b"!");
}

/// Records of all lengths, cut anywhere on their way, read into room of any size.
#[test]
fn it_is_heard_the_same_wherever_records_begin_and_wherever_they_are_cut() {
    for seed in 0..30 {
        let (server, mut forger) = forger();
        let mut number = numbers(seed);
        let text = text(200_000);
        let mut bytes = Vec::new();
        let mut rest = &text[..];
        while !rest.is_empty() {
            let most = [10, 2000, 16 * 1024][number(3)];
            let (record, after) = rest.split_at(rest.len().min(1 + number(most)));
            bytes.extend(forger.text(record));
            rest = after;
        }
        thread::scope(|scope| {
            let mut number = numbers(seed);
            let (socket, bytes) = (&mut forger.socket, &bytes);
            scope.spawn(move || {
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    let most = [3, 3000, 70_000][number(3)];
                    let (part, after) = rest.split_at(rest.len().min(1 + number(most)));
                    socket.write_all(part).unwrap();
                    rest = after;
                }
            });
            let mut number = numbers(seed + 1);
            let mut heard = Vec::new();
            while heard.len() < text.len() {
                let most = [20, 3000, 70_000][number(3)];
                let mut room = vec![0; 1 + number(most)];
                let len = wait(poll_fn(|cx| server.poll_read(cx, &mut room))).unwrap();
                assert!(len > 0);
                heard.extend_from_slice(&room[..len]);
            }
            assert!(heard == text, "seed {seed}");
        });
        assert_eq!(server.held(), 0);
    }
}

#[test]
fn new_keys_are_taken_from_the_other_side_at_any_time_and_answered_with_the_next_word() {
    let (server, mut client) = server();
    for round in 0..100_u8 {
        client.conn.refresh_traffic_keys().unwrap();
        client.write_all(&[round]).unwrap();
        assert_eq!(read_exact(&server, 1), [round]);
        assert_eq!(server.held(), 0);
        if round % 10 == 0 {
            write(&server, b"yes");
            client.read_exact(&mut [0; 3]).unwrap();
        }
    }
}
