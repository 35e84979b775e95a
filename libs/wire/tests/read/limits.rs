//! Every limit of a decoder, on both of its sides, by default and as a setting.

use crate::common::{Seen, decode, decode_pieces, decode_with, join, leave, noise, text};
use hubbub_wire::{DecodeError, Decoder, Ignored, Limits, UsernameError};

/// A JOIN whose head has exactly `len` bytes.
fn join_with_head_of(len: usize) -> Vec<u8> {
    let (front, back) = (b"CHAT/1.0 JOIN\r\nUsername: al\r\nX: ", b"\r\n\r\n");
    let mut head = front.to_vec();
    head.resize(len - back.len(), b'x');
    head.extend_from_slice(back);
    head
}

/// A JOIN with exactly `count` headers.
fn join_with_headers(count: usize) -> Vec<u8> {
    let mut head = b"CHAT/1.0 JOIN\r\n".to_vec();
    head.extend_from_slice(&b"X: y\r\n".repeat(count - 1));
    head.extend_from_slice(b"Username: al\r\n\r\n");
    head
}

fn text_of(len: usize) -> Vec<u8> {
    let mut stream =
        format!("CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: {len}\r\n\r\n").into_bytes();
    stream.resize(stream.len() + len, b'x');
    stream.extend_from_slice(b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    stream
}

fn join_as(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n").into_bytes()
}

fn noise_then_join(len: usize) -> Vec<u8> {
    let mut stream = vec![b'x'; len - 1];
    stream.extend_from_slice(b"\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n");
    stream
}

#[test]
fn the_defaults_are_those_of_the_protocol() {
    assert_eq!(Limits::default(), Limits::DEFAULT);
    assert_eq!(Limits::DEFAULT.max_payload, 1_048_576);
    assert_eq!(Limits::DEFAULT.max_head, 4096);
    assert_eq!(Limits::DEFAULT.max_headers, 32);
    assert_eq!(Limits::DEFAULT.max_name, 64);
    assert_eq!(Limits::DEFAULT.max_noise, 4096);
}

#[test]
fn a_head_of_4096_bytes_is_read_and_one_of_4097_is_fatal() {
    assert_eq!(decode(&join_with_head_of(4096)), [join("al")]);
    assert_eq!(
        decode(&join_with_head_of(4097)),
        [Seen::Broken(DecodeError::HeadTooLong { limit: 4096 })]
    );
}

#[test]
fn a_head_that_never_ends_is_fatal_without_waiting_for_its_end() {
    let mut stream = b"CHAT/1.0 JOIN\r\nX: ".to_vec();
    stream.resize(4097, b'x');
    let fatal = [Seen::Broken(DecodeError::HeadTooLong { limit: 4096 })];
    assert_eq!(decode(&stream), fatal);

    let mut stream = b"CHAT/1.0 ".to_vec();
    stream.resize(4097, b'x');
    assert_eq!(decode(&stream), fatal, "a start line that never ends");
}

#[test]
fn a_head_has_its_limit_whatever_its_method_and_wherever_it_stands() {
    let fatal = Seen::Broken(DecodeError::HeadTooLong { limit: 4096 });
    let mut unknown = b"CHAT/1.0 LIST\r\nX: ".to_vec();
    unknown.resize(5000, b'x');
    assert_eq!(decode(&unknown), std::slice::from_ref(&fatal));

    let mut second = join_as("al");
    second.extend(join_with_head_of(4097));
    assert_eq!(decode(&second), [join("al"), fatal.clone()]);

    let mut after_noise = b"noise".to_vec();
    after_noise.extend(join_with_head_of(4097));
    assert_eq!(decode(&after_noise), [noise(5), fatal]);
}

#[test]
fn a_head_of_32_headers_is_read_and_one_of_33_is_fatal() {
    assert_eq!(decode(&join_with_headers(32)), [join("al")]);
    assert_eq!(
        decode(&join_with_headers(33)),
        [Seen::Broken(DecodeError::TooManyHeaders { limit: 32 })]
    );
}

#[test]
fn a_payload_of_one_mebibyte_is_read_and_one_byte_more_is_read_past() {
    assert_eq!(
        decode(&text_of(1_048_576)),
        [text("al", &vec![b'x'; 1_048_576]), leave("al")]
    );
    assert_eq!(
        decode(&text_of(1_048_577)),
        [
            Seen::Ignored(Ignored::PayloadTooLong {
                len: 1_048_577,
                limit: 1_048_576,
            }),
            leave("al"),
        ]
    );
}

#[test]
fn the_largest_length_that_is_a_number_is_only_too_long() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 18446744073709551615\r\n\r\nCHAT/1.0 "),
        [Seen::Ignored(Ignored::PayloadTooLong {
            len: u64::MAX,
            limit: 1_048_576,
        })]
    );
}

