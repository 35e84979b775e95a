//! Selecting and copying the conversation, with the real clipboard.

use hubbub_testing::{Peer, ScriptedServer, text};
use serde_json::json;

use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

const SPACE: &str = "<span class=\"Apple-converted-space\">\u{a0}</span>";

/// A room in which something was said: the window and the server's end of its connection.
fn room(screen: &Screen, server: &ScriptedServer) -> (Window, Peer) {
    let mut alice = Window::open(screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    for (name, words) in [
        ("bob", "see https://example.org/a?b=c&d and <b>this</b>"),
        ("bob", "one\ntwo"),
        ("alice2", "alice, you too?"),
    ] {
        socket.send(text(name, words));
    }
    socket.send(b"CHAT/1.0 JOIN\r\nUsername: carol\r\n\r\n");
    alice.notices("carol", "joined");
    alice.says("indeed");
    alice.shows_states(&["sent"]);
    (alice, socket)
}

/// Waits until the clipboard holds this as text of this type, apart from the times of day.
fn holds(screen: &Screen, kind: &str, expected: &str) {
    let held = || {
        let mut held = screen.clipboard(kind).unwrap_or_default();
        // WebKit adds the look of each element, which does not matter here, and keeps the spaces next to links in its
        // own way.
        while let Some((before, rest)) = held.split_once(" style=\"") {
            held = format!("{before}{}", rest.split_once('"').unwrap().1);
        }
        held = held.replace(SPACE, " ");
        while let Some(at) = held.find('[') {
            let time = held.get(at..at + 7).unwrap_or_default();
            assert!(time.ends_with(']'), "{held}");
            held.replace_range(at..at + 7, "at");
        }
        held
    };
    until(
        || (held() == expected).then_some(()),
        || format!("copied is {:?}, not {expected:?}", held()),
    );
}

#[test]
fn a_conversation_is_copied_line_by_line_with_time_and_name() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let (mut alice, _socket) = room(&screen, &server);
    alice.drags(".day span", ".message:last-child .text");
    alice.press("ctrl+c");
    let day = alice.ask("document.querySelector('.day span').textContent");
    let day = day.as_str().unwrap();
    holds(
        &screen,
        "UTF8_STRING",
        &format!(
            "--- {day}\n\
             at bob: see https://example.org/a?b=c&d and <b>this</b>\n\
             at bob: one\n    two\n\
             at alice2: alice, you too?\n\
             at * carol joined\n\
             at alice: indeed"
        ),
    );
    holds(
        &screen,
        "text/html",
        &format!(
            "<div>--- {day}</div>\
             <div>at bob: see <a href=\"https://example.org/a?b=c&amp;d\">https://example.org/a?b=c&amp;d</a> and &lt;b&gt;this&lt;/b&gt;</div>\
             <div>at bob: one<br>two</div>\
             <div>at alice2: alice, you too?</div>\
             <div>at * carol joined</div>\
             <div>at alice: indeed</div>"
        ),
    );
}

#[test]
fn a_part_of_one_message_is_copied_as_it_is() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let (mut alice, _socket) = room(&screen, &server);
    alice.points_at(".message:last-child .text");
    alice.clicks_twice();
    alice.press("ctrl+c");
    holds(&screen, "UTF8_STRING", "indeed");
    holds(&screen, "text/html", "<div>indeed</div>");

    // Both lines of a text.
    alice.ask("getSelection().selectAllChildren(document.querySelectorAll('.text')[1]); 0");
    alice.press("ctrl+c");
    holds(&screen, "UTF8_STRING", "one\ntwo");

    // A name alone. What is in the field is not the timeline's business.
    alice.points_at(".message .name");
    alice.clicks_twice();
    alice.press("ctrl+c");
    holds(&screen, "UTF8_STRING", "bob");
    alice.clicks("#draft");
    alice.types("my own", "my own");
    alice.press("ctrl+a");
    alice.press("ctrl+c");
    holds(&screen, "UTF8_STRING", "my own");
}

#[test]
fn from_the_middle_of_one_message_to_the_middle_of_another_each_gives_its_part() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let (mut alice, _socket) = room(&screen, &server);
    alice.ask(
        "texts = document.querySelectorAll('.text');
         getSelection().setBaseAndExtent(texts[1].firstChild, 4, texts[2].firstChild, 5); 0",
    );
    alice.press("ctrl+c");
    holds(&screen, "UTF8_STRING", "at bob: two\nat alice2: alice");
}

#[test]
fn what_is_hidden_or_decorates_is_not_marked() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let (mut alice, _socket) = room(&screen, &server);
    alice.drags(".day span", ".message:last-child .text");
    // What the page itself takes for the selected text.
    let marked = alice.ask("String(getSelection())");
    let marked = marked.as_str().unwrap();
    for hidden in ["mentions you", "sent", "bob: ", "you\n"] {
        assert!(!marked.contains(hidden), "{hidden:?} in {marked:?}");
    }
    assert!(
        !marked.lines().any(|line| line == "B" || line == "A"),
        "{marked:?}"
    );
    for control in [".top .tools", "#people", "#keys"] {
        alice.shows(
            &format!("getComputedStyle(document.querySelector('{control}')).webkitUserSelect"),
            &json!("none"),
        );
    }
}
