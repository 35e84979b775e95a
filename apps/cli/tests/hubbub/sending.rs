//! `send`: what arrives, also when a connection breaks or the server is killed.

use std::fmt::Write as _;

use hubbub_testing::{HeldPort, Program, Room, ScriptedServer, server, text};

use crate::program::{Hubbub, accept, at, send};

#[test]
fn all_of_stdin_is_one_message_and_by_lines_each_is_one() {
    let room = Room::open();
    let address = room.address().to_string();
    let arguments = ["send", &address, "--username", "ci", "--require-ack"];
    let ended = send(b"one\r\ntwo\n", &arguments);
    assert_eq!(
        (ended.status, &*ended.stdout, &*ended.stderr),
        (Some(0), "", "")
    );
    room.hears(text("ci", "one\ntwo"));
    let ended = send(b"three\n\nfour", &[&arguments[..], &["--lines"]].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    room.hears(text("ci", "three"));
    room.hears(text("ci", "four"));
}

#[test]
fn a_line_is_said_as_soon_as_it_is_read() {
    let room = Room::open();
    let mut sending = Hubbub::start(&[
        "send",
        &room.address().to_string(),
        "--username",
        "ci",
        "--lines",
    ]);
    for line in ["one", "two"] {
        sending.write(format!("{line}\n").as_bytes());
        room.hears(text("ci", line));
    }
    sending.ends(0, "");
}

#[test]
fn lines_that_cannot_be_sent_are_told_and_the_others_arrive() {
    let room = Room::open();
    let ended = send(
        b"one\n\xff\nthree\n",
        &[
            "send",
            &room.address().to_string(),
            "--username",
            "ci",
            "--lines",
        ],
    );
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("line 2 was not sent: it is not UTF-8"),
        "{ended:?}"
    );
    room.hears(text("ci", "one"));
    room.hears(text("ci", "three"));
}

#[test]
fn a_text_that_the_server_finds_too_long_is_told_with_the_limit() {
    let mut server = Program::with(&["--max-payload", "1KiB"], &[]);
    let ended = send(
        &[b'a'; 1025],
        &["send", &at(server.port()), "--username", "ci"],
    );
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("1024 bytes is the most"), "{ended:?}");
    assert_eq!(
        send(
            &[b'a'; 1024],
            &["send", &at(server.port()), "--username", "ci"]
        )
        .status,
        Some(0)
    );
}

#[test]
fn a_thousand_lines_to_a_server_that_grants_are_not_paced() {
    let room = Room::open();
    let lines: String = (0..1000).fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{number}");
        lines
    });
    let began = std::time::Instant::now();
    let ended = send(
        lines.as_bytes(),
        &[
            "send",
            &room.address().to_string(),
            "--username",
            "ci",
            "--lines",
        ],
    );
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // At 20 ms each it would be 20 s.
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    room.hears(text("ci", "999"));
}

/// A server with a history on this port, once it listens.
fn remembering(port: &HeldPort, dir: &std::path::Path) -> Program {
    let mut command = server();
    command
        .args([
            "--listen",
            "127.0.0.1",
            "--port",
            &port.number().to_string(),
            "--history",
        ])
        .arg(dir);
    let mut program = Program::run(command);
    program.port();
    program
}

#[test]
fn a_server_that_is_killed_in_the_middle_costs_no_message_and_doubles_none() {
    let dir = tempfile::tempdir().unwrap();
    let port = HeldPort::new();
    let first = remembering(&port, dir.path());
    let mut sending = Hubbub::start(&[
        "send",
        &at(port.number()),
        "--username",
        "ci",
        "--lines",
        "--require-ack",
    ]);
    let listener = Hubbub::start(&["tail", &at(port.number()), "--username", "logger", "--json"]);
    // It is connected before the server has its JOIN, and would not hear what is said until then.
    listener.line_with(r#""type":"present""#);
    sending.write(b"one\n");
    listener.line_with(r#""text":"one""#);
    first.signal("KILL");
    sending.error_with("connecting again");
    sending.write(b"two\nthree\n");
    drop(first);
    let _second = remembering(&port, dir.path());
    sending.ends(0, "");
    listener.line_with(r#""text":"two""#);
    listener.line_with(r#""text":"three""#);
    let kept = Hubbub::start(&["export", dir.path().to_str().unwrap(), "--json"]).ends(0, "");
    for words in ["one", "two", "three"] {
        assert_eq!(
            kept.stdout.matches(&format!(r#""text":"{words}""#)).count(),
            1,
            "{kept:?}"
        );
    }
}

#[test]
fn a_plain_server_that_breaks_in_the_middle_leaves_it_in_doubt() {
    let server = ScriptedServer::start();
    let mut sending = Hubbub::start(&["send", &at(server.port()), "--username", "ci", "--lines"]);
    let mut peer = accept(&server, "ci");
    sending.write(b"one\n");
    peer.expect(text("ci", "one"));
    peer.reset();
    sending.ends(74, "1 message is not known to have arrived");
}
