//! The keys of the composer: bringing back messages, completing names, commands.

use std::fs;
use std::path::Path;

use hubbub_testing::{ScriptedServer, join, text};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

#[test]
fn what_was_sent_comes_back_may_be_changed_and_goes_out_again() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let sent = server.accept().tape();
    alice.is("connected");
    alice.press("Up");
    alice.says("one");
    alice.says("two");

    for (key, draft) in [
        ("Up", "two"),
        ("Up", "one"),
        ("Up", "one"),
        ("Down", "two"),
        ("Down", ""),
        ("Down", ""),
        ("Up", "two"),
        ("Up", "one"),
    ] {
        alice.press(key);
        alice.holds(draft);
    }
    alice.types("!", "one!");
    alice.press("Up");
    // It moved the caret to the beginning, and brought back nothing.
    alice.types("x", "xone!");
    alice.press("Return");
    alice.shows_texts(&["one", "two", "xone!"]);
    sent.mentions(text("alice", "xone!"));
    alice.press("Up");
    alice.holds("xone!");
}

#[test]
fn up_and_down_move_the_caret_in_what_is_being_typed() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.says("sent before");

    alice.types("one", "one");
    alice.press("shift+Return");
    alice.types("two", "one\ntwo");
    alice.press("Up");
    alice.types("a", "onea\ntwo");
    alice.press("Down");
    alice.types("b", "onea\ntwob");

    // The same in a text that was brought back, once the caret was moved in it.
    alice.press("Return");
    alice.press("Up");
    alice.holds("onea\ntwob");
    alice.press("Left");
    alice.press("Up");
    alice.types("c", "oneca\ntwob");
}

#[test]
fn texts_come_back_up_to_the_limits() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.ask(
        "up = () => draft.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true, cancelable: true }));
         oldest = () => sent.texts[0];
         for (let i = 0; i < SENT_TEXTS; i++) sent.keep(`text ${i}`)",
    );
    let up = "for (let i = 0; i < 2 * SENT_TEXTS; i++) up(); draft.value";
    assert_eq!(alice.ask(up), "text 0");
    assert_eq!(alice.ask("sent.keep('one more'); oldest()"), "text 1");
    alice.ask(
        "half = 'x'.repeat(SENT_LETTERS / 2); sent.keep(half); sent.keep(half.replace('x', 'y'))",
    );
    assert_eq!(alice.ask("oldest() === half"), true);
    assert_eq!(
        alice.ask("sent.keep('z'); oldest() === half.replace('x', 'y')"),
        true
    );
    assert_eq!(
        alice.ask("sent.keep(half + half + half); oldest() === half + half + half"),
        true
    );
}

#[test]
fn tab_completes_a_name_and_where_there_is_none_leads_on() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    for name in ["bob", "Bert", "carol", "Émile"] {
        socket.send(join(name));
    }
    alice.shows_people(&["alice", "Bert", "bob", "carol", "Émile"]);

    alice.types("b", "b");
    for draft in ["Bert: ", "bob: ", "Bert: ", "bob: "] {
        alice.press("Tab");
        alice.holds(draft);
    }
    alice.types("ask @CA", "bob: ask @CA");
    alice.press("Tab");
    alice.holds("bob: ask @carol ");
    alice.types("and ", "bob: ask @carol and ");
    alice.inserts("é");
    alice.press("Tab");
    alice.holds("bob: ask @carol and Émile ");

    // No other name fits; no name fits; there is no word.
    for (typed, draft) in [
        ("", "bob: ask @carol and Émile "),
        ("or zoe", "bob: ask @carol and Émile or zoe"),
        (" ", "bob: ask @carol and Émile or zoe "),
    ] {
        alice.types(typed, draft);
        alice.press("Tab");
        alice.has_focus_in("send");
        alice.holds(draft);
        alice.press("Escape");
        alice.has_focus_in("draft");
    }
    alice.press("ctrl+a");
    alice.press("BackSpace");
    alice.press("Tab");
    alice.has_focus_in("send");
}

#[test]
fn tab_completes_a_name_however_its_accents_are_written() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    for name in ["Zoe\u{308}", "\u{c9}mile"] {
        socket.send(join(name));
    }
    alice.shows_people(&["alice", "Zoe\u{308}", "\u{c9}mile"]);
    alice.has_focus_in("draft");
    alice.inserts("zo\u{eb}");
    alice.press("Tab");
    alice.holds("Zoe\u{308}: ");
    alice.inserts("e\u{301}");
    alice.press("Tab");
    alice.holds("Zoe\u{308}: \u{c9}mile ");
}

#[test]
fn an_unknown_command_is_explained_and_a_second_slash_sends_it() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open_plain(&screen, "alice", server.port());
    let sent = server.accept().tape();
    alice.is("connected");

    alice.types("/dance", "/dance");
    alice.press("Return");
    let answers =
        "[...document.querySelectorAll('.answer .words')].map(e => e.textContent.slice(0, 31))";
    alice.shows(answers, &json!(["there is no command /dance: the"]));
    alice.holds("/dance");
    alice.press("Home");
    alice.types("/", "//dance");
    alice.press("Return");
    alice.shows_texts(&["/dance"]);
    alice.says("/clear");
    alice.shows_texts(&[]);
    alice.shows(answers, &json!([]));
    sent.says([join("alice"), text("alice", "/dance")].concat());
}

#[test]
fn what_is_no_command_is_replaced_by_what_is_typed_next_and_comes_back() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let sent = server.accept().tape();
    alice.is("connected");

    let answers = "document.querySelectorAll('.answer').length";
    for (n, wrong) in ["/foo", "/clear the table"].into_iter().enumerate() {
        alice.types(wrong, wrong);
        alice.press("Return");
        alice.shows(answers, &json!(n + 1));
        alice.holds(wrong);
        alice.types("hello", "hello");
        alice.press("Return");
        alice.holds("");
        sent.mentions(text("alice", "hello"));
        alice.press("Up");
        alice.holds("hello");
        alice.press("Up");
        alice.holds(wrong);
        alice.press("ctrl+a");
        alice.press("BackSpace");
        alice.holds("");
    }
    // A text that is too long is not a wrong command. It stays, so that it can be shortened.
    alice.ask(
        "draft.value = '/foo' + ' '.repeat(1 << 20); draft.setSelectionRange(4, 4);
         draft.dispatchEvent(new Event('input', { bubbles: true })); 0",
    );
    alice.press("Return");
    alice.press("x");
    alice.shows("draft.value.slice(0, 6)", &json!("/foox "));
    alice.shows(answers, &json!(2));
}

#[test]
fn the_room_is_saved_to_a_file_and_left_by_commands() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open_plain(&screen, "alice", server.port());
    let mut socket = server.accept();
    let sent = socket.tape();
    socket.send(text("bob", "Grüße"));
    alice.shows_texts(&["Grüße"]);

    let name = format!("saved room {}.txt", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    alice.types("/save ", "/save ");
    alice.inserts(path.to_str().unwrap());
    alice.press("Return");
    alice.shows(
        "document.querySelector('.answer .words')?.textContent",
        &json!(format!("1 line saved to {}", path.display())),
    );
    let saved = fs::read_to_string(&path).unwrap();
    assert!(saved.ends_with(" bob: Grüße\n"), "{saved}");
    fs::remove_file(path).unwrap();

    alice.types("/quit", "/quit");
    alice.press("Return");
    assert_eq!(alice.ended().code(), Some(0));
    sent.ends_with_all_of(
        "CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n",
    );
}