#[test]
fn a_name_of_64_bytes_is_read_and_one_of_65_ignores_the_frame() {
    let longest = "n".repeat(64);
    assert_eq!(decode(&join_as(&longest)), [join(&longest)]);
    let in_wide_letters = format!("{}n", "€".repeat(21));
    assert_eq!(decode(&join_as(&in_wide_letters)), [join(&in_wide_letters)]);
    for name in ["n".repeat(65), format!("{}nn", "€".repeat(21))] {
        assert_eq!(
            decode(&join_as(&name)),
            [Seen::Ignored(Ignored::BadUsername(
                UsernameError::TooLong { len: 65, limit: 64 }
            ))]
        );
    }
}

#[test]
fn noise_of_4096_bytes_is_skipped_and_4097_are_fatal() {
    assert_eq!(decode(&noise_then_join(4096)), [noise(4096), join("al")]);
    assert_eq!(
        decode(&noise_then_join(4097)),
        [Seen::Broken(DecodeError::TooMuchNoise { limit: 4096 })]
    );
}

#[test]
fn noise_that_a_start_line_is_glued_to_has_the_same_limit() {
    let mut glued = vec![b'x'; 4096];
    glued.extend(join_as("al"));
    assert_eq!(decode(&glued), [noise(4096), join("al")]);
    glued.insert(0, b'x');
    assert_eq!(
        decode(&glued),
        [Seen::Broken(DecodeError::TooMuchNoise { limit: 4096 })]
    );
}

#[test]
fn noise_without_a_line_end_is_fatal_when_no_start_line_can_save_it() {
    // The last bytes of a line may turn out to be a start line. The error waits until that is impossible.
    assert_eq!(decode(&[b'x'; 4096]), []);
    assert_eq!(
        decode(&[b'x'; 4096 + 64]),
        [Seen::Broken(DecodeError::TooMuchNoise { limit: 4096 })]
    );
}

#[test]
fn a_frame_between_two_stretches_of_noise_starts_the_count_again() {
    let mut stream = noise_then_join(4096);
    stream.extend(noise_then_join(4096));
    assert_eq!(
        decode(&stream),
        [noise(4096), join("al"), noise(4096), join("al")]
    );
}

#[test]
fn what_only_seems_a_start_line_counts_as_noise_too() {
    // The last line of the noise looks like a start line until its end.
    let mut stream = vec![b'x'; 4096];
    stream.extend_from_slice(b"CHAT/1.0 LEAVER\r\n");
    assert_eq!(
        decode(&stream),
        [Seen::Broken(DecodeError::TooMuchNoise { limit: 4096 })]
    );
}

#[test]
fn a_long_start_line_after_noise_at_its_limit_is_no_part_of_the_noise() {
    let mut stream = noise_then_join(4096)[..4096].to_vec();
    stream.extend_from_slice(b"CHAT/1.0 ");
    stream.extend_from_slice(&b"PING".repeat(50));
    stream.extend_from_slice(b"\r\n\r\n");
    stream.extend(join_as("al"));
    assert_eq!(
        decode(&stream),
        [
            noise(4096),
            Seen::Ignored(Ignored::UnknownMethod),
            join("al"),
        ]
    );
}

