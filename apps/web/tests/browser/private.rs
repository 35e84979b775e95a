//! A private room: over TLS, with a password that comes in an invitation or is asked for, and stays in the tab.

use std::fs;
use std::path::Path;

use hubbub_testing::tls::{Authority, Directory};
use serde_json::json;

use crate::tab::Tab;
use crate::visitor::Visitor;
use crate::web_room::WebRoom;

const PASSWORD: &str = "open sesame, open";

/// A private room with this password, with a certificate for `room.test`.
struct PrivateRoom {
    room: WebRoom,
    _files: Directory,
}

impl PrivateRoom {
    fn open() -> PrivateRoom {
        let files = Directory::new();
        let [chain, key] = Authority::new()
            .certificate("room.test")
            .write(files.as_ref(), "room");
        let password = files.of("password");
        fs::write(&password, PASSWORD).unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let room = WebRoom::open_with(&[
            "--tls",
            "--tls-cert",
            &text(&chain),
            "--tls-key",
            &text(&key),
            "--password-file",
            &password,
            "--web-host",
            "room.test",
        ]);
        PrivateRoom {
            room,
            _files: files,
        }
    }

    fn page(&self) -> String {
        format!("https://room.test:{}/", self.room.port())
    }

    fn invitation(&self) -> String {
        format!(
            "{}#key={}",
            self.page(),
            PASSWORD.replace(' ', "%20").replace(',', "%2C")
        )
    }
}

/// The password must be nowhere but in the tab.
#[track_caller]
fn keeps_it_in_the_tab(tab: &Tab) {
    let kept = tab.ask("[JSON.stringify(localStorage), location.href, document.cookie, document.title].join('\\n')");
    assert!(!kept.as_str().unwrap().contains("sesame"), "{kept}");
    let past = tab.past();
    assert!(!past.concat().contains("sesame"), "{past:?}");
}

#[test]
fn an_invitation_asks_for_the_name_alone_and_its_fragment_is_gone_at_once() {
    let room = PrivateRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&room.invitation());
    alice.has_focus_in("name");
    // The empty tab in which it was opened is not always among the entries.
    alice.shows("[location.hash, history.length <= 2]", &json!(["", true]));
    keeps_it_in_the_tab(&alice);
    alice.gives_name("alice");
    alice.is("connected");
    alice.shows("location.protocol", &json!("https:"));
    keeps_it_in_the_tab(&alice);
    alice.reloads_and_waits();
    alice.is("connected");
    keeps_it_in_the_tab(&alice);
    alice.says("inside");
    alice.shows_states(&["arrived"]);
}

#[test]
fn a_password_that_is_missing_is_asked_for_until_it_is_right() {
    let room = PrivateRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&room.page());
    alice.gives_name("alice");
    alice.has_focus_in("password");
    alice.types_into("password", "open wheat", "open wheat");
    alice.press("Enter");
    alice.comes_to("document.getElementById('password-trouble')?.textContent.includes('does not take this password')");
    alice.clicks("#password");
    alice.press("Control+a");
    alice.types_into("password", PASSWORD, PASSWORD);
    alice.press("Enter");
    alice.is("connected");
    keeps_it_in_the_tab(&alice);
    // In this tab it is not asked for again, in another one of the same person it is.
    alice.reloads_and_waits();
    alice.is("connected");
    alice.closes();
    let again = visitor.opens(&room.page());
    again.has_focus_in("password");
}

#[test]
fn an_invitation_that_is_opened_in_a_tab_with_the_page_is_taken_too() {
    let room = PrivateRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&room.page());
    alice.gives_name("alice");
    alice.has_focus_in("password");
    alice.sets_out_for(&room.invitation());
    alice.is("connected");
    alice.shows("location.hash", &json!(""));
    keeps_it_in_the_tab(&alice);
}

#[test]
fn a_damaged_invitation_is_explained_without_its_words() {
    let room = PrivateRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens(&format!("{}#key=sesame%zz", room.page()));
    alice.has_focus_in("name");
    alice.comes_to("/invitation/i.test(document.querySelector('[role=alert]')?.textContent)");
    assert_eq!(
        alice.ask("document.body.innerText.includes('sesame')"),
        false
    );
    alice.shows("location.hash", &json!(""));
}

#[test]
fn who_asks_in_plain_is_led_to_the_private_page() {
    let room = PrivateRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    alice.goes_to(&format!("http://room.test:{}/", room.room.port()));
    alice.shows("location.href", &json!(room.page()));
    alice.has_focus_in("name");
}
