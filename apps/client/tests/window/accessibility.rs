//! What the window offers to people who cannot see it, or whom motion makes ill.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use hubbub_testing::{Peer, Program, text};
use serde_json::{Value, json};

use crate::bus::{Bus, Node, role};
use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

const HEARD: &str = "can you hear me?";
const SAID: &str = "loud and clear";

#[test]
fn a_screen_reader_finds_the_talk_the_people_the_state_and_a_name_on_every_control() {
    let screen = Screen::take();
    let bus = Bus::start();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let environment = [
        ("DBUS_SESSION_BUS_ADDRESS", &*bus.session.address),
        ("NO_AT_BRIDGE", "0"),
    ];
    let mut alice = Window::open_with(&screen, "alice", port, &environment);
    alice.is("connected");
    let mut bob = Peer::join(port, "bob");
    bob.send(text("bob", HEARD));
    alice.shows_texts(&[HEARD]);
    alice.says(SAID);
    alice.shows_texts(&[HEARD, SAID]);

    let room = until(|| room(&bus), || "no such room on the bus".to_owned());
    assert_eq!(room.names(role::DOCUMENT_WEB), ["Hubbub"]);
    assert_eq!(room.names(role::LOG), ["Conversation"]);
    assert_eq!(room.names(role::ENTRY), ["Message"]);
    assert!(room.names(role::PUSH_BUTTON).contains(&"Send"));
    let mut states = room.each(role::STATUS_BAR).into_iter();
    assert!(states.any(|state| state.id.as_deref() == Some("status")));
    let lines = room.each(role::LOG)[0].names(role::LIST_ITEM);
    for (who, what) in [("bob", "joined"), ("bob", HEARD), ("alice", SAID)] {
        let line = lines.iter().find(|line| line.contains(what));
        assert!(line.is_some_and(|line| line.contains(who)), "{lines:?}");
    }
    let lists = room.each(role::LIST);
    let people = lists.iter().find(|list| list.name == "People").unwrap();
    assert_eq!(people.names(role::PUSH_BUTTON), ["bob"]);
    assert!(people.names(role::LIST_ITEM)[0].starts_with("alice"));
    for role in [
        role::PUSH_BUTTON,
        role::TOGGLE_BUTTON,
        role::SEPARATOR,
        role::ENTRY,
    ] {
        let names = room.names(role);
        let all_named = !names.is_empty() && names.iter().all(|name| !name.is_empty());
        assert!(all_named, "role {role}: {names:?}");
    }
}

#[test]
fn every_control_is_reached_by_the_tab_key() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open(&screen, "alice", port);
    alice.is("connected");
    let mut bob = Peer::join(port, "bob");
    bob.send(text("bob", "see https://example.org and answer"));
    bob.send(text("bob", "long ".repeat(4000)));
    alice.shows_people(&["alice", "bob"]);
    alice.shows("document.querySelectorAll('.text').length", &json!(2));
    alice.press("ctrl+f");
    alice.types_into("search-field", "answer", "answer");

    alice.ask(
        "missed = () => [...document.querySelectorAll('button, a[href], input, textarea, #timeline')]
         .filter((control) => !control.disabled && control.checkVisibility() && !reached.has(control));
         reached = new Set([document.activeElement]);
         document.addEventListener('focusin', (event) => reached.add(event.target));
         controls = missed().length",
    );
    let controls = alice.ask("controls").as_u64().unwrap();
    assert!(controls >= 10, "{controls} controls");
    // After the last one the focus leaves the page, and then comes back to the first one. A key that is pressed while
    // it is on its way moves nothing, so they are not counted.
    let missed = RefCell::new(Value::Null);
    let reached = || {
        screen.xdotool(&["key", "Tab"])?;
        let left = alice.ask("missed().map((control) => control.outerHTML.slice(0, 100))");
        missed.replace(left);
        (*missed.borrow() == json!([])).then_some(())
    };
    until(reached, || format!("not reached: {}", missed.borrow()));
}

#[test]
fn nothing_moves_when_the_desktop_asks_for_no_motion() {
    let screen = Screen::take();
    let settings = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-motion");
    fs::create_dir_all(settings.join("gtk-3.0")).unwrap();
    fs::write(
        settings.join("gtk-3.0/settings.ini"),
        "[Settings]\ngtk-enable-animations=0\n",
    )
    .unwrap();
    let settings = [("XDG_CONFIG_HOME", settings.to_str().unwrap())];
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    for (name, environment, moving) in [("alice", &[][..], 1), ("bob", &settings[..], 0)] {
        let mut window = Window::open_with(&screen, name, port, environment);
        window.is("connected");
        // The dot breathes while the window connects, which is over too soon to be checked.
        window.ask("document.querySelector('#status').dataset.state = 'connecting'");
        window.shows("document.getAnimations().length", &json!(moving));
    }
}

/// The window, as soon as it shows everything that was said.
fn room(bus: &Bus) -> Option<Node> {
    let desktop = bus.desktop()?;
    let says = |what: &str| desktop.all().iter().any(|node| node.name.contains(what));
    (says(HEARD) && says(SAID)).then_some(desktop)
}
