//! Nothing but a keyboard: from the door to the room, through it, and out.

use hubbub_testing::{Peer, text};
use serde_json::json;

use crate::visitor::Visitor;
use crate::web_room::WebRoom;

#[test]
fn everything_can_be_done_without_a_mouse() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&room.page());
    alice.has_focus_in("name");
    alice.types("alice");
    alice.press("Tab");
    alice.comes_to("document.activeElement.tagName === 'BUTTON'");
    alice.press("Enter");
    alice.is("connected");
    alice.has_focus_in("draft");

    let mut bob = Peer::join(room.port(), "bob");
    bob.send(text("bob", "find the needle here"));
    alice.shows_texts(&["find the needle here"]);
    // A name is completed, and where there is none, Tab leads on.
    alice.types("bo");
    alice.press("Tab");
    alice.holds("bob: ");
    alice.types("hi");
    alice.press("Enter");
    alice.shows_states(&["arrived"]);
    alice.press("ArrowUp");
    alice.holds("bob: hi");
    alice.press("ArrowDown");
    alice.holds("");
    alice.press("Tab");
    alice.has_focus_in("send");
    alice.press("Escape");
    alice.has_focus_in("draft");

    alice.press("Control+f");
    alice.types_into("search-field", "needle", "needle");
    alice.shows(
        "document.getElementById('search-count').textContent",
        &json!("1 of 1"),
    );
    alice.press("Escape");
    alice.has_focus_in("draft");

    // Backwards through everything that takes keys: the switches of the header are among it.
    let mut met = Vec::new();
    for _ in 0..20 {
        alice.press("Shift+Tab");
        met.push(
            alice
                .ask("document.activeElement.id")
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    for id in ["people-toggle", "theme", "notifications"] {
        assert!(met.iter().any(|it| it == id), "{id} is not met: {met:?}");
    }
    alice.press("Escape");
    alice.has_focus_in("draft");
    alice.types("/quit");
    alice.press("Enter");
    alice.is_at_the_door();
    alice.has_focus_in("name");
}

#[test]
fn whoever_is_asked_something_can_answer_by_keys_in_a_second_tab() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let first = visitor.enters(&room.page(), "alice");
    let second = visitor.opens(&room.page());
    second.may_lose_its_connection();
    crate::tabs::says_that_it_is_elsewhere(&second);
    second.has_focus_in("take-over");
    second.press("Enter");
    second.is("connected");
    second.has_focus_in("draft");
    crate::tabs::says_that_it_is_elsewhere(&first);
}
