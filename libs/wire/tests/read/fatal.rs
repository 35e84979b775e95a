//! Errors after which nobody can know where the next frame begins.

use crate::common::{Seen, decode, feed};
use hubbub_wire::{DecodeError, Decoder, Limits};

/// `stream` breaks, and the good LEAVE after it is not read any more.
#[track_caller]
fn breaks(stream: &[u8], why: DecodeError) {
    let mut stream = stream.to_vec();
    stream.extend_from_slice(b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    assert_eq!(decode(&stream), [Seen::Broken(why)]);
}

#[test]
fn two_lengths_that_differ_are_fatal() {
    breaks(
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\nMsg-len: 3\r\n\r\nhi",
        DecodeError::TwoLengths,
    );
    breaks(
        b"CHAT/1.0 JOIN\r\nMsg-len: 0\r\nUsername: al\r\nMSG-LEN: 1\r\n\r\n",
        DecodeError::TwoLengths,
    );
}

#[test]
fn a_length_that_is_no_decimal_number_is_fatal() {
    for value in [
        "", " ", "abc", "0x10", "2 2", "2,", "2.0", "1e3", "2\0", "2\r", "2;", "٢", "two",
    ] {
        breaks(
            format!("CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {value}\r\n\r\nhi").as_bytes(),
            DecodeError::BadLength,
        );
    }
}

#[test]
fn a_length_with_a_sign_is_fatal() {
    for value in ["-1", "-0", "- 1", "+2"] {
        breaks(
            format!("CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {value}\r\n\r\nhi").as_bytes(),
            DecodeError::BadLength,
        );
    }
}

#[test]
fn a_length_that_overflows_is_fatal() {
    for value in [
        "18446744073709551616",
        "99999999999999999999",
        "340282366920938463463374607431768211456",
    ] {
        breaks(
            format!("CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {value}\r\n\r\nhi").as_bytes(),
            DecodeError::BadLength,
        );
    }
}

#[test]
fn a_bad_length_is_fatal_in_a_frame_that_would_be_ignored_too() {
    breaks(
        b"CHAT/1.0 LIST\r\nMsg-len: x\r\n\r\n",
        DecodeError::BadLength,
    );
    breaks(
        b"CHAT/1.0 JOIN\r\nUsername: al\r\nMsg-len: -1\r\n\r\n",
        DecodeError::BadLength,
    );
    breaks(
        b"CHAT/1.0 TEXT\r\nMsg-len: 2\r\nMsg-len: 3\r\n\r\nhi",
        DecodeError::TwoLengths,
    );
}

#[test]
fn frames_before_a_fatal_error_still_come_out() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n\
              CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: many\r\n\r\n"
        ),
        [
            crate::common::join("al"),
            Seen::Broken(DecodeError::BadLength),
        ]
    );
}

#[test]
fn after_a_fatal_error_the_decoder_stays_in_error_for_good() {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut seen = Vec::new();
    feed(
        &mut decoder,
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: -1\r\n\r\n",
        &mut seen,
        |_| (),
    );
    for _ in 0..3 {
        feed(
            &mut decoder,
            b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n",
            &mut seen,
            |_| (),
        );
    }
    assert_eq!(seen, vec![Seen::Broken(DecodeError::BadLength); 4]);
    assert_eq!(decoder.buffered(), 0, "a stream given up needs no buffer");
    assert_eq!(decoder.next(&mut &b""[..]), Err(DecodeError::BadLength));
}

#[test]
fn errors_tell_people_the_limit_in_one_plain_line() {
    for (error, number) in [
        (DecodeError::HeadTooLong { limit: 4096 }, "4096"),
        (DecodeError::TooManyHeaders { limit: 32 }, "32"),
        (DecodeError::TooMuchNoise { limit: 4096 }, "4096"),
        (DecodeError::BadLength, "Msg-len"),
        (DecodeError::TwoLengths, "Msg-len"),
    ] {
        let line = error.to_string();
        assert!(line.contains(number), "{line}");
        assert!(!line.ends_with('.') && !line.contains('\n'), "{line}");
    }
}
