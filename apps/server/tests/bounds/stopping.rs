//! How the server stops: what it still writes, and for how long.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use hubbub_server::Settings;
use hubbub_testing::{Peer, Room, join, text};

use crate::{MORE_THAN_SOCKETS_HOLD, PAYLOAD, fill};

fn room_that_drains_for(drain_timeout: Duration) -> Room {
    Room::with(Settings {
        drain_timeout,
        ..Settings::default()
    })
}

#[test]
fn a_stopping_server_closes_everybody_and_listens_no_more() {
    let room = Room::open();
    let address = room.address();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut stranger = room.connect();
    let mut half = room.connect();
    half.send("CHAT/1.0 JOIN\r\nUsername: half\r\n");
    let _accepted = room.member("carol");
    room.stop();
    for member in [&mut alice, &mut bob] {
        member.expect(join("carol"));
        member.expect_closed();
    }
    stranger.expect_closed();
    half.expect_gone();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_stopping_server_writes_what_is_queued() {
    let mut room = room_that_drains_for(Duration::from_secs(30));
    let mut late = room.narrow_member("late");
    let mut bob = room.member("bob");
    late.expect(join("bob"));
    let count = fill(&room, &mut bob, "bob", MORE_THAN_SOCKETS_HOLD);
    room.begin_stop();
    // Bob has nothing to read, so his end shows that the server is stopping.
    bob.expect_closed();
    assert!(TcpStream::connect(room.address()).is_err());
    for _ in 0..count {
        late.expect(text("bob", PAYLOAD));
    }
    late.expect_closed();
    room.stop();
}

#[test]
fn a_stopping_server_waits_for_a_reader_no_longer_than_its_deadline() {
    let room = room_that_drains_for(Duration::from_millis(500));
    let mut stalled = room.narrow_member("stalled");
    let mut bob = room.member("bob");
    stalled.expect(join("bob"));
    let count = fill(&room, &mut bob, "bob", MORE_THAN_SOCKETS_HOLD);
    room.stop();
    bob.expect_closed();
    let got = stalled.expect_gone();
    let wanted = text("bob", PAYLOAD).repeat(count);
    assert!(got.len() < wanted.len(), "nothing was waiting");
    assert!(wanted.starts_with(&got), "not what was sent");
}

#[test]
fn a_server_stops_though_a_peer_never_stops_sending() {
    let room = Room::open();
    let [alice, mut bob] = room.members(["alice", "bob"]);
    let mut writer = alice.writer();
    let sending = thread::spawn(move || while writer.write_all(&text("alice", "and")).is_ok() {});
    bob.expect(text("alice", "and"));
    let reading = thread::spawn(move || bob.expect_gone());
    room.stop();
    reading.join().unwrap();
    sending.join().unwrap();
}

#[test]
fn a_server_without_members_stops_at_once() {
    let room = Room::unwatched();
    let mut stranger = Peer::connect(room.address());
    room.stop();
    stranger.expect_gone();
}
