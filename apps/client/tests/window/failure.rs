//! Servers that are not there, go away and come back; windows that are told to end.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::relay::Relay;
use crate::screen::Screen;
use crate::server::{Peer, Played, Server, free_port, text};
use crate::tape::Tape;
use crate::window::Window;

const JOIN: &str = "CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n";
const LEAVE: &str = "CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n";
const ROOM: &str = "document.querySelector('#timeline') !== null";
const WAITING_ROOM: &str = "document.querySelector('#connecting') !== null";

#[test]
fn sigterm_ctrl_c_and_a_closed_terminal_write_leave_and_exit_with_0() {
    let screen = Screen::take();
    for signal in ["TERM", "INT", "HUP"] {
        let server = Played::start();
        let mut alice = Window::open(&screen, "alice", server.port());
        let sent = Tape::of(&server.accept());
        alice.is("connected");
        assert_eq!(alice.gets(signal).code(), Some(0), "{signal}");
        sent.ends_with_all_of(&format!("{JOIN}{LEAVE}"));
    }
}

/// As under `nohup`.
#[test]
fn a_window_that_was_started_to_outlive_its_terminal_does() {
    let screen = Screen::take();
    let server = Played::start();
    let alice = Client::start_without_hangup(&screen, "alice", server.port());
    let first = server.accept();
    alice.gets("HUP");
    drop(first);
    // It has not left: it comes back.
    let sent = Tape::of(&server.accept());
    alice.gets("TERM");
    assert_eq!(alice.ended().code(), Some(0));
    sent.ends_with_all_of(&format!("{JOIN}{LEAVE}"));
}

#[test]
fn the_room_is_shown_when_the_first_connection_stands() {
    let screen = Screen::take();
    let port = free_port();
    let mut alice = Window::open(&screen, "alice", port);
    alice.shows(WAITING_ROOM, &json!(true));
    alice.shows(ROOM, &json!(false));
    let _server = Server::start(port);
    alice.shows(ROOM, &json!(true));
    alice.shows(WAITING_ROOM, &json!(false));
    alice.is("connected");
    alice.says("at last");
    alice.shows_states(&["sent"]);
}

/// By our own server, which says so a moment after the connection stands.
#[test]
fn a_name_that_is_taken_is_told_where_the_window_begins_and_no_empty_room_flashes_up() {
    let screen = Screen::take();
    let port = free_port();
    let _server = Server::start(port);
    let _bearer = Peer::join(port, "alice");
    let mut alice = Window::open(&screen, "alice", port);
    let told = "document.querySelector('.why')?.textContent.includes('this name is taken')";
    alice.shows(told, &json!(true));
    // The next attempt is refused as well. What the page goes through meanwhile:
    alice.ask(
        "seen = []; new MutationObserver(() => seen.push(document.getElementById('draft') ? 'room' : \
         document.getElementById('status').dataset.state))\
         .observe(document.body, { attributes: true, childList: true, subtree: true }); 0",
    );
    alice.clicks("#retry");
    alice.shows(
        "seen.includes('connecting') && seen.at(-1) === 'lost'",
        &json!(true),
    );
    alice.shows(told, &json!(true));
    alice.shows("seen.includes('room')", &json!(false));
}

#[test]
fn a_draft_and_what_waits_survive_a_refusal_that_comes_late() {
    let screen = Screen::take();
    let server = Played::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut refusing = server.accept();
    alice.is("connected");
    alice.types("half a sent", "half a sent");
    let words = text("server", "the name alice is taken");
    refusing.write_all(words.as_bytes()).unwrap();
    drop(refusing);
    alice.is("lost");
    alice.holds("half a sent");
    alice.types("ence", "half a sentence");
    alice.press("Return");
    alice.types("the next", "the next");
    alice.shows_states(&["waiting"]);
    alice.clicks("#retry");
    let sent = Tape::of(&server.accept());
    alice.is("connected");
    alice.shows_states(&["sent"]);
    alice.holds("the next");
    sent.says(&format!("{JOIN}{}", text("alice", "half a sentence")));
}

#[test]
fn retry_connects_now_and_not_at_the_end_of_the_wait() {
    let screen = Screen::take();
    let port = free_port();
    let mut alice = Window::open(&screen, "alice", port);
    // The wait doubles with each failure: soon it is too long to be taken for a click.
    alice.shows(
        "Number(document.querySelector('#connecting .seconds')?.textContent.match(/[0-9]+/)?.[0]) > 14",
        &json!(true),
    );
    let _server = Server::start(port);
    let start = Instant::now();
    alice.clicks("#retry");
    alice.is("connected");
    assert!(
        start.elapsed() < Duration::from_secs(12),
        "connected after {:?}",
        start.elapsed()
    );
}

#[test]
fn quit_ends_a_window_that_never_connected() {
    let screen = Screen::take();
    let mut alice = Window::open(&screen, "alice", free_port());
    alice.shows("document.querySelector('#quit') !== null", &json!(true));
    alice.clicks("#quit");
    assert_eq!(alice.ended().code(), Some(0));
}

#[test]
fn what_is_typed_while_the_server_is_away_goes_out_when_it_is_back() {
    let screen = Screen::take();
    let port = free_port();
    let server = Server::start(port);
    let relay = Relay::to(port);
    let mut alice = Window::open(&screen, "alice", relay.port);
    alice.is("connected");
    alice.says("before");
    alice.shows_states(&["sent"]);

    drop(server);
    alice.shows(
        "document.querySelector('#status').dataset.state !== 'connected'",
        &json!(true),
    );
    alice.says("meanwhile");
    alice.says("and again");
    alice.shows_states(&["sent", "waiting", "waiting"]);

    let _server = Server::start(port);
    alice.is("connected");
    alice.shows_states(&["sent", "sent", "sent"]);
    alice.shows_texts(&["before", "meanwhile", "and again"]);
    relay
        .connection(0)
        .ends_with_all_of(&format!("{JOIN}{}", text("alice", "before")));
    let both = text("alice", "meanwhile") + &text("alice", "and again");
    relay.connection(1).says(&format!("{JOIN}{both}"));
}

#[test]
fn the_close_button_asks_when_messages_wait_and_a_signal_does_not() {
    let screen = Screen::take();
    for last in ["click", "signal", "close", "quit"] {
        let port = free_port();
        let server = Server::start(port);
        let mut alice = Window::open(&screen, "alice", port);
        alice.is("connected");
        drop(server);
        alice.is("lost");
        alice.says("one");
        alice.says("two");
        alice.shows_states(&["waiting", "waiting"]);
        alice.asks_to_close();
        let words = "document.getElementById('closing-words')?.textContent";
        alice.shows(
            words,
            &json!("2 messages have not been sent. Close anyway?"),
        );
        alice.has_focus_in("stay");
        alice.press("Escape");
        alice.shows(words, &json!(null));
        alice.has_focus_in("draft");
        alice.says("three");
        alice.asks_to_close();
        alice.shows(
            words,
            &json!("3 messages have not been sent. Close anyway?"),
        );
        let status = match last {
            "click" => {
                alice.clicks("#close-anyway");
                alice.ended()
            }
            "signal" => alice.gets("TERM"),
            // Asked twice, it does not ask again.
            "close" => alice.close(),
            _ => {
                alice.press("Return");
                alice.shows(words, &json!(null));
                alice.types("/quit", "/quit");
                alice.press("Return");
                alice.ended()
            }
        };
        assert_eq!(status.code(), Some(0), "{last}");
    }
}
