//! How strangers come into a room.

use hubbub_testing::{Peer, Room, Stranger, join};

use crate::room;

/// A room with bob, who speaks raw bytes, and then a stranger named carol.
pub(crate) fn bob_and_carol(habit: &str) -> (Room, Peer, Stranger) {
    let room = room();
    let mut bob = room.member("bob");
    let carol = stranger_in(&room, "carol", habit);
    bob.expect(join("carol"));
    (room, bob, carol)
}

/// A stranger with this habit, who has sent a JOIN.
pub(crate) fn stranger_in(room: &Room, name: &str, habit: &str) -> Stranger {
    let port = room.address().port().to_string();
    let mut stranger = Stranger::start("wild_client.py", &[&port, name, habit]);
    stranger.shows("joined");
    stranger
}
