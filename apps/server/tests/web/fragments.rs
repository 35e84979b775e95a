//! Messages and frames of every size: where they are cut says nothing.

use hubbub_testing::web::Frame;
use hubbub_testing::{MIB, join, leave, text};

use crate::house::House;

/// What alice says.
fn words() -> Vec<u8> {
    [
        join("alice"),
        text("alice", "hi"),
        text("alice", "\u{20ac} and two\r\n\r\nlines"),
        leave("alice"),
    ]
    .concat()
}

#[track_caller]
fn are_heard(house: &House) {
    for said in [
        join("alice"),
        text("alice", "hi"),
        text("alice", "\u{20ac} and two\r\n\r\nlines"),
        leave("alice"),
    ] {
        house.room.hears(said);
    }
}

#[test]
fn frames_of_the_room_are_heard_wherever_messages_cut_them() {
    let house = House::open(&[]);
    for size in 1..=words().len() {
        let mut alice = house.room.visitor();
        let messages = words();
        let messages = messages
            .chunks(size)
            .map(|piece| Frame::binary(piece).bytes());
        alice.send_past_web(messages.collect::<Vec<_>>().concat());
        are_heard(&house);
        assert_eq!(alice.expect_closing().0, 1000);
    }
}

#[test]
fn they_are_heard_wherever_fragments_cut_the_message_with_pings_in_between() {
    let house = House::open(&[]);
    for size in [1, 2, 3, 7, 50, 125, 126, 127] {
        let mut alice = house.room.visitor();
        let all = words();
        let mut bytes = Frame::binary("").unfinished().bytes();
        for (number, piece) in all.chunks(size).enumerate() {
            bytes.extend(Frame::continuation(piece).unfinished().bytes());
            if number % 50 == 0 {
                bytes.extend(Frame::ping(number.to_string()).bytes());
            }
        }
        bytes.extend(Frame::continuation("").bytes());
        alice.send_past_web(bytes);
        are_heard(&house);
        assert_eq!(alice.expect_closing().0, 1000);
        assert!(alice.pongs() >= 1);
    }
}

/// Each byte of the longest message is a frame of seven bytes.
#[test]
fn a_long_text_in_fragments_of_a_byte_is_heard() {
    let house = House::open(&[]);
    let mut alice = house.room.visiting_member("alice");
    let said = text("alice", vec![b'x'; 65_000]);
    let mut bytes = Frame::binary("").unfinished().bytes();
    let parts = said
        .chunks(1)
        .map(|byte| Frame::continuation(byte).unfinished().bytes());
    bytes.extend(parts.flatten());
    bytes.extend(Frame::continuation("").bytes());
    alice.send_past_web(bytes);
    house.room.hears(said);
}

#[test]
fn the_longest_text_is_heard_in_messages_of_a_byte_and_in_the_longest() {
    let house = House::open(&[]);
    let mut alice = house.room.visiting_member("alice");
    let mut bob = house.room.visiting_member("bob");
    let said = text("alice", vec![b'x'; MIB]);
    for size in [64 * 1024, 1000] {
        for piece in said.chunks(size) {
            alice.send_frame(&Frame::binary(piece));
        }
        while bob.frame() != said {}
    }
    let short = text("alice", vec![b'y'; 10_000]);
    for piece in short.chunks(1) {
        alice.send_frame(&Frame::binary(piece));
    }
    bob.expect(short);
    let longest = bob.longest_message();
    assert!(longest <= 128 * 1024, "a message of {longest} bytes");
}

#[test]
fn head_and_frames_in_single_bytes_are_heard() {
    let house = House::open(&[]);
    let all = words();
    let mut alice = house.room.browser();
    let request = alice.upgrade_request().bytes();
    let parts = all.chunks(5).map(|piece| Frame::binary(piece).bytes());
    let bytes = [request, parts.collect::<Vec<_>>().concat()].concat();
    for byte in bytes.chunks(1) {
        alice.send(byte);
    }
    let mut alice = alice.upgraded();
    are_heard(&house);
    assert_eq!(alice.expect_closing().0, 1000);
}
