//! Bytes that are not a start line where one must be, and where the stream goes on after them.

use crate::common::{Seen, decode, join, leave, noise, text};
use hubbub_wire::Ignored;

#[test]
fn noise_is_skipped_to_the_next_line_that_is_a_start_line_and_counted() {
    assert_eq!(
        decode(b"hello\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(7), join("al")]
    );
}

#[test]
fn noise_counts_every_byte_up_to_the_start_line_line_ends_and_empty_lines_too() {
    assert_eq!(
        decode(b"one\n\r\n\ntwo\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(12), join("al")]
    );
}

#[test]
fn empty_lines_before_noise_are_not_counted() {
    assert_eq!(
        decode(b"\r\n\nhello\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(7), join("al")]
    );
}

#[test]
fn another_major_version_is_noise() {
    assert_eq!(
        decode(b"CHAT/2.0 JOIN\r\nUsername: al\r\n\r\nCHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n"),
        [noise(31), join("bo")]
    );
    assert_eq!(
        decode(b"CHAT/10.0 JOIN\r\nUsername: al\r\n\r\nCHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n"),
        [noise(32), join("bo")]
    );
}

#[test]
fn bytes_that_are_no_text_are_noise() {
    assert_eq!(
        decode(b"\x17\x03\x01\x00\xff\x00CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(6), join("al")]
    );
}

#[test]
fn in_noise_a_known_method_is_found_in_the_middle_of_a_line() {
    assert_eq!(
        decode(b"My first chat message!CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n"),
        [noise(22), leave("al")]
    );
    assert_eq!(
        decode(b"xCHAT/1.0 JOIN\nUsername: al\n\n"),
        [noise(1), join("al")]
    );
    assert_eq!(
        decode(b"xCHAT/1.7 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi"),
        [noise(1), text("al", b"hi")]
    );
}

#[test]
fn in_noise_an_unknown_method_counts_only_at_the_start_of_a_line() {
    assert_eq!(
        decode(b"x\nCHAT/1.0 LIST\r\nMsg-len: 2\r\n\r\nhiCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(2), Seen::Ignored(Ignored::UnknownMethod), join("al"),]
    );
    assert_eq!(
        decode(b"xCHAT/1.0 LIST\r\nMsg-len: 2\r\n\r\nhiCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(32), join("al")]
    );
}

#[test]
fn words_about_the_protocol_in_the_middle_of_a_line_are_no_start_line() {
    for line in [
        &b"send CHAT/1.0 LEAVE to go\r\n"[..],
        b"send CHAT/1.0 LEAVES\r\n",
        b"send CHAT/1.0 TEX\r\n",
        b"send CHAT/1.0LEAVE\r\n",
        b"send CHAT/2.0 LEAVE\r\n",
        b"send CHAT/1. \r\n",
        b"send CHAT/1. LEAVE\r\n",
        b"send CHAT/1.x LEAVE\r\n",
        b"send CHAT/1.0\r\n",
    ] {
        let mut stream = line.to_vec();
        stream.extend_from_slice(b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n");
        assert_eq!(
            decode(&stream),
            [noise(line.len()), join("al")],
            "{}",
            line.escape_ascii()
        );
    }
}

#[test]
fn false_starts_glued_together_hide_no_start_line() {
    for front in [
        &b"xC"[..],
        b"xCHAT/1.",
        b"xCHAT/1.0 ",
        b"xCHAT/1.0 LEAV",
        b"xCHAT/1.0 TEXT",
        b"xCHAT/1.0 LEAVE\r",
        b"xCHATCHAT/CHAT/1CHAT/1.CHAT/1.0 TEXTCHAT/1.",
    ] {
        let mut stream = front.to_vec();
        stream.extend_from_slice(b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
        assert_eq!(
            decode(&stream),
            [noise(front.len()), leave("al")],
            "{}",
            front.escape_ascii()
        );
    }
}

#[test]
fn a_lone_cr_ends_no_line_in_noise() {
    assert_eq!(
        decode(b"x\rCHAT/1.0 LIST\r\n\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"),
        [noise(19), join("al")]
    );
}

#[test]
fn noise_behind_a_frame_is_told_between_the_frames() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\nabcCHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\
              \r\nhi!!\nCHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n"
        ),
        [
            join("al"),
            noise(3),
            text("al", b"hi"),
            noise(3),
            leave("al"),
        ]
    );
}

#[test]
fn the_payload_of_a_frame_behind_noise_is_not_searched() {
    assert_eq!(
        decode(
            b"x\nCHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 31\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n"
        ),
        [
            noise(2),
            text("al", b"CHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n"),
            leave("al"),
        ]
    );
}
