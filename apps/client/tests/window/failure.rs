//! Servers that are missing, go away and come back, and windows that are told to end.

use hubbub_testing::{HeldPort, Network, Program, ScriptedServer, join, leave, text};
use serde_json::{Value, json};

use crate::client::Client;
use crate::screen::Screen;
use crate::window::Window;

const ROOM: &str = "document.querySelector('#timeline') !== null";
const WAITING_ROOM: &str = "document.querySelector('#connecting') !== null";

#[test]
fn sigterm_ctrl_c_and_a_closed_terminal_write_leave_and_exit_with_0() {
    let screen = Screen::take();
    for signal in ["TERM", "INT", "HUP"] {
        let server = ScriptedServer::start();
        let mut alice = Window::open_plain(&screen, "alice", server.port());
        let sent = server.accept().tape();
        alice.is("connected");
        assert_eq!(alice.gets(signal).code(), Some(0), "{signal}");
        sent.ends_with_all_of([join("alice"), leave("alice")].concat());
    }
}

/// The client as it runs under `nohup`.
#[test]
fn a_window_that_was_started_to_outlive_its_terminal_does() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let alice = Client::start_without_hangup(&screen, "alice", server.port());
    let first = server.accept();
    alice.gets("HUP");
    drop(first);
    // It has not left: it comes back.
    let sent = server.accept().tape();
    sent.says(join("alice"));
    alice.gets("TERM");
    assert_eq!(alice.ended().code(), Some(0));
    sent.ends_with_all_of([join("alice"), leave("alice")].concat());
}

#[test]
fn the_room_is_shown_when_the_first_connection_stands() {
    let screen = Screen::take();
    let port = HeldPort::new();
    let mut alice = Window::open(&screen, "alice", port.number());
    alice.shows(WAITING_ROOM, &json!(true));
    alice.shows(ROOM, &json!(false));
    let _server = Program::on(&port);
    alice.shows(ROOM, &json!(true));
    alice.shows(WAITING_ROOM, &json!(false));
    alice.is("connected");
    alice.says("at last");
    alice.shows_states(&["sent"]);
}

/// Refused by our own server, which says so a moment after the connection stands.
#[test]
fn a_name_that_is_taken_is_told_where_the_window_begins_and_no_empty_room_flashes_up() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let _bearer = server.room().member("alice");
    let mut alice = Window::open(&screen, "alice", port);
    let told = "document.querySelector('.why')?.textContent.includes('this name is taken')";
    alice.shows(told, &json!(true));
    // The next attempt is refused as well. These are the states of the page until then:
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
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut refusing = server.accept();
    alice.is("connected");
    alice.types("half a sent", "half a sent");
    // Words in a TEXT would be a refusal only in the first seconds.
    refusing.send(
        "CHAT/1.0 NOTICE\r\nUsername: alice\r\nCode: name\r\nMsg-len: 23\r\n\r\nthe name alice is taken",
    );
    drop(refusing);
    alice.is("lost");
    alice.holds("half a sent");
    // There is a field for another name, which does not take the keys away.
    alice.shows("document.getElementById('name')?.value", &json!("alice"));
    alice.types("ence", "half a sentence");
    alice.press("Return");
    alice.types("the next", "the next");
    alice.shows_states(&["waiting"]);
    alice.clicks("#retry");
    let sent = server.accept().tape();
    alice.is("connected");
    alice.shows_states(&["sent"]);
    alice.holds("the next");
    sent.mentions(text("alice", "half a sentence"));
}

#[test]
fn who_is_refused_late_joins_under_another_name_by_the_keyboard() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open_plain(&screen, "alice", server.port());
    let mut refusing = server.accept();
    alice.is("connected");
    refusing.send(text("server", "the name alice is taken"));
    drop(refusing);
    alice.has_focus_in("name");
    alice.types_into("name", "alicia", "alicia");
    alice.press("Return");
    let sent = server.accept().tape();
    alice.is("connected");
    alice.shows("document.getElementById('name')", &json!(null));
    alice.says("hello");
    sent.says([join("alicia"), text("alicia", "hello")].concat());
}

