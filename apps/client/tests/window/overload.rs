//! Servers that accept and then never answer, never read or never stop: the window goes on as if nothing was wrong.

use std::io::Write;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hubbub_testing::{Peer, ScriptedServer, leave, text};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

/// A healthy window takes a second for everything here, or a few seconds on a busy machine. A window that waits for the
/// network never finishes.
const PROMPT: Duration = Duration::from_secs(60);

#[test]
fn a_server_that_never_answers_does_not_hold_up_the_window() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let sent = server.accept().tape();
    alice.is("connected");
    alice.says("anybody there?");
    alice.shows_states(&["sent"]);
    sent.mentions(text("alice", "anybody there?"));
    assert_prompt(&mut alice);
}

#[test]
fn a_server_that_never_reads_does_not_hold_up_the_window() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _never_read = server.accept();
    alice.is("connected");

    // More than the kernel takes for a socket that nobody reads (net.ipv4.tcp_wmem and tcp_rmem end near 10 MB).
    for _ in 0..12 {
        alice.focus();
        alice.ask("draft.value = 'word '.repeat(200_000); draft.dispatchEvent(new Event('input', { bubbles: true }))");
        alice.press("Return");
        alice.shows("draft.value", &json!(""));
    }
    alice.says("still here");
    alice.shows(
        "[...document.querySelectorAll('.message.own')].at(-1).dataset.state",
        &json!("waiting"),
    );
    assert_prompt(&mut alice);

    // What waits would be lost, so the window asks first, and it does so promptly.
    alice.asks_to_close();
    alice.has_focus_in("stay");
    alice.points_at("#close-anyway");
    let start = Instant::now();
    screen.xdotool(&["click", "1"]).expect("xdotool click");
    assert_eq!(alice.ended().code(), Some(0));
    assert!(
        start.elapsed() < PROMPT,
        "it took {:?} to close",
        start.elapsed()
    );
}

#[test]
fn a_server_that_floods_does_not_hold_up_the_window() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let socket = server.accept();
    let sent = socket.tape();
    alice.is("connected");

    let flood = flood(&socket);
    alice.shows(
        "document.querySelectorAll('.message').length > 0",
        &json!(true),
    );
    assert_prompt(&mut alice);
    alice.says("stop it");
    sent.mentions(text("alice", "stop it"));
    assert!(!flood.is_finished(), "the flood ended before the test");

    let start = Instant::now();
    assert_eq!(alice.close().code(), Some(0));
    assert!(
        start.elapsed() < PROMPT,
        "it took {:?} to close",
        start.elapsed()
    );
    flood.join().unwrap();
    sent.mentions(leave("alice"));
}

/// Checks that keys and the mouse work promptly.
fn assert_prompt(window: &mut Window) {
    let start = Instant::now();
    window.types("abc", "abc");
    for _ in 0..3 {
        window.press("BackSpace");
    }
    window.shows("draft.value", &json!(""));
    let theme = "document.querySelector('#theme').outerHTML + getComputedStyle(document.body).backgroundColor";
    let before = window.ask(theme);
    window.clicks("#theme");
    window.shows(&format!("{theme} === {before}"), &json!(false));
    window.press("Escape");
    assert!(
        start.elapsed() < PROMPT,
        "keys and a click took {:?}",
        start.elapsed()
    );
}

/// Writes messages until the window closes the connection.
fn flood(socket: &Peer) -> JoinHandle<()> {
    let mut socket = socket.writer();
    let messages = text("bob", "on and on and on and on and on and on and on").repeat(1_000);
    thread::spawn(move || while socket.write_all(&messages).is_ok() {})
}
