//! How many connections are served at a time.

use std::time::Instant;

use hubbub_server::Settings;
use hubbub_testing::{DEADLINE, Peer, Room, join, leave, text};
use hubbub_wire::Limits;

/// Small, so that [`Room::knock`] costs little.
const MAX_PAYLOAD: usize = 100;

fn room_for(max_peers: usize) -> Room {
    Room::unwatched_with(Settings {
        max_peers,
        limits: Limits {
            max_payload: MAX_PAYLOAD,
            ..Limits::DEFAULT
        },
        ..Settings::default()
    })
}

/// A peer's place is free when the server has closed its connection, a little after its LEAVE.
#[track_caller]
fn knock_until_there_is_a_place(room: &Room, name: &str) -> Peer {
    let until = Instant::now() + DEADLINE;
    loop {
        match room.knock(name, MAX_PAYLOAD) {
            Ok(peer) => return peer,
            Err(told) => assert!(Instant::now() < until, "still told: {told}"),
        }
    }
}

#[test]
fn exactly_max_peers_are_served_and_one_more_is_told_and_closed() {
    let room = room_for(3);
    let mut alice = room.knock("alice", MAX_PAYLOAD).unwrap();
    let mut bob = room.knock("bob", MAX_PAYLOAD).unwrap();
    alice.expect(join("bob"));
    // A connection counts before it has joined.
    let mut stranger = room.connect();
    for _ in 0..3 {
        let told = room.knock("dave", MAX_PAYLOAD).err().unwrap();
        assert!(told.contains("full") && told.contains('3'), "{told}");
    }
    let mut silent = room.connect();
    silent.expect_notice();
    silent.expect_closed();
    // The members do not notice, and the last of the three is served.
    stranger.send(join("stranger"));
    for member in [&mut alice, &mut bob] {
        member.expect(join("stranger"));
    }
    bob.send(text("bob", "a full room"));
    alice.expect(text("bob", "a full room"));
    stranger.expect(text("bob", "a full room"));
}

#[test]
fn a_place_is_free_again_when_one_has_gone_in_whatever_way() {
    let room = room_for(2);
    let mut alice = room.knock("alice", MAX_PAYLOAD).unwrap();
    for way in ["leave", "close", "reset"] {
        let mut guest = knock_until_there_is_a_place(&room, way);
        alice.expect(join(way));
        assert!(room.knock("dave", MAX_PAYLOAD).is_err(), "{way}");
        match way {
            "leave" => {
                guest.send(leave(way));
                guest.expect_closed();
            }
            "reset" => guest.reset(),
            _ => drop(guest),
        }
        alice.expect(leave(way));
    }
    let _last = knock_until_there_is_a_place(&room, "last");
    alice.expect(join("last"));
}

#[test]
fn a_room_for_one_serves_one() {
    let room = room_for(1);
    let alice = room.knock("alice", MAX_PAYLOAD).unwrap();
    assert!(room.knock("bob", MAX_PAYLOAD).is_err());
    drop(alice);
    let _bob = knock_until_there_is_a_place(&room, "bob");
}
