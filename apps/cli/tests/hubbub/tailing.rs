//! `tail`: its lines for programs and for people, and how it ends.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use hubbub_session::{BACKLOG_BYTES, BACKLOG_EVENTS};
use hubbub_testing::{HeldPort, MIB, Room, ScriptedServer, join, leave, text};

use crate::program::{Hubbub, accept, at, hubbub};

/// The line without its time, which is checked for its form.
#[track_caller]
fn timeless(line: &str) -> String {
    let (before, rest) = line.split_once(r#""time":""#).unwrap();
    let (time, after) = rest
        .split_once(r#"","#)
        .unwrap_or_else(|| rest.split_once(r#"""#).unwrap());
    assert_eq!(time.len(), "2026-11-26T00:08:42.123Z".len(), "{line}");
    assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{line}");
    format!("{before}{after}")
}

#[test]
fn every_type_of_line_is_as_the_help_says() {
    let room = Room::open();
    let tail = Hubbub::start(&[
        "tail",
        &room.address().to_string(),
        "--username",
        "logger",
        "--json",
    ]);
    assert_eq!(timeless(&tail.line()), r#"{"type":"connected",}"#);
    let present = timeless(&tail.line());
    assert!(
        present.starts_with(r#"{"type":"present","names":["#) && present.contains(r#""watcher""#),
        "{present}"
    );
    let mut bob = room.member("bob");
    assert_eq!(timeless(&tail.line()), r#"{"type":"join","name":"bob"}"#);
    bob.send(text("bob", "hi \"there\"\u{1b}[2J"));
    let said = timeless(&tail.line());
    assert!(
        said.starts_with(r#"{"type":"text","id":""#) && said.contains(r#"","seq":""#),
        "{said}"
    );
    assert!(
        said.ends_with(r#","from":"bob","text":"hi \"there\"\u001b[2J","past":false}"#),
        "{said}"
    );
    bob.send(text("bob", [0xff, b'x']));
    assert!(
        tail.line()
            .contains(r#","from":"bob","text_base64":"/3g=","past":false}"#)
    );
    bob.send(leave("bob"));
    assert_eq!(timeless(&tail.line()), r#"{"type":"leave","name":"bob"}"#);
    room.stop();
    let stopping = timeless(&tail.line());
    assert_eq!(
        stopping,
        r#"{"type":"notice","code":"stopping","text":"the server stops"}"#
    );
    let lost = timeless(&tail.line());
    assert_eq!(
        lost,
        r#"{"type":"lost","why":"the server closed the connection","cause":"cut-off"}"#
    );
}

#[test]
fn what_was_said_before_comes_as_past_and_no_more_of_it_than_was_asked_for() {
    let room = Room::open();
    let mut bob = room.member("bob");
    for words in ["one", "two", "three"] {
        bob.send(text("bob", words));
        room.hears(text("bob", words));
    }
    let tail = Hubbub::start(&[
        "tail",
        &room.address().to_string(),
        "--username",
        "logger",
        "--json",
        "--recent",
        "2",
    ]);
    for words in ["two", "three"] {
        let line = tail.line_with(r#""type":"text""#);
        assert!(
            line.ends_with(&format!(r#""text":"{words}","past":true}}"#)),
            "{line}"
        );
    }
}

#[test]
fn people_get_words_and_nothing_that_a_terminal_obeys() {
    let server = ScriptedServer::start();
    let tail = Hubbub::start(&["tail", &at(server.port()), "--username", "logger"]);
    let mut peer = accept(&server, "logger");
    peer.send(join("bob"));
    peer.send(text(
        "bob",
        "a\u{1b}]0;b\u{7}\n12:00 eve: \u{202e}c\u{9b}2J",
    ));
    peer.send(leave("bob"));
    let joined = tail.line();
    assert!(joined.ends_with(" * bob joined"), "{joined}");
    let said = tail.line();
    assert!(said.ends_with(" bob: a\u{fffd}]0;b\u{fffd}"), "{said:?}");
    assert_eq!(tail.line(), "    12:00 eve: \u{fffd}c\u{fffd}2J");
    assert!(tail.line().ends_with(" * bob left"));
}

#[test]
fn a_signal_leaves_the_room() {
    for name in ["INT", "TERM"] {
        let server = ScriptedServer::start();
        let tail = Hubbub::start(&["tail", &at(server.port()), "--username", "logger"]);
        let mut peer = accept(&server, "logger");
        peer.send(join("bob"));
        tail.line();
        tail.signal(name);
        peer.expect(leave("logger"));
        drop(peer);
        let ended = tail.ends(0, "");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn a_reader_who_has_enough_ends_it_quietly_even_while_nobody_speaks() {
    let room = Room::open();
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_hubbub");
    let line = format!(
        "{{ {program} tail {} --username logger --json; echo \"status $?\" >&2; }} | head -n 1",
        room.address()
    );
    let output = command.args(["-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "status 0\n");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("connected")
    );
    room.hears(leave("logger"));
}

#[test]
fn an_output_that_cannot_be_written_is_no_success() {
    let room = Room::open();
    let mut command = hubbub(&["who", &room.address().to_string(), "--username", "monitor"]);
    let output = command
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(74));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot write the output")
    );
}

#[test]
fn it_connects_again_by_itself_and_once_it_does_not() {
    let server = ScriptedServer::start();
    let tail = Hubbub::start(&["tail", &at(server.port()), "--username", "logger", "--json"]);
    let mut peer = accept(&server, "logger");
    peer.send(join("bob"));
    tail.line_with("join");
    peer.shut();
    drop(peer);
    tail.line_with(r#""type":"lost""#);
    let mut again = server.accept();
    again.expect(join("logger"));
    tail.line_with(r#""type":"connected""#);
}

#[test]
fn a_state_file_is_for_its_owner_only_and_a_second_program_with_it_takes_the_place_of_the_first() {
    let room = Room::open();
    let address = room.address().to_string();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    let arguments = [
        "tail",
        &address,
        "--username",
        "logger",
        "--json",
        "--state",
        path.to_str().unwrap(),
    ];
    let first = Hubbub::start(&arguments);
    first.line_with("present");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let second = Hubbub::start(&arguments);
    second.line_with("present");
    first.ends(74, "connected elsewhere");
}

#[test]
fn a_file_that_somebody_has_put_where_the_state_is_written_first_gets_no_secret() {
    let port = HeldPort::new();
    for plant in ["ln -s victim", "cp -p victim"] {
        let dir = tempfile::tempdir().unwrap();
        let (victim, state) = (dir.path().join("victim"), dir.path().join("state"));
        fs::write(&victim, "mine").unwrap();
        fs::set_permissions(&victim, Permissions::from_mode(0o644)).unwrap();
        let line = format!(
            "{plant} state.$$ && exec {} tail {} --username logger --state state",
            env!("CARGO_BIN_EXE_hubbub"),
            at(port.number())
        );
        let mut command = Command::new("sh");
        let output = command.args(["-c", &line]).current_dir(&dir).output();
        assert_eq!(output.unwrap().status.code(), Some(69));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        let found = fs::symlink_metadata(&state).unwrap();
        assert!(found.is_file(), "{found:?}");
        assert_eq!(found.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_help_says_how_much_is_fetched_of_what_was_missed() {
    let help = Hubbub::start(&["tail", "--help"]).ends(0, "").stdout;
    // However wide the terminal is.
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let most = format!(
        "more than {},{:03} messages or {} MiB",
        BACKLOG_EVENTS / 1000,
        BACKLOG_EVENTS % 1000,
        BACKLOG_BYTES / MIB
    );
    assert!(words.contains(&most), "{help}");
}
