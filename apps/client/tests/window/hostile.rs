//! Texts that are costly to lay out: shown, searched, written. `just bench-window` measures the cost.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use hubbub_testing::{ScriptedServer, text};
use serde_json::{Value, json};

use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

/// Letters in each.
const LETTERS: usize = 16_000;

/// The kinds of texts: a name, and a part that is repeated between two words until it has that many letters.
const HOSTILE: [(&str, &str); 12] = [
    ("words", "word "),
    ("blanks", " "),
    ("tabs", "\t"),
    ("a table's empty cells", "|"),
    ("empty cells by tabs", "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\n"),
    ("one long word", "x"),
    ("two directions in one word", "a\u{5d0}"),
    ("two directions in a text", "abc \u{5d0}\u{5d1} "),
    ("signs of direction", "a\u{200f}"),
    ("embedded directions", "\u{202b}a\u{202c}"),
    ("a mark on each letter", "a\u{301}"),
    ("marks on one letter", "\u{301}"),
];

fn hostile(unit: &str) -> String {
    let count = unit.chars().count();
    format!("x{}y", unit.repeat(LETTERS / count))
}

/// How long it takes to lay out the last text in the timeline so many times, in milliseconds: the least of three times.
fn layout(window: &mut Window, times: u32) -> f64 {
    let took = window.ask(&format!(
        "((text) => Math.min(...[1, 2, 3].map(() => {{
           const before = performance.now();
           for (let n = 0; n < {times}; n += 1) {{
             const [parent, behind] = [text.parentNode, text.nextSibling];
             const copy = text.cloneNode(true);
             text.remove();
             parent.insertBefore(copy, behind).getBoundingClientRect();
             text = copy;
           }}
           return performance.now() - before;
         }})))([...document.querySelectorAll('.message .text')].at(-1))"
    ));
    took.as_f64().unwrap()
}

#[test]
fn no_text_costs_much_more_than_words_whatever_is_in_it() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let mut ten_words = 0.0;
    for (n, (what, unit)) in HOSTILE.into_iter().enumerate() {
        let said = hostile(unit);
        socket.send(text("bob", &said));
        alice.shows(
            "document.querySelectorAll('.message .text').length",
            &json!(n + 1),
        );
        if n == 0 {
            ten_words = layout(&mut alice, 10).max(10.0);
        }
        // Ten times as much as words is normal, so that is what it is compared with: of what takes as long, a busy
        // machine does as little. If the cost grew with the square of the letters, it would be hundreds of times as much.
        let took = Cell::new(0.0);
        let is_quick = || {
            took.set(layout(&mut alice, 1));
            (took.get() < 4.0 * ten_words).then_some(())
        };
        until(is_quick, || {
            let took = took.get();
            format!("{what}: {took} ms, and {ten_words} ms for words ten times")
        });
    }
}

#[test]
fn all_of_a_long_text_is_shown_at_once_and_laid_out_where_it_is_seen() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    let long = format!(
        "{}the needle{}",
        "some hay ".repeat(60_000),
        " hay".repeat(50_000)
    );
    socket.send(text("bob", &long));
    alice.clicks(".more");
    let whole = "document.querySelector('.message .text').textContent.length";
    alice.shows(whole, &json!(long.len()));
    alice.shows(
        "document.querySelectorAll('.part').length > 80",
        &json!(true),
    );

    // A match far down in it is brought into view.
    alice.press("ctrl+f");
    alice.types_into("search-field", "needle", "needle");
    alice.shows(
        "((mark) => { if (!mark) return; const range = new Range(); range.setStart(mark.startContainer, mark.startOffset);
         range.setEnd(mark.endContainer, mark.endOffset);
         const [place, view] = [range, timeline].map((part) => part.getBoundingClientRect());
         return place.height > 0 && place.top > view.top && place.bottom < view.bottom })([...CSS.highlights.get('current-match') ?? []][0])",
        &json!(true),
    );
    alice.press("Escape");
    alice.has_focus_in("draft");

    // What is copied from it has no breaks where the parts meet.
    alice.ask("getSelection().selectAllChildren(document.querySelector('.message .text'))");
    alice.press("ctrl+c");
    alice.clicks("#draft");
    alice.press("ctrl+v");
    alice.shows("draft.value.length", &json!(long.len()));
    alice.shows(
        "draft.value === document.querySelector('.message .text').textContent",
        &json!(true),
    );
}

#[test]
#[ignore = "measures for minutes: run it by `just bench-window`"]
fn measured() {
    let screen = Screen::take();
    println!(
        "| a text of 16,000 letters | laid out | longest of 12 keys as 25 of them come | with all 25 there | in the field |"
    );
    println!("|---|--:|--:|--:|--:|");
    for (what, unit) in HOSTILE {
        let server = ScriptedServer::start();
        let mut alice = Window::open(&screen, "alice", server.port());
        let mut socket = server.accept();
        alice.is("connected");
        alice.ask(crate::measures::STOPWATCH);
        let message = text("bob", hostile(unit));
        let comes = thread::spawn(move || {
            for _ in 0..25 {
                socket.send(&message);
                thread::sleep(Duration::from_millis(40));
            }
            socket
        });
        let coming = longest(&mut alice);
        let _socket = comes.join().unwrap();
        alice.shows(
            "document.querySelectorAll('.message .text').length",
            &json!(25),
        );
        alice.paints();
        let there = longest(&mut alice);
        let layout = layout(&mut alice, 1);
        let (unit, count) = (json!(unit), LETTERS / unit.chars().count());
        pastes(&mut alice, &format!("'x' + {unit}.repeat({count}) + 'y'"));
        alice.shows("draft.value.length > 30", &json!(true));
        alice.paints();
        let written = longest(&mut alice);
        println!("| {what} | {layout:.0} ms | {coming:.0} ms | {there:.0} ms | {written:.0} ms |");
    }
}

/// Replaces everything in the field by the value of a JavaScript expression, by pasting it.
fn pastes(window: &mut Window, text: &str) {
    window.ask(&format!(
        "document.addEventListener('copy', (event) => {{
           event.clipboardData.setData('text/plain', {text});
           event.preventDefault();
           event.stopImmediatePropagation();
           copied = true;
         }}, {{ capture: true, once: true }}); copied = false; hubbub.put('.'); draft.select(); 0"
    ));
    window.press("ctrl+c");
    window.shows("copied", &json!(true));
    window.press("ctrl+v");
}

#[test]
fn of_the_marks_on_one_letter_thirty_are_pasted() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    for (marks, kept) in [(30, 30), (31, 30), (LETTERS, 30)] {
        pastes(
            &mut alice,
            &format!("'x' + '\\u0301'.repeat({marks}) + 'y'"),
        );
        alice.holds(&format!("x{}y", "\u{301}".repeat(kept)));
    }
    alice.types("z", &format!("x{}yz", "\u{301}".repeat(30)));
}

/// Types, and returns how many milliseconds the slowest key took to the screen.
fn longest(window: &mut Window) -> f64 {
    window.focus();
    window.ask("keys = []; draft.focus(); 0");
    window
        .screen
        .xdotool(&["type", "--delay", "80", "--", "abcdefghijkl"])
        .expect("xdotool type");
    window.shows("keys.length", &json!(12));
    let Value::Array(keys) = window.ask("keys") else {
        panic!("no times");
    };
    keys.iter().filter_map(Value::as_f64).fold(0.0, f64::max)
}
