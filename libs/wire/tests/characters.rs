//! Texts of programs that count characters instead of bytes: they come out whole if that can be known, and a stream in
//! order is left alone.

mod common;

use common::{Seen, counted, decode_pieces, feed, join, leave, noise, text};
use hubbub_wire::{Decoder, Limits};

const LEAVE: &str = "CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n";

/// A TEXT with this `Msg-len`, right or wrong.
fn frame(len: usize, text: &str) -> String {
    format!("CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: {len}\r\n\r\n{text}")
}

/// A TEXT whose `Msg-len` counts characters.
fn miscounted(text: &str) -> String {
    frame(text.chars().count(), text)
}

fn decode(stream: &str) -> Vec<Seen> {
    decode_pieces(Limits::DEFAULT, [stream.as_bytes()])
}

#[test]
fn a_text_counted_in_characters_comes_out_whole() {
    for said in [
        "héllo €",
        "é",
        "€€",
        "a😀",
        "Füße, größer",
        "€€\n\n",
        "é\nsecond line\r\n\r\nthird: é\n",
        "ééCHAT",
        "日本語のテキスト",
        "e\u{301}",
    ] {
        let len = said.chars().count();
        let mended = [text("u", said.as_bytes()), counted(len, said.len())];
        // Alone, before another frame, and before the same again.
        assert_eq!(decode(&miscounted(said)), mended, "{said:?}");
        let [whole, told] = mended;
        assert_eq!(
            decode(&(miscounted(said) + LEAVE)),
            [whole.clone(), told.clone(), leave("u")],
            "{said:?}"
        );
        assert_eq!(
            decode(&(miscounted(said) + &miscounted(said) + "\r\n" + LEAVE)),
            [whole.clone(), told.clone(), whole, told, leave("u")],
            "{said:?}"
        );
    }
}

#[test]
fn a_text_counted_in_characters_comes_out_whole_when_a_cut_leaves_a_byte_beyond_its_length() {
    let stream = miscounted("héllo €, größer") + LEAVE;
    let length_ends = stream.find("héllo").unwrap() + 15;
    let mended = decode(&stream);
    assert_eq!(mended[1], counted(15, 20));
    for at in (0..stream.len()).filter(|&at| at != length_ends) {
        let (front, back) = stream.as_bytes().split_at(at);
        assert_eq!(
            decode_pieces(Limits::DEFAULT, [front, back]),
            mended,
            "cut at byte {at}"
        );
    }
}

#[test]
fn a_payload_is_not_held_for_what_may_follow() {
    let stream = miscounted("héllo €");
    let (front, back) = stream.as_bytes().split_at(stream.len() - "€".len());
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(&mut decoder, front, &mut seen, |_| ());
    assert_eq!(seen, [text("u", "héllo ".as_bytes())]);
    feed(&mut decoder, back, &mut seen, |_| ());
    feed(&mut decoder, LEAVE.as_bytes(), &mut seen, |_| ());
    assert_eq!(seen[1..], [noise(3), leave("u")]);
}

#[test]
fn a_stream_in_order_is_never_touched() {
    for said in ["héllo €", "é", "C", "€C", "\n", "é\n"] {
        for after in ["", "\n", "\r\n\r\n", "\nCHAT", LEAVE, "C", "CHAT/1.0 LEAVE"] {
            let seen = decode(&(frame(said.len(), said) + after));
            assert_eq!(
                seen[0],
                text("u", said.as_bytes()),
                "{said:?}, then {after:?}"
            );
            assert!(
                !matches!(seen.get(1), Some(Seen::Ignored(_))),
                "{said:?}, then {after:?}"
            );
        }
    }
}

#[test]
fn bytes_that_do_not_make_up_the_number_are_noise_as_ever() {
    for (len, payload, surplus) in [
        // One character too many; bytes after it that are not UTF-8; only ASCII; bytes before it that are not UTF-8.
        (4, &b"h\xc3\xa9l"[..], &b"lo"[..]),
        (3, b"h\xc3\xa9", b"\xff"),
        (3, b"h\xc3\xa9", b"\xc3x"),
        (5, b"hello", b" world"),
        (2, b"\xff\xfe", b"x"),
        (4, b"\xc0\x80\xc3\xa9", b"xx"),
    ] {
        let head = frame(len, "");
        let stream = [head.as_bytes(), payload, surplus, LEAVE.as_bytes()].concat();
        assert_eq!(
            decode_pieces(Limits::DEFAULT, [&stream[..]]),
            [text("u", payload), noise(surplus.len()), leave("u")],
            "{}, then {}",
            payload.escape_ascii(),
            surplus.escape_ascii()
        );
    }
}

#[test]
fn a_frame_within_the_number_is_a_frame() {
    // Ten characters are announced, seven came, and the next frame must not be taken for the other three.
    let stream = frame(10, "ééééé") + "x" + LEAVE;
    assert_eq!(
        decode(&stream),
        [text("u", "ééééé".as_bytes()), noise(1), leave("u")]
    );
}

#[test]
fn a_text_that_lacks_some_of_its_characters_comes_out_at_a_silence() {
    let stream = frame(10, "ééééé") + "x";
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(&mut decoder, stream.as_bytes(), &mut seen, |_| ());
    assert_eq!(seen, []);
    assert!(decoder.is_mid_frame());
    decoder.silence();
    feed(&mut decoder, &[], &mut seen, |_| ());
    assert_eq!(seen, [text("u", "ééééé".as_bytes())]);
    feed(&mut decoder, LEAVE.as_bytes(), &mut seen, |_| ());
    assert_eq!(seen[1..], [noise(1), leave("u")]);
}

#[test]
fn a_text_of_exactly_the_limit_comes_out_whole_and_one_of_a_byte_more_does_not() {
    let limits = Limits {
        max_payload: 10,
        ..Limits::DEFAULT
    };
    let decode = |said: &str| decode_pieces(limits, [(miscounted(said) + LEAVE).as_bytes()]);
    let said = "héllo €";
    assert_eq!(said.len(), 10);
    assert_eq!(
        decode(said)[..2],
        [text("u", said.as_bytes()), counted(7, 10)]
    );
    let said = "héllo €!";
    assert_eq!(
        decode(said),
        [text("u", &said.as_bytes()[..8]), noise(3), leave("u")]
    );
}

#[test]
fn a_long_text_with_a_surplus_above_the_limit_of_noise_comes_out_whole() {
    let said = "😀".repeat(5000);
    let stream = "CHAT/1.0 JOIN\r\nUsername: u\r\n\r\n".to_owned() + &miscounted(&said) + LEAVE;
    assert_eq!(
        decode(&stream),
        [
            join("u"),
            text("u", said.as_bytes()),
            counted(5000, 20_000),
            leave("u")
        ]
    );
}
