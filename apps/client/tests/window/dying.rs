//! Pages that die: a separate process draws the window, and the room is not in it.

use hubbub_testing::{ScriptedServer, join, leave, text};
use serde_json::json;

use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

const PAGE: &str = "WebKitWebProcess";
const NETWORK: &str = "WebKitNetworkProcess";

#[test]
fn a_page_that_is_killed_is_followed_by_one_with_everything_in_it_and_the_draft() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open_plain(&screen, "alice", server.port());
    let mut socket = server.accept();
    let sent = socket.tape();
    alice.is("connected");
    alice.lies_at(120, 90, 700, 500);
    alice.says("before");
    alice.types("half a thou", "half a thou");
    alice.keeps_the_draft();

    // What was open on the page is closed then.
    alice.press("ctrl+f");
    alice.has_focus_in("search-field");

    for said in ["while it is dead", "and once more"] {
        alice.loses(PAGE);
        socket.send(text("bob", said));
        alice.comes_back();
        alice.is("connected");
        alice.shows(
            "document.querySelector('#timeline .message:last-child .text')?.textContent",
            &json!(said),
        );
        alice.shows("[innerWidth, innerHeight]", &json!([700, 500]));
    }
    alice.shows_texts(&["before", "while it is dead", "and once more"]);
    alice.shows_people(&["alice", "bob"]);
    alice.shows("document.getElementById('search-field')", &json!(null));
    alice.holds("half a thou");
    alice.types("ght", "half a thought");
    alice.press("Return");
    alice.holds("");
    alice.shows_states(&["sent", "sent"]);
    assert_eq!(alice.close().code(), Some(0));
    let texts = [text("alice", "before"), text("alice", "half a thought")].concat();
    sent.ends_with_all_of([join("alice"), texts, leave("alice")].concat());
}

#[test]
fn the_loss_of_the_network_process_is_no_loss() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    alice.says("before");
    alice.loses(NETWORK);
    socket.send(text("bob", "meanwhile"));
    alice.comes_back();
    alice.shows_texts(&["before", "meanwhile"]);
    alice.says("after");
    alice.shows_states(&["sent", "sent"]);
}

#[test]
fn a_page_whose_script_fails_is_followed_by_another() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    alice.says("before");
    // What is rendered cannot reach the page any more.
    alice.ask("document.querySelector('#main').remove(); interpreter.run_from_bytes = () => { throw new Error('broken') }; 0");
    socket.send(text("bob", "meanwhile"));
    alice.comes_back();
    alice.shows_texts(&["before", "meanwhile"]);
}

#[test]
fn a_page_that_hangs_is_ended_and_followed_by_another() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.says("before");
    // That it does not answer is noticed when there is something for it.
    alice.ask("addEventListener('keydown', () => { for (;;); }, { capture: true }); 0");
    alice.press("a");
    alice.comes_back();
    alice.shows_texts(&["before"]);
}

#[test]
fn a_page_that_dies_again_and_again_is_not_opened_for_ever_and_the_window_can_be_left() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let sent = server.accept().tape();
    alice.is("connected");
    for _ in 0..3 {
        alice.loses(PAGE);
        alice.comes_back();
        alice.is("connected");
    }
    alice.loses(PAGE);
    let question = || screen.xdotool(&["search", "--onlyvisible", "--name", "^Hubbub$"]);
    let question = until(question, || "no question after the fourth death".to_owned());
    // The first answer is to try again.
    screen
        .xdotool(&["windowfocus", "--sync", &question])
        .expect("xdotool windowfocus");
    screen.xdotool(&["key", "Return"]).expect("xdotool key");
    alice.comes_back();
    alice.is("connected");
    alice.says("still here");

    alice.loses(PAGE);
    let question = || screen.xdotool(&["search", "--onlyvisible", "--name", "^Hubbub$"]);
    let question = until(question, || "no second question".to_owned());
    screen
        .xdotool(&["windowfocus", "--sync", &question])
        .expect("xdotool windowfocus");
    screen.xdotool(&["key", "alt+q"]).expect("xdotool key");
    assert_eq!(alice.ended().code(), Some(0));
    sent.mentions(leave("alice"));
}
