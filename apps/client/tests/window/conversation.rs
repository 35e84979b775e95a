//! People who talk: what they type, what the others see, and the bytes between.

use std::fs;
use std::path::Path;

use hubbub_testing::{Network, Program, ScriptedServer, join, text};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

#[test]
fn two_windows_talk_and_one_leaves() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let server_port = server.port();
    let (to_alice, to_bob) = (Network::to(server_port), Network::to(server_port));

    let mut alice = Window::open_plain(&screen, "alice", to_alice.port());
    alice.is("connected");
    let mut bob = Window::open_plain(&screen, "bob", to_bob.port());
    bob.is("connected");
    alice.notices("bob", "joined");
    alice.shows_people(&["alice", "bob"]);

    alice.says("My first chat message!");
    alice.shows_texts(&["My first chat message!"]);
    alice.shows_states(&["sent"]);
    bob.shows_texts(&["My first chat message!"]);
    bob.shows_people(&["bob", "alice"]);
    bob.says("hello alice");
    alice.shows_texts(&["My first chat message!", "hello alice"]);

    assert_eq!(alice.close().code(), Some(0));
    bob.notices("alice", "left");
    bob.shows_people(&["bob"]);
    to_alice.connection(0).ends_with_all_of(
        "CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n\
         CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 22\r\n\r\nMy first chat message!\
         CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n",
    );
    to_bob.connection(0).says(
        "CHAT/1.0 JOIN\r\nUsername: bob\r\n\r\n\
         CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 11\r\n\r\nhello alice",
    );
}

#[test]
fn a_window_and_a_member_with_bare_bytes_hear_each_other() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    // Carol hears only who comes after her.
    let room = server.room();
    let mut carol = room.member("carol");
    let heard = carol.tape();
    let mut alice = Window::open(&screen, "alice", port);
    heard.says("CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n");

    carol.send("chat/1.0 nonsense\r\nCHAT/1.0 TEXT\nmsg-len:14\nUSERNAME:carol\n\n<b>Grüße</b>");
    alice.shows_texts(&["<b>Grüße</b>"]);
    alice.says("back to you");
    heard.says([join("alice"), text("alice", "back to you")].concat());
}

#[test]
fn shift_enter_breaks_the_line_and_enter_sends() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open_plain(&screen, "alice", server.port());
    let mut socket = server.accept();
    let sent = socket.tape();
    alice.is("connected");

    alice.types("one", "one");
    alice.press("shift+Return");
    alice.types("two ", "one\ntwo ");
    alice.inserts("é");
    alice.press("Return");
    alice.shows_texts(&["one\ntwo é"]);
    sent.says(
        "CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n\
         CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 10\r\n\r\none\ntwo é",
    );

    socket.send(text("bob", "three\r\nfour"));
    alice.shows_texts(&["one\ntwo é", "three\nfour"]);
}

#[test]
fn a_zone_that_is_set_while_the_window_is_open_is_that_of_what_comes_then() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("zone-{}", std::process::id()));
    fs::write(&file, zone("ONE", 1)).unwrap();
    let environment = [("TZ", file.to_str().unwrap())];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &environment);
    let mut socket = server.accept();
    alice.is("connected");
    let mut hears = |alice: &mut Window, words: &str, zone: &str| {
        socket.send(text("bob", words));
        alice.shows(
            "(e => e && [e.querySelector('.text').textContent, e.querySelector('time').title.split(' ').at(-1)])\
             ([...document.querySelectorAll('.message')].at(-1))",
            &json!([words, zone]),
        );
    };
    hears(&mut alice, "before", "ONE");
    fs::write(&file, zone("TWO", 2)).unwrap();
    alice.minimises();
    alice.focus();
    hears(&mut alice, "after", "TWO");
    fs::remove_file(&file).unwrap();
}

/// A file of the time zone with this short name, this many hours ahead of Greenwich.
fn zone(name: &str, hours: u8) -> Vec<u8> {
    // No leap second and no change, one type of time and the four bytes of its name.
    let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
    let kind = [&(u32::from(hours) * 3600).to_be_bytes()[..], &[0, 0]].concat();
    let block = [
        b"TZif2",
        &[0; 15][..],
        &counts,
        &kind,
        name.as_bytes(),
        b"\0",
    ]
    .concat();
    let footer = format!("\n{name}-{hours}\n");
    [&block[..], &block[..], footer.as_bytes()].concat()
}
