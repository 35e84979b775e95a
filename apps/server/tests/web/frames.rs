//! Frames that are wrong, or right and rare. Whoever breaks WebSocket is told by which code, has left, and nothing of
//! it is heard.

use hubbub_testing::web::Frame;
use hubbub_testing::{Peer, join, leave, text};

use crate::house::House;

/// As long as a message may be, in bytes.
const LONGEST: usize = 64 * 1024;

const PROTOCOL: u16 = 1002;
const TEXT: u16 = 1003;
const TOO_BIG: u16 = 1009;

/// A text that must not be heard.
fn lie() -> Vec<u8> {
    text("eve", "never said")
}

/// What eve sends is the end, by one of these codes, and nothing that she says with it or later is heard.
#[track_caller]
fn ends(house: &House, codes: &[u16], bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    let mut eve = house.room.visiting_member("eve");
    eve.send_past_web([bytes, &Frame::binary(lie()).bytes()].concat());
    let (code, reason) = eve.expect_closing();
    let sent = hubbub_testing::shown(bytes);
    assert!(codes.contains(&code), "{code} {reason:?} after {sent}");
    assert_eq!(house.room.next_heard(), leave("eve"), "after {sent}");
    eve.expect_gone();
}

#[test]
fn a_frame_that_is_not_masked_is_the_end() {
    let house = House::open(&[]);
    for frame in [
        Frame::binary(lie()),
        Frame::binary(""),
        Frame::ping("x"),
        Frame::pong(""),
        Frame::continuation(lie()),
        Frame::close(1000, ""),
    ] {
        ends(&house, &[PROTOCOL], frame.unmasked().bytes());
    }
}

/// What would say that a message is compressed is among them: nobody has agreed on that, and nothing is unpacked.
#[test]
fn reserved_bits_are_the_end() {
    let house = House::open(&[]);
    for bits in 1..=7 {
        for frame in [Frame::binary(lie()), Frame::ping(""), Frame::text("x")] {
            ends(&house, &[PROTOCOL, TEXT], frame.reserving(bits).bytes());
        }
    }
    // 1 MiB of zeros, squeezed a thousand times.
    let bomb = Frame::binary([0xec, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 8]);
    ends(&house, &[PROTOCOL], bomb.reserving(4).bytes());
}

#[test]
fn kinds_that_nobody_knows_are_the_end() {
    let house = House::open(&[]);
    for opcode in (3..=7).chain(11..=15) {
        ends(&house, &[PROTOCOL], Frame::of(opcode, lie()).bytes());
        ends(&house, &[PROTOCOL], Frame::of(opcode, "").bytes());
    }
}

#[test]
fn a_text_is_the_end_whether_it_is_one_or_not() {
    let house = House::open(&[]);
    for payload in [&lie()[..], b"", b"\xff\xfe", b"\xed\xa0\x80", b"caf\xc3"] {
        ends(&house, &[TEXT], Frame::text(payload).bytes());
    }
    let parts = [
        Frame::text("caf\u{e9}".as_bytes().split_at(4).0)
            .unfinished()
            .bytes(),
        Frame::continuation("\u{e9}".as_bytes().split_at(1).1).bytes(),
    ];
    ends(&house, &[TEXT], parts.concat());
    // One that never ends is not waited for.
    ends(&house, &[TEXT], Frame::text("x").unfinished().bytes());
}

#[test]
fn control_frames_are_short_and_whole() {
    let house = House::open(&[]);
    for opcode in [8, 9, 10] {
        let right = if opcode == 8 { vec![3, 232] } else { vec![] };
        let long = [&right[..], &[b'x'; 126]].concat();
        let frame = |len: usize| Frame::of(opcode, &long[..len]);
        ends(&house, &[PROTOCOL], frame(126).bytes());
        ends(&house, &[PROTOCOL], frame(2).unfinished().bytes());
        let far = frame(2).claiming_64(1 << 40).bytes();
        ends(&house, &[PROTOCOL, TOO_BIG], far);
        ends(&house, &[PROTOCOL], frame(2).claiming_16(65535).bytes());
    }
    let mut alice = house.room.visiting_member("alice");
    let longest = vec![b'x'; 125];
    alice.send_frame(&Frame::ping(&longest));
    assert_eq!(alice.expect_pong(), longest);
    // Nobody has asked, and nobody minds.
    alice.send_frame(&Frame::pong(&longest));
    alice.send(text("alice", "still here"));
    house.room.hears(text("alice", "still here"));
}

