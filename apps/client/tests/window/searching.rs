//! The search: found by keys, marked in the texts, brought into view and kept there.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hubbub_testing::{Peer, ScriptedServer, text};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

/// The marked parts of the texts: those of the current match, or those of the others.
const MARKED: &str = "((name) => [...CSS.highlights.get(name) ?? []].map((m) => m.startContainer.data.slice(m.startOffset, m.endOffset)))";

const LAST: &str = "[...document.querySelectorAll('.text')].at(-1)?.textContent";

impl Window {
    fn counts(&mut self, count: &str) {
        self.shows(
            "document.getElementById('search-count')?.textContent",
            &json!(count),
        );
    }

    fn marks(&mut self, others: &[&str], current: &[&str]) {
        self.shows(&format!("{MARKED}('match')"), &json!(others));
        self.shows(&format!("{MARKED}('current-match')"), &json!(current));
    }

    /// Waits until the current match is this text, completely in view.
    fn stands_at(&mut self, text: &str) {
        self.shows(
            "((line, view) => line && line.top >= view.top && line.bottom <= view.bottom \
             && document.querySelector('[aria-current] .text').textContent)\
             (document.querySelector('[aria-current] .text')?.getBoundingClientRect(), \
             document.getElementById('timeline').getBoundingClientRect())",
            &json!(text),
        );
    }
}

#[test]
fn matches_far_apart_are_counted_marked_and_brought_into_view() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let line = |i| match i {
        0 => "the Straße and the STRASSE".to_owned(),
        700 | 710 => format!("strasse {i}"),
        2_000 => "the end".to_owned(),
        _ => format!("line {i}"),
    };
    for i in 0..=2_000 {
        socket.send(text("bob", line(i)));
    }
    alice.shows(LAST, &json!("the end"));

    alice.press("ctrl+f");
    alice.types_into("search-field", "strass", "strass");
    alice.counts("1 of 3");
    alice.stands_at("strasse 710");
    alice.marks(&["strass"], &["strass"]);
    for (key, count, text) in [
        ("Return", "2 of 3", "strasse 700"),
        ("Return", "3 of 3", "the Straße and the STRASSE"),
        ("F3", "1 of 3", "strasse 710"),
        ("ctrl+g", "2 of 3", "strasse 700"),
        ("shift+Return", "1 of 3", "strasse 710"),
        ("shift+F3", "3 of 3", "the Straße and the STRASSE"),
    ] {
        alice.press(key);
        alice.counts(count);
        alice.stands_at(text);
    }
    alice.marks(&[], &["Straß", "STRASS"]);
    alice.clicks("#search-newer");
    alice.stands_at("strasse 700");

    alice.press("Escape");
    alice.has_focus_in("draft");
    alice.shows("document.getElementById('search-field')", &json!(null));
    alice.shows("CSS.highlights.size", &json!(0));
    // The view stays at what was found, and goes back to the end by pages.
    for _ in 0..5 {
        let last = alice.ask(LAST);
        alice.ask("hubbub.scrollToEnd()");
        alice.clicks(".later");
        // What comes in moves the button away, perhaps from under the mouse.
        alice.shows(&format!("{LAST} === {last}"), &json!(false));
    }
    alice.ask("hubbub.scrollToEnd()");
    alice.shows("document.querySelector('.later')", &json!(null));
    alice.shows("document.getElementById('to-end')", &json!(null));
}

#[test]
fn a_letter_is_marked_with_its_accent_however_it_is_written() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let words = "stra\u{df}e, cafe\u{301}, CAF\u{c9}, cafe, \u{1112}\u{1161}\u{11ab}\u{ae00}";
    socket.send(text("bob", words));
    alice.shows_texts(&[words]);
    alice.press("ctrl+f");
    alice.has_focus_in("search-field");
    alice.inserts("f\u{e9}");
    alice.counts("1 of 1");
    alice.marks(&[], &["fe\u{301}", "F\u{c9}"]);
    alice.ask("document.getElementById('search-field').select()");
    alice.inserts("\u{d55c}");
    alice.counts("1 of 1");
    alice.marks(&[], &["\u{1112}\u{1161}\u{11ab}"]);
}

#[test]
fn a_match_far_down_a_long_text_is_brought_into_view() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let long = format!("{}a needle\n{}", "hay\n".repeat(150), "hay\n".repeat(150));
    socket.send(text("bob", &long));
    socket.send(text("bob", "the end").repeat(100));
    alice.shows("document.querySelectorAll('.text').length", &json!(101));

    alice.press("ctrl+f");
    alice.types_into("search-field", "needle", "needle");
    alice.counts("1 of 1");
    alice.marks(&[], &["needle"]);
    alice.shows(
        "((mark) => { const range = new Range(); range.setStart(mark.startContainer, mark.startOffset);
         const [place, view] = [range, timeline].map((part) => part.getBoundingClientRect());
         return place.top > view.top && place.bottom < view.bottom })([...CSS.highlights.get('current-match')][0])",
        &json!(true),
    );
}

