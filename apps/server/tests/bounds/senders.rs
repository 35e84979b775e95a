//! Peers that send slowly, half, or much.

use hubbub_testing::{MIB, Room, join, leave, text};
use hubbub_wire::Limits;

#[test]
fn a_peer_that_has_sent_half_a_frame_holds_up_nobody() {
    let room = Room::open();
    let [mut bob, mut carol, mut dave] = room.members(["bob", "carol", "dave"]);
    let mut eve = room.connect();
    eve.send("CHAT/1.0 JOIN\r\nUser");
    bob.send("CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-");
    carol.send("CHAT/1.0 TEXT\r\nUsername: carol\r\nMsg-len: 1000000\r\n\r\nlong");
    for number in 0..100 {
        dave.send(text("dave", number.to_string()));
        for half in [&mut bob, &mut carol] {
            half.expect(text("dave", number.to_string()));
        }
    }
    bob.send("len: 6\r\n\r\nat las");
    dave.expect(text("bob", "at las"));
    carol.send(vec![b'x'; 1_000_000 - 4]);
    let whole = [b"long".to_vec(), vec![b'x'; 1_000_000 - 4]].concat();
    dave.expect(text("carol", whole));
    eve.send("name: eve\r\n\r\n");
    dave.expect(join("eve"));
}

#[test]
fn a_silent_peer_holds_up_nobody() {
    let room = Room::open();
    let _stranger = room.connect();
    let [mut silent, mut alice, mut bob] = room.members(["silent", "alice", "bob"]);
    for number in 0..100 {
        alice.send(text("alice", number.to_string()));
        bob.expect(text("alice", number.to_string()));
    }
    for number in 0..100 {
        silent.expect(text("alice", number.to_string()));
    }
}

#[test]
fn a_payload_of_1_mib_is_delivered_and_one_of_a_byte_more_is_not() {
    assert_eq!(Limits::DEFAULT.max_payload, MIB);
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let longest = vec![b'x'; MIB];
    alice.send(text("alice", &longest));
    bob.expect(text("alice", &longest));
    alice.send(text("alice", vec![b'x'; MIB + 1]));
    alice.expect_notice();
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
}
