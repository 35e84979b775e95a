//! The limits bound the memory that a stream costs.

mod common;

use common::{Seen, feed, join, leave, text};
use hubbub_wire::{DecodeError, Decoder, Ignored, Limits};

/// What a decoder may hold beyond a head and a payload: the end of a line that may be a start line after noise.
const SLACK: usize = 64;

/// The most that a decoder held at any time of `stream` in pieces of `size` bytes, and what came out.
fn most_held(limits: Limits, stream: &[u8], size: usize) -> (usize, Vec<Seen>) {
    let mut decoder = Decoder::new(limits);
    let mut seen = Vec::new();
    let mut most = 0;
    for piece in stream.chunks(size) {
        feed(&mut decoder, piece, &mut seen, |decoder| {
            most = most.max(decoder.buffered());
        });
    }
    (most, seen)
}

fn text_head(len: usize) -> Vec<u8> {
    format!("CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {len}\r\n\r\n").into_bytes()
}

#[test]
fn what_a_silence_leaves_in_doubt_holds_no_more_than_a_head_besides() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(&mut decoder, &text_head(1_048_576), &mut seen, |_| ());
    decoder.silence();
    feed(&mut decoder, b"CHAT/1.0 LEAVE\r\n", &mut seen, |_| ());
    for _ in 0..4000 {
        feed(&mut decoder, b"X:\n", &mut seen, |_| ());
    }
    assert_eq!(seen, []);
    let limit = 2 * (4000 * 3 + 200);
    assert!(decoder.buffered() <= limit, "{} bytes", decoder.buffered());
}

#[test]
fn heads_in_doubt_do_not_pile_up() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    let most = 2 * Limits::DEFAULT.max_head + SLACK;
    for _ in 0..50 {
        feed(&mut decoder, b"CHAT/1.0 TEXT\r\nX: ", &mut seen, |_| ());
        feed(&mut decoder, &[b'x'; 300], &mut seen, |_| ());
        decoder.silence();
        let held = decoder.buffered();
        assert!(held <= most, "{held} bytes");
    }
    let broken = Seen::Broken(DecodeError::HeadTooLong { limit: 4096 });
    assert_eq!(seen.last(), Some(&broken));
}

#[test]
fn a_decoder_that_waits_for_nothing_holds_no_buffer() {
    let mut stream = text_head(3000);
    stream.resize(stream.len() + 3000, b'x');
    stream.extend_from_slice(b"noise\nCHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    for size in [1, 2, 10, 500, stream.len()] {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        assert_eq!(decoder.buffered(), 0);
        let mut seen = Vec::new();
        for _ in 0..2 {
            for piece in stream.chunks(size) {
                feed(&mut decoder, piece, &mut seen, |_| ());
            }
            assert_eq!(decoder.buffered(), 0, "pieces of {size} bytes");
        }
        assert_eq!(seen.last(), Some(&leave("al")));
    }
}

#[test]
fn frames_that_arrive_whole_are_never_copied() {
    let mut stream = text_head(3000);
    stream.resize(stream.len() + 3000, b'x');
    stream.extend_from_slice(b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    let (most, seen) = most_held(Limits::DEFAULT, &stream, stream.len());
    assert_eq!(seen, [text("al", &[b'x'; 3000]), leave("al")]);
    assert_eq!(most, 0);
}

#[test]
fn a_peer_that_announces_much_and_sends_little_holds_little() {
    let mut stream = text_head(1_048_576);
    stream.extend_from_slice(b"a little");
    for size in [1, 5, stream.len()] {
        let (most, seen) = most_held(Limits::DEFAULT, &stream, size);
        assert_eq!(seen, []);
        assert!(most <= 256, "{most} bytes for {}", stream.len());
    }
}

#[test]
fn a_payload_that_comes_holds_twice_its_bytes_at_most_and_never_more_than_the_limits() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(&mut decoder, &text_head(1_048_576), &mut seen, |_| ());
    let mut came = 0;
    let limit = Limits::DEFAULT.max_head + Limits::DEFAULT.max_payload;
    for piece in vec![b'x'; 1_048_575].chunks(1000) {
        came += piece.len();
        feed(&mut decoder, piece, &mut seen, |decoder| {
            let held = decoder.buffered();
            assert!(held <= 2 * came + 256, "{held} bytes for {came}");
            assert!(held <= limit, "{held} bytes");
        });
    }
    assert_eq!(seen, [], "the last byte has not come");
}