#[test]
fn every_limit_is_a_setting() {
    let small = Limits {
        max_payload: 3,
        max_head: 50,
        max_headers: 2,
        max_name: 4,
        max_noise: 5,
    };
    let at = |stream: &[u8]| decode_with(small, stream);
    assert_eq!(at(&join_with_head_of(50)), [join("al")]);
    assert_eq!(
        at(&join_with_head_of(51)),
        [Seen::Broken(DecodeError::HeadTooLong { limit: 50 })]
    );
    assert_eq!(at(&join_with_headers(2)), [join("al")]);
    assert_eq!(
        at(&join_with_headers(3)),
        [Seen::Broken(DecodeError::TooManyHeaders { limit: 2 })]
    );
    assert_eq!(at(&text_of(3)), [text("al", b"xxx"), leave("al")]);
    assert_eq!(
        at(&text_of(4)),
        [
            Seen::Ignored(Ignored::PayloadTooLong { len: 4, limit: 3 }),
            leave("al"),
        ]
    );
    assert_eq!(at(&join_as("four")), [join("four")]);
    assert_eq!(
        at(&join_as("fiver")),
        [Seen::Ignored(Ignored::BadUsername(
            UsernameError::TooLong { len: 5, limit: 4 }
        ))]
    );
    assert_eq!(at(&noise_then_join(5)), [noise(5), join("al")]);
    assert_eq!(
        at(&noise_then_join(6)),
        [Seen::Broken(DecodeError::TooMuchNoise { limit: 5 })]
    );
}

#[test]
fn a_head_with_several_faults_is_judged_the_same_however_it_is_cut() {
    let mut long_and_many = b"CHAT/1.0 JOIN\r\n".to_vec();
    long_and_many.extend_from_slice(&b"X: y\r\n".repeat(40));
    long_and_many.resize(5000, b'x');
    let mut long_with_bad_length = b"CHAT/1.0 TEXT\r\nMsg-len: x\r\nX: ".to_vec();
    long_with_bad_length.resize(5000, b'x');
    let mut long_without_colon = b"CHAT/1.0 TEXT\r\nno header\r\nX: ".to_vec();
    long_without_colon.resize(5000, b'x');
    let mut many_with_two_lengths = b"CHAT/1.0 TEXT\r\nMsg-len: 1\r\nMsg-len: 2\r\n".to_vec();
    many_with_two_lengths.extend_from_slice(&b"X: y\r\n".repeat(40));
    for stream in [
        long_and_many,
        long_with_bad_length,
        long_without_colon,
        many_with_two_lengths,
    ] {
        let whole = decode(&stream);
        assert!(matches!(whole.last(), Some(Seen::Broken(_))), "{whole:?}");
        for at in 0..stream.len() {
            let (front, back) = stream.split_at(at);
            assert_eq!(
                decode_pieces(Limits::DEFAULT, [front, back]),
                whole,
                "cut at {at}"
            );
        }
    }
}

#[test]
fn more_is_awaited_of_a_payload_that_has_begun_and_of_nothing_else() {
    for (bytes, awaits) in [
        ("", false),
        ("CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n", false),
        ("CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n\r\n", true),
        (
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n\r\nh",
            true,
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n\r\nhi",
            false,
        ),
        (
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\n\r\nhi and noise",
            false,
        ),
        // Too long: it is skipped and not held.
        (
            "CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 9999999\r\n\r\nhi",
            false,
        ),
    ] {
        let mut decoder = Decoder::new(Limits::DEFAULT);
        let mut input = bytes.as_bytes();
        while decoder.next(&mut input).unwrap().is_some() {}
        assert_eq!(decoder.awaits_payload(), awaits, "{bytes:?}");
    }
}
