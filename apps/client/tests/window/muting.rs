//! A person who disturbs is muted by the menu, by mouse and by keys, also for the next window.

use hubbub_testing::{Peer, Program, text};
use serde_json::json;

use crate::menu::ENTRIES;
use crate::screen::Screen;
use crate::window::Window;

const BOUGHT: &str =
    "[...document.querySelectorAll('.text')].filter(e => e.textContent.startsWith('buy')).length";
const MUTED: &str = "[...document.querySelectorAll('#muted .name')].map(e => e.textContent)";

#[test]
fn who_is_muted_by_the_menu_stays_muted_in_the_next_window_until_one_key_undoes_it() {
    let screen = Screen::take();
    let state = tempfile::tempdir().unwrap();
    let home = [("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open_with(&screen, "alice", port, &home);
    alice.is("connected");
    let (mut bob, mut eve) = (Peer::join(port, "bob"), Peer::join(port, "eve"));
    alice.shows_people(&["alice", "bob", "eve"]);
    eve.send(text("eve", "buy this"));
    alice.shows_texts(&["buy this"]);
    alice.opens_menu(".message .text");
    alice.chooses("Mute eve");
    alice.shows_texts(&[]);
    alice.shows(MUTED, &json!(["eve"]));
    eve.send(text("eve", "buy that"));
    bob.send(text("bob", "good morning"));
    alice.shows_texts(&["good morning"]);
    alice.opens_menu("#people li:nth-child(3) button");
    alice.shows(ENTRIES, &json!(["Mention eve", "Unmute eve"]));
    alice.press("Escape");
    assert_eq!(alice.close().code(), Some(0));

    let mut alice = Window::open_with(&screen, "alice", port, &home);
    alice.is("connected");
    alice.shows(MUTED, &json!(["eve"]));
    eve.send(text("eve", "buy now"));
    bob.send(text("bob", "good evening"));
    alice.shows_texts(&["good morning", "good evening"]);
    alice.moves_focus_to(".unmute");
    alice.press("Return");
    // What two people said at about the same time has no order of its own.
    alice.shows(BOUGHT, &json!(3));
    alice.shows(MUTED, &json!([]));
    alice.types("/mute eve", "/mute eve");
    alice.press("Return");
    alice.shows(MUTED, &json!(["eve"]));
    alice.shows_texts(&["good morning", "good evening"]);
}
