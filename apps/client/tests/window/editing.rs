//! Undo, and the shortcuts on keyboards of all kinds.

use hubbub_testing::{ScriptedServer, text};
use serde_json::json;

use crate::keyboard::Keyboard;
use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

#[test]
fn what_was_typed_is_taken_back_and_comes_again_in_both_fields() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.says("one");

    for field in ["draft", "search-field"] {
        if field == "search-field" {
            alice.press("ctrl+f");
        }
        alice.types_into(field, "on", "on");
        let value = format!("document.getElementById('{field}').value");
        for (key, whole) in [
            ("ctrl+z", ""),
            ("ctrl+shift+z", "on"),
            ("ctrl+z", ""),
            ("ctrl+y", "on"),
        ] {
            alice.press(key);
            alice.shows(&value, &json!(whole));
        }
    }
    // The search follows.
    alice.shows(
        "document.getElementById('search-count').textContent",
        &json!("1 of 1"),
    );
    alice.press("ctrl+z");
    alice.shows(
        "document.getElementById('search-count').textContent",
        &json!(""),
    );
}

#[test]
fn what_the_window_writes_is_taken_back_too() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let mut socket = server.accept();
    alice.is("connected");
    socket.send(text("bob", "hi"));
    alice.shows_people(&["alice", "bob"]);

    alice.types("b", "b");
    alice.press("Tab");
    alice.holds("bob: ");
    alice.press("ctrl+z");
    alice.holds("b");
    alice.press("End");
    alice.clicks("#people button");
    alice.holds("b@bob ");
    alice.press("ctrl+z");
    alice.holds("b");

    // What is typed next is a separate step.
    alice.press("End");
    alice.types("obby", "bobby");
    alice.press("ctrl+z");
    alice.holds("b");

    // What was sent can be brought back, and then what was there before can be restored.
    alice.press("End");
    alice.press("shift+Return");
    alice.types("<&> ", "b\n<&> ");
    alice.press("shift+Return");
    alice.holds("b\n<&> \n");
    alice.press("Return");
    alice.holds("");
    alice.shows_texts(&["hi", "b\n<&> \n"]);
    alice.press("ctrl+z");
    alice.holds("b\n<&> \n");
    alice.press("ctrl+y");
    alice.holds("");
    alice.press("Up");
    alice.holds("b\n<&> \n");
    alice.press("ctrl+z");
    alice.holds("");
    alice.press("ctrl+shift+z");
    alice.holds("b\n<&> \n");
}

/// Layouts without Latin letters, and what the key of `A` writes there.
const LAYOUTS: [(&str, &str); 4] = [("ru", "ф"), ("gr", "α"), ("ara", "ش"), ("il", "ש")];

#[test]
fn shortcuts_go_by_the_place_of_the_key_where_letters_are_not_latin() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    let wide = alice.ask("innerWidth");

    for (layout, letter) in LAYOUTS {
        let keyboard = Keyboard::with(&screen, layout, &[]);
        keyboard.is_known_to(&mut alice, letter);
        alice.press("38");
        alice.holds(letter);
        // All, copied, taken back, pasted twice, cut.
        for (key, whole) in [
            ("ctrl+38", letter.to_owned()),
            ("ctrl+54", letter.to_owned()),
            ("ctrl+52", String::new()),
            ("ctrl+55", letter.to_owned()),
            ("ctrl+55", letter.repeat(2)),
            ("ctrl+52", letter.to_owned()),
            ("ctrl+29", letter.repeat(2)),
            ("ctrl+38", letter.repeat(2)),
            ("ctrl+53", String::new()),
        ] {
            alice.press(key);
            alice.holds(&whole);
        }
        alice.press("ctrl+41");
        alice.has_focus_in("search-field");
        alice.press("Escape");
        alice.has_focus_in("draft");
        alice.press("ctrl+21");
        alice.shows(&format!("innerWidth < {wide}"), &json!(true));
        alice.press("ctrl+19");
        alice.shows("innerWidth", &wide);
    }
}

