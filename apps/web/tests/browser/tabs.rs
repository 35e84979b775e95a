//! Two tabs of one browser, and two browsers of one name.

use serde_json::json;

use crate::tab::Tab;
use crate::visitor::Visitor;
use crate::web_room::WebRoom;

/// Waits until a tab says that the room is open in another one.
#[track_caller]
pub(crate) fn says_that_it_is_elsewhere(tab: &Tab) {
    tab.comes_to("/open in another tab/i.test(document.body.innerText) && document.getElementById('draft') === null");
}

#[test]
fn a_second_tab_says_that_the_room_is_open_in_another_and_takes_it_over() {
    let room = WebRoom::open();
    let (visitor, at_bobs) = (Visitor::new(), Visitor::new());
    let bob = at_bobs.enters(&room.page(), "bob");
    let first = visitor.enters(&room.page(), "alice");
    first.says("from the first");
    first.types_into("draft", "half", "half");
    let second = visitor.opens(&room.page());
    // Where the first has no time to answer, the second goes in, and is sent away again.
    second.may_lose_its_connection();
    says_that_it_is_elsewhere(&second);
    first.is("connected");
    second.clicks("#take-over");
    // It has handed over by then.
    says_that_it_is_elsewhere(&first);
    second.is("connected");
    second.shows_texts(&["from the first"]);
    second.holds("half");
    second.has_focus_in("draft");
    second.press("Enter");
    bob.shows_texts(&["from the first", "half"]);
    bob.notices("alice", "joined");
    // And back again.
    first.clicks("#take-over");
    first.is("connected");
    says_that_it_is_elsewhere(&second);
    first.says("from the first again");
    bob.shows_texts(&["from the first", "half", "from the first again"]);
    bob.shows_people(&["bob", "alice"]);
}

#[test]
fn a_second_tab_is_in_the_room_when_the_first_is_closed() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let first = visitor.enters(&room.page(), "alice");
    first.says("from the first");
    first.shows_states(&["arrived"]);
    first.closes();
    // The name is known.
    let second = visitor.opens(&room.page());
    second.is("connected");
    second.shows_people(&["alice"]);
    second.shows_texts(&["from the first"]);
}

#[test]
fn a_tab_that_is_duplicated_takes_nothing_from_the_first() {
    let room = WebRoom::open();
    let (visitor, at_bobs) = (Visitor::new(), Visitor::new());
    let bob = at_bobs.enters(&room.page(), "bob");
    let first = visitor.enters(&room.page(), "alice");
    first.says("from the first");
    first.shows_states(&["arrived"]);
    // It gets a copy of all that the tab keeps, as from the browser's own command.
    first.ask("open(location.href) !== null");
    let second = visitor.gets_another_tab(&[&first]);
    second.may_lose_its_connection();
    says_that_it_is_elsewhere(&second);
    first.is("connected");
    first.says("still here");
    bob.shows_texts(&["from the first", "still here"]);
    // Once the first is closed, it joins afresh.
    let name = "document.querySelector('#people .self .name')?.textContent.trim()";
    first.shows(name, &json!("alice"));
    first.closes();
    second.clicks("#take-over");
    second.is("connected");
    second.says("from the second");
    bob.shows_texts(&["from the first", "still here", "from the second"]);
}

#[test]
fn a_name_that_somebody_else_has_is_told_and_another_one_can_be_given() {
    let room = WebRoom::open();
    let (at_alices, elsewhere) = (Visitor::new(), Visitor::new());
    let alice = at_alices.enters(&room.page(), "alice");
    let other = elsewhere.opens(&room.page());
    other.gives_name("alice");
    other.comes_to("/this name is taken|the name alice is taken/.test(document.body.innerText)");
    alice.is("connected");
    other.clicks("#name");
    other.press("Control+a");
    other.types_into("name", "alicia", "alicia");
    other.press("Enter");
    other.is("connected");
    alice.shows_people(&["alice", "alicia"]);
}
