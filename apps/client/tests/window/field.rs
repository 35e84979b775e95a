//! The field of the composer: its height, how much it takes, and what a click puts into it.

use hubbub_testing::{ScriptedServer, text};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

#[test]
fn a_click_on_a_person_writes_the_name_where_the_caret_is() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    socket.send(text("bob", "hi"));
    alice.shows_people(&["alice", "bob"]);

    alice.types("ask ", "ask ");
    alice.clicks("#people button");
    alice.holds("ask @bob ");
    alice.types("first", "ask @bob first");
}

#[test]
fn it_grows_with_its_lines_from_one_to_eight() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");

    let one = alice.ask("draft.clientHeight");
    let line = "parseFloat(getComputedStyle(draft).lineHeight)";
    let line = alice.ask(line).as_f64().unwrap();
    for lines in 2..=10 {
        alice.press("shift+Return");
        alice.holds(&"\n".repeat(lines - 1));
        let high = one.as_f64().unwrap() + line * (lines.min(8) - 1) as f64;
        alice.shows(
            &format!("Math.abs(draft.clientHeight - {high}) <= 1"),
            &json!(true),
        );
    }
    alice.press("ctrl+a");
    alice.press("BackSpace");
    alice.shows("draft.clientHeight", &one);
}

#[test]
fn send_can_be_clicked_also_when_the_field_scrolls() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");

    for _ in 0..12 {
        alice.press("shift+Return");
    }
    alice.types("the end", &format!("{}the end", "\n".repeat(12)));
    alice.shows("draft.scrollHeight > draft.clientHeight", &json!(true));
    alice.clicks("#send");
    alice.holds("");
    alice.shows_states(&["sent"]);
}

#[test]
fn letters_typed_with_the_focus_elsewhere_go_into_the_field() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");

    alice.types("one", "one");
    for (place, letter, whole) in [
        ("#theme", "a", "onea"),
        ("#timeline", "b", "oneab"),
        (".side", "c", "oneabc"),
    ] {
        alice.clicks(place);
        alice.press(letter);
        alice.holds(whole);
        alice.has_focus_in("draft");
    }
    // A button is pressed by the space bar.
    alice.ask("document.getElementById('theme').focus()");
    let theme = alice.ask("document.getElementById('app').dataset.theme");
    alice.press("space");
    alice.shows(
        &format!("document.getElementById('app').dataset.theme !== {theme}"),
        &json!(true),
    );
    alice.holds("oneabc");
}

#[test]
fn the_bytes_that_are_left_are_told_once_nine_tenths_are_used() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");

    // The text ends with a letter of two bytes, since bytes are counted.
    for (bytes, told) in [
        (943_718, ""),
        (943_719, "104,857 bytes left"),
        (1_048_576, "0 bytes left"),
        (1_048_577, "1 byte too long: shorten it or send it in parts"),
    ] {
        alice.ask(&format!(
            "draft.value = 'x'.repeat({bytes} - 2) + 'é'; \
             draft.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        ));
        alice.shows(
            "document.getElementById('room-left').textContent",
            &json!(told),
        );
    }
}