#[test]
fn zoom_goes_back_by_the_key_of_the_zero_where_it_bears_a_letter() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    let wide = alice.ask("innerWidth");
    let keyboard = Keyboard::with(&screen, "fr", &[]);
    keyboard.is_known_to(&mut alice, "q");
    alice.press("ctrl+21");
    alice.shows(&format!("innerWidth < {wide}"), &json!(true));
    alice.press("ctrl+19");
    alice.shows("innerWidth", &wide);
    // On a Latin layout the letters themselves count: the key in the place of W writes Z here.
    alice.press("24");
    alice.holds("a");
    alice.press("ctrl+25");
    alice.holds("");
}

#[test]
fn what_is_composed_or_pasted_with_the_focus_elsewhere_goes_into_the_field() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");

    alice.types("copied", "copied");
    alice.press("ctrl+a");
    alice.press("ctrl+x");
    alice.holds("");
    for (place, key, whole) in [
        ("#timeline", "ctrl+v", "copied"),
        (".side", "shift+Insert", "copiedcopied"),
        ("#theme", "ctrl+v", "copiedcopiedcopied"),
    ] {
        alice.clicks(place);
        alice.press(key);
        alice.holds(whole);
        alice.has_focus_in("draft");
    }
    alice.press("ctrl+a");
    alice.press("BackSpace");
    alice.holds("");

    // A dead acute and E, then the compose key, the apostrophe and E.
    for (arguments, keys) in [
        (["-variant", "intl"], &["48", "26"][..]),
        (["-option", "compose:ralt"], &["108", "48", "26"]),
    ] {
        let _keyboard = Keyboard::with(&screen, "us", &arguments);
        for place in ["#timeline", ".side", "#theme"] {
            // The window knows the keyboard when it composes in its field, and of the focus there after a frame.
            alice.clicks("#draft");
            alice.focus();
            alice.paints();
            alice.is_heard();
            press_all(&screen, keys);
            alice.holds("é");
            alice.press("BackSpace");
            alice.holds("");
            alice.clicks(place);
            alice.is_heard();
            press_all(&screen, keys);
            alice.holds("é");
            alice.press("BackSpace");
            alice.holds("");
        }
    }
}

fn press_all(screen: &Screen, keys: &[&str]) {
    let mut arguments = vec!["key", "--delay", "12"];
    arguments.extend(keys);
    screen.xdotool(&arguments).expect("xdotool key");
}

#[test]
fn text_that_is_dropped_beside_the_fields_goes_into_the_composer() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut bob = Window::open(&screen, "bob", server.port());
    let mut socket = server.accept();
    bob.lies_at(10, 30, 600, 600);
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    // It has a composer.
    alice.is("connected");
    alice.lies_at(700, 30, 800, 600);
    socket.send(text("carol", "draggedword"));
    bob.shows_texts(&["draggedword"]);

    let note = |event| {
        format!(
            "noted = 0; document.addEventListener('{event}', () => noted += 1, {{ capture: true }})"
        )
    };
    bob.ask(&note("dragstart"));
    alice.ask(&note("dragover"));
    bob.points_at(".message .text");
    bob.ask("getSelection().selectAllChildren(document.querySelector('.message .text'))");
    screen
        .xdotool(&["mousedown", "1"])
        .expect("xdotool mousedown");
    moves_until(&mut bob, 4);
    screen
        .xdotool(&["mousemove", "1100", "300"])
        .expect("xdotool mousemove");
    moves_until(&mut alice, 4);
    screen.xdotool(&["mouseup", "1"]).expect("xdotool mouseup");
    alice.holds("draggedword");
}

/// Moves the mouse by a few pixels back and forth until the window has noticed something.
fn moves_until(window: &mut Window, mut by: i32) {
    let noted = || {
        by = -by;
        window
            .screen
            .xdotool(&["mousemove_relative", "--", &by.to_string(), "0"])?;
        (window.ask("noted > 0") == true).then_some(())
    };
    until(noted, || "nothing is dragged".to_owned());
}
