//! Windows without the focus: what is counted, what is marked, and what the desktop shows.

use std::path::Path;

use hubbub_testing::{Peer, Program, ScriptedServer, text};
use serde_json::json;

use crate::desktop::{Desktop, ID, Shown};
use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

/// The lines from "New" on, by class and first word.
const FROM_NEW: &str = "[...document.querySelectorAll('#timeline .new, #timeline .new ~ .message')]\
    .map(e => e.querySelector('.text')?.textContent ?? 'New')";
const MARKED: &str =
    "[...document.querySelectorAll('#timeline [data-mention] .text')].map(e => e.textContent)";

fn hears(server: &mut Peer, words: &str) {
    server.send(text("bob", words));
}

#[test]
fn who_looks_elsewhere_finds_the_count_in_the_title_the_line_and_the_mention() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let title = format!("Hubbub - alice on localhost:{port}");
    let mut alice = Window::open(&screen, "alice", port);
    alice.is("connected");
    alice.says("I am off");
    let mut bob = Window::open(&screen, "bob", port);
    bob.is("connected");
    bob.focus();
    alice.is_heard();
    bob.says("still there?");
    bob.says("@Alice, look: malice");
    bob.says("malice alone");

    let texts = [
        "I am off",
        "still there?",
        "@Alice, look: malice",
        "malice alone",
    ];
    alice.shows_texts(&texts);
    alice.is_titled(&format!("(3) {title}"));
    alice.shows(MARKED, &json!([texts[2]]));
    bob.shows(MARKED, &json!([]));
    let mut unread = vec!["New"];
    unread.extend(&texts[1..]);
    alice.shows(FROM_NEW, &json!(unread));
    bob.shows(FROM_NEW, &json!([]));

    alice.focus();
    alice.is_titled(&title);
    alice.shows(FROM_NEW, &json!(unread));
    bob.is_heard();
    alice.says("here I am");
    alice.shows(FROM_NEW, &json!([]));
    bob.is_titled(&format!("(1) Hubbub - bob on localhost:{port}"));
}

#[test]
fn a_mention_is_shown_by_the_desktop_and_one_at_a_time() {
    let screen = Screen::take();
    let desktop = Desktop::start();
    let server = ScriptedServer::start();
    let bus = [("DBUS_SESSION_BUS_ADDRESS", &*desktop.session.address)];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &bus);
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    hears(&mut socket, "alice, while she looks");
    alice.shows(MARKED, &json!(["alice, while she looks"]));
    alice.minimises();
    hears(&mut socket, "nobody in particular");
    hears(&mut socket, "<b>alice</b> & co");
    let first = Shown {
        app: "Hubbub".into(),
        replaces: 0,
        summary: "bob mentions you".into(),
        body: "&lt;b&gt;alice&lt;/b&gt; &amp; co".into(),
        actions: vec!["default".into(), "Show".into()],
    };
    assert_eq!(desktop.shows(), first);
    hears(&mut socket, "alice again");
    let second = Shown {
        replaces: ID,
        body: "alice again".into(),
        ..first
    };
    assert_eq!(desktop.shows(), second);

    alice.clicks("#notifications");
    alice.shows(
        "document.querySelector('#notifications').ariaPressed",
        &json!("false"),
    );
    alice.minimises();
    hears(&mut socket, "alice, in silence");
    alice.shows(&format!("{MARKED}.at(-1)"), &json!("alice, in silence"));
    assert_eq!(alice.close().code(), Some(0));
    desktop.shows_nothing_more();
}

