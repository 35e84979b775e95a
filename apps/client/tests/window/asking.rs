//! The window that asks for a room.

use hubbub_testing::{Program, ScriptedServer};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

const WHY: &str = "[...document.querySelectorAll('[role=alert]')].map(e => e.textContent)";
const OFFERED: &str = "[...document.querySelectorAll('#used button')].map(e => e.textContent)";
const FIELDS: &str = "['room', 'name'].map(id => document.getElementById(id).value)";

fn used(rooms: &[(&str, &str)]) -> String {
    let entry =
        |(address, name)| format!("[[room]]\naddress = \"{address}\"\nusername = \"{name}\"\n");
    rooms.iter().copied().map(entry).collect()
}

#[test]
fn the_first_time_it_asks_for_a_room_says_what_is_wrong_and_leads_there() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut carol = Window::ask_for_a_room(&screen, "");
    carol.shows(FIELDS, &json!(["", "carol"]));
    carol.shows(OFFERED, &json!([]));
    carol.types_into("room", "local host", "local host");
    carol.press("Tab");
    carol.types_into("name", "server", "server");
    carol.press("Return");
    carol.shows(
        &format!("{WHY}.map(why => why.split(';')[0])"),
        &json!([
            "this is no room",
            "this name is reserved for the server itself"
        ]),
    );
    carol.press("shift+Tab");
    let room = format!("localhost:{port}");
    carol.types_into("room", &room, &room);
    carol.press("Tab");
    carol.types_into("name", "carolina", "carolina");
    carol.press("Return");
    let mut carol = carol.enters("carolina", port);
    carol.is("connected");
    carol.has_focus_in("draft");
    carol.says("hello");
    carol.close();
}

#[test]
fn a_room_that_was_used_before_is_one_key_or_one_click_away() {
    let screen = Screen::take();
    let (here, mut program) = (ScriptedServer::start(), Program::with(&[], &[]));
    let (here_port, there_port) = (here.port(), program.port());
    let room = |port| format!("localhost:{port}");
    let (first, second) = (room(here_port), room(there_port));
    let rooms = used(&[(&first, "bob"), (&second, "alice smith")]);
    let mut asking = Window::ask_for_a_room(&screen, &rooms);
    asking.shows(FIELDS, &json!([first, "bob"]));
    asking.shows(
        OFFERED,
        &json!([format!("{first}as bob"), format!("{second}as alice smith")]),
    );
    asking.clicks("#used li:nth-child(2) button");
    let mut alice = asking.enters("alice smith", there_port);
    alice.is("connected");
    alice.close();

    let mut asking = Window::ask_for_a_room(&screen, &rooms);
    asking.press("Return");
    let mut bob = asking.enters("bob", here_port);
    let _bob = here.accept();
    bob.is("connected");
    bob.close();
}

#[test]
fn it_can_be_closed_and_leads_nowhere_then() {
    let screen = Screen::take();
    let mut asking = Window::ask_for_a_room(&screen, "");
    asking.clicks("#quit");
    assert!(asking.ended().success());
}

#[test]
#[ignore = "makes pictures of the window: run it by `just screenshot`"]
fn pictures() {
    let screen = Screen::take();
    let rooms = used(&[
        ("chat.example.org:8765", "alice"),
        ("workshop.local:8765", "alice"),
        ("[2001:db8::7]:9000", "alice of the night shift"),
    ]);
    Window::ask_for_a_room(&screen, &rooms).poses("ask");
}