#[test]
fn a_head_holds_no_more_than_its_limit() {
    let mut stream = b"CHAT/1.0 JOIN\r\nX: ".to_vec();
    stream.resize(4095, b'x');
    for size in [1, 100, 4095] {
        let (most, seen) = most_held(Limits::DEFAULT, &stream, size);
        assert_eq!(seen, []);
        assert!(most <= Limits::DEFAULT.max_head + SLACK, "{most} bytes");
    }
}

#[test]
fn noise_holds_no_more_than_its_limit_and_nothing_after_a_line_end() {
    let limit = Limits::DEFAULT.max_noise;
    for size in [1, 100, 4096] {
        let (most, seen) = most_held(Limits::DEFAULT, &[b'x'; 4096], size);
        assert_eq!(seen, []);
        assert!(most <= limit + SLACK, "{most} bytes");
        let (most, _) = most_held(
            Limits::DEFAULT,
            &b"noise and more of it\n".repeat(190),
            size,
        );
        assert!(most <= SLACK, "{most} bytes for short lines");
    }
}

#[test]
fn a_payload_over_the_limit_is_skipped_without_being_stored() {
    let mut stream = text_head(3_000_000);
    let head = stream.len();
    stream.resize(head + 3_000_000, b'x');
    stream.extend_from_slice(b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n");
    for size in [1, 1000, stream.len()] {
        let (most, seen) = most_held(Limits::DEFAULT, &stream, size);
        let too_long = Ignored::PayloadTooLong {
            len: 3_000_000,
            limit: 1_048_576,
        };
        assert_eq!(seen, [Seen::Ignored(too_long), join("al")]);
        assert!(most <= 2 * head, "{most} bytes");
    }
}

#[test]
fn a_stamped_text_holds_its_head_besides_and_no_more_than_the_limits() {
    let mut stream = b"CHAT/1.0 TEXT\r\nUsername: al\r\nId: ".to_vec();
    stream.resize(4000, b'x');
    stream.extend_from_slice(b"\r\nMsg-len: 1048576\r\n\r\n");
    let head = stream.len();
    for size in [1000, head + 1] {
        let (most, _) = most_held(Limits::DEFAULT, &stream, size);
        assert!(most <= 2 * head, "{most} bytes for a head of {head}");
    }
    stream.resize(head + 1_048_575, b'x');
    let (most, seen) = most_held(Limits::DEFAULT, &stream, 1000);
    assert_eq!(seen, [], "the last byte has not come");
    let limit = Limits::DEFAULT.max_head + Limits::DEFAULT.max_payload;
    assert!(most <= limit, "{most} bytes");
}

#[test]
fn a_payload_that_nobody_wants_is_skipped_without_being_stored() {
    for head in [
        "CHAT/1.0 LIST\r\nMsg-len: 500000\r\n\r\n",
        "CHAT/1.0 JOIN\r\nUsername: al\r\nMsg-len: 500000\r\n\r\n",
        "CHAT/1.0 LEAVE\r\nUsername: al\r\nMsg-len: 500000\r\n\r\n",
        "CHAT/1.0 TEXT\r\nMsg-len: 500000\r\n\r\n",
        "CHAT/1.0 TEXT\r\nUsername: al\r\nUsername: bo\r\nMsg-len: 500000\r\n\r\n",
    ] {
        let mut stream = head.as_bytes().to_vec();
        stream.resize(head.len() + 500_000, b'x');
        let (most, seen) = most_held(Limits::DEFAULT, &stream, 1000);
        assert_eq!(seen.len(), 1, "{head:?} gave {seen:?}");
        assert_eq!(most, 0, "{head:?}");
    }
}

#[test]
fn a_stream_given_up_holds_nothing() {
    let mut stream = b"CHAT/1.0 JOIN\r\nX: ".to_vec();
    stream.resize(4097, b'x');
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    for piece in stream.chunks(7) {
        feed(&mut decoder, piece, &mut seen, |_| ());
    }
    let broken = Seen::Broken(DecodeError::HeadTooLong { limit: 4096 });
    assert_eq!(seen.last(), Some(&broken));
    assert_eq!(decoder.buffered(), 0);
}

/// Every idle peer of a server has one.
#[test]
fn a_decoder_itself_takes_168_bytes_at_most() {
    assert!(size_of::<Decoder>() <= 168, "{}", size_of::<Decoder>());
}
