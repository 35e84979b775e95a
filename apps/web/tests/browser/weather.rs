//! Connections that are cut, stall and come back, and servers that die.

use std::time::Duration;

use hubbub_testing::{Network, Way};
use serde_json::json;

use crate::member::Member;
use crate::visitor::Visitor;
use crate::wait::PATIENCE;
use crate::web_room::{WebRoom, page_at};

/// How long a server may say nothing: the page asks it after 20 s, and waits for its answer for 10 s.
const SILENCE: Duration = Duration::from_secs(30);

/// From now on no time passes for the program.
const STANDSTILL: &str = "{ const [day, awake] = [Date.now(), performance.now()]; \
     Date.now = () => day; performance.now = () => awake; } 0";

#[test]
fn a_connection_that_is_cut_comes_back_and_nothing_is_lost_or_doubled() {
    let room = WebRoom::open();
    let (at_alices, at_bobs, network) = (Visitor::new(), Visitor::new(), Network::to(room.port()));
    let bob = at_bobs.enters(&room.page(), "bob");
    let alice = at_alices.enters(&page_at(network.port()), "alice");
    bob.notices("alice", "joined");
    alice.may_lose_its_connection();
    let mut said = Vec::new();
    for round in 0..5 {
        alice.says(&format!("before {round}"));
        match round {
            0 => network.cut(),
            1 => network.close(),
            2 => network.cut_after(Way::ToServer, 30),
            3 => network.cut_after(Way::ToClient, 30),
            _ => network.cut_off_the_client(),
        }
        alice.says(&format!("after {round}"));
        bob.says(&format!("meanwhile {round}"));
        said.extend(["before", "after", "meanwhile"].map(|when| format!("{when} {round}")));
        bob.shows(
            "document.querySelectorAll('.message').length",
            &json!(said.len()),
        );
        alice.shows(
            "document.querySelectorAll('.message').length",
            &json!(said.len()),
        );
        alice.has_sent_all();
    }
    network.cut();
    alice.is("connected");
    let sorted = "[...document.querySelectorAll('#timeline .message .text')].map((e) => e.textContent).sort()";
    said.sort();
    alice.shows(sorted, &json!(said));
    bob.shows(sorted, &json!(said));
    bob.notices("alice", "joined");
    bob.shows_people(&["bob", "alice"]);
}

#[test]
fn a_connection_that_stalls_is_noticed_and_replaced() {
    let room = WebRoom::open();
    let (visitor, network) = (Visitor::new(), Network::to(room.port()));
    let mut dave = Member::enter(room.port(), "dave");
    let alice = visitor.enters(&page_at(network.port()), "alice");
    alice.may_lose_its_connection();
    network.weather().still = true;
    alice.says("into the void");
    alice.shows_within(
        SILENCE + PATIENCE,
        "document.querySelector('#status')?.dataset.state !== 'connected'",
        &json!(true),
    );
    network.cut();
    network.clear_up();
    alice.is("connected");
    alice.has_sent_all();
    assert_eq!(
        dave.hears(),
        ("alice".to_owned(), "into the void".to_owned())
    );
    alice.shows_texts(&["into the void"]);
}

#[test]
fn what_is_typed_while_the_server_is_away_goes_out_when_it_is_back() {
    for kill in [true, false] {
        let mut room = WebRoom::open();
        let visitor = Visitor::new();
        let alice = visitor.enters(&room.page(), "alice");
        alice.may_lose_its_connection();
        alice.says("before");
        alice.shows_states(&["arrived"]);
        if kill {
            room.dies();
        } else {
            room.stops();
        }
        alice.comes_to("document.querySelector('#status').dataset.state !== 'connected'");
        alice.says("meanwhile");
        alice.says("and again");
        alice.shows_states(&["arrived", "waiting", "waiting"]);
        room.comes_back();
        let mut dave = Member::enter(room.port(), "dave");
        alice.is("connected");
        alice.shows_states(&["arrived", "arrived", "arrived"]);
        alice.shows_texts(&["before", "meanwhile", "and again"]);
        for words in ["meanwhile", "and again"] {
            assert_eq!(dave.hears(), ("alice".to_owned(), words.to_owned()));
        }
    }
}

