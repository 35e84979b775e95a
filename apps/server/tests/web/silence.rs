//! The pings of the server, and visitors that ask too often or read nothing. `vanishing` has one that answers none.

use std::time::{Duration, Instant};

use hubbub_testing::web::Frame;
use hubbub_testing::{DEADLINE, MIB, join, leave, text};

use crate::house::House;

/// A proxy would end its connection, which says nothing for longer than a minute. It takes 20 s.
#[test]
fn a_visitor_that_is_not_read_for_a_minute_and_a_half_is_asked_all_the_same() {
    let house = House::at("127.0.0.1", &["--messages-per-second", "1"]);
    let mut loud = house.room.visitor();
    // A message costs a second, and ten of them are owed.
    let said = text("loud", "hi").repeat(99);
    loud.send([join("loud"), said].concat());
    loud.expect_ping();
}

#[test]
fn a_ping_is_answered_with_what_is_in_it_before_and_after_the_join() {
    let house = House::open(&[]);
    let mut alice = house.room.visitor();
    for payload in ["", "x", "\u{0}\u{ff}", &"y".repeat(125)] {
        alice.send_frame(&Frame::ping(payload));
        assert_eq!(alice.expect_pong(), payload.as_bytes());
    }
    alice.send(join("alice"));
    house.room.hears(join("alice"));
    alice.send_frame(&Frame::ping("after"));
    assert_eq!(alice.expect_pong(), b"after");
}

/// Pings are no join, and put nothing off.
#[test]
fn pings_do_not_put_off_the_join_deadline() {
    let house = House::open(&["--join-timeout", "2s"]);
    let mut visitor = house.room.visitor();
    let began = Instant::now();
    while visitor.try_send_past_web(Frame::ping("x").bytes()).is_ok() {
        assert!(began.elapsed() < DEADLINE, "still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Nobody else was kept from coming in.
    house.room.member("in time");
}

/// As many frames without a word as one may send between two pings of the server.
const EMPTY: usize = 1000;

#[test]
fn as_many_pings_as_the_bound_are_answered_and_one_more_is_the_end() {
    let house = House::open(&[]);
    let mut alice = house.room.visiting_member("alice");
    alice.send_past_web(Frame::ping("").bytes().repeat(EMPTY - 1));
    alice.send_frame(&Frame::ping("the last"));
    while alice.expect_pong() != b"the last" {}
    alice.send(text("alice", "still here"));
    house.room.hears(text("alice", "still here"));
    alice.send_frame(&Frame::ping("one more"));
    assert_eq!(alice.expect_closing(), (1008, "flood".to_owned()));
    house.room.hears(leave("alice"));
}

/// Frames without a word are none: parts of messages that bring nothing, and answers to what nobody has asked.
#[test]
fn a_flood_of_frames_that_say_nothing_is_the_end() {
    let house = House::open(&[]);
    for (name, beginning, frame) in [
        ("pings", Vec::new(), Frame::ping("x".repeat(125))),
        ("pongs", Vec::new(), Frame::pong("")),
        ("messages", Vec::new(), Frame::binary("")),
        (
            "parts",
            Frame::binary("").unfinished().bytes(),
            Frame::continuation("").unfinished(),
        ),
    ] {
        let before = house.program.resident_bytes();
        let mut eve = house.room.visiting_member(name);
        let flood = frame.bytes().repeat(1000);
        let _ = eve.try_send_past_web(beginning);
        let until = Instant::now() + DEADLINE;
        while eve.try_send_past_web(&flood).is_ok() {
            assert!(Instant::now() < until, "the server still reads");
        }
        house.room.hears(leave(name));
        let grown = house.program.resident_bytes().saturating_sub(before);
        assert!(grown < 2 * MIB as u64, "{name}: {grown} bytes");
    }
}

/// A visitor that reads nothing is let go as any other member is.
#[test]
fn a_visitor_that_does_not_read_is_dropped_and_the_others_hear_everything() {
    let house = House::open(&["--outbox", "1MiB"]);
    let mut stalled = house.room.narrow_visiting_member("stalled");
    let mut alice = house.room.visiting_member("alice");
    let mut bob = house.room.member("bob");
    alice.expect(join("bob"));
    let said = text("bob", vec![b'x'; 60_000]);
    let mut has_left = false;
    while !has_left {
        bob.send(&said);
        loop {
            let frame = alice.frame();
            has_left |= frame == leave("stalled");
            if frame == said {
                break;
            }
            assert_eq!(frame, leave("stalled"));
        }
    }
    stalled.expect_gone();
}
