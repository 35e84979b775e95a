//! Any cut of a stream into reads gives the same, down to the counts of noise. The one exception, texts that are
//! counted in characters, is in `characters.rs`. What a stream costs is in `memory.rs` and `src/work/tests.rs`.

mod common;

use common::{Seen, decode_pieces, join, leave, noise, text};
use hubbub_wire::{DecodeError, Ignored, Limits, UsernameError};

/// Nearly all rows of the protocol's table in one stream, and what must come out of it.
fn long_session() -> (Vec<u8>, Vec<Seen>) {
    let stream = b"\r\n\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 22\r\n\r\nMy first chat message!\
        CHAT/1.7 TEXT\nmsg-LEN :2\nX: y\nUsername:\tal \n\nhi\
        CHAT/1.0 NICK\r\nUsername: al\r\nMsg-len: 31\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 7\r\n\r\nhello !\xe2\x82\xac\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMesg-len: 5\r\n\r\nagainxCHAT/1.0 LEAV\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 71\r\nMy first chat message!\r\n\r\n\
        CHAT/1.0 TEXT\r\nMsg-len: 2\r\n\r\nhi\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 0\r\n\r\n\
        CHAT/1.0 TEXT\r\nUsername: a\tl\r\nMsg-len: 2\r\n\r\nhi\
        CHAT/1.0 TEXT\r\nUsername: al\r\nUsername: bo\r\nMsg-len: 2\r\n\r\nhi\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 41\r\n\r\n0123456789012345678901234567890123456789!\
        one\r\n\r\ntwo CHAT/1.0 LIST\r\nthree\nCHAT/1.0 LIST\r\n\r\n\
        CHAT/1.0 JOIN\r\nUsername: bo\r\nMsg-len: 4\r\n\r\n\r\n\r\n\
        CHAT/2.0 JOIN\r\nUsername: al\r\n\r\n\
        CHAT/1.0 TEXT\r\nUsername: al\r\nCHAT/1.0 TEXT\r\nUsername: \xff\r\nMsg-len: 1\r\n\r\n.\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 16\r\n\r\n\r\n\r\nCHAT/1.0 LEA\
        CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n\r\n\
        CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: two\r\n\r\nhi";
    let ignored = Seen::Ignored;
    let seen = vec![
        join("al"),
        text("al", b"My first chat message!"),
        text("al", b"hi"),
        ignored(Ignored::UnknownMethod),
        text("al", b"hello !"),
        noise(3),
        ignored(Ignored::EmptyText),
        noise(19),
        ignored(Ignored::NotAHeader),
        noise(26),
        ignored(Ignored::NoUsername),
        ignored(Ignored::EmptyText),
        ignored(Ignored::BadUsername(UsernameError::Control)),
        ignored(Ignored::TwoUsernames),
        ignored(Ignored::PayloadTooLong { len: 41, limit: 40 }),
        noise(32),
        ignored(Ignored::UnknownMethod),
        join("bo"),
        noise(31),
        ignored(Ignored::NotAHeader),
        ignored(Ignored::BadUsername(UsernameError::NotText)),
        text("al", b"\r\n\r\nCHAT/1.0 LEA"),
        leave("al"),
        Seen::Broken(DecodeError::BadLength),
    ];
    (stream.to_vec(), seen)
}

const LIMITS: Limits = Limits {
    max_payload: 40,
    ..Limits::DEFAULT
};

#[test]
fn a_long_session_decodes_as_its_rows_say() {
    let (stream, seen) = long_session();
    assert_eq!(decode_pieces(LIMITS, [&stream[..]]), seen);
}

#[test]
fn a_stream_cut_anywhere_decodes_the_same() {
    let (stream, seen) = long_session();
    for at in 0..=stream.len() {
        let (front, back) = stream.split_at(at);
        assert_eq!(
            decode_pieces(LIMITS, [front, back]),
            seen,
            "cut at byte {at}"
        );
    }
}

#[test]
fn a_stream_cut_into_equal_pieces_decodes_the_same() {
    let (stream, seen) = long_session();
    for size in 1..=stream.len() {
        assert_eq!(
            decode_pieces(LIMITS, stream.chunks(size)),
            seen,
            "pieces of {size} bytes"
        );
    }
}

#[test]
fn a_stream_cut_twice_anywhere_decodes_the_same() {
    let stream = b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 3\r\n\r\none!\r\n\
        xCHAT/1.0 TEXT\nUsername: al\nMsg-len: 9\nno header\n\
        CHAT/1.0 LIST\r\nMsg-len: 3\r\n\r\n\r\n.CHAT/1.0 JOIN\nUsername: bo\n\nCHAT/1.0 LEAV\
        CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n\n";
    let seen = [
        text("al", b"one"),
        noise(4),
        Seen::Ignored(Ignored::NotAHeader),
        noise(10),
        Seen::Ignored(Ignored::UnknownMethod),
        join("bo"),
        noise(13),
        leave("al"),
    ];
    for first in 0..=stream.len() {
        for second in first..=stream.len() {
            assert_eq!(
                decode_pieces(
                    LIMITS,
                    [&stream[..first], &stream[first..second], &stream[second..]]
                ),
                seen,
                "cut at bytes {first} and {second}"
            );
        }
    }
}

#[test]
fn pieces_without_bytes_change_nothing() {
    let (stream, seen) = long_session();
    let pieces = stream.chunks(1).flat_map(|byte| [byte, &[]]);
    assert_eq!(decode_pieces(LIMITS, pieces), seen);
}
