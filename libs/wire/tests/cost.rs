//! What a stream costs: work that is linear in its bytes however it is cut, and memory that the limits bound. Work is
//! counted, not timed.

mod common;

use common::{Seen, feed, join, leave, text};
use hubbub_wire::{DecodeError, Decoder, Ignored, Limits};

/// Most work for one byte that came. Most are searched for a line end and copied, which is 2; the nastiest are a start
/// line that is read as noise, as a line of a torn head, and as itself. A rescan at each read would cost thousands.
const WORK_FOR_A_BYTE: u64 = 8;

/// What a decoder may hold beyond a head and a payload: the end of a line that may be a start line behind noise.
const SLACK: usize = 64;

/// Decodes `stream` in pieces of several sizes and holds the work against its bytes.
#[track_caller]
fn costs_little(stream: &[u8]) {
    for size in [1, 2, 3, 7, 64, 1000, stream.len()] {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut seen = Vec::new();
        for piece in stream.chunks(size) {
            feed(&mut decoder, piece, &mut seen, |_| ());
        }
        let most = WORK_FOR_A_BYTE * stream.len() as u64;
        assert!(
            decoder.work() <= most,
            "{} of work for {} bytes in pieces of {size}: {}",
            decoder.work(),
            stream.len(),
            stream[..stream.len().min(60)].escape_ascii()
        );
        assert!(decoder.work() > 0, "nothing was counted");
    }
}

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

/// `count` bytes: `pattern` again and again.
fn full_of(pattern: &[u8], count: usize) -> Vec<u8> {
    pattern.iter().copied().cycle().take(count).collect()
}

#[test]
fn a_long_head_costs_work_linear_in_its_bytes() {
    let mut head = b"CHAT/1.0 JOIN\r\nX: ".to_vec();
    head.resize(4060, b'x');
    head.extend_from_slice(b"\r\nUsername: al\r\n\r\n");
    costs_little(&head);
}

#[test]
fn a_head_of_many_lines_costs_work_linear_in_its_bytes() {
    let mut head = b"CHAT/1.0 JOIN\r\n".to_vec();
    for _ in 0..31 {
        head.extend_from_slice(b"X: ");
        head.resize(head.len() + 120, b'\r');
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"Username: al\r\n\r\n");
    costs_little(&head);
}

#[test]
fn a_long_payload_costs_work_linear_in_its_bytes() {
    let mut frame = text_head(1_048_576);
    frame.resize(frame.len() + 1_048_576, b'\n');
    costs_little(&frame);
}

#[test]
fn many_short_frames_cost_work_linear_in_their_bytes() {
    let frames = b"CHAT/1.0 JOIN\nUsername: a\n\nCHAT/1.0 TEXT\nUsername: a\nMsg-len: 1\n\n.";
    costs_little(&frames.repeat(500));
}

#[test]
fn noise_costs_work_linear_in_its_bytes() {
    for pattern in [
        &b"x"[..],
        b"\n",
        b"x\n",
        b"\r",
        b"C",
        b"CHAT/1.",
        b"CHAT/1.\n",
        b"CHAT/1.0 ",
        b"CHAT/1.0 LEAVE",
        b"CHAT/1.0 LEAVE\r",
        b"CHAT/1.0 LEAVE \n.",
        b"CHAT/2.0 TEXT\r\n",
        b"CHAT/1.0000",
    ] {
        let mut stream = b"x".to_vec();
        stream.extend(full_of(pattern, 4095));
        costs_little(&stream);
    }
}

#[test]
fn noise_with_a_frame_between_again_and_again_costs_work_linear_in_its_bytes() {
    for front in [
        &b"x"[..],
        b"CHAT/1.CHAT/1.",
        b"x\nCHAT/1.0 PING\n\n",
        b"CHAT/1.0 TEXT\n.\n",
        b"CHAT/1.0 TEXT\n",
    ] {
        let mut stream = front.to_vec();
        stream.extend_from_slice(b"CHAT/1.0 JOIN\nUsername: a\n\n");
        costs_little(&stream.repeat(300));
    }
}

#[test]
fn texts_counted_in_characters_cost_work_linear_in_their_bytes() {
    let long = "€".repeat(50_000);
    for (len, payload, after) in [
        // Whole, again and again; whole and long; too long by one; broken at the end; with a frame in it.
        (2, "éé", ""),
        (50_000, &long, ""),
        (49_999, &long, ""),
        (50_000, &long[3..], "\u{ff}CHAT/1.0 LEAVE\nUsername: u\n\n"),
        (50_000, &long[3..], "CHAT/1.0 LEAVE\nUsername: u\n\n"),
        // Lines that are taken back one by one, up to the limit of noise.
        (60_000, &long[3..], &"x\n".repeat(2000)),
    ] {
        let frame = format!("CHAT/1.0 TEXT\nUsername: u\nMsg-len: {len}\n\n{payload}{after}");
        costs_little(frame.repeat(1 + 500 / payload.len()).as_bytes());
    }
}

#[test]
fn silences_cost_work_linear_in_the_bytes_between_them() {
    let frames =
        b"CHAT/1.0 TEXT\nUsername: u\nMsg-len: 5000\n\nCHAT/1.0 LEAVE\nX: y\nUsername: a\nX\n";
    for (stream, size) in [
        (frames.repeat(300), 1),
        (frames.repeat(300), 7),
        (frames.repeat(300), 150),
        (
            b"CHAT/1.0 TEXT\nUsername: u\nMsg-len: 9\n\n.".repeat(300),
            42,
        ),
    ] {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut seen = Vec::new();
        for piece in stream.chunks(size) {
            feed(&mut decoder, piece, &mut seen, |_| ());
            decoder.silence();
        }
        let most = WORK_FOR_A_BYTE * stream.len() as u64;
        assert!(decoder.work() <= most, "{} of {most}", decoder.work());
    }
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
fn noise_holds_no_more_than_its_limit_and_nothing_behind_a_line_end() {
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
fn a_payload_that_nobody_wants_is_skipped_without_being_stored() {
    for head in [
        "CHAT/1.0 PING\r\nMsg-len: 500000\r\n\r\n",
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
