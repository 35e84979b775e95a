//! Frames that are ignored, payload included, while the stream goes on.

use crate::common::{Seen, decode, join, leave, noise, text};
use hubbub_wire::{Ignored, UsernameError};

/// One frame of `stream` must be ignored, for this reason, and the LEAVE after it must come out.
#[track_caller]
fn is_ignored(stream: &[u8], why: Ignored) {
    let mut stream = stream.to_vec();
    stream.extend_from_slice(b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n");
    assert_eq!(decode(&stream), [Seen::Ignored(why), leave("al")]);
}

#[test]
fn a_text_without_username_is_ignored_with_its_payload() {
    is_ignored(
        b"CHAT/1.0 TEXT\r\nMsg-len: 31\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: x\r\n\r\n",
        Ignored::NoUsername,
    );
}

#[test]
fn a_text_without_a_length_is_ignored() {
    is_ignored(b"CHAT/1.0 TEXT\r\nUsername: al\r\n\r\n", Ignored::EmptyText);
}

#[test]
fn a_text_with_a_length_of_zero_is_ignored() {
    is_ignored(
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 0\r\n\r\n",
        Ignored::EmptyText,
    );
}

#[test]
fn a_join_without_username_is_ignored() {
    is_ignored(b"CHAT/1.0 JOIN\r\n\r\n", Ignored::NoUsername);
    is_ignored(
        b"CHAT/1.0 JOIN\r\nMsg-len: 2\r\n\r\nhi",
        Ignored::NoUsername,
    );
}

#[test]
fn a_leave_without_username_is_ignored() {
    is_ignored(b"CHAT/1.0 LEAVE\r\nX: y\r\n\r\n", Ignored::NoUsername);
}

#[test]
fn two_usernames_that_differ_ignore_the_frame_with_its_payload() {
    is_ignored(
        b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\nUsername: bo\r\n\r\nhi",
        Ignored::TwoUsernames,
    );
    is_ignored(
        b"CHAT/1.0 JOIN\r\nUsername: al\r\nUsername: Al\r\n\r\n",
        Ignored::TwoUsernames,
    );
}

#[test]
fn an_empty_name_ignores_the_frame() {
    let why = Ignored::BadUsername(UsernameError::Empty);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername:\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: \t \r\n\r\n", why);
    is_ignored(b"CHAT/1.0 TEXT\r\nUsername: \r\nMsg-len: 2\r\n\r\nhi", why);
}

#[test]
fn a_name_with_control_characters_ignores_the_frame() {
    let why = Ignored::BadUsername(UsernameError::Control);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: a\x00l\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: a\tl\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: a\rl\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: \x1b[31mal\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: al\x7f\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: a\xc2\x85l\r\n\r\n", why);
    is_ignored(
        b"CHAT/1.0 TEXT\r\nUsername: a\x07l\r\nMsg-len: 2\r\n\r\nhi",
        why,
    );
}

#[test]
fn a_name_that_is_not_utf8_ignores_the_frame() {
    let why = Ignored::BadUsername(UsernameError::NotText);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: h\xe9llo\r\n\r\n", why);
    is_ignored(b"CHAT/1.0 JOIN\r\nUsername: al\xe2\x82\r\n\r\n", why);
    is_ignored(
        b"CHAT/1.0 TEXT\r\nMsg-len: 2\r\nUsername: \xff\r\n\r\nhi",
        why,
    );
}

#[test]
fn a_text_without_payload_whose_name_is_bad_is_ignored_for_its_name() {
    let why = Ignored::BadUsername(UsernameError::Empty);
    is_ignored(b"CHAT/1.0 TEXT\r\nUsername:\r\n\r\n", why);
}

#[test]
fn a_name_may_have_any_script() {
    assert_eq!(
        decode("CHAT/1.0 JOIN\r\nUsername: Ævar 你好 🙂\r\n\r\n".as_bytes()),
        [join("Ævar 你好 🙂")]
    );
}

#[test]
fn a_line_without_a_colon_ignores_the_frame_and_from_there_on_all_is_noise() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nno header\r\nMsg-len: 2\r\n\r\nhi\r\n\
              CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 2\r\n\r\nho"
        ),
        [
            Seen::Ignored(Ignored::NotAHeader),
            // The four lines from "no header" to "hi".
            noise(29),
            text("al", b"ho"),
        ]
    );
}

#[test]
fn a_start_line_within_a_head_ignores_the_torn_frame_and_begins_a_new_one() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\n\
              CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n"
        ),
        [Seen::Ignored(Ignored::NotAHeader), leave("al")]
    );
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 53\r\nsay!\
              CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n"
        ),
        [Seen::Ignored(Ignored::NotAHeader), noise(4), leave("al")]
    );
}

#[test]
fn an_ignored_frame_says_so_with_its_head_and_not_only_after_its_payload() {
    // So that a caller can answer a payload that is too long before all of it has come.
    assert_eq!(
        decode(b"CHAT/1.0 TEXT\r\nUsername: al\r\nMsg-len: 1048577\r\n\r\n"),
        [Seen::Ignored(Ignored::PayloadTooLong {
            len: 1_048_577,
            limit: 1_048_576,
        })]
    );
    assert_eq!(
        decode(b"CHAT/1.0 LIST\r\nMsg-len: 9\r\n\r\n"),
        [Seen::Ignored(Ignored::UnknownMethod)]
    );
}
