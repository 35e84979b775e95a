//! Silence in the middle of a frame: a length that is too large does not swallow what comes after it.

use crate::common::{Seen, cut_off, decode_with_silences, feed, join, leave, noise, text};
use hubbub_wire::{Decoder, Ignored, Limits};

const LEAVE: &[u8] = b"CHAT/1.0 LEAVE\r\nUsername: bo\r\n\r\n";
const TORN: &[u8] = b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 300\r\n\r\nthe first half";

/// What comes out of `front`, a silence, and `back` in pieces of every size, which must be the same.
#[track_caller]
fn after_a_silence(front: &[u8], back: &[u8]) -> Vec<Seen> {
    let decode = |size: usize| {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut seen = Vec::new();
        feed(&mut decoder, front, &mut seen, |_| ());
        decoder.silence();
        for piece in back.chunks(size) {
            feed(&mut decoder, piece, &mut seen, |_| ());
        }
        decoder.silence();
        feed(&mut decoder, &[], &mut seen, |_| ());
        seen
    };
    let whole = decode(back.len());
    for size in 1..back.len() {
        assert_eq!(decode(size), whole, "pieces of {size} bytes");
    }
    whole
}

#[test]
fn a_payload_that_falls_silent_is_given_up_when_a_frame_begins() {
    assert_eq!(
        after_a_silence(TORN, LEAVE),
        [cut_off("al", b"the first half", 300), leave("bo")]
    );
}

#[test]
fn a_payload_of_which_nothing_came_is_given_up_too() {
    assert_eq!(
        after_a_silence(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 300\r\n\r\n",
            LEAVE
        ),
        [cut_off("al", b"", 300), leave("bo")]
    );
}

#[test]
fn a_payload_that_lacks_less_than_the_frame_that_begins_is_given_up_too() {
    assert_eq!(
        after_a_silence(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 8\r\n\r\nhalf",
            LEAVE
        ),
        [cut_off("al", b"half", 8), leave("bo")]
    );
}

#[test]
fn without_a_silence_the_payload_takes_its_bytes_whatever_they_are() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(&mut decoder, TORN, &mut seen, |_| ());
    feed(&mut decoder, LEAVE, &mut seen, |_| ());
    assert_eq!(seen, []);
}

#[test]
fn what_follows_the_new_frame_is_read_with_it() {
    let back = [
        &b"CHAT/1.7 TEXT\nMSG-len: 2\nusername : bo\n\nhi"[..],
        b"noise\nCHAT/1.0 JOIN\r\nUsername: cy\r\n\r\n",
    ]
    .concat();
    assert_eq!(
        after_a_silence(TORN, &back),
        [
            cut_off("al", b"the first half", 300),
            text("bo", b"hi"),
            noise(6),
            join("cy")
        ]
    );
}

#[test]
fn a_payload_goes_on_after_a_silence_with_anything_but_a_frame() {
    for rest in [
        &b"the other half"[..],
        b"C",
        b"CHAT/1.0 LEAVE",
        b"CHAT/1.0 LEAVE\r\n",
        b"CHAT/1.0 LEAVE\r\nUsername: bo\r\n",
        b"CHAT/1.0 LIST\r\nUsername: bo\r\n\r\n",
        b"CHAT/1.0 LEAVE\r\nMsg-len: 0\r\n\r\n",
        b"CHAT/1.0 LEAVE\r\nno header\r\nUsername: bo\r\n\r\n",
        b"CHAT/1.0 LEAVE\r\nUsername: bo\r\nUsername: cy\r\n\r\n",
        b"CHAT/2.0 LEAVE\r\nUsername: bo\r\n\r\n",
        b" CHAT/1.0 LEAVE\r\nUsername: bo\r\n\r\n",
        b"\r\nCHAT/1.0 LEAVE\r\nUsername: bo\r\n\r\n",
    ] {
        let payload = [b"half", rest].concat();
        let front = format!(
            "CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {}\r\n\r\nhalf",
            payload.len()
        );
        // One more frame, to see that the payload took no byte too many.
        let back = [rest, LEAVE].concat();
        assert_eq!(
            after_a_silence(front.as_bytes(), &back),
            [text("al", &payload), leave("bo")],
            "{}",
            rest.escape_ascii()
        );
    }
}

#[test]
fn a_head_longer_than_its_limit_is_no_frame_that_begins() {
    let back = format!(
        "CHAT/1.0 LEAVE\r\nUsername: bo\r\nX: {}\r\n\r\n",
        "x".repeat(4096)
    );
    let front = format!(
        "CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {}\r\n\r\n",
        back.len()
    );
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(&mut decoder, front.as_bytes(), &mut seen, |_| ());
    decoder.silence();
    feed(&mut decoder, back.as_bytes(), &mut seen, |_| ());
    assert_eq!(seen, [text("al", back.as_bytes())]);
}