#[test]
fn a_click_on_a_notification_brings_up_the_window_and_its_message() {
    let screen = Screen::take();
    let desktop = Desktop::start();
    let server = ScriptedServer::start();
    let bus = [("DBUS_SESSION_BUS_ADDRESS", &*desktop.session.address)];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &bus);
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    alice.minimises();
    hears(&mut socket, "alice, up here");
    assert_eq!(desktop.shows().body, "alice, up here");
    // More than a window shows, and more than the page holds.
    for number in 1..=400 {
        hears(&mut socket, &format!("number {number}"));
    }
    alice.shows(
        "document.querySelector('.message:last-child .text')?.textContent",
        &json!("number 400"),
    );
    until(
        || {
            desktop.chooses();
            (alice.ask("document.hasFocus() && !document.hidden") == true).then_some(())
        },
        || "the window does not come up".to_owned(),
    );
    let in_sight = "(t => [...document.querySelectorAll('.text')].some(e => e.textContent === 'alice, up here' && \
        e.getBoundingClientRect().top >= t.top && e.getBoundingClientRect().bottom <= t.bottom))\
        (document.getElementById('timeline').getBoundingClientRect())";
    alice.shows(in_sight, &json!(true));
}

#[test]
fn a_notification_is_taken_back_when_its_message_was_read_and_the_window_asks_for_attention_until_then()
 {
    let screen = Screen::take();
    let desktop = Desktop::start();
    let server = ScriptedServer::start();
    let bus = [("DBUS_SESSION_BUS_ADDRESS", &*desktop.session.address)];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &bus);
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    alice.minimises();
    assert!(!alice.is_urgent());
    hears(&mut socket, "alice?");
    assert_eq!(desktop.shows().body, "alice?");
    until(|| alice.is_urgent().then_some(()), || "no hint".to_owned());
    alice.focus();
    desktop.withdraws();
    until(
        || (!alice.is_urgent()).then_some(()),
        || "the hint stays".to_owned(),
    );
}

#[test]
fn a_desktop_without_markup_shows_what_was_typed_and_a_name_cannot_turn_the_words_about_it() {
    let screen = Screen::take();
    let desktop = Desktop::start_plain();
    let server = ScriptedServer::start();
    let bus = [("DBUS_SESSION_BUS_ADDRESS", &*desktop.session.address)];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &bus);
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    alice.minimises();
    let said = text("\u{202e}bob", "<b>alice</b> & co");
    socket.send(said);
    let shown = desktop.shows();
    assert_eq!(shown.body, "<b>alice</b> & co");
    assert_eq!(shown.summary, "\u{2068}bob\u{2069} mentions you");
}

#[test]
fn a_minimised_window_goes_on_counting_and_comes_back_with_its_line() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    alice.minimises();
    let title = format!("Hubbub - alice on localhost:{}", server.port());
    for count in 1..=3 {
        hears(&mut socket, "anybody?");
        alice.is_titled(&format!("({count}) {title}"));
    }
    alice.focus();
    alice.is_titled(&title);
    alice.paints();
    alice.shows(
        FROM_NEW,
        &json!(["New", "anybody?", "anybody?", "anybody?"]),
    );
}

#[test]
fn a_desktop_that_never_answers_does_not_hold_up_the_window_and_is_asked_again() {
    let screen = Screen::take();
    let desktop = Desktop::start_stuck();
    let server = ScriptedServer::start();
    let bus = [("DBUS_SESSION_BUS_ADDRESS", &*desktop.session.address)];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &bus);
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    alice.minimises();
    hears(&mut socket, "alice?");
    assert_eq!(desktop.shows().body, "alice?");
    hears(&mut socket, "alice!");
    alice.shows_texts(&["alice?", "alice!"]);
    assert_eq!(desktop.shows().body, "alice!");
    alice.says("prompt");
    assert_eq!(alice.close().code(), Some(0));
}

#[test]
fn without_a_desktop_a_mention_is_no_trouble() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-bus");
    let address = format!("unix:path={}", nowhere.display());
    let bus = [("DBUS_SESSION_BUS_ADDRESS", &*address)];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &bus);
    let mut socket = server.accept();
    alice.is("connected");
    alice.focus();
    alice.minimises();
    hears(&mut socket, "alice?");
    alice.is_titled(&format!(
        "(1) Hubbub - alice on localhost:{}",
        server.port()
    ));
    alice.shows(
        "document.querySelectorAll('#timeline .answer').length",
        &json!(0),
    );
}
