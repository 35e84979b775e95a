//! The exit statuses, one by one, with plain servers and with ours.

use hubbub_testing::{HeldPort, Room, ScriptedServer, join, leave, text};

use crate::outages::{accept_offer, welcome};
use crate::program::{Hubbub, accept, at, send};

const COMMANDS: [&str; 5] = ["send", "tail", "who", "ping", "chat"];

/// A command with something to say, if it wants that.
fn start(command: &str, room: &str) -> Hubbub {
    let mut program = Hubbub::start(&[command, room, "--username", "alice"]);
    if command == "send" {
        program.write(b"hi\n");
    }
    program.stdin = None;
    program
}

#[test]
fn status_0_each_command_is_done_with_a_server_of_ours() {
    let room = Room::open();
    let address = room.address().to_string();
    for command in ["send", "who", "ping", "chat"] {
        start(command, &address).ends(0, "");
    }
    let tail = start("tail", &address);
    tail.line_with("here: ");
    tail.signal("TERM");
    tail.ends(0, "");
}

#[test]
fn status_0_what_went_to_a_plain_server_was_read_when_it_closes_after_the_leave() {
    let server = ScriptedServer::start();
    let sending = start("send", &at(server.port()));
    let mut peer = accept(&server, "alice");
    peer.expect(text("alice", "hi"));
    peer.expect(leave("alice"));
    peer.expect_closed();
    drop(peer);
    sending.ends(0, "");
}

