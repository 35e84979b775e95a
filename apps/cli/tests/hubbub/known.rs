//! What is known of private rooms: how it is forgotten, and what is said where nothing can be kept.

use std::fs;
use std::process::Stdio;
use std::time::Instant;

use hubbub_server::Settings;
use hubbub_server::tls::Tls;
use hubbub_testing::tls::Certificate;
use hubbub_testing::{DEADLINE, Room, ScriptedServer};
use hubbub_transport::tls::Identity;

use crate::private::Private;
use crate::program::{Hubbub, at, hubbub};

#[test]
fn forget_forgets_a_room_without_going_there() {
    let certificate = Certificate::self_signed("localhost");
    let room = Private::new(&certificate);
    let forget = |arguments: &[&str]| {
        let mut program = hubbub(&["forget"]);
        program
            .args(arguments)
            .env("XDG_STATE_HOME", room.home.path())
            .stdout(Stdio::piped());
        Hubbub::run(program)
    };
    let invitation = format!("{}/#pin={},key=x", room.link(), certificate.pin());
    let invitation = room.file("invitation", invitation);
    let named = [&*room.link(), "--pin", &certificate.pin()].map(str::to_owned);
    for whereabouts in [
        &[&*room.link()][..],
        &[&*room.address()],
        &["--invitation", &*invitation],
    ] {
        room.comes_in(&named.each_ref().map(String::as_str));
        let heard = room.offers().len();
        let forgotten = format!("the key of {} is forgotten", room.address());
        forget(whereabouts).ends(0, &forgotten);
        forget(whereabouts).ends(0, "nothing was known of");
        assert_eq!(room.offers().len(), heard);
        room.run("who", &[&room.link()]).ends(77, "is not known");
    }
    forget(&[]).ends(2, "required");
    fs::write(room.known(), "what is this").unwrap();
    forget(&[&room.link()]).ends(78, "known_rooms.toml");
}

#[test]
fn every_command_says_on_stderr_that_a_key_is_not_kept() {
    let certificate = Certificate::self_signed("localhost");
    let room = Room::unwatched_with(Settings {
        tls: Some(Tls::own(
            Identity::from_pem(certificate.chain.as_bytes(), certificate.key.as_bytes()).unwrap(),
        )),
        ..Settings::default()
    });
    let link = format!("chats://{}", room.address());
    let home = tempfile::tempdir().unwrap();
    // Whoever writes locks this first.
    fs::create_dir_all(home.path().join("hubbub/known_rooms.toml.lock")).unwrap();
    let words = "cannot write the known rooms";
    for command in ["send", "who", "ping", "chat", "tail"] {
        let mut program = hubbub(&[command, &link, "--pin", &certificate.pin()]);
        program
            .args(["--username", "logger"])
            .env("XDG_STATE_HOME", home.path())
            .stdout(Stdio::piped());
        let mut program = Hubbub::run(program);
        match command {
            "send" => program.write(b"hi\n"),
            "tail" => {
                program.error_with(words);
                program.signal("TERM");
                let ended = program.ends(0, "");
                assert!(!ended.stdout.contains(words), "{ended:?}");
                continue;
            }
            _ => {}
        }
        let ended = program.ends(0, words);
        assert!(!ended.stderr.contains("server says"), "{ended:?}");
    }
}

#[test]
fn ping_counts_the_time_of_the_connection_and_not_what_it_takes_to_be_let_in() {
    let certificate = Certificate::self_signed("localhost");
    let server = ScriptedServer::start();
    let home = tempfile::tempdir().unwrap();
    let link = format!("chats://{}", at(server.port()));
    let mut program = hubbub(&["ping", &link, "--pin", &certificate.pin()]);
    program
        .env("XDG_STATE_HOME", home.path())
        .stdout(Stdio::piped());
    let ping = Hubbub::run(program);
    let mut peer = server.accept().accept_tls(&certificate).unwrap();
    // It says nothing, and so it is only after 6 s that the room is taken for one that lets us in.
    peer.next_frame(Instant::now() + DEADLINE).unwrap();
    let line = ping.line_with("connected in ");
    let (_, took) = line.split_once("connected in ").unwrap();
    let (took, _) = took.split_once(" ms; this server has no answer").unwrap();
    assert!(took.parse::<f64>().unwrap() < 5000.0, "{line}");
    ping.ends(0, "");
}
