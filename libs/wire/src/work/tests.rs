//! Work is linear in the bytes of a stream, however it is cut.

use std::format;
use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::{Decoder, Limits};

/// Most work for one byte that came. Most are searched for a line end and copied, which is 2; the nastiest are a start
/// line that is read as noise, as a line of a torn head, and as itself. A rescan at each read would cost thousands.
const WORK_FOR_A_BYTE: u64 = 8;

/// The work of decoding `stream` in pieces of `size` bytes.
fn work_for(stream: &[u8], size: usize, after_each: impl Fn(&mut Decoder)) -> u64 {
    WORK.set(0);
    let mut decoder = Decoder::new(Limits::DEFAULT);
    for mut piece in stream.chunks(size) {
        while let Ok(Some(_)) = decoder.next(&mut piece) {}
        after_each(&mut decoder);
    }
    WORK.get()
}

/// Decodes `stream` in pieces of several sizes and holds the work against its bytes.
#[track_caller]
fn costs_little(stream: &[u8]) {
    for size in [1, 2, 3, 7, 64, 1000, stream.len()] {
        let work = work_for(stream, size, |_| ());
        let most = WORK_FOR_A_BYTE * stream.len() as u64;
        assert!(
            work <= most,
            "{work} of work for {} bytes in pieces of {size}: {}",
            stream.len(),
            stream[..stream.len().min(60)].escape_ascii()
        );
        assert!(work > 0, "nothing was counted");
    }
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
fn a_head_of_the_extension_costs_work_linear_in_its_bytes() {
    for end in [
        "Username: al\nMsg-len: 1\n\n.",
        "Offer: 1 2\nUsername: al\n\n",
    ] {
        let mut head = "CHAT/1.0 TEXT\n".to_string();
        for _ in 0..28 {
            head.push_str("Id: ");
            head.push_str(&"x".repeat(120));
            head.push('\n');
        }
        head.push_str(end);
        costs_little(head.as_bytes());
        costs_little(head.repeat(20).as_bytes());
    }
    let short =
        "CHAT/1.0 TEXT\nId:1\nUsername:a\nMsg-len:1\n\n.CHAT/1.0 PING\nUsername:a\nId:1\n\n";
    costs_little(short.repeat(300).as_bytes());
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
        b"x\nCHAT/1.0 LIST\n\n",
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
        let work = work_for(&stream, size, Decoder::silence);
        let most = WORK_FOR_A_BYTE * stream.len() as u64;
        assert!(work <= most, "{work} of {most}");
    }
}
