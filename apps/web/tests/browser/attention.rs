//! What a visitor is told who looks elsewhere: notifications, the title, the picture of the tab. What goes into a file. And
//! a tab that slept.

use std::fs;
use std::path::Path;

use hubbub_testing::tls::Directory;
use hubbub_testing::{Peer, text};
use serde_json::json;

use crate::member::Member;
use crate::visitor::Visitor;
use crate::wait::until;
use crate::web_room::WebRoom;

/// Keeps what would be shown. Chromium without a screen shows no notifications.
const SHOWN: &str = "shown = []; loud = null; Notification = class extends Notification { \
    constructor(title, options) { super(title, options); shown.push([title, options?.body ?? '']); \
    loud = options?.tag === 'hubbub' && options.renotify === true; } }; 0";

/// Whether the last thing that the window says in the timeline has this word in it.
fn last_words_match(word: &str) -> String {
    format!(
        "/{word}/i.test([...document.querySelectorAll('.answer, .notice, .trouble')].at(-1)?.textContent)"
    )
}

#[test]
fn a_mention_is_shown_where_the_visitor_has_said_yes() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.ask(SHOWN);
    let pressed = "document.getElementById('notifications').getAttribute('aria-pressed')";
    alice.shows(pressed, &json!("false"));
    visitor.permits(room.page().trim_end_matches('/'), "notifications");
    alice.clicks("#notifications");
    alice.shows(pressed, &json!("true"));
    let mut bob = Peer::join(room.port(), "bob");
    alice.looks_away();
    bob.send(text("bob", "lunch, @alice?"));
    alice.comes_to("shown.length === 1 && ['bob', 'lunch, @alice?'].every((it) => shown[0].join(' ').includes(it))");
    assert_eq!(alice.ask("loud"), true);
    bob.send(text("bob", "not about her"));
    alice.comes_to("document.title.startsWith('(2)')");
    alice.shows("shown.length", &json!(1));
}

#[test]
fn a_visitor_who_has_said_no_is_told_so_and_nothing_is_shown() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    visitor.forbids(room.page().trim_end_matches('/'), "notifications");
    let alice = visitor.enters(&room.page(), "alice");
    alice.clicks("#notifications");
    alice.comes_to(&last_words_match("notification"));
    alice.shows(
        "document.getElementById('notifications').getAttribute('aria-pressed')",
        &json!("false"),
    );
}

#[test]
fn where_the_browser_allows_no_notifications_the_reason_is_told() {
    let room = WebRoom::open_with(&["--web-host", "room.test"]);
    let visitor = Visitor::new();
    let alice = visitor.enters(&format!("http://room.test:{}/", room.port()), "alice");
    assert_eq!(alice.ask("isSecureContext"), false);
    alice.clicks("#notifications");
    alice.comes_to(&last_words_match("https"));
}

#[test]
fn what_came_meanwhile_is_counted_in_the_title_and_shown_in_the_picture_of_the_tab() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    let mut bob = Peer::join(room.port(), "bob");
    let title = format!("Hubbub - alice on 127.0.0.1:{}", room.port());
    alice.shows("document.title", &json!(title));
    let picture = "document.querySelector('link[rel=icon]').getAttribute('href')";
    let read = alice.ask(picture);
    alice.looks_away();
    for words in ["one", "two"] {
        bob.send(text("bob", words));
    }
    alice.shows("document.title", &json!(format!("(2) {title}")));
    alice.comes_to(&format!("{picture} !== {read}"));
    alice.is_looked_at_again();
    alice.shows("document.title", &json!(title));
    alice.shows(picture, &read);
}

#[test]
fn the_room_is_saved_as_a_download() {
    let room = WebRoom::open();
    let (visitor, files) = (Visitor::new(), Directory::new());
    visitor.downloads_to(files.as_ref());
    let alice = visitor.enters(&room.page(), "alice");
    let mut bob = Peer::join(room.port(), "bob");
    bob.send(text("bob", "Grüße"));
    alice.shows_texts(&["Grüße"]);
    alice.types_into("draft", "/save notes.txt", "/save notes.txt");
    alice.press("Enter");
    alice.comes_to("document.querySelector('.answer .words')?.textContent.includes('notes.txt')");
    let file = Path::new(&files.of("notes.txt")).to_owned();
    until(
        || {
            fs::read_to_string(&file)
                .ok()
                .filter(|saved| saved.ends_with(" bob: Grüße\n"))
        },
        || format!("saved is {:?}", fs::read_to_string(&file)),
    );
}

#[test]
fn a_tab_that_slept_is_back_where_it_was() {
    let mut room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.may_lose_its_connection();
    alice.says("good night");
    alice.shows_states(&["arrived"]);
    alice.types_into("draft", "half a sent", "half a sent");
    alice.sleeps();
    room.dies();
    room.comes_back();
    let mut dave = Member::enter(room.port(), "dave");
    dave.says("good morning");
    alice.wakes();
    alice.is("connected");
    alice.shows_texts(&["good night", "good morning"]);
    alice.holds("half a sent");
}