#[test]
fn status_2_the_command_line_or_stdin_is_wrong() {
    for arguments in [
        &["send"][..],
        &["tail", "chat://a", "--username", ""],
        &["who", "chat://a", "--username", "server"],
        &["shout"],
    ] {
        Hubbub::start(arguments).ends(2, "error: ");
    }
    let room = ["send", "127.0.0.1:1", "--username", "alice"];
    for (stdin, words) in [
        (&b""[..], "stdin is empty"),
        (b"\n", "stdin is empty"),
        (b"ab\xff", "not UTF-8 from byte 3"),
        (&[b'a'; (1 << 20) + 1], "1048576 bytes"),
    ] {
        let ended = send(stdin, &room);
        assert_eq!((ended.status, &*ended.stdout), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}

#[test]
fn status_69_nobody_takes_the_connection() {
    let port = HeldPort::new();
    for command in COMMANDS {
        let room = at(port.number());
        let ended = start(command, &room).ends(69, "connection refused");
        let words = match command {
            "chat" => format!("hubbub: cannot reach {room}: connection refused\n"),
            _ => "hubbub: connection refused\n".to_owned(),
        };
        assert_eq!((&*ended.stdout, ended.stderr), ("", words), "{command}");
    }
    Hubbub::start(&["who", &"x".repeat(64), "--username", "a"]).ends(69, "no such host");
}

#[test]
fn status_74_a_plain_server_that_resets_may_not_have_read_everything() {
    let server = ScriptedServer::start();
    let sending = start("send", &at(server.port()));
    let mut peer = accept(&server, "alice");
    peer.expect(text("alice", "hi"));
    peer.expect(leave("alice"));
    peer.reset();
    sending.ends(74, "1 message is not known to have arrived");
}

#[test]
fn status_74_a_plain_server_that_does_not_close_may_not_have_read_everything() {
    let server = ScriptedServer::start();
    let sending = start("send", &at(server.port()));
    let mut peer = accept(&server, "alice");
    peer.expect(text("alice", "hi"));
    peer.expect(leave("alice"));
    sending.ends(74, "the server did not close");
    drop(peer);
}

#[test]
fn status_74_every_command_that_does_not_connect_again_is_cut_off_with_its_connection() {
    for command in ["send", "who", "ping", "tail --once"] {
        let server = ScriptedServer::start();
        let (command, once) = command.split_once(' ').unwrap_or((command, ""));
        let room = at(server.port());
        let mut arguments = vec![command, &room, "--username", "alice"];
        arguments.extend((!once.is_empty()).then_some(once));
        let mut program = Hubbub::start(&arguments);
        if command == "send" {
            program.write(b"hi\n");
        }
        program.stdin = None;
        // The first connection may have been closed because of the offer.
        accept(&server, "alice").shut();
        let mut second = server.accept();
        second.expect(join("alice"));
        second.shut();
        program.ends(74, "closed the connection");
    }
}

#[test]
fn status_76_what_listens_there_is_no_chat_server() {
    for command in COMMANDS {
        let server = ScriptedServer::start();
        let program = start(command, &at(server.port()));
        let mut peer = accept(&server, "alice");
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n".repeat(1000));
        program.ends(76, "not CHAT/1.0");
    }
}

#[test]
fn status_76_a_plain_server_cannot_say_who_is_here_or_what_has_arrived() {
    let server = ScriptedServer::start();
    let room = at(server.port());
    let who = start("who", &room);
    let _peer = accept(&server, "alice");
    who.ends(76, "does not tell who is here");
    let mut sending = Hubbub::start(&["send", &room, "--username", "alice", "--require-ack"]);
    sending.write(b"hi\n");
    sending.stdin = None;
    let mut peer = accept(&server, "alice");
    sending.ends(76, "nothing was sent");
    peer.expect(leave("alice"));
    peer.expect_closed();
}

#[test]
fn status_77_the_name_is_taken() {
    let room = Room::open();
    let _alice = room.ours("alice");
    for command in COMMANDS {
        start(command, &room.address().to_string()).ends(77, "this name is taken");
    }
}

#[test]
fn status_77_comes_with_the_word_for_it_in_json() {
    let room = Room::open();
    let _alice = room.ours("alice");
    let address = room.address().to_string();
    let tail = Hubbub::start(&["tail", &address, "--username", "alice", "--json"]);
    let ended = tail.ends(77, "");
    assert!(ended.stdout.contains(r#""cause":"name""#), "{ended:?}");
    let server = ScriptedServer::start();
    let room = at(server.port());
    let tail = Hubbub::start(&["tail", &room, "--username", "logger", "--json"]);
    let (mut peer, _offer) = accept_offer(&server);
    peer.send("CHAT/1.0 NOTICE\r\nUsername: logger\r\nCode: banned\r\nMsg-len: 3\r\n\r\nout");
    peer.shut();
    let ended = tail.ends(77, "hubbub: out\n");
    assert!(ended.stdout.contains(r#""cause":"banned""#), "{ended:?}");
}

#[test]
fn status_77_a_refusal_of_a_plain_server_is_told_in_its_words() {
    for command in COMMANDS {
        let server = ScriptedServer::start();
        let program = start(command, &at(server.port()));
        let mut peer = accept(&server, "alice");
        peer.send(text("server", "no room\u{1b}[2J"));
        peer.shut();
        program.ends(77, "hubbub: no room\u{fffd}[2J\n");
    }
}

#[test]
fn status_77_a_refusal_that_comes_after_all_is_sent_is_no_success() {
    let server = ScriptedServer::start();
    let sending = start("send", &at(server.port()));
    let mut peer = accept(&server, "alice");
    peer.expect(text("alice", "hi"));
    peer.expect(leave("alice"));
    peer.send(text("server", "the name is taken"));
    peer.shut();
    sending.ends(
        77,
        "the name is taken; 1 message is not known to have arrived",
    );
}

#[test]
fn status_78_a_state_file_that_is_not_ours_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    let state = path.to_str().unwrap();
    let other = r#"{"version":1,"address":"127.0.0.1:2","username":"alice","secret":"#;
    let other = format!(r#"{other}"00000000000000000000000000000001"}}"#);
    for (content, words) in [
        ("", "not one that hubbub has written"),
        ("{}", "not one that hubbub"),
        (r#"{"version":2}"#, "version 2"),
        (&other, "belongs to 127.0.0.1:2"),
    ] {
        std::fs::write(&path, content).unwrap();
        let tail = Hubbub::start(&[
            "tail",
            "127.0.0.1:1",
            "--username",
            "alice",
            "--state",
            state,
        ]);
        let ended = tail.ends(78, words);
        assert!(ended.stderr.contains(state), "{ended:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    let nowhere = dir.path().join("no/state");
    Hubbub::start(&[
        "tail",
        "127.0.0.1:1",
        "--username",
        "alice",
        "--state",
        nowhere.to_str().unwrap(),
    ])
    .ends(78, "cannot be written");
}

#[test]
fn status_130_a_signal_ends_a_send_that_was_not_done() {
    for name in ["INT", "TERM"] {
        let room = Room::open();
        let mut sending = Hubbub::start(&[
            "send",
            &room.address().to_string(),
            "--username",
            "alice",
            "--lines",
        ]);
        room.hears(join("alice"));
        sending.write(b"hi\n");
        room.hears(text("alice", "hi"));
        sending.signal(name);
        until_ended(&mut sending);
        sending.ends(130, "interrupted");
        room.hears(leave("alice"));
    }
}

#[test]
fn status_130_a_signal_ends_a_send_of_which_the_last_message_is_not_acknowledged() {
    let server = ScriptedServer::start();
    let mut sending = Hubbub::start(&["send", &at(server.port()), "--username", "logger"]);
    sending.write(b"hi\n");
    sending.stdin = None;
    let (mut peer, offer) = accept_offer(&server);
    peer.send(welcome(&offer, &[]));
    assert!(peer.head().contains("Msg-len: 2"));
    sending.signal("INT");
    sending.ends(130, "interrupted; 1 message is not known to have arrived");
}

fn until_ended(program: &mut Hubbub) {
    hubbub_testing::until("hubbub ends", || program.has_ended());
}
