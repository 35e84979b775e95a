//! Who hears a TEXT, and in which bytes.

use hubbub_server::Settings;
use hubbub_testing::{Room, join, leave, shown, text};
use hubbub_wire::Limits;

#[test]
fn a_text_goes_to_every_other_member_and_never_back() {
    let room = Room::open();
    let [mut alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    let frame = "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 22\r\n\r\nMy first chat message!";
    alice.send(frame);
    bob.expect(frame);
    carol.expect(frame);
    bob.send(text("bob", "heard"));
    alice.expect(text("bob", "heard"));
}

#[test]
fn a_text_under_another_name_is_ignored() {
    let room = Room::open();
    let [mut alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    alice.send([text("bob", "forged"), text("dave", "nobody")].concat());
    alice.send([text("Alice", "almost"), text("server", "forged")].concat());
    alice.send(text("alice", "my own"));
    bob.expect(text("alice", "my own"));
    carol.expect(text("alice", "my own"));
}

#[test]
fn any_bytes_may_be_a_payload() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let all: Vec<u8> = (0..=255).collect();
    let payloads = [
        &all[..],
        b"\r\n\r\n",
        b"CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n",
        "h\u{e9}llo \u{20ac} \u{1f989}".as_bytes(),
        b"\0",
    ];
    for payload in payloads {
        alice.send(text("alice", payload));
        bob.expect(text("alice", payload));
    }
}

#[test]
fn frames_that_come_in_one_piece_all_go_on() {
    let room = Room::open();
    let mut bob = room.member("bob");
    let session = [
        join("alice"),
        text("alice", "one"),
        text("alice", "two"),
        text("alice", "three"),
        leave("alice"),
    ]
    .concat();
    let mut alice = room.connect();
    alice.send(&session);
    bob.expect(&session);
    alice.expect_closed();
}

#[test]
fn a_session_that_comes_byte_by_byte_goes_on_whole() {
    let room = Room::open();
    let mut bob = room.member("bob");
    let session = [join("alice"), text("alice", "slowly"), leave("alice")].concat();
    let mut alice = room.connect();
    for byte in &session {
        alice.send([*byte]);
    }
    bob.expect(&session);
    alice.expect_closed();
}

/// Other people's programs take one `recv` for one message.
#[test]
fn a_frame_comes_in_one_piece_while_nothing_else_waits() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    for number in 0..100 {
        let frame = text("alice", format!("{number} {}", "x".repeat(900)));
        alice.send(&frame);
        assert_eq!(shown(&bob.recv()), shown(&frame));
    }
}

#[test]
fn a_payload_of_exactly_the_limit_is_delivered() {
    let room = Room::with(at_most(1000));
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", [b'x'; 1000]));
    bob.expect(text("alice", [b'x'; 1000]));
    bob.send(text("bob", "and no complaint"));
    alice.expect(text("bob", "and no complaint"));
}

#[test]
fn a_longer_payload_goes_nowhere_and_its_sender_is_told_the_limit() {
    let room = Room::with(at_most(1000));
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send([text("alice", [b'x'; 1001]), text("alice", "still here")].concat());
    bob.expect(text("alice", "still here"));
    let line = alice.expect_notice();
    let digits = line.replace([',', '_', ' '], "");
    assert!(digits.contains("1000"), "the limit is not in: {line}");
    bob.send(text("bob", "told once"));
    alice.expect(text("bob", "told once"));
}

#[test]
fn a_payload_too_long_is_skipped_with_what_looks_like_frames_in_it() {
    let room = Room::with(at_most(1000));
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", leave("alice").repeat(30)));
    alice.send(text("alice", "still here"));
    bob.expect(text("alice", "still here"));
}

#[test]
fn a_payload_too_long_before_join_is_ignored() {
    let room = Room::with(at_most(1000));
    let mut alice = room.member("alice");
    let mut bob = room.connect();
    bob.send([text("bob", [b'x'; 1001]), join("bob")].concat());
    alice.expect(join("bob"));
    alice.send(text("alice", "welcome"));
    bob.expect(text("alice", "welcome"));
}

fn at_most(max_payload: usize) -> Settings {
    Settings {
        limits: Limits {
            max_payload,
            ..Limits::DEFAULT
        },
        ..Settings::default()
    }
}
