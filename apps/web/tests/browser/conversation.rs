//! People who talk: visitors, somebody with the window of a desktop, somebody who speaks bare bytes, and what hostile
//! people say.

use hubbub_session::Event;
use hubbub_testing::{Network, Peer, join, text};
use serde_json::json;

use crate::guest::TEXTS;
use crate::member::Member;
use crate::site::Site;
use crate::visitor::Visitor;
use crate::web_room::{WebRoom, page_at};

#[test]
fn two_visitors_talk_and_one_leaves() {
    let room = WebRoom::open();
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = at_alices.enters(&room.page(), "alice");
    let bob = at_bobs.enters(&room.page(), "bob");
    alice.notices("bob", "joined");
    alice.shows_people(&["alice", "bob"]);
    alice.says("My first chat message!");
    alice.shows_texts(&["My first chat message!"]);
    alice.shows_states(&["arrived"]);
    bob.shows_texts(&["My first chat message!"]);
    bob.shows_people(&["bob", "alice"]);
    bob.says("hello alice");
    alice.shows_texts(&["My first chat message!", "hello alice"]);

    bob.types("/quit");
    bob.press("Enter");
    alice.notices("bob", "left");
    alice.shows_people(&["alice"]);
    bob.is_at_the_door();
}

#[test]
fn who_leaves_with_texts_that_were_not_sent_is_asked_first() {
    let mut room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.may_lose_its_connection();
    room.dies();
    alice.comes_to("document.querySelector('#status').dataset.state !== 'connected'");
    alice.says("one");
    alice.shows_states(&["waiting"]);
    let leaves = || {
        alice.types_into("draft", "/quit", "/quit");
        alice.press("Enter");
        alice.has_focus_in("stay");
    };
    leaves();
    alice.press("Enter");
    alice.shows("document.getElementById('closing')", &json!(null));
    alice.shows_states(&["waiting"]);
    leaves();
    // Once it has arrived, nothing keeps the visitor any more.
    room.comes_back();
    alice.is_at_the_door();
}

#[test]
fn a_visitor_a_window_and_a_stranger_with_bare_bytes_hear_each_other() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let mut dave = Member::enter(room.port(), "dave");
    let carol = Peer::join(room.port(), "carol");
    let heard = carol.tape();
    // She hears only who comes after her.
    dave.waits_for(|event| matches!(event, Event::Joined { .. }));
    let alice = visitor.enters(&room.page(), "alice");
    alice.shows_people(&["alice", "carol", "dave"]);
    heard.says(join("alice"));

    alice.has_focus_in("draft");
    alice.types("one");
    alice.press("Shift+Enter");
    alice.types("two ");
    alice.inserts("é");
    alice.press("Enter");
    alice.shows_texts(&["one\ntwo é"]);
    alice.shows_states(&["arrived"]);
    heard.says([join("alice"), text("alice", "one\ntwo é")].concat());
    assert_eq!(dave.hears(), ("alice".to_owned(), "one\ntwo é".to_owned()));

    dave.says("from a window");
    alice.shows_texts(&["one\ntwo é", "from a window"]);
    let mut mouth = carol;
    mouth.send("chat/1.0 nonsense\r\nCHAT/1.0 TEXT\nmsg-len:14\nUSERNAME:carol\n\n<b>Grüße</b>");
    alice.shows_texts(&["one\ntwo é", "from a window", "<b>Grüße</b>"]);
    assert_eq!(
        dave.hears(),
        ("carol".to_owned(), "<b>Grüße</b>".to_owned())
    );
}

#[test]
fn a_text_of_any_size_comes_whole_over_a_slow_network_that_cuts_it_into_pieces() {
    let room = WebRoom::open();
    let (visitor, network) = (Visitor::new(), Network::to(room.port()));
    let mut dave = Member::enter(room.port(), "dave");
    let alice = visitor.enters(&page_at(network.port()), "alice");
    {
        let mut weather = network.weather();
        weather.delay = std::time::Duration::from_millis(1);
        weather.piece = 1000;
    }
    // In long lines: Chromium takes seconds to write a thousand short ones into a field.
    let long = format!("{}\n", "0123456789 é€😀 ".repeat(200)).repeat(50);
    let long = long.trim_end();
    dave.says(long);
    alice.clicks(".more");
    alice.shows(
        &format!("{TEXTS}[0].length"),
        &json!(long.encode_utf16().count()),
    );
    alice.clicks("#draft");
    alice.has_focus_in("draft");
    alice.inserts(long);
    alice.press("Enter");
    alice.shows_states(&["arrived"]);
    assert_eq!(dave.hears(), ("alice".to_owned(), long.to_owned()));
}

#[test]
fn names_and_texts_that_are_html_are_shown_as_they_are() {
    const NAME: &str = "<img src=x onerror=hit()>";
    const TEXT: &str = "<script>hit()</script><img src=x onerror=hit()><a href=\"javascript:hit()\">x</a> \
                        <style>*{display:none}</style>";
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.ask("hits = 0; hit = () => hits += 1; 0");
    let mut eve = Peer::join(room.port(), NAME);
    eve.send(text(NAME, TEXT));
    alice.shows_texts(&[TEXT]);
    alice.shows_people(&["alice", NAME]);
    alice.notices(NAME, "joined");
    alice.shows(
        "document.querySelectorAll('#timeline :is(script, img, style, iframe, object), #people img').length",
        &json!(0),
    );
    // Those who see it again after a reload read the same.
    alice.reloads_and_waits();
    alice.shows_texts(&[TEXT]);
    alice.shows("window.hits ?? 0", &json!(0));
}

#[test]
fn only_addresses_of_the_web_become_links_and_lead_out_without_a_way_back() {
    let room = WebRoom::open();
    let (visitor, site) = (
        Visitor::new(),
        Site::of(&[("/away", "", "<title>away</title>")]),
    );
    let alice = visitor.enters(&room.page(), "alice");
    let mut eve = Peer::join(room.port(), "eve");
    for link in [
        "javascript:alert(1)",
        "JaVaScRiPt://x.test/%0aalert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:null/x",
        &site.page("/away"),
    ] {
        eve.send(text("eve", link));
    }
    alice.shows(&format!("{TEXTS}.length"), &json!(8));
    let links =
        "[...document.querySelectorAll('#timeline .text a')].map((a) => [a.href, a.target])";
    alice.shows(links, &json!([[site.page("/away"), "_blank"]]));
    alice.clicks("#timeline .text a");
    let away = visitor.gets_another_tab(&[&alice]);
    away.shows(
        "[document.title, opener, document.referrer]",
        &json!(["away", null, ""]),
    );
    alice.is("connected");
}
