//! Programs of strangers in our room: small Python programs with the habits of other people's clients, and a complete
//! client and server of another student. The tests check what they show and what others in the room get.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod readers;
mod senders;
mod student;

use hubbub_testing::{Peer, Room, Stranger, join};

/// A room with bob, who speaks raw bytes, and then a stranger named carol.
fn bob_and_carol(habit: &str) -> (Room, Peer, Stranger) {
    let room = Room::open();
    let mut bob = room.member("bob");
    let carol = stranger_in(&room, "carol", habit);
    bob.expect(join("carol"));
    (room, bob, carol)
}

/// A stranger with this habit, who has sent a JOIN.
fn stranger_in(room: &Room, name: &str, habit: &str) -> Stranger {
    let port = room.address().port().to_string();
    let mut stranger = Stranger::start("wild_client.py", &[&port, name, habit]);
    stranger.shows("joined");
    stranger
}