#[test]
fn a_payload_that_is_skipped_is_given_up_as_well() {
    let too_long = Seen::Ignored(Ignored::PayloadTooLong {
        len: 9_999_999,
        limit: 1_048_576,
    });
    assert_eq!(
        after_a_silence(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 9999999\r\n\r\nhalf",
            LEAVE
        ),
        [too_long, Seen::Ignored(Ignored::CutOff), leave("bo")]
    );
    assert_eq!(
        after_a_silence(
            b"CHAT/1.0 JOIN\r\nUsername: al\r\nMsg-len: 40\r\n\r\n",
            LEAVE
        ),
        [join("al"), Seen::Ignored(Ignored::CutOff), leave("bo")]
    );
}

#[test]
fn a_payload_that_is_skipped_goes_on_with_anything_but_a_frame() {
    let rest = b"CHAT/1.0 LEAVE\r\nMsg-len: 0\r\n\r\n";
    let front = format!(
        "CHAT/1.0 JOIN\r\nUsername: al\r\nMsg-len: {}\r\n\r\n",
        rest.len()
    );
    assert_eq!(
        after_a_silence(front.as_bytes(), &[rest, LEAVE].concat()),
        [join("al"), leave("bo")]
    );
}

#[test]
fn a_head_that_falls_silent_is_given_up_when_a_frame_begins() {
    for front in [
        &b"CHAT/1.0 TEXT\r\n"[..],
        b"CHAT/1.0 TEXT\r\nUsern",
        b"CHAT/1.0 TEXT\r\nUsername: al",
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2",
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n",
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r",
    ] {
        assert_eq!(
            after_a_silence(front, LEAVE),
            [Seen::Ignored(Ignored::CutOff), leave("bo")],
            "{}",
            front.escape_ascii()
        );
    }
}

#[test]
fn a_head_goes_on_after_a_silence_with_anything_but_a_frame() {
    let frame = b"CHAT/1.0 TEXT\r\nUsername: CHAT/1.0 TEXT\r\nMsg-len: 2\r\n\r\nhi";
    for at in 1..frame.len() {
        let (front, back) = frame.split_at(at);
        assert_eq!(
            after_a_silence(front, back),
            [text("CHAT/1.0 TEXT", b"hi")],
            "a silence at byte {at}"
        );
    }
}

#[test]
fn a_silence_at_any_place_of_a_stream_in_order_changes_nothing() {
    let said = "CHAT/1.0 LEAVE\r\n€";
    let stream = format!(
        "CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n\
         CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {}\r\n\r\n{said}\
         \r\nCHAT/1.0 LEAVE\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi\
         CHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n",
        said.len()
    );
    let stream = stream.as_bytes();
    let seen = [
        join("al"),
        text("al", said.as_bytes()),
        leave("al"),
        join("bo"),
    ];
    for size in 1..stream.len() {
        assert_eq!(
            decode_with_silences(stream.chunks(size)),
            seen,
            "pieces of {size} bytes"
        );
    }
}

#[test]
fn silence_after_silence_gives_up_no_more_than_the_last_of_what_came() {
    // A start line belongs to the payload if it stands alone and a second silence follows it.
    let pieces = [TORN, b"CHAT/1.0 LEAVE\r\n", LEAVE];
    assert_eq!(
        decode_with_silences(pieces),
        [
            cut_off("al", b"the first halfCHAT/1.0 LEAVE\r\n", 300),
            leave("bo")
        ]
    );
    let pieces = [TORN, b"CHAT/1.0 LEAVE\r\nUsername: bo\r\n", b"\r\n"];
    assert_eq!(decode_with_silences(pieces), []);
}

#[test]
fn a_silence_between_frames_means_nothing() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    assert!(!decoder.is_mid_frame());
    decoder.silence();
    let mut seen = Vec::new();
    feed(&mut decoder, b"noise", &mut seen, |_| ());
    assert!(!decoder.is_mid_frame());
    decoder.silence();
    feed(&mut decoder, LEAVE, &mut seen, |_| ());
    assert!(!decoder.is_mid_frame());
    assert_eq!(seen, [noise(5), leave("bo")]);
    feed(&mut decoder, b"CHAT/1.0 LEAVE\r\n", &mut seen, |_| ());
    assert!(decoder.is_mid_frame());
}
