//! A page that cannot go on says so, and a reload brings the room back.

use serde_json::json;

use crate::visitor::Visitor;
use crate::web_room::WebRoom;

#[test]
fn a_program_that_breaks_down_offers_to_load_the_page_again() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.says("before");
    alice.shows_states(&["arrived"]);
    alice.types_into("draft", "half a sent", "half a sent");
    // As the end of its memory would be told.
    alice.may_report("RuntimeError");
    alice.may_report("Something went wrong");
    alice.ask("setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable') }); 0");
    alice.has_focus_in("reload");
    alice.press("Enter");
    alice.is("connected");
    alice.shows_texts(&["before"]);
    alice.holds("half a sent");
    alice.shows("document.getElementById('reload')", &json!(null));
}

#[test]
fn a_page_whose_program_does_not_come_says_so() {
    let mut room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    for words in [
        "Failed to load",
        "could not be loaded",
        "net::ERR_",
        "Failed to fetch",
    ] {
        alice.may_report(words);
    }
    alice.call("Network.enable", json!({}));
    alice.call("Network.setBlockedURLs", json!({ "urls": ["*.wasm"] }));
    alice.goes_to(&room.page());
    alice.has_focus_in("reload");
    alice.call("Network.setBlockedURLs", json!({ "urls": [] }));
    alice.press("Enter");
    alice.gives_name("alice");
    alice.is("connected");
    room.server().signal("TERM");
    alice.may_lose_its_connection();
}
