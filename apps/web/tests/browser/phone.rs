//! The page on a phone: the drawer, fingers, the field above the keyboard.

use serde_json::json;

use crate::tab::Tab;
use crate::visitor::Visitor;
use crate::web_room::WebRoom;

/// Somebody with a phone enters the room.
pub(crate) fn enters_by_phone(visitor: &Visitor, page: &str, name: &str) -> Tab {
    let tab = visitor.opens_nothing();
    tab.is_a_phone();
    tab.goes_to(page);
    // Its keyboard would cover half of the page, so a field does not take the focus by itself.
    tab.taps("#name");
    tab.gives_name(name);
    tab.is("connected");
    tab
}

/// Waits until the page is as wide as the phone, and nothing hangs over its edge.
#[track_caller]
fn fits(tab: &Tab) {
    tab.shows(
        "((page) => [innerWidth, page.scrollWidth, visualViewport.scale, page.scrollHeight <= innerHeight])\
         (document.documentElement)",
        &json!([390, 390, 1, true]),
    );
}

#[test]
fn the_drawer_opens_and_closes_under_a_finger() {
    let room = WebRoom::open();
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = enters_by_phone(&at_alices, &room.page(), "alice");
    let _bob = at_bobs.enters(&room.page(), "bob");
    fits(&alice);
    let drawer = "document.querySelector('.room').dataset.drawer ?? null";
    alice.shows(drawer, &json!(null));
    alice.taps("#drawer-toggle");
    alice.shows(drawer, &json!("open"));
    alice.shows_people(&["alice", "bob"]);
    fits(&alice);
    // Beside the drawer, the page is covered; a finger there closes it.
    alice.comes_to("document.elementFromPoint(20, 400)?.matches('.scrim')");
    alice.touches(20, 400);
    alice.shows(drawer, &json!(null));
    // A name that is touched goes into the field.
    alice.taps("#drawer-toggle");
    alice.taps("#people button[data-name=bob]");
    alice.holds("@bob ");
}

#[test]
fn a_phone_sends_by_its_button_and_nothing_zooms() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    alice.is_a_phone();
    alice.goes_to(&room.page());
    alice.taps("#name");
    alice.has_focus_in("name");
    fits(&alice);
    let small = "[...document.querySelectorAll('input, textarea')].filter((e) => e.checkVisibility() && \
                 parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.id)";
    alice.shows(small, &json!([]));
    alice.gives_name("alice");
    alice.is("connected");
    alice.shows(small, &json!([]));
    alice.taps("#draft");
    // Whether a touch was a tap is known after it has ended.
    alice.has_focus_in("draft");
    alice.inserts("by thumbs");
    alice.taps("#send");
    alice.shows_texts(&["by thumbs"]);
    alice.shows_states(&["arrived"]);
    alice.holds("");
    fits(&alice);
}

#[test]
fn what_a_finger_must_meet_is_large_enough_for_it() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = enters_by_phone(&visitor, &room.page(), "alice");
    alice.taps("#drawer-toggle");
    let small = "[...document.querySelectorAll('button, input, textarea')].filter((e) => { \
                 const b = e.getBoundingClientRect(); return e.checkVisibility({ visibilityProperty: true }) && \
                 b.width > 0 && (b.height < 44 || b.width < 44); })\
                 .map((e) => [e.id, e.className, e.offsetWidth, e.offsetHeight])";
    alice.shows(small, &json!([]));
}

#[test]
fn the_field_stays_above_the_keyboard_of_the_phone() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = enters_by_phone(&visitor, &room.page(), "alice");
    alice.taps("#draft");
    for n in 0..30 {
        alice.has_focus_in("draft");
        alice.inserts(&format!("line {n}"));
        alice.press("Enter");
    }
    alice.has_sent_all();
    alice.taps("#draft");
    // A keyboard makes the page smaller, where the page says that it may.
    let meta = "document.querySelector('meta[name=viewport]').content";
    let words = alice.ask(meta);
    for word in [
        "interactive-widget=resizes-content",
        "viewport-fit=cover",
        "width=device-width",
    ] {
        assert!(words.as_str().unwrap().contains(word), "{words}");
    }
    alice.has_height(500);
    alice.comes_to("(b => b.bottom <= 500 && b.top > 300)(draft.getBoundingClientRect())");
    // The last line is still in view.
    alice.comes_to(
        "[...document.querySelectorAll('.message')].at(-1).getBoundingClientRect().bottom <= \
                    draft.getBoundingClientRect().top",
    );
}

#[test]
fn letters_of_twice_the_size_fit_the_smallest_phone() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    // A browser that enlarges a page lays it out for a screen that is smaller by as much.
    alice.is_a_phone_of(180, 320);
    alice.goes_to(&room.page());
    let over_the_edge = "[...document.querySelectorAll('.card, .card *, .top *')].filter((e) => e.checkVisibility() && \
                         ((b) => b.width > 1 && (b.left < 0 || b.right > innerWidth))(e.getBoundingClientRect()))\
                         .map((e) => e.id || e.className || e.tagName)";
    alice.taps("#name");
    alice.shows(over_the_edge, &json!([]));
    alice.gives_name("somebody with a long name");
    alice.is("connected");
    alice.shows(over_the_edge, &json!([]));
    alice.may_lose_its_connection();
}