#[test]
fn escape_and_ctrl_f_lead_to_and_fro() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.says("hello");
    alice.types("a draft", "a draft");

    alice.clicks("#search");
    alice.types_into("search-field", "HELL", "HELL");
    alice.counts("1 of 1");
    alice.press("ctrl+f");
    // Of a field that has the focus already, this alone tells that the key was taken.
    alice.shows(
        "(field => field.selectionEnd - field.selectionStart)(document.getElementById('search-field'))",
        &json!(4),
    );
    alice.types_into("search-field", "o", "o");
    alice.press("Tab");
    alice.has_focus_in("search-older");
    alice.press("ctrl+f");
    alice.has_focus_in("search-field");
    alice.press("Escape");
    alice.types("!", "a draft!");
    // It is at the end and follows again.
    alice.shows("document.getElementById('to-end')", &json!(null));
    alice.press("F3");
    alice.has_focus_in("search-field");
    alice.counts("");
    alice.clicks("#search-close");
    alice.types("!", "a draft!!");
    alice.press("shift+Tab");
    alice.has_focus_in("timeline");
    alice.press("Escape");
    alice.has_focus_in("draft");
}

#[test]
fn a_match_stays_where_it_is_while_messages_pour_in_and_keys_are_still_taken() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    socket.send(text("bob", "straw").repeat(1_000));
    socket.send(text("bob", "a needle"));
    // It is in view at the very end, and without the search the next message would move it.
    socket.send(text("bob", "straw").repeat(3));
    // Waits until all of them are there, since the search does not go to what comes after it began.
    alice.shows(
        "[...document.querySelectorAll('.text')].slice(-4).map(e => e.textContent)",
        &json!(["a needle", "straw", "straw", "straw"]),
    );

    let stopped = Arc::new(AtomicBool::new(false));
    alice.press("ctrl+f");
    alice.types_into("search-field", "needle", "needle");
    alice.stands_at("a needle");
    alice.shows("hubbub.anchor !== null", &json!(true));
    // The search field has taken its room from the lines only after a frame.
    alice.paints();
    let top = "document.querySelector('[aria-current]')?.getBoundingClientRect().top";
    let before = alice.ask(top);
    let flood = pour(&socket, stopped.clone());
    let new = "Number.parseInt(document.getElementById('to-end')?.textContent)";
    alice.shows(&format!("{new} > 1000"), &json!(true));
    // Between new lines and the next frame, the page is not yet as it will be seen.
    alice.shows(top, &before);
    alice.counts("1 of 1");

    alice.press("ctrl+a");
    alice.types_into("search-field", "pour", "pour");
    alice.shows(
        "document.getElementById('search-count').textContent.startsWith('1 of')",
        &json!(false),
    );
    for _ in 0..3 {
        alice.press("Return");
    }
    alice.press("Escape");
    alice.types("still here", "still here");
    stopped.store(true, Ordering::Relaxed);
    flood.join().unwrap();
}

#[test]
fn a_new_match_is_counted_and_does_not_carry_off_the_reader() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let straw = || text("bob", "straw").repeat(50);
    socket.send([straw(), text("bob", "first needle")].concat());
    socket.send([straw(), text("bob", "second needle")].concat());
    alice.shows("document.querySelectorAll('.text').length", &json!(102));
    alice.press("ctrl+f");
    alice.types_into("search-field", "needle", "needle");
    alice.stands_at("second needle");
    alice.press("Return");
    alice.stands_at("first needle");
    alice.counts("2 of 2");

    let top = "document.querySelector('[aria-current] .text').getBoundingClientRect().top";
    let before = alice.ask(top);
    socket.send([straw(), text("bob", "third needle"), straw()].concat());
    alice.counts("3 of 3");
    alice.shows(
        "document.getElementById('to-end')?.textContent.includes('101 new')",
        &json!(true),
    );
    alice.paints();
    alice.stands_at("first needle");
    assert_eq!(alice.ask(top), before, "the page moved");

    alice.press("shift+Return");
    alice.stands_at("second needle");
    alice.press("shift+Return");
    alice.stands_at("third needle");
    alice.counts("1 of 3");
}

/// Writes 2,000 messages a second until it is stopped.
fn pour(socket: &Peer, stopped: Arc<AtomicBool>) -> JoinHandle<()> {
    let mut socket = socket.writer();
    let messages = text("bob", "they pour in").repeat(20);
    thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) && socket.write_all(&messages).is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    })
}

#[test]
fn of_a_text_of_a_mebibyte_the_part_with_the_match_is_shown_and_all_of_it_when_asked_for() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let long = "a line of text\n".repeat(69_000);
    socket.send(text("bob", &long).repeat(2));
    alice.shows("document.querySelectorAll('.text').length", &json!(2));
    alice.press("ctrl+f");
    alice.types_into("search-field", "line of text", "line of text");
    alice.counts("1 of 2");
    alice.shows(
        "document.querySelector('[aria-current] .text').textContent.length < 9000",
        &json!(true),
    );
    alice.press("Return");
    alice.counts("2 of 2");
    // It is many screens below.
    alice.ask("document.querySelector('[aria-current] .more').click()");
    alice.shows(
        "document.querySelector('[aria-current] .text').textContent.length",
        &json!(long.len()),
    );
}
