//! A room on several servers: each command finds the one that lets it in.

use hubbub_server::Settings;
use hubbub_testing::{HeldPort, Program, Room, join, leave, text};

use crate::program::{Hubbub, send};

/// How often a command is run, so that it has begun at each server with near certainty.
const RUNS: usize = 12;

fn list(ports: &[u16]) -> String {
    let addresses: Vec<_> = ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    addresses.join(",")
}

#[test]
fn who_asks_the_server_that_listens() {
    let (closed, room) = (HeldPort::new(), Room::open());
    let list = list(&[closed.number(), room.address().port()]);
    for _ in 0..RUNS {
        let ended = Hubbub::start(&["who", &list, "--username", "monitor"]).ends(0, "");
        assert_eq!(ended.stderr, "");
        assert!(ended.stdout.contains("monitor"), "{ended:?}");
    }
}

#[test]
fn a_server_that_is_full_is_no_reason_to_give_up() {
    let full = Room::unwatched_with(Settings {
        max_peers: 1,
        ..Settings::default()
    });
    let _bob = full.ours("bob");
    let free = Room::open();
    let list = list(&[full.address().port(), free.address().port()]);
    for _ in 0..RUNS {
        let ended = Hubbub::start(&["who", &list, "--username", "monitor"]).ends(0, "");
        assert_eq!(ended.stderr, "");
        assert!(ended.stdout.contains("monitor"), "{ended:?}");
    }
}

#[test]
fn what_is_sent_arrives_where_a_server_lets_in() {
    let (closed, room) = (HeldPort::new(), Room::open());
    let list = list(&[closed.number(), room.address().port()]);
    for number in 0..RUNS {
        let words = format!("build {number}");
        let sent = send(words.as_bytes(), &["send", &list, "--username", "ci"]);
        assert_eq!((sent.status, &*sent.stderr), (Some(0), ""));
        room.hears(join("ci"));
        room.hears(text("ci", words));
        room.hears(leave("ci"));
    }
}

#[test]
fn nobody_anywhere_is_told_with_all_addresses() {
    let (one, two) = (HeldPort::new(), HeldPort::new());
    let list = list(&[one.number(), two.number()]);
    Hubbub::start(&["who", &list, "--username", "monitor"]).ends(69, "connection refused");
}

#[test]
fn tail_goes_on_at_another_server_when_one_is_killed() {
    let (one, two) = (HeldPort::new(), HeldPort::new());
    let first = Program::on(&one);
    let list = list(&[one.number(), two.number()]);
    let tail = Hubbub::start(&["tail", &list, "--username", "logger", "--json"]);
    tail.line_with(r#""type":"present""#);
    let mut second = Program::on(&two);
    first.signal("KILL");
    tail.line_with(r#""type":"lost""#);
    tail.line_with(r#""type":"present""#);
    let room = second.room();
    let mut bob = room.member("bob");
    bob.send(text("bob", "here now"));
    tail.line_with("here now");
}
