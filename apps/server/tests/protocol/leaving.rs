//! The ways to leave, and what the others and the leaver see of each.

use hubbub_testing::{Peer, Room, join, leave, text};

#[test]
fn a_leave_goes_to_every_other_member_and_the_server_closes() {
    let room = Room::open();
    let [mut alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    alice.send("CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n");
    bob.expect("CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n");
    carol.expect("CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n");
    // Her end stays open: programs in the wild wait for the server.
    alice.expect_closed();
}

#[test]
fn what_is_queued_for_the_leaver_is_written_before_the_server_closes() {
    let room = Room::open();
    let mut alice = room.narrow_member("alice");
    let mut bob = room.member("bob");
    alice.expect(join("bob"));
    let queued = queue_for_those_who_do_not_read(&room, &mut bob);
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
    bob.send(text("bob", "not for alice any more"));
    alice.expect(queued);
    alice.expect_closed();
}

#[test]
fn what_is_sent_behind_leave_is_ignored() {
    let room = Room::open();
    let [mut alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    alice.send(
        [
            leave("alice"),
            leave("alice"),
            text("alice", "one more thing"),
        ]
        .concat(),
    );
    alice.send([join("alice"), join("dave"), leave("alice")].concat());
    bob.expect(leave("alice"));
    alice.expect_closed();
    carol.send(text("carol", "gone"));
    bob.expect(text("carol", "gone"));
    room.stop();
    bob.expect_closed();
}

#[test]
fn a_leave_under_another_name_is_ignored() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send([leave("bob"), leave("Alice"), text("alice", "we stay")].concat());
    bob.expect(text("alice", "we stay"));
    bob.send(text("bob", "both of us"));
    alice.expect(text("bob", "both of us"));
}

#[test]
fn a_connection_closed_without_leave_is_one_leave() {
    let room = Room::open();
    let [alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    drop(alice);
    bob.expect(leave("alice"));
    carol.expect(leave("alice"));
    carol.send(text("carol", "once"));
    bob.expect(text("carol", "once"));
    room.stop();
    bob.expect_closed();
}

#[test]
fn a_connection_reset_without_leave_is_one_leave() {
    let room = Room::open();
    let [alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    alice.reset();
    bob.expect(leave("alice"));
    carol.expect(leave("alice"));
    carol.send(text("carol", "once"));
    bob.expect(text("carol", "once"));
    room.stop();
    bob.expect_closed();
}

#[test]
fn a_connection_that_ends_after_leave_is_still_one_leave() {
    let room = Room::open();
    let [mut alice, mut bob, mut carol] = room.members(["alice", "bob", "carol"]);
    alice.send(leave("alice"));
    alice.reset();
    bob.expect(leave("alice"));
    carol.send(text("carol", "once"));
    bob.expect(text("carol", "once"));
    room.stop();
    bob.expect_closed();
}

#[test]
fn a_peer_that_finishes_sending_has_left() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", "my last words"));
    alice.finish_sending();
    bob.expect([text("alice", "my last words"), leave("alice")].concat());
    alice.expect_closed();
}

#[test]
fn what_is_queued_for_a_peer_that_finishes_sending_is_written_too() {
    let room = Room::open();
    let mut alice = room.narrow_member("alice");
    let mut bob = room.member("bob");
    alice.expect(join("bob"));
    let queued = queue_for_those_who_do_not_read(&room, &mut bob);
    alice.finish_sending();
    bob.expect(leave("alice"));
    alice.expect(queued);
    alice.expect_closed();
}

#[test]
fn half_a_frame_at_the_end_is_not_delivered() {
    let room = Room::open();
    let mut bob = room.member("bob");
    for half in [
        "CHAT/1.0 TEXT\r\nUsername: al",
        "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 9\r\n\r\nhalf",
    ] {
        let mut alice = room.member("alice");
        bob.expect(join("alice"));
        alice.send(half);
        drop(alice);
        bob.expect(leave("alice"));
    }
}

#[test]
fn a_connection_that_ends_before_join_is_heard_by_nobody() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    drop(room.connect());
    room.connect().reset();
    let mut half = room.connect();
    half.send("CHAT/1.0 JOIN\r\nUsername: carol\r\n");
    half.finish_sending();
    half.expect_closed();
    alice.send(text("alice", "nobody came"));
    bob.expect(text("alice", "nobody came"));
}

/// Makes bob say more than the sockets of a narrow member hold, but less than an outbox holds. Returns all of it.
fn queue_for_those_who_do_not_read(room: &Room, bob: &mut Peer) -> Vec<u8> {
    const COUNT: usize = 40;
    let frame = text("bob", [b'x'; 65536]);
    for _ in 0..COUNT {
        bob.send(&frame);
        room.hears(&frame);
    }
    frame.repeat(COUNT)
}
