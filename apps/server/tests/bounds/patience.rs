//! How long the server keeps a connection that says nothing.

use std::io::Write;
use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_testing::{DEADLINE, Room, join, leave, text};
#[cfg(target_os = "linux")]
use hubbub_testing::{TcpSocket, tcp_sockets};

fn room_that_waits_a_second_for_join() -> Room {
    Room::with(Settings {
        join_timeout: Duration::from_secs(1),
        ..Settings::default()
    })
}

#[test]
fn who_does_not_join_in_time_is_closed_and_who_has_joined_is_not() {
    let room = room_that_waits_a_second_for_join();
    // They connect before the others, so a deadline of theirs would pass first.
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
    // A second has passed when the other room has closed a connection.
    brief.connect().expect_closed();
    late.send(join("late"));
    room.hears(join("late"));
}

fn room_that_waits_for_a_text(text_timeout: Duration) -> Room {
    Room::with(Settings {
        text_timeout,
        ..Settings::default()
    })
}

#[test]
fn who_does_not_go_on_with_a_text_in_time_is_told_and_closed_and_nobody_else_is() {
    let room = room_that_waits_for_a_text(Duration::from_secs(1));
    let [mut silent, mut half_a_head, mut noisy] = room.members(["silent", "half a head", "noisy"]);
    let [mut half, mut alice] = room.members(["half", "alice"]);
    let began = Instant::now();
    half_a_head.send("CHAT/1.0 TEXT\r\nUser");
    // The stray byte of a client that counts characters instead of bytes.
    noisy.send([text("noisy", "hi"), b"\xa9".to_vec()].concat());
    half.send(&text("half", "never finished")[..50]);
    room.hears(leave("half"));
    assert!(began.elapsed() >= Duration::from_secs(1));
    half.expect(text("noisy", "hi"));
    assert!(half.expect_notice().contains("1s"));
    half.expect_closed();
    half_a_head.send("name: half a head\r\nMsg-len: 2\r\n\r\nhi");
    room.hears(text("half a head", "hi"));
    for (name, member) in [
        ("silent", &mut silent),
        ("noisy", &mut noisy),
        ("alice", &mut alice),
    ] {
        member.send(text(name, "still here"));
        room.hears(text(name, "still here"));
    }
}

/// Each piece comes in time, and all of them together take longer.
#[test]
fn a_text_that_goes_on_in_time_is_heard_however_long_it_takes() {
    let limit = Duration::from_secs(2);
    let room = room_that_waits_for_a_text(limit);
    let mut slow = room.member("slow");
    let words = "letter by letter by letter";
    let said = text("slow", words);
    let began = Instant::now();
    let (head, words) = said.split_at(said.len() - words.len());
    slow.send(head);
    for byte in words {
        // The pace is what this tests.
        std::thread::sleep(limit / 10);
        slow.send([*byte]);
    }
    assert!(began.elapsed() > 2 * limit, "too fast to tell");
    room.hears(said);
}

#[test]
fn who_finishes_a_text_in_time_may_then_be_silent_for_longer() {
    let room = room_that_waits_for_a_text(Duration::from_secs(2));
    let mut bob = room.member("bob");
    let said = text("bob", "in two pieces");
    bob.send(&said[..said.len() - 5]);
    room.wait_until_read();
    bob.send(&said[said.len() - 5..]);
    room.hears(said);
    // Its deadline has passed when a later one has.
    let mut half = room.member("half");
    half.send(&text("half", "never finished")[..50]);
    room.hears(leave("half"));
    bob.send(text("bob", "still here"));
    room.hears(text("bob", "still here"));
}

#[test]
fn a_stranger_in_the_middle_of_a_text_is_told_and_closed_too() {
    let room = room_that_waits_for_a_text(Duration::from_millis(500));
    let mut stranger = room.connect();
    stranger.send(&text("stranger", "never finished")[..50]);
    assert!(stranger.expect_notice().contains("500ms"));
    stranger.expect_closed();
}

/// The server waits for the other end to close, so that its last message is not destroyed, but not for ever.
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

#[cfg(target_os = "linux")]
#[test]
fn an_idle_member_is_probed_before_a_minute_is_over() {
    let room = Room::open();
    let alice = room.member("alice");
    let (server, client) = (room.address().port(), alice.local_address().port());
    let sockets = tcp_sockets();
    let of_alice = |socket: &&TcpSocket| socket.local == server && socket.remote == client;
    let socket = sockets.iter().find(of_alice).unwrap();
    let probes_in = socket.probes_in.unwrap();
    assert!(probes_in < Duration::from_secs(60), "{socket:?}");
}
