//! How long the server bears with a connection that says nothing.

use std::io::Write;
use std::time::{Duration, Instant};

use hubbub_server::Settings;

use crate::common::{DEADLINE, Room, join, text};

fn room_that_waits_a_second_for_join() -> Room {
    Room::with(Settings {
        join_timeout: Duration::from_secs(1),
        ..Settings::default()
    })
}

#[test]
fn who_does_not_join_in_time_is_closed_and_who_has_joined_is_not() {
    let room = room_that_waits_a_second_for_join();
    // They joined before the others connected: their second is over first.
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut silent = room.connect();
    let mut half = room.connect();
    half.send("CHAT/1.0 JOIN\r\nUsername: half\r\n");
    let mut early = room.connect();
    early.send(text("early", "a TEXT is no JOIN"));
    silent.expect_closed();
    half.expect_closed();
    early.expect_closed();
    alice.send(text("alice", "nobody came, nobody left"));
    bob.expect(text("alice", "nobody came, nobody left"));
    bob.send(text("bob", "right"));
    alice.expect(text("bob", "right"));
}

#[test]
fn a_join_may_come_late_as_long_as_it_comes_in_time() {
    let room = Room::with(Settings {
        join_timeout: Duration::from_secs(20),
        ..Settings::default()
    });
    let mut late = room.connect();
    let brief = room_that_waits_a_second_for_join();
    // A second passes: the other room has closed on somebody.
    brief.connect().expect_closed();
    late.send(join("late"));
    room.hears(join("late"));
}

/// The server waits for the other end, so that its last words are not destroyed, but not for ever.
#[test]
fn a_refused_peer_that_never_stops_sending_is_closed_all_the_same() {
    let room = Room::open();
    let _alice = room.member("alice");
    let mut second = room.connect();
    second.send(join("alice"));
    second.expect_notice();
    second.expect_closed();
    let since = Instant::now();
    let mut writer = second.writer();
    while writer.write_all(&text("alice", "let me in")).is_ok() {
        assert!(since.elapsed() < DEADLINE, "the server still reads");
    }
}

/// The kernel shows which timer a socket runs: 2 is the one that probes an idle peer.
#[cfg(target_os = "linux")]
#[test]
fn an_idle_member_is_probed_before_a_minute_is_over() {
    const CLOCK_TICKS_A_SECOND: u64 = 100;
    let room = Room::open();
    let alice = room.member("alice");
    let (server, client) = (room.address().port(), alice.local_address().port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let row: Vec<&str> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|row| {
            row[1].ends_with(&format!(":{server:04X}"))
                && row[2].ends_with(&format!(":{client:04X}"))
        })
        .unwrap_or_else(|| panic!("the server's end of {server} and {client} is not in {table}"));
    let (timer, remaining) = row[5].split_once(':').unwrap();
    assert_eq!(timer, "02", "{row:?}");
    let remaining = u64::from_str_radix(remaining, 16).unwrap();
    assert!(remaining < 60 * CLOCK_TICKS_A_SECOND, "{row:?}");
}
