//! What is sent: every byte is fixed.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use hubbub_wire::{Decoder, Frame, Item, Limits, Payload, Username, UsernameError, encode};

fn name(name: &str) -> Username<'_> {
    Username::new(name, Limits::DEFAULT.max_name).unwrap()
}

fn join(from: &str) -> Frame<'_> {
    let username = name(from);
    Frame::join(username)
}

fn leave(from: &str) -> Frame<'_> {
    let username = name(from);
    Frame::leave(username)
}

fn text<'a>(from: &'a str, payload: &'a [u8]) -> Frame<'a> {
    Frame::text(name(from), Payload::new(payload).unwrap())
}

fn encoded(frame: &Frame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(frame, &mut out);
    out
}

/// Decodes every frame of `stream` and encodes it again, as a server does to pass it on.
fn passed_on(stream: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut input = stream;
    let mut out = Vec::new();
    while let Some(item) = decoder.next(&mut input).unwrap() {
        if let Item::Frame(frame) = item {
            encode(&frame, &mut out);
        }
    }
    out
}

#[test]
fn a_join_has_exactly_these_bytes() {
    assert_eq!(
        encoded(&join("shafer")),
        b"CHAT/1.0 JOIN\r\nUsername: shafer\r\n\r\n"
    );
}

#[test]
fn a_leave_has_exactly_these_bytes() {
    assert_eq!(
        encoded(&leave("shafer")),
        b"CHAT/1.0 LEAVE\r\nUsername: shafer\r\n\r\n"
    );
}

#[test]
fn a_text_has_exactly_these_bytes() {
    assert_eq!(
        encoded(&text("shafer", b"My first chat message!")),
        b"CHAT/1.0 TEXT\r\nUsername: shafer\r\nMsg-len: 22\r\n\r\nMy first chat message!"
    );
}

#[test]
fn the_length_counts_bytes_and_not_characters() {
    assert_eq!(
        encoded(&text("héllo", "héllo €".as_bytes())),
        b"CHAT/1.0 TEXT\r\nUsername: h\xc3\xa9llo\r\nMsg-len: 10\r\n\r\nh\xc3\xa9llo \xe2\x82\xac"
    );
}

#[test]
fn the_length_is_a_plain_decimal_number_of_any_size() {
    for len in [1, 9, 10, 99, 100, 999, 1000, 65_536, 1_048_576] {
        let payload = vec![b'x'; len];
        let mut expected =
            format!("CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {len}\r\n\r\n").into_bytes();
        expected.extend_from_slice(&payload);
        assert_eq!(encoded(&text("al", &payload)), expected, "{len} bytes");
    }
}

#[test]
fn a_payload_goes_out_as_it_is() {
    let payload = b"two\nlines\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n\x00\xff";
    let bytes = encoded(&text("al", payload));
    assert!(bytes.ends_with(payload));
    assert_eq!(
        passed_on(&bytes),
        bytes,
        "it is one TEXT and nothing after it"
    );
}

#[test]
fn a_frame_is_appended_to_what_is_there() {
    let mut out = b"before".to_vec();
    encode(&join("al"), &mut out);
    encode(&text("al", b"hi"), &mut out);
    assert_eq!(
        out,
        b"beforeCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n\
          CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi"
    );
}

#[test]
fn a_sloppy_frame_is_passed_on_in_the_exact_form() {
    let exact = b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi";
    for sloppy in [
        &b"CHAT/1.0 TEXT\nmsg-len:2\nX: y\nUSERNAME:al\n\nhi"[..],
        b"\r\n\r\nCHAT/1.3 TEXT\r\nUsername  :  al  \r\nMsg-len: 0002\r\n\r\nhi",
        b"noiseCHAT/1.0 TEXT\r\nMsg-len: 2\r\nUsername: al\r\nUsername: al\r\n\r\nhi",
    ] {
        assert_eq!(passed_on(sloppy), exact, "{}", sloppy.escape_ascii());
    }
    assert_eq!(
        passed_on(b"CHAT/1.0 JOIN\r\nUsername: al\r\nX: y\r\nMsg-len: 2\r\n\r\nhi"),
        b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"
    );
}

#[test]
fn no_name_can_smuggle_a_header_in() {
    for forged in [
        "al\r\nMsg-len: 5",
        "al\nX: y",
        "al\r",
        "\nal",
        "al\r\n\r\nCHAT/1.0 LEAVE",
    ] {
        assert_eq!(
            Username::new(forged, 64),
            Err(UsernameError::Control),
            "{forged:?}"
        );
    }
}

#[test]
fn a_name_that_a_reader_would_change_is_refused() {
    for (bad, why) in [
        ("", UsernameError::Empty),
        (" al", UsernameError::OuterBlank),
        ("al ", UsernameError::OuterBlank),
        ("a\0l", UsernameError::Control),
        ("a\u{85}l", UsernameError::Control),
    ] {
        assert_eq!(Username::new(bad, 64), Err(why), "{bad:?}");
    }
}

#[test]
fn the_server_has_a_name_that_keeps_the_rules() {
    let server = Username::SERVER;
    assert_eq!(
        Username::new("server", Limits::DEFAULT.max_name),
        Ok(server.borrowed())
    );
}

#[test]
fn a_name_has_64_bytes_at_most() {
    assert!(Username::new("n".repeat(64), Limits::DEFAULT.max_name).is_ok());
    assert_eq!(
        Username::new("n".repeat(65), Limits::DEFAULT.max_name),
        Err(UsernameError::TooLong { len: 65, limit: 64 })
    );
}

#[test]
fn a_text_without_payload_cannot_be_built() {
    assert_eq!(Payload::new(b""), None);
    assert_eq!(Payload::new(b"h").map(Payload::as_bytes), Some(&b"h"[..]));
}

#[test]
fn a_frame_goes_into_reserved_room_without_allocating() {
    let frame = text("al", b"hi");
    let mut out = Vec::with_capacity(4096);
    let room = out.capacity();
    for _ in 0..20 {
        encode(&frame, &mut out);
    }
    assert_eq!(out.capacity(), room);
}
