//! `who` and `ping`.

use hubbub_testing::{Room, ScriptedServer};

use crate::program::{Hubbub, accept, at};

#[test]
fn who_prints_everybody_one_name_a_line() {
    let room = Room::open();
    let _bob = room.member("bob");
    let ended =
        Hubbub::start(&["who", &room.address().to_string(), "--username", "monitor"]).ends(0, "");
    let mut names: Vec<_> = ended.stdout.lines().collect();
    names.sort_unstable();
    assert_eq!(
        (names, &*ended.stderr),
        (vec!["bob", "monitor", "watcher"], "")
    );
}

#[test]
fn ping_asks_as_often_as_it_is_told() {
    let room = Room::open();
    let ended = Hubbub::start(&["ping", &room.address().to_string(), "--count", "2"]).ends(0, "");
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{ended:?}");
    assert!(lines[1].contains("answer 2 of 2 after "), "{ended:?}");
}

#[test]
fn ping_says_of_a_plain_server_how_long_it_took_to_connect() {
    let server = ScriptedServer::start();
    let room = at(server.port());
    let ping = Hubbub::start(&["ping", &room, "--username", "ping", "--count", "2"]);
    let _peer = accept(&server, "ping");
    let ended = ping.ends(0, "");
    assert!(
        ended.stdout.contains("connected in ") && ended.stdout.contains("no answer to PING"),
        "{ended:?}"
    );
}

#[test]
fn two_monitors_ping_the_same_room_at_once() {
    let room = Room::open();
    let address = room.address().to_string();
    let first = Hubbub::start(&["ping", &address, "--count", "1000"]);
    first.line_with("answer 1 of 1000");
    Hubbub::start(&["ping", &address, "--count", "1"]).ends(0, "");
    let help = Hubbub::start(&["ping", "--help"]).ends(0, "").stdout;
    // However wide the terminal is.
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let default = "[default: ping- and four random hex digits]";
    assert!(words.contains(default), "{help}");
}