#[test]
fn retry_connects_now_and_not_at_the_end_of_the_wait() {
    let screen = Screen::take();
    let port = HeldPort::new();
    let mut alice = Window::open(&screen, "alice", port.number());
    // The wait doubles with each failure. Soon it is so long that it does not end while the button is clicked.
    let count = "(e => e && Number(e.textContent.match(/[0-9]+/)?.[0] ?? 0))\
                 (document.querySelector('#connecting .seconds'))";
    alice.shows(&format!("{count} > 9"), &json!(true));
    alice.ask(&format!(
        "counts = null; look = () => {{ const count = {count}; if (count !== null) counts?.push(count); }}; \
         new MutationObserver(look).observe(document.body, {{ characterData: true, childList: true, subtree: true }}); \
         document.addEventListener('click', () => {{ counts = []; look(); }}, {{ capture: true, once: true }}); 0"
    ));
    let server = port.open();
    alice.clicks("#retry");
    let _socket = server.accept();
    alice.is("connected");
    let counts = alice.ask("counts");
    let counts = counts.as_array().unwrap();
    let is_near = |count: &Value| count.as_u64().unwrap() < 2;
    assert!(!counts.is_empty(), "nothing was counted down");
    assert!(
        !counts.iter().any(is_near),
        "at the end of the wait: {counts:?}"
    );
}

#[test]
fn quit_ends_a_window_that_never_connected() {
    let screen = Screen::take();
    let port = HeldPort::new();
    let mut alice = Window::open(&screen, "alice", port.number());
    alice.shows("document.querySelector('#quit') !== null", &json!(true));
    alice.clicks("#quit");
    assert_eq!(alice.ended().code(), Some(0));
}

#[test]
fn what_is_typed_while_the_server_is_away_goes_out_when_it_is_back() {
    let screen = Screen::take();
    let port = HeldPort::new();
    let server = Program::on(&port);
    let network = Network::to(port.number());
    let mut alice = Window::open_plain(&screen, "alice", network.port());
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

    let _server = Program::on(&port);
    alice.is("connected");
    alice.shows_states(&["sent", "sent", "sent"]);
    alice.shows_texts(&["before", "meanwhile", "and again"]);
    network
        .connection(0)
        .ends_with_all_of([join("alice"), text("alice", "before")].concat());
    let both = [text("alice", "meanwhile"), text("alice", "and again")].concat();
    network.connection(1).says([join("alice"), both].concat());
}

#[test]
fn a_killed_server_is_left_for_another_one_and_the_room_stays_on_the_page() {
    let screen = Screen::take();
    let (one, two) = (HeldPort::new(), HeldPort::new());
    let first = Program::on(&one);
    let addresses = format!("127.0.0.1:{},localhost:{}", one.number(), two.number());
    let mut alice = Window::open_at(&screen, "alice", &addresses);
    alice.is("connected");
    alice.says("before");
    alice.shows_states(&["arrived"]);
    let mut second = Program::on(&two);
    let room = second.room();
    let mut bob = room.member("bob");

    first.signal("KILL");
    bob.expect(join("alice"));
    alice.is("connected");
    alice.says("after");
    bob.expect(text("alice", "after"));
    alice.shows_states(&["arrived", "arrived"]);
    alice.shows_texts(&["before", "after"]);
    bob.send(text("bob", "welcome"));
    alice.shows_texts(&["before", "after", "welcome"]);
}

#[test]
fn the_close_button_asks_when_messages_wait_and_a_signal_does_not() {
    let screen = Screen::take();
    for last in ["click", "signal", "close", "quit"] {
        let port = HeldPort::new();
        let server = Program::on(&port);
        let mut alice = Window::open(&screen, "alice", port.number());
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
