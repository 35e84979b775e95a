//! Not tests: pictures of a room that remembers, played by the test.

use hubbub_testing::{ScriptedServer, text};
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::memory::{Remembering, seq};
use crate::screen::Screen;
use crate::window::Window;

const PEOPLE: [&str; 4] = ["alice", "bob", "claire", "frank"];

/// How many minutes ago who said what, before alice came.
const BEFORE: [(i64, &str, &str); 4] = [
    (
        1510,
        "claire",
        "The slides for Thursday are in the shared folder.",
    ),
    (1508, "bob", "Thanks! I go through them tonight."),
    (
        95,
        "bob",
        "Done. Only the numbers on page four look old to me.",
    ),
    (94, "claire", "They are. New ones come at noon."),
];

/// And while she was away, which was after she had said something: these minutes are still to come.
const MISSED: [(i64, &str, &str); 3] = [
    (-6, "frank", "Page four has its numbers now."),
    (
        -7,
        "frank",
        "Somebody please read it once more before we print it.",
    ),
    (-9, "bob", "@alice has the sharpest eyes of us."),
];

const LAST: &str = "[...document.querySelectorAll('#timeline .text')].at(-1)?.textContent";

#[test]
#[ignore = "makes pictures of the window: run it by `just screenshot`"]
fn of_a_room_that_remembers() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    alice.lies_at(10, 30, 780, 640);
    let mut room = Remembering::accept(&server);
    room.remembers(&PEOPLE, &said(1, &BEFORE), 4, "");
    alice.shows(LAST, &json!(BEFORE[3].2));
    alice.says("I look at it after lunch.");
    let id = room.hears("I look at it after lunch.");
    room.acknowledges(&id, 5);
    alice.shows_states(&["arrived"]);
    alice.poses("remembered");
    drop(room);

    let mut room = Remembering::accept(&server);
    room.remembers(&PEOPLE, &said(20, &MISSED), 22, "Lost: yes\r\n");
    alice.shows(LAST, &json!(MISSED[2].2));
    alice.poses("missed");
    alice.lies_at(10, 30, 420, 640);
    alice.poses("missed-narrow");
    for theme in ["light", "dark"] {
        alice.clicks("#theme");
        alice.shows(
            "document.querySelector('#app').dataset.theme",
            &json!(theme),
        );
    }
    alice.poses("missed-narrow-dark");
    alice.lies_at(10, 30, 780, 640);
    alice.poses("missed-dark");
    room.notes(
        "motd",
        "Welcome to the studio. The printer on the first floor is out of paper until Monday.",
    );
    room.notes("keeping-stopped", "the disk is full");
    alice.shows("document.querySelectorAll('.notice').length", &json!(3));
    alice.poses("told-dark");
    room.notes("replaced", "you came in elsewhere");
    drop(room);
    alice.is("replaced");
    alice.poses("replaced-dark");
    alice.lies_at(10, 30, 420, 640);
    alice.poses("replaced-narrow-dark");
    alice.clicks("#theme");
    alice.lies_at(10, 30, 780, 640);
    alice.poses("replaced");

    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    alice.lies_at(805, 30, 780, 640);
    let mut room = Remembering::accept(&server);
    room.peer.send(text("server", "the name alice is taken"));
    drop(room);
    alice.has_focus_in("name");
    alice.poses("other-name");
    alice.types_into("name", "server", "server");
    alice.press("Return");
    alice.shows(
        "document.getElementById('name-trouble').textContent.length > 5",
        &json!(true),
    );
    alice.lies_at(805, 30, 420, 640);
    alice.clicks("#theme");
    alice.clicks("#theme");
    alice.poses("other-name-narrow-dark");
}

/// These messages as they are told later; the first one has this place.
fn said(first: u32, messages: &[(i64, &str, &str)]) -> String {
    let messages = (first..).zip(messages).map(|(line, (ago, name, text))| {
        let (seq, len) = (seq(line), text.len());
        let time = (Timestamp::now() - ago.minutes()).strftime("%FT%T.000Z");
        format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\nId: {seq}\r\nSeq: {seq}\r\nTime: {time}\r\n\
             Past: yes\r\n\r\n{text}"
        )
    });
    messages.collect()
}
