//! What comes from a browser, however it is cut.

use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{
    BINARY, LAST, PART, PING, PONG, browser, frame, hear, message, read, read_at_most, read_exact,
    sockets, wait, write,
};

const MOST: usize = 64 * 1024;

#[test]
fn messages_are_one_stream_and_what_came_with_the_handshake_is_its_beginning() {
    let (transport, mut peer) = sockets();
    let said = [message(b"one "), message(b""), message(b"two ")].concat();
    // Cut in the middle of the last one.
    let (early, late) = said.split_at(said.len() - 2);
    let transport = transport.into_web(early.to_vec());
    assert_eq!(read(&transport).unwrap(), b"one ");
    let nothing = transport.try_read(&mut [0; 16]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    peer.write_all(late).unwrap();
    assert_eq!(read(&transport).unwrap(), b"two ");
    write(&transport, b"three");
    assert_eq!(hear(&mut peer), Some((LAST | BINARY, b"three".to_vec())));
    assert_eq!(transport.held(), 0);
}

#[test]
fn the_longest_message_comes_in_one_frame_or_in_many_and_leaves_no_buffer() {
    let text: Vec<u8> = (0..MOST).map(|at| at as u8).collect();
    let fragments = text.chunks(1000).enumerate().map(|(number, part)| {
        let kind = if number == 0 { BINARY } else { PART };
        let last = if number == MOST / 1000 { LAST } else { 0 };
        frame(last | kind, part)
    });
    for said in [message(&text), fragments.collect::<Vec<_>>().concat()] {
        let (transport, mut peer) = browser();
        let speaker = thread::spawn(move || {
            peer.write_all(&said).unwrap();
            peer
        });
        assert!(read_exact(&transport, MOST, MOST) == text);
        speaker.join().unwrap();
        assert_eq!(transport.held(), 0);
    }
}

#[test]
fn what_has_no_room_is_kept_and_read_later_without_waiting() {
    let (transport, mut peer) = browser();
    peer.write_all(&message(b"0123456789")).unwrap();
    assert_eq!(read_at_most(&transport, 4).unwrap(), b"0123");
    assert!(transport.unread() >= 6);
    wait(poll_fn(|cx| transport.poll_readable(cx))).unwrap();
    drop(peer);
    assert_eq!(read_at_most(&transport, 4).unwrap(), b"4567");
    assert_eq!(read_at_most(&transport, 4).unwrap(), b"89");
    assert_eq!(transport.unread(), 0);
    assert_eq!(read(&transport).unwrap(), b"");
}

#[test]
fn a_part_of_a_message_counts_as_held_until_its_end_comes() {
    let (transport, mut peer) = browser();
    peer.write_all(&frame(BINARY, &[1; 3000])).unwrap();
    peer.write_all(&frame(LAST | PING, b"?")).unwrap();
    // The answer says that all before it has been taken.
    let answer = thread::spawn(move || {
        assert_eq!(hear(&mut peer), Some((LAST | PONG, b"?".to_vec())));
        peer
    });
    let mut room = [0; 16];
    while !answer.is_finished() {
        let nothing = transport.try_read(&mut room).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        thread::yield_now();
    }
    let held = transport.unread();
    assert!((3000..16_000).contains(&held), "{held}");
    let mut peer = answer.join().unwrap();
    peer.write_all(&frame(LAST | PART, b"")).unwrap();
    assert_eq!(read(&transport).unwrap(), [1; 3000]);
    assert_eq!(transport.held(), 0);
}

#[test]
fn a_ping_is_answered_and_of_many_the_last() {
    let (transport, mut peer) = browser();
    peer.write_all(&frame(LAST | PING, &[7; 125])).unwrap();
    let many = (0..20).map(|number| frame(LAST | PING, &[number]));
    peer.write_all(&many.collect::<Vec<_>>().concat()).unwrap();
    peer.write_all(&message(b"now")).unwrap();
    assert_eq!(read(&transport).unwrap(), b"now");
    loop {
        let (first, payload) = hear(&mut peer).unwrap();
        assert_eq!(first, LAST | PONG);
        if payload == [19] {
            break;
        }
    }
}

#[test]
fn a_pong_that_nobody_asked_for_is_no_matter() {
    let (transport, mut peer) = browser();
    peer.write_all(&frame(LAST | PONG, b"hello")).unwrap();
    peer.write_all(&message(b"now")).unwrap();
    assert_eq!(read(&transport).unwrap(), b"now");
}

#[test]
fn a_reader_is_woken_by_a_message_and_not_by_silence() {
    let (transport, mut peer) = browser();
    let speaker = thread::spawn(move || {
        for number in 0..100 {
            peer.write_all(&message(&[number])).unwrap();
            peer.write_all(&frame(LAST | PONG, b"")).unwrap();
        }
        peer
    });
    let heard = read_exact(&transport, 100, 1);
    assert!(heard.into_iter().eq(0..100));
    wait(async { speaker.join().unwrap() });
}

/// One message: its parts, and what pings stand before each.
fn messages() -> impl Strategy<Value = Vec<Vec<(Vec<u8>, bool)>>> {
    let part = (vec(any::<u8>(), 0..300), any::<bool>());
    vec(vec(part, 1..5), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_messages_in_any_parts_with_pings_between_cut_anywhere_are_the_same_stream(
        messages in messages(),
        cuts in vec(1_usize..200, 1..40),
        early in 0_usize..100,
        most in 1_usize..2000,
    ) {
        let (mut said, mut meant) = (Vec::new(), Vec::new());
        for parts in messages {
            let count = parts.len();
            for (number, (part, pings)) in parts.into_iter().enumerate() {
                if pings {
                    said.extend(frame(LAST | PING, b"?"));
                }
                let kind = if number == 0 { BINARY } else { PART };
                let last = if number + 1 == count { LAST } else { 0 };
                said.extend(frame(last | kind, &part));
                meant.extend(part);
            }
        }
        let late = said.split_off(early.min(said.len()));
        let (transport, mut peer) = sockets();
        let transport = transport.into_web(said);
        let speaker = thread::spawn(move || {
            let mut late = &late[..];
            for cut in cuts.into_iter().cycle() {
                if late.is_empty() {
                    return peer;
                }
                let (now, rest) = late.split_at(cut.min(late.len()));
                peer.write_all(now).unwrap();
                late = rest;
            }
            unreachable!()
        });
        prop_assert!(read_exact(&transport, meant.len(), most) == meant);
        let peer = speaker.join().unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        prop_assert_eq!(read(&transport).unwrap(), b"");
        prop_assert_eq!(transport.unread(), 0);
    }
}