#[test]
fn a_person_is_told_why_there_is_no_connection_and_can_try_at_once() {
    let mut room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.may_lose_its_connection();
    // So the wait for the next attempt does not end by itself, however long it takes to click.
    alice.ask(STANDSTILL);
    room.stops();
    alice.comes_to("document.querySelector('#status .why')?.textContent.length > 0");
    alice.comes_to("/[0-9]/.test(document.querySelector('.seconds')?.textContent)");
    room.comes_back();
    alice.clicks("#retry");
    alice.is("connected");
}

#[test]
fn delays_make_nothing_wrong() {
    let room = WebRoom::open();
    let (at_alices, at_bobs, network) = (Visitor::new(), Visitor::new(), Network::to(room.port()));
    let alice = at_alices.enters(&page_at(network.port()), "alice");
    let bob = at_bobs.enters(&room.page(), "bob");
    {
        let mut weather = network.weather();
        weather.delay = Duration::from_millis(60);
        weather.piece = 4096;
    }
    for round in 0..5 {
        alice.says(&format!("question {round}"));
        bob.says(&format!("answer {round}"));
    }
    alice.has_sent_all();
    for tab in [&alice, &bob] {
        tab.shows("document.querySelectorAll('.message').length", &json!(10));
    }
    // Each reads the other's in their order.
    for (tab, word) in [(&alice, "answer"), (&bob, "question")] {
        let others =
            "[...document.querySelectorAll('.message:not(.own) .text')].map((e) => e.textContent)";
        let expected: Vec<_> = (0..5).map(|round| format!("{word} {round}")).collect();
        tab.shows(others, &json!(expected));
    }
}

/// On a phone far from the next mast, the page shows the room before the server can have refused the name.
#[test]
fn a_name_that_is_taken_is_asked_for_anew_however_late_the_refusal_comes() {
    let room = WebRoom::open();
    let (visitor, network) = (Visitor::new(), Network::to(room.port()));
    let mut alice = Member::enter(room.port(), "alice");
    let _bob = Member::enter(room.port(), "bob");
    let other = visitor.opens_nothing();
    other.is_a_phone();
    other.goes_to(&page_at(network.port()));
    other.ask(
        "shown = new Set(); new MutationObserver(() => { for (const id of ['composer', 'other-name']) \
         shown[document.getElementById(id) ? 'add' : 'delete'](id); }).observe(document, { childList: true, subtree: true }); 0",
    );
    // A round trip of 600 ms.
    network.weather().delay = Duration::from_millis(300);
    other.taps("#name");
    other.gives_name("alice");
    other.comes_to("shown.has('composer')");
    other.comes_to("document.getElementById('name')?.value === 'alice' && /name is taken/.test(document.body.innerText)");
    other.taps("#draft");
    other.inserts("hello");
    other.taps("#send");
    other.shows_states(&["waiting"]);
    // The next name is refused as late.
    for name in ["bob", "carol"] {
        other.taps("#name");
        other.press("Control+a");
        other.types_into("name", name, name);
        other.taps("#join");
        if name == "bob" {
            other.comes_to("document.querySelector('#status').dataset.state !== 'lost'");
            other.comes_to(
                "document.querySelector('#status').dataset.state === 'lost' && document.getElementById('other-name') !== null",
            );
        }
    }
    other.is("connected");
    other.comes_to("document.getElementById('other-name') === null");
    other.shows_states(&["arrived"]);
    other.shows_people(&["carol", "alice", "bob"]);
    assert_eq!(alice.hears(), ("carol".to_owned(), "hello".to_owned()));
}
