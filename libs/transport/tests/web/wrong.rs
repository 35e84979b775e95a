//! What is against the rules, and what it is closed with.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::thread;

use hubbub_transport::Goodbye;

use crate::support::{
    BINARY, CLOSE, LAST, PART, PING, PONG, TEXT, browser, closing, end, frame, head, hear, message,
    read,
};

const MOST: usize = 64 * 1024;

/// Says this, and expects to be closed for this reason. What came before it is still read.
#[track_caller]
fn is_closed_for(why: Goodbye, said: Vec<u8>) {
    let (transport, mut peer) = browser();
    let speaker = thread::spawn(move || {
        peer.write_all(&message(b"fine")).unwrap();
        peer.write_all(&said).unwrap();
        let close = loop {
            match hear(&mut peer) {
                Some((first, _)) if first == LAST | PONG => {}
                close => break close,
            }
        };
        peer.shutdown(Shutdown::Write).unwrap();
        close
    });
    assert_eq!(read(&transport).unwrap(), b"fine");
    let broken = read(&transport).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::InvalidData);
    assert!(transport.has_ended());
    assert_eq!(transport.unread(), 0);
    end(&transport);
    let close = closing(why.code(), why.reason());
    assert_eq!(speaker.join().unwrap(), Some((LAST | CLOSE, close)));
}

#[test]
fn a_text_message_is_refused_whole_or_in_parts_by_its_head_alone() {
    is_closed_for(Goodbye::Text, frame(LAST | TEXT, b"hello"));
    is_closed_for(Goodbye::Text, frame(TEXT, b"hel"));
    is_closed_for(Goodbye::Text, frame(LAST | TEXT, b"hello")[..6].to_vec());
}

#[test]
fn a_message_of_one_byte_more_than_the_longest_is_refused_in_one_frame_or_in_two() {
    is_closed_for(Goodbye::TooBig, message(&[7; MOST + 1]));
    // Before it has come.
    is_closed_for(Goodbye::TooBig, message(&[7; MOST + 1])[..14].to_vec());
    let two = [frame(BINARY, &[7; MOST]), frame(LAST | PART, b"!")].concat();
    is_closed_for(Goodbye::TooBig, two);
    for len in [1 << 31, 1 << 32, 1 << 63, u64::MAX] {
        let mut huge = head(LAST | BINARY, len);
        huge[1] |= 0x80;
        huge.extend([0; 4]);
        is_closed_for(Goodbye::TooBig, huge);
    }
}

#[test]
fn frames_without_a_mask_are_refused() {
    let mut bare = head(LAST | BINARY, 5);
    bare.extend(b"hello");
    is_closed_for(Goodbye::Protocol, bare.clone());
    // By its head alone.
    is_closed_for(Goodbye::Protocol, bare[..2].to_vec());
}

#[test]
fn reserved_bits_and_unknown_kinds_are_refused() {
    for bit in [0x40, 0x20, 0x10] {
        is_closed_for(Goodbye::Protocol, frame(LAST | bit | BINARY, b"hello"));
    }
    for kind in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        is_closed_for(Goodbye::Protocol, frame(LAST | kind, b"hello"));
    }
}

#[test]
fn parts_out_of_order_are_refused() {
    is_closed_for(Goodbye::Protocol, frame(LAST | PART, b"hello"));
    let two = [frame(BINARY, b"hel"), frame(LAST | BINARY, b"lo")].concat();
    is_closed_for(Goodbye::Protocol, two);
}

#[test]
fn control_frames_in_parts_or_beyond_125_bytes_are_refused() {
    is_closed_for(Goodbye::Protocol, frame(PING, b"?"));
    is_closed_for(Goodbye::Protocol, frame(LAST | PING, &[7; 126]));
    is_closed_for(Goodbye::Protocol, frame(LAST | CLOSE, &[7; 126]));
}

#[test]
fn a_close_of_one_byte_or_with_words_that_are_no_words_is_refused() {
    is_closed_for(Goodbye::Protocol, frame(LAST | CLOSE, &[3]));
    let words = [&closing(1000, "")[..], &[0xff, 0xfe]].concat();
    is_closed_for(Goodbye::NotUtf8, frame(LAST | CLOSE, &words));
}

#[test]
fn a_thousand_frames_that_bring_nothing_pass_and_one_more_does_not() {
    for empty in [frame(LAST | PING, b""), message(b"")] {
        let thousand = empty.repeat(1000);
        let (transport, mut peer) = browser();
        peer.write_all(&thousand).unwrap();
        peer.write_all(&message(b"fine")).unwrap();
        assert_eq!(read(&transport).unwrap(), b"fine");
        is_closed_for(Goodbye::Flood, [thousand, empty].concat());
    }
}
