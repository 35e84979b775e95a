//! What programs of other people send, form by form, byte by byte. A LEAVE follows each, and none may be lost. Where
//! the framing itself makes that impossible, the test says what happens instead. Programs that count characters instead
//! of bytes are in `characters.rs`.

mod common;

use common::{Seen, decode, join, leave, noise, text};
use hubbub_wire::Ignored;

const EMPTY_TEXT: Seen = Seen::Ignored(Ignored::EmptyText);
const NOT_A_HEADER: Seen = Seen::Ignored(Ignored::NotAHeader);

#[test]
fn exact_frames_that_share_a_segment() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: u\r\n\r\n\
              CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 3\r\n\r\none\
              CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 3\r\n\r\ntwo\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [join("u"), text("u", b"one"), text("u", b"two"), leave("u")]
    );
}

#[test]
fn a_misspelt_length_leaves_its_text_glued_to_the_next_start_line() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMesg-len: 22\r\n\r\nMy first chat message!\
              CHAT/1.0 TEXT\r\nUsername: u\r\nMesg-len: 5\r\n\r\nagain\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [EMPTY_TEXT, noise(22), EMPTY_TEXT, noise(5), leave("u")]
    );
}

#[test]
fn a_misspelt_length_before_a_text_of_several_lines() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMesg-len: 9\r\n\r\none\n\ntwo\nCHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [EMPTY_TEXT, noise(9), leave("u")]
    );
}

#[test]
fn a_payload_in_the_head() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 71\r\nMy first chat message!\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [NOT_A_HEADER, noise(26), leave("u")]
    );
}

#[test]
fn an_empty_payload_in_the_head_swallows_what_its_length_announces() {
    // By the framing this is a TEXT of 49 bytes, the size of an empty Python string. The first bytes that follow are
    // its payload, whatever they are, and the stream is in step again after them.
    let sent = b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 49\r\n\r\n\r\n\
                 CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n";
    assert_eq!(decode(sent), [], "16 bytes are still awaited");

    let mut goes_on = sent.to_vec();
    goes_on.extend_from_slice(b"CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n");
    assert_eq!(
        decode(&goes_on),
        [text(
            "u",
            b"\r\nCHAT/1.0 LEAVE\r\nUsername: u\r\n\r\nCHAT/1.0 LEAVE\r\n"
        )],
        "both are lost; `Username: u` is noise that has not ended yet"
    );
}

#[test]
fn a_payload_in_the_head_that_holds_a_colon_is_a_header_and_its_length_swallows() {
    // "Note: hi" is a header like any other, so the 57 bytes after the head are the payload.
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 57\r\nNote: hi\r\n\r\n\
              CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 50\r\nx\r\n\r\n...........\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [
            text(
                "u",
                b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 50\r\nx\r\n\r\n..........."
            ),
            leave("u"),
        ]
    );
}

#[test]
fn the_length_before_the_name() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nMsg-len: 2\r\nUsername: u\r\n\r\nhi\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [text("u", b"hi"), leave("u")]
    );
}

#[test]
fn no_leave_a_stream_that_stops_within_a_frame_gives_the_frames_before_it() {
    assert_eq!(
        decode(b"CHAT/1.0 JOIN\r\nUsername: u\r\n\r\nCHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 9"),
        [join("u")]
    );
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: u\r\n\r\nCHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 9\r\n\r\nhalf"
        ),
        [join("u")]
    );
}

#[test]
fn repeated_frames_come_out_as_often_as_they_came() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: u\r\n\r\nCHAT/1.0 JOIN\r\nUsername: u\r\n\r\n\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [join("u"), join("u"), leave("u"), leave("u")]
    );
}

#[test]
fn a_prefilled_text_is_a_text() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 15\r\n\r\n<Enter message>\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [text("u", b"<Enter message>"), leave("u")]
    );
}

#[test]
fn a_server_that_forwards_texts_without_length_name_or_text() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\n\r\n\
              CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 0\r\n\r\n\
              CHAT/1.0 TEXT\r\nMsg-len: 2\r\n\r\nhi\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [
            EMPTY_TEXT,
            EMPTY_TEXT,
            Seen::Ignored(Ignored::NoUsername),
            leave("u"),
        ]
    );
}

#[test]
fn a_server_that_forwards_blocks_puts_another_senders_frame_into_a_head() {
    // u's TEXT was read in two blocks, cut within its head, and v's LEAVE was forwarded between them.
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\n\
              CHAT/1.0 LEAVE\r\nUsername: v\r\n\r\n\
              Msg-len: 2\r\n\r\nhi\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [NOT_A_HEADER, leave("v"), noise(16), leave("u")]
    );
}

#[test]
fn a_server_that_forwards_blocks_puts_another_senders_frame_into_a_payload() {
    // No reader can tell: u's payload takes the first bytes of v's frame, and u's last bytes come after it as noise.
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 22\r\n\r\nMy first \
              CHAT/1.0 LEAVE\r\nUsername: v\r\n\r\nchat message!\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [text("u", b"My first CHAT/1.0 LEAV"), noise(31), leave("u"),]
    );
}

#[test]
fn a_server_that_sends_the_last_block_again_after_a_reset() {
    assert_eq!(
        decode(
            b"CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 2\r\n\r\nhi\
              CHAT/1.0 TEXT\r\nUsername: u\r\nMsg-len: 2\r\n\r\nhi\
              CHAT/1.0 LEAVE\r\nUsername: u\r\n\r\n"
        ),
        [text("u", b"hi"), text("u", b"hi"), leave("u")]
    );
}
