//! The door: the name, the invitation, the password, and who may not come in by it.

use serde_json::json;

use crate::site::Site;
use crate::visitor::Visitor;
use crate::web_room::WebRoom;

#[test]
fn the_name_is_asked_once_and_kept() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&room.page());
    alice.has_focus_in("name");
    // Nothing is sent of somebody who has not said yes.
    alice.press("Enter");
    alice.is_at_the_door();
    alice.gives_name("alice");
    alice.is("connected");
    alice.has_focus_in("draft");
    alice.closes();
    let again = visitor.opens(&room.page());
    again.is("connected");
    again.shows_people(&["alice"]);
}

#[test]
fn a_name_that_nobody_can_have_is_explained() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&room.page());
    alice.has_focus_in("name");
    for wrong in ["server", &"x".repeat(300)] {
        alice.inserts(wrong);
        alice.press("Enter");
        alice.is_at_the_door();
        alice.comes_to("document.querySelector('[role=alert]')?.textContent.length > 10");
        alice.press("Control+a");
        alice.press("Backspace");
        alice.shows("document.getElementById('name').value", &json!(""));
    }
    alice.gives_name("alice");
    alice.is("connected");
}

#[test]
fn the_page_is_shown_in_no_frame() {
    let room = WebRoom::open();
    let frame = format!("<iframe id=inside src='{}'></iframe>", room.page());
    let (visitor, site) = (Visitor::new(), Site::of(&[("/", "", &frame)]));
    let tab = visitor.opens_nothing();
    tab.goes_to(&site.page("/"));
    tab.reports("frame-ancestors 'none'");
    tab.may_report("Content Security Policy");
}

#[test]
fn a_page_from_elsewhere_gets_no_connection_to_the_room() {
    let room = WebRoom::open();
    let (visitor, site) = (
        Visitor::new(),
        Site::of(&[("/", "", "<title>elsewhere</title>")]),
    );
    let tab = visitor.opens(&site.page("/"));
    tab.may_lose_its_connection();
    let address = format!("ws://127.0.0.1:{}/room", room.port());
    let tried = format!(
        "new Promise((end) => {{ const socket = new WebSocket('{address}');
           socket.onopen = () => end('open'); socket.onclose = (event) => end(event.code); }})"
    );
    assert_eq!(tab.ask(&tried), 1006);
    // From its own page it opens.
    let own = visitor.opens(&room.page());
    assert_eq!(own.ask(&tried), "open");
}

#[test]
fn a_host_that_is_not_the_servers_gets_no_page() {
    let room = WebRoom::open_with(&["--web-host", "room.test"]);
    let visitor = Visitor::new();
    // All names below `test` lead to this machine, as those of an attacker who rebinds his own do.
    let tab = visitor.opens_nothing();
    tab.may_report("Failed to load resource");
    tab.sets_out_for(&format!("http://evil.test:{}/", room.port()));
    tab.comes_to("location.host.startsWith('evil.test') && document.readyState === 'complete'");
    assert_eq!(tab.ask("document.getElementById('main')"), json!(null));
    tab.goes_to(&format!("http://room.test:{}/", room.port()));
    tab.gives_name("alice");
    tab.is("connected");
}

#[test]
fn who_is_refused_reads_why_in_letters_of_a_size_for_a_phone() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let tab = visitor.opens_nothing();
    tab.is_a_phone();
    tab.may_report("404");
    tab.goes_to(&format!("{}nowhere", room.page()));
    let told = "there is no such page in this room; the room itself is at /";
    tab.shows("document.querySelector('p').textContent", &json!(told));
    // Its policy lets it look like this: by the hash of its style.
    let look = "((p) => [innerWidth, document.documentElement.scrollWidth, parseFloat(p.fontSize), p.textAlign])\
                (getComputedStyle(document.querySelector('p')))";
    tab.shows(look, &json!([390, 390, 16, "center"]));
}