#[test]
fn parts_of_messages_come_in_their_order_or_it_is_the_end() {
    let house = House::open(&[]);
    let begun = || Frame::binary(lie()).unfinished().bytes();
    for bytes in [
        Frame::continuation(lie()).bytes(),
        Frame::continuation(lie()).unfinished().bytes(),
        Frame::continuation("").bytes(),
        [begun(), Frame::binary("x").bytes()].concat(),
        [
            Frame::binary("").bytes(),
            Frame::continuation(lie()).bytes(),
        ]
        .concat(),
    ] {
        ends(&house, &[PROTOCOL], bytes);
    }
    // The message in the middle of which another one begins is not in doubt, and yet not whole.
    let mut eve = house.room.visiting_member("eve");
    let begun = Frame::binary("CHAT/1.0 TEXT\r\n").unfinished().bytes();
    eve.send_past_web([begun, Frame::binary(lie()).bytes()].concat());
    assert_eq!(eve.expect_closing().0, PROTOCOL);
    assert_eq!(house.room.next_heard(), leave("eve"));
}

#[test]
fn a_length_beyond_the_longest_is_the_end_before_anything_of_it_has_come() {
    let house = House::open(&[]);
    let longest = LONGEST as u64;
    for length in [
        longest + 1,
        1 << 20,
        1 << 31,
        1 << 32,
        1 << 40,
        (1 << 63) - 1,
    ] {
        for frame in [Frame::binary(""), Frame::binary("").unfinished()] {
            let mut eve = house.room.visiting_member("eve");
            eve.send_past_web(frame.claiming_64(length).bytes());
            assert_eq!(eve.expect_closing().0, TOO_BIG, "{length}");
            assert_eq!(house.room.next_heard(), leave("eve"));
        }
    }
    // RFC 6455, 5.2: the first bit is never set.
    for length in [1 << 63, u64::MAX] {
        let frame = Frame::binary("").claiming_64(length);
        ends(&house, &[PROTOCOL, TOO_BIG], frame.bytes());
    }
}

#[test]
fn a_message_of_the_longest_length_is_heard_and_one_of_a_byte_more_is_the_end() {
    let house = House::open(&[]);
    let mut alice = house.room.visiting_member("alice");
    let head = text("alice", "x").len() + "65537".len();
    let said = text("alice", vec![b'x'; LONGEST - head + 2]);
    assert_eq!(said.len(), LONGEST);
    alice.send_frame(&Frame::binary(&said));
    house.room.hears(&said);
    let [one, other] = [&said[..1], &said[1..]];
    for part in [Frame::binary(one).unfinished(), Frame::continuation(other)] {
        alice.send_frame(&part);
    }
    house.room.hears(&said);
    let longer = [&said[..], b"x"].concat();
    for (name, frames) in [
        ("whole", vec![Frame::binary(&longer)]),
        (
            "in two parts",
            vec![Frame::binary(&said).unfinished(), Frame::continuation("x")],
        ),
        (
            "in many parts",
            [
                vec![Frame::binary("").unfinished()],
                vec![Frame::continuation(&said[..1000]).unfinished(); 66],
            ]
            .concat(),
        ),
    ] {
        let mut eve = house.room.visiting_member(name);
        for frame in frames {
            let _ = eve.try_send_past_web(frame.bytes());
        }
        assert_eq!(eve.expect_closing().0, TOO_BIG, "{name}");
        house.room.hears(leave(name));
    }
}

/// RFC 6455, 5.2: the shortest form must be used. It is no matter which of both happens.
#[test]
fn a_length_in_a_longer_form_than_it_needs_is_the_same_length_or_the_end() {
    let house = House::open(&[]);
    for form in [
        |f: Frame| {
            let len = f.payload.len();
            f.claiming_16(u16::try_from(len).unwrap())
        },
        |f: Frame| {
            let len = f.payload.len() as u64;
            f.claiming_64(len)
        },
    ] {
        let mut alice = house.room.visiting_member("alice");
        alice.send_frame(&form(Frame::binary(text("alice", "hi"))));
        let heard = house.room.next_heard();
        if heard == text("alice", "hi") {
            alice.send(leave("alice"));
            house.room.hears(leave("alice"));
        } else {
            assert_eq!(heard, leave("alice"));
            assert_eq!(alice.expect_closing().0, PROTOCOL);
        }
    }
}

