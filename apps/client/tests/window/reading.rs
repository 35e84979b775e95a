//! Reading back while more comes in.

use hubbub_testing::{ScriptedServer, text};
use serde_json::json;

use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

const PILL: &str = "document.querySelector('#to-end')?.textContent.trim() ?? 'none'";
const TOP: &str = "Math.round([...document.querySelectorAll('.message')]\
    .find(e => e.textContent.includes('line 50.')).getBoundingClientRect().top)";

#[test]
fn who_reads_back_is_left_in_peace_and_led_to_what_is_new() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    for number in 0..100 {
        socket.send(text("bob", format!("line {number}.")));
    }
    alice.shows("document.querySelectorAll('.message').length", &json!(100));
    alice.shows(PILL, &json!("none"));

    alice.points_at("#timeline");
    screen
        .xdotool(&["click", "--repeat", "6", "4"])
        .expect("xdotool click");
    alice.shows(PILL, &json!("Latest"));
    // The page scrolls smoothly. It has come to rest when several frames show the same.
    alice.ask("[still, last] = [0, 0]; 0");
    let looks = "(now => { still = now === last ? still + 1 : 0; last = now; return still >= 5 })\
                 (document.querySelector('#timeline').scrollTop)";
    until(
        || {
            alice.paints();
            (alice.ask(looks) == true).then_some(())
        },
        || "the page does not come to rest".to_owned(),
    );
    let place = alice.ask(TOP);
    for words in ["one", "two", "three"] {
        socket.send(text("bob", words));
    }
    alice.shows(PILL, &json!("3 new"));
    assert_eq!(alice.ask(TOP), place, "the view moved");

    alice.clicks("#to-end");
    alice.shows(PILL, &json!("none"));
    alice.shows("document.querySelector('#timeline').scrollTop", &json!(0));
    alice.shows("document.activeElement.id", &json!("draft"));
}

#[test]
fn a_zoomed_page_follows_the_talk_and_turns_by_page_up_and_page_down() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.lies_at(10, 30, 420, 680);
    alice.is("connected");
    socket.send(text("bob", "one of many").repeat(60));
    let mut lines = 60;
    let in_sight = "((line, view) => line.bottom <= view.bottom + 1)(\
        [...document.querySelectorAll('#timeline .text')].at(-1).getBoundingClientRect(),\
        document.getElementById('timeline').getBoundingClientRect())";
    // To 110, 125 and 150 %.
    for _ in 0..3 {
        alice.press("ctrl+plus");
        for _ in 0..4 {
            socket.send(text("bob", "a line more"));
            lines += 1;
            alice.shows(
                "document.querySelectorAll('#timeline .text').length",
                &json!(lines),
            );
            alice.shows(in_sight, &json!(true));
            alice.shows("document.getElementById('to-end')", &json!(null));
        }
    }

    alice.press("Prior");
    alice.shows(in_sight, &json!(false));
    alice.shows("document.getElementById('to-end') !== null", &json!(true));
    alice.has_focus_in("draft");
    alice.press("Next");
    alice.shows(in_sight, &json!(true));
    alice.shows("document.getElementById('to-end')", &json!(null));
}
