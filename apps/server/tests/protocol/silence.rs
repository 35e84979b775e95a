//! Frames that stop in the middle: what comes two seconds later is heard, and nobody waits for the rest.

use std::thread::sleep;
use std::time::Duration;

use hubbub_testing::{Room, join, leave, text};

/// Longer than what the server takes for a silence, which begins when it has read what came before. The test can only
/// wait, since nothing shows that it is over.
fn silence(room: &Room) {
    room.wait_until_read();
    sleep(Duration::from_secs(3));
}

#[test]
fn a_length_that_lies_costs_its_text_and_nothing_that_comes_after_a_silence() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    for torn in [
        "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 300\r\n\r\nhalf of it",
        "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 999",
    ] {
        alice.send(torn);
        silence(&room);
        alice.send(text("alice", "and now?"));
        bob.expect(text("alice", "and now?"));
    }
    // A text that is skipped is no better.
    alice.send("CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 9999999\r\n\r\nhalf of it");
    let told = alice.expect_notice();
    assert!(told.starts_with("your text of 9999999 bytes"), "{told}");
    silence(&room);
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
    alice.expect_closed();
}

#[test]
fn a_text_that_only_pauses_arrives_whole() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let frame = text("alice", "CHAT/1.0 is what we speak");
    let (front, back) = frame.split_at(frame.len() - 18);
    alice.send(front);
    silence(&room);
    alice.send(back);
    bob.expect(frame);
}

/// Six characters are announced, and nobody knows whether the noise belongs to them.
const DOUBTFUL: &str = "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 6\r\n\r\n\u{e9}\u{e9}\u{e9}..";

#[test]
fn a_text_whose_end_is_in_doubt_arrives_all_the_same() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(DOUBTFUL);
    bob.expect(text("alice", "\u{e9}\u{e9}\u{e9}"));
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
    alice.expect_closed();
    // Even if its sender does not stay.
    let mut alice = room.member("alice");
    bob.expect(join("alice"));
    alice.send(DOUBTFUL);
    alice.finish_sending();
    bob.expect([text("alice", "\u{e9}\u{e9}\u{e9}"), leave("alice")].concat());
}
