//! Pages that are loaded again, at any moment: the room is back where it was, and nothing typed is lost or doubled.

use std::time::Duration;

use hubbub_session::Event;
use hubbub_testing::{Network, Peer};
use serde_json::json;

use crate::guest::TEXTS;
use crate::member::Member;
use crate::site::Site;
use crate::visitor::Visitor;
use crate::web_room::{WebRoom, page_at};

/// Notices in which somebody comes or goes.
const COMING_AND_GOING: &str = "[...document.querySelectorAll('#timeline .notice')]\
     .filter((e) => /joined|left/.test(e.textContent)).length";

#[test]
fn a_page_that_is_loaded_again_is_back_where_it_was_and_nobody_sees_it_go() {
    let room = WebRoom::open();
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = at_alices.enters(&room.page(), "alice");
    let bob = at_bobs.enters(&room.page(), "bob");
    alice.says("before");
    alice.shows_states(&["arrived"]);
    bob.shows_texts(&["before"]);
    let seen = bob.ask(COMING_AND_GOING);
    alice.types_into("draft", "half a sent", "half a sent");
    for _ in 0..5 {
        alice.reloads_and_waits();
        alice.is("connected");
        alice.holds("half a sent");
        alice.shows_texts(&["before"]);
        alice.shows_states(&["arrived"]);
    }
    alice.types_into("draft", "ence", "half a sentence");
    alice.press("Enter");
    bob.shows_texts(&["before", "half a sentence"]);
    alice.shows_texts(&["before", "half a sentence"]);
    assert_eq!(bob.ask(COMING_AND_GOING), seen);
    bob.shows_people(&["bob", "alice"]);
}

#[test]
fn what_waits_for_a_server_that_is_away_still_waits_after_the_page_was_loaded_again() {
    let mut room = WebRoom::open();
    let (visitor, mut network) = (Visitor::new(), Network::to(room.port()));
    let page = page_at(network.port());
    let alice = visitor.enters(&page, "alice");
    alice.may_lose_its_connection();
    room.dies();
    alice.comes_to("document.querySelector('#status').dataset.state !== 'connected'");
    alice.says("one");
    alice.says("two");
    alice.shows_states(&["waiting", "waiting"]);
    // The server is back, so that the page can be loaded, but the old room is gone: it is a new one.
    room.comes_back();
    let mut dave = Member::enter(room.port(), "dave");
    alice.reloads_and_waits();
    alice.is("connected");
    alice.has_sent_all();
    alice.shows(&format!("{TEXTS}.slice(-2)"), &json!(["one", "two"]));
    for words in ["one", "two"] {
        assert_eq!(dave.hears(), ("alice".to_owned(), words.to_owned()));
    }
    network = Network::to(room.port());
    drop(network);
}

#[test]
fn a_page_that_is_loaded_again_in_the_middle_of_sending_says_each_text_once() {
    reload_in_the_middle(12);
}

#[test]
#[ignore = "a minute or two: run it by its name"]
fn a_page_that_is_loaded_again_a_hundred_times_in_the_middle_of_sending_says_each_text_once() {
    reload_in_the_middle(100);
}

fn reload_in_the_middle(times: usize) {
    let room = WebRoom::open();
    let (visitor, network) = (Visitor::new(), Network::to(room.port()));
    let alice = visitor.enters(&page_at(network.port()), "alice");
    alice.may_lose_its_connection();
    let mut listener = Peer::join(room.port(), "listener");
    alice.shows_people(&["alice", "listener"]);
    let mut said = Vec::new();
    for round in 0..times {
        // What is on its way is older each time: not sent, sent and not acknowledged, acknowledged.
        network.weather().delay = Duration::from_millis(7 * (round as u64 % 6));
        for part in ["a", "b", "c"] {
            let words = format!("{part}{round}");
            alice.has_focus_in("draft");
            alice.inserts(&words);
            alice.press("Enter");
            said.push(words);
        }
        alice.reloads_and_waits();
        alice.is("connected");
    }
    network.clear_up();
    alice.has_sent_all();
    alice.says("the end");
    said.push("the end".to_owned());
    let heard = all_up_to(&mut listener, "the end");
    assert_eq!(heard, said, "what was heard, and what was said");
    let last = &said[said.len() - 36..];
    alice.shows(&format!("{TEXTS}.slice(-36)"), &json!(last));
    alice.has_sent_all();
}

/// What a plain member hears of alice, up to these words of hers: her texts, and whatever else it should not hear.
#[track_caller]
fn all_up_to(listener: &mut Peer, last: &str) -> Vec<String> {
    let mut heard = Vec::new();
    while heard.last().is_none_or(|words| words != last) {
        let frame = listener.any_frame();
        heard.push(match (&*frame.method, frame.header("Username")) {
            ("TEXT", Some("alice")) => frame.payload,
            _ => format!("{frame:?}"),
        });
    }
    heard
}

#[test]
fn what_is_sent_before_the_page_was_painted_is_not_lost_when_it_is_loaded_again() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let mut dave = Member::enter(room.port(), "dave");
    let alice = visitor.enters(&room.page(), "alice");
    // As on a machine that is so busy that it paints nothing any more.
    alice.ask("hubbub.drawn = () => new Promise(() => {}); 0");
    dave.says("before");
    alice.shows_texts(&["before"]);
    alice.says("meanwhile");
    alice.reloads_and_waits();
    alice.shows_texts(&["before", "meanwhile"]);
    alice.has_sent_all();
    alice.says("after");
    for words in ["meanwhile", "after"] {
        assert_eq!(dave.hears(), ("alice".to_owned(), words.to_owned()));
    }
}

#[test]
fn what_was_on_its_way_stands_where_the_room_has_it_when_the_page_was_loaded_again() {
    let room = WebRoom::open();
    let (visitor, network) = (Visitor::new(), Network::to(room.port()));
    let mut dave = Member::enter(room.port(), "dave");
    let alice = visitor.enters(&page_at(network.port()), "alice");
    alice.may_lose_its_connection();
    alice.says("one");
    alice.shows_states(&["arrived"]);
    network.weather().still = true;
    alice.says("two");
    alice.shows_states(&["arrived", "sent"]);
    dave.says("three");
    dave.waits_for(|event| matches!(event, Event::Arrived { .. }));
    network.cut();
    network.clear_up();
    alice.reloads_and_waits();
    alice.shows_texts(&["one", "three", "two"]);
    alice.shows_states(&["arrived", "arrived"]);
    for words in ["one", "two"] {
        assert_eq!(dave.hears(), ("alice".to_owned(), words.to_owned()));
    }
}

#[test]
fn who_goes_to_another_page_and_comes_back_is_back_in_the_room() {
    let room = WebRoom::open();
    let (visitor, site) = (
        Visitor::new(),
        Site::of(&[("/", "", "<title>away</title>")]),
    );
    let mut dave = Member::enter(room.port(), "dave");
    let alice = visitor.enters(&room.page(), "alice");
    alice.may_lose_its_connection();
    alice.says("before");
    alice.shows_states(&["arrived"]);
    for _ in 0..3 {
        alice.goes_to(&site.page("/"));
        alice.shows("document.title", &json!("away"));
        alice.goes_back();
        alice.is("connected");
        alice.shows_texts(&["before"]);
        alice.goes_forward();
        alice.shows("document.title", &json!("away"));
        alice.goes_back();
        alice.is("connected");
    }
    alice.says("after");
    for words in ["before", "after"] {
        assert_eq!(dave.hears(), ("alice".to_owned(), words.to_owned()));
    }
}