#[test]
fn a_mask_of_zeros_is_a_mask() {
    let house = House::open(&[]);
    let mut alice = house.room.visiting_member("alice");
    for mask in [[0; 4], [255; 4], *b"CHAT"] {
        alice.send_frame(&Frame::binary(text("alice", "hi")).masked_with(mask));
        house.room.hears(text("alice", "hi"));
    }
}

#[test]
fn whoever_says_the_end_has_left_and_is_told_the_same() {
    let house = House::open(&[]);
    for (frame, codes) in [
        (Frame::close(1000, ""), &[1000][..]),
        (Frame::close(1001, "the tab is closed"), &[1000, 1001]),
        (Frame::close(4999, &"x".repeat(123)), &[1000, 4999]),
        (Frame::of(8, ""), &[1000, 1005]),
        // A code of one byte, codes that nobody may send, and a reason that is no text.
        (Frame::of(8, [3]), &[PROTOCOL]),
        (Frame::close(0, ""), &[PROTOCOL]),
        (Frame::close(999, ""), &[PROTOCOL]),
        (Frame::close(1004, ""), &[PROTOCOL]),
        (Frame::close(1005, ""), &[PROTOCOL]),
        (Frame::close(1006, ""), &[PROTOCOL]),
        (Frame::close(1015, ""), &[PROTOCOL]),
        (Frame::close(5000, ""), &[PROTOCOL]),
        (Frame::close(65535, ""), &[PROTOCOL]),
        (Frame::of(8, b"\x03\xe8caf\xc3"), &[PROTOCOL, 1007]),
    ] {
        let mut eve = house.room.visiting_member("eve");
        let bytes = [frame.bytes(), Frame::binary(lie()).bytes()].concat();
        eve.is_mute();
        eve.send_past_web(bytes);
        let (code, _) = eve.expect_closing();
        assert!(codes.contains(&code), "{code} after {frame:?}");
        assert_eq!(house.room.next_heard(), leave("eve"), "{frame:?}");
    }
}

#[test]
fn a_connection_that_ends_without_a_word_is_a_leave_and_nothing_of_the_frame() {
    let house = House::open(&[]);
    let whole = Frame::binary(lie()).bytes();
    for cut in [0, 1, 2, 5, 6, whole.len() - 1] {
        for ends in [drop::<Peer>, Peer::reset, |peer: Peer| peer.shut()] {
            let mut eve = house.room.visiting_member("eve");
            eve.send_past_web(&whole[..cut]);
            ends(eve);
            assert_eq!(house.room.next_heard(), leave("eve"), "cut at {cut}");
        }
    }
}

/// What is wrong in the protocol of the room is the same for whoever comes by a browser.
#[test]
fn what_is_wrong_inside_the_messages_has_its_own_code() {
    let house = House::open(&[]);
    let wrong = "CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: -1\r\n\r\n";
    let mut eve = house.room.visiting_member("eve");
    eve.send_frame(&Frame::binary(wrong));
    let (code, reason) = eve.expect_closing();
    assert_eq!((code, &*reason), (4009, "chat"));
    house.room.hears(leave("eve"));
    for wrong in ["GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n"] {
        let mut eve = house.room.visitor();
        eve.send_frame(&Frame::binary(wrong));
        let (code, reason) = eve.expect_closing();
        assert_eq!((code, &*reason), (4009, "chat"), "{wrong:?}");
        // Nothing was said inside the messages, as nobody reads it there.
        assert_eq!(eve.expect_gone(), b"");
    }
    let mut eve = house.room.visitor();
    eve.send_frame(&Frame::binary("\x16\x03\x01\x00\x05hello"));
    assert_eq!(eve.expect_closing().0, 4009);
    let mut eve = house.room.visitor();
    eve.send([join("eve"), leave("eve")].concat());
    let (code, reason) = eve.expect_closing();
    assert_eq!((code, &*reason), (1000, "left"));
}
