//! Heads that are sloppy and yet accepted, and payloads.

use crate::common::{Seen, decode, join, leave, text};
use hubbub_wire::Ignored;

#[test]
fn the_three_examples_of_the_assignment_are_read() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: shafer\r\n\r\n\
              CHAT/1.0 TEXT\r\nUsername: shafer\r\nMsg-len: 22\r\n\r\nMy first chat message!\
              CHAT/1.0 LEAVE\r\nUsername: shafer\r\n\r\n"
        ),
        [
            join("shafer"),
            text("shafer", b"My first chat message!"),
            leave("shafer"),
        ]
    );
}

#[test]
fn a_frame_comes_out_with_its_last_byte_and_not_before() {
    let stream = b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi";
    for end in 0..stream.len() {
        assert_eq!(decode(&stream[..end]), [], "the first {end} bytes");
    }
    assert_eq!(decode(stream), [text("al", b"hi")]);
}

#[test]
fn headers_may_come_in_any_order() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nMsg-len: 2\r\nUsername: al\r\n\r\nhi"),
        [text("al", b"hi")]
    );
}

#[test]
fn header_names_may_have_any_letter_case() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nuSERNAME: Al\r\nMSG-LEN: 2\r\n\r\nhi"),
        [text("Al", b"hi")]
    );
}

#[test]
fn the_blank_behind_the_colon_may_be_missing() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nUsername:al\r\nMsg-len:2\r\n\r\nhi"),
        [text("al", b"hi")]
    );
}

#[test]
fn blanks_around_the_colon_and_behind_the_value_are_not_part_of_it() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nUsername \t:\t  al b \t\r\nMsg-len  :\t2 \t\r\n\r\nhi"),
        [text("al b", b"hi")]
    );
}

#[test]
fn a_name_may_hold_a_colon() {
    assert_eq!(
        decode(b"CHAT/1.0 JOIN\r\nUsername: al: the second\r\n\r\n"),
        [join("al: the second")]
    );
}

#[test]
fn a_length_may_have_leading_zeros() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 002\r\n\r\nhi"),
        [text("al", b"hi")]
    );
}

#[test]
fn an_unknown_header_is_passed_over_wherever_it_stands() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nX-First: 1:2\r\nUsername: al\r\nUsernames: bo\r\nMsg-len: 2\r\n\
              Msg-length: 9\r\nEmpty:\r\n\r\nhi"
        ),
        [text("al", b"hi")]
    );
}

#[test]
fn an_unknown_header_may_hold_any_bytes() {
    assert_eq!(
        decode(b"CHAT/1.0 JOIN\r\nX: \xff\x00\x1b[31m\r\nUsername: al\r\n\r\n"),
        [join("al")]
    );
}

#[test]
fn lines_may_end_in_lf_alone() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\nUsername: al\nMsg-len: 2\n\nhiCHAT/1.0 LEAVE\nUsername: al\n\n"),
        [text("al", b"hi"), leave("al")]
    );
}

#[test]
fn lines_of_one_head_may_end_differently() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\nUsername: al\r\n\n\
              CHAT/1.0 TEXT\r\nUsername: al\nMsg-len: 2\n\r\nhi"
        ),
        [join("al"), text("al", b"hi")]
    );
}

#[test]
fn empty_lines_before_a_start_line_are_skipped_without_a_word() {
    assert_eq!(
        decode(
            b"\r\n\n\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n\
              \n\n\r\nCHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n\r\n\r\n"
        ),
        [join("al"), leave("al")]
    );
}

#[test]
fn empty_lines_are_no_noise_however_many_there_are() {
    let mut stream = b"\r\n".repeat(5000);
    stream.extend_from_slice(b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n");
    assert_eq!(decode(&stream), [join("al")]);
}

#[test]
fn another_minor_version_is_accepted() {
    assert_eq!(
        decode(
            b"CHAT/1.1 JOIN\r\nUsername: al\r\n\r\n\
              CHAT/1.9 TEXT\r\nUsername: al\r\nMsg-len: 1\r\n\r\n.\
              CHAT/1.12 LEAVE\r\nUsername: al\r\n\r\n"
        ),
        [join("al"), text("al", b"."), leave("al")]
    );
}

#[test]
fn the_same_header_twice_with_one_value_is_accepted() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\nusername:al\r\nmsg-len:2\r\n\r\nhi"
        ),
        [text("al", b"hi")]
    );
}

#[test]
fn a_join_with_a_payload_is_taken_and_the_payload_dropped() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: al\r\nMsg-len: 31\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n\
              CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nhi"
        ),
        [join("al"), text("al", b"hi")]
    );
}

#[test]
fn a_leave_with_a_payload_is_taken_and_the_payload_dropped() {
    assert_eq!(
        decode(
            b"CHAT/1.0 LEAVE\r\nUsername: al\r\nMsg-len: 3\r\n\r\nbyeCHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n"
        ),
        [leave("al"), join("bo")]
    );
}

#[test]
fn a_join_with_a_length_of_zero_is_taken() {
    assert_eq!(
        decode(b"CHAT/1.0 JOIN\r\nUsername: al\r\nMsg-len: 0\r\n\r\n"),
        [join("al")]
    );
}

#[test]
fn a_payload_is_bytes_and_need_not_be_text() {
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 6\r\n\r\n\x00\xff\xfe\r\n\x80"),
        [text("al", b"\x00\xff\xfe\r\n\x80")]
    );
}

#[test]
fn a_payload_that_looks_like_a_frame_stays_a_payload() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 35\r\n\r\n\
              \r\n\r\nCHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n"
        ),
        [
            text("al", b"\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n"),
            leave("al"),
        ]
    );
}

#[test]
fn an_unknown_method_is_skipped_with_its_payload() {
    assert_eq!(
        decode(
            b"CHAT/1.0 NICK\r\nUsername: al\r\nMsg-len: 31\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n\
              CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"
        ),
        [Seen::Ignored(Ignored::UnknownMethod), join("al")]
    );
}

#[test]
fn an_unknown_method_needs_neither_name_nor_length() {
    assert_eq!(
        decode(
            b"CHAT/1.0 LIST\r\n\r\nCHAT/1.0 JOINED\r\n\r\nCHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"
        ),
        [
            Seen::Ignored(Ignored::UnknownMethod),
            Seen::Ignored(Ignored::UnknownMethod),
            join("al"),
        ]
    );
}
