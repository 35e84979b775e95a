//! The menu of the window, by mouse and by keys, and browser features that must not be in it.

use std::fs;
use std::path::Path;

use hubbub_testing::{ScriptedServer, text};
use serde_json::json;

use crate::bus::{Bus, role};
use crate::links::Opener;
use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

pub(crate) const ENTRIES: &str =
    "[...document.querySelectorAll('#menu [role=menuitem]')].map(e => e.textContent)";
const FOCUSED: &str = "document.activeElement?.textContent";
const LINK: &str = "https://example.org/one";

fn copies(screen: &Screen, expected: &str) {
    let held = || screen.clipboard("UTF8_STRING").unwrap_or_default();
    until(
        || (held() == expected).then_some(()),
        || format!("copied is {:?}, not {expected:?}", held()),
    );
}

#[test]
fn a_link_is_copied_and_opened_and_who_said_it_is_mentioned() {
    let screen = Screen::take();
    let opener = Opener::new("menu");
    let server = ScriptedServer::start();
    let environment = [("PATH", &*opener.path()), ("BROWSER", "")];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &environment);
    let mut socket = server.accept();
    alice.is("connected");
    let said = text("bob", format!("see {LINK}"));
    socket.send(said);
    alice.shows("document.querySelectorAll('.text a').length", &json!(1));

    alice.opens_menu(".text a");
    alice.shows(
        ENTRIES,
        &json!([
            "Open link",
            "Copy link",
            "Copy message",
            "Mention bob",
            "Mute bob",
            "Select all"
        ]),
    );
    alice.chooses("Copy link");
    copies(&screen, LINK);
    alice.opens_menu(".text a");
    alice.chooses("Open link");
    opener.has_opened(&[LINK]);
    alice.opens_menu(".text a");
    alice.chooses("Mention bob");
    alice.holds("@bob ");
    alice.opens_menu(".text a");
    let time = alice.ask("document.querySelector('.message time').textContent");
    alice.chooses("Copy message");
    copies(
        &screen,
        &format!("[{}] bob: see {LINK}", time.as_str().unwrap()),
    );
    alice.opens_menu("#people button");
    alice.shows(ENTRIES, &json!(["Mention bob", "Mute bob"]));
    alice.press("Escape");

    alice.opens_menu(".message .text");
    alice.chooses("Select all");
    alice.shows("getSelection().isCollapsed", &json!(false));
    alice.opens_menu(".message .text");
    alice.chooses("Copy");
    until(
        || {
            screen
                .clipboard("UTF8_STRING")
                .filter(|held| held.starts_with("--- "))
        },
        || "the conversation is not copied".to_owned(),
    );
}

#[test]
fn the_field_is_edited_by_the_menu_and_goes_on_with_its_caret() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.types("one two", "one two");
    alice.opens_menu("#draft");
    alice.shows(
        ENTRIES,
        &json!(["Undo", "Redo", "Cut", "Copy", "Paste", "Select all"]),
    );
    alice.shows(
        "[...document.querySelectorAll('#menu :disabled')].map(e => e.textContent)",
        &json!(["Cut", "Copy"]),
    );
    alice.chooses("Select all");
    alice.shows("draft.selectionEnd - draft.selectionStart", &json!(7));
    // By a key, since a click next to the words would remove the selection.
    alice.press("shift+F10");
    alice.shows(FOCUSED, &json!("Undo"));
    alice.chooses("Cut");
    alice.holds("");
    copies(&screen, "one two");
    alice.opens_menu("#draft");
    alice.chooses("Undo");
    alice.holds("one two");
    alice.opens_menu("#draft");
    alice.chooses("Redo");
    alice.holds("");
    for pasted in ["one two", "one twoone two"] {
        alice.opens_menu("#draft");
        alice.chooses("Paste");
        alice.holds(pasted);
    }
    alice.has_focus_in("draft");
    alice.types("!", "one twoone two!");
}

#[test]
fn the_menu_is_used_by_keys_alone_and_a_screen_reader_knows_it() {
    let screen = Screen::take();
    let bus = Bus::start();
    let server = ScriptedServer::start();
    let environment = [
        ("DBUS_SESSION_BUS_ADDRESS", &*bus.session.address),
        ("NO_AT_BRIDGE", "0"),
    ];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &environment);
    let mut socket = server.accept();
    alice.is("connected");
    let said = text("bob", format!("see {LINK}"));
    socket.send(said);
    alice.shows("document.querySelectorAll('.text a').length", &json!(1));
    alice.types("one", "one");
    alice.press("ctrl+a");
    for open in ["shift+F10", "Menu"] {
        alice.press(open);
        alice.shows(FOCUSED, &json!("Undo"));
        for (key, entry) in [
            ("Down", "Redo"),
            ("Down", "Cut"),
            ("Up", "Redo"),
            ("Home", "Undo"),
            ("Up", "Select all"),
            ("Down", "Undo"),
            ("End", "Select all"),
        ] {
            alice.press(key);
            alice.shows(FOCUSED, &json!(entry));
        }
        // Letters do not go to the field meanwhile.
        alice.press("x");
        alice.press("Escape");
        alice.shows(ENTRIES, &json!([]));
        alice.has_focus_in("draft");
        alice.holds("one");
    }
    // A link has one too, and so has the conversation.
    alice.ask("document.querySelector('.text a').focus()");
    alice.press("Menu");
    alice.shows(FOCUSED, &json!("Open link"));
    alice.press("Escape");
    alice.shows("document.activeElement.className", &json!("link"));
    alice.ask("document.getElementById('timeline').focus()");
    alice.press("Menu");
    alice.shows(ENTRIES, &json!(["Select all"]));
    alice.press("Escape");
    alice.shows(ENTRIES, &json!([]));
    alice.ask("draft.focus(); draft.select()");
    alice.press("shift+F10");
    let named = || {
        let desktop = bus.desktop()?;
        let items = desktop.names(role::MENU_ITEM);
        (desktop.names(role::MENU) == ["What can be done here"] && items.contains(&"Cut"))
            .then_some(())
    };
    until(named, || format!("no menu on the bus: {:?}", bus.desktop()));
    alice.press("Down");
    alice.press("Down");
    alice.shows(FOCUSED, &json!("Cut"));
    alice.press("Return");
    alice.holds("");
    copies(&screen, "one");
    alice.has_focus_in("draft");
}

#[test]
fn the_menu_stays_inside_of_the_window_and_goes_with_a_click_beside_it() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _socket = server.accept();
    alice.is("connected");
    alice.lies_at(10, 30, 420, 500);
    for theme in ["light", "dark"] {
        alice.clicks("#theme");
        alice.ask(
            "draft.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true,\
             clientX: innerWidth - 2, clientY: innerHeight - 2 })); 0",
        );
        alice.shows(
            "(b => b.right <= innerWidth && b.bottom <= innerHeight && b.left >= 0 && b.top >= 0)\
             (document.getElementById('menu').getBoundingClientRect())",
            &json!(true),
        );
        let colors = "getComputedStyle(document.getElementById('menu')).backgroundColor";
        let color = if theme == "light" {
            "rgb(255, 255, 255)"
        } else {
            "rgb(36, 38, 44)"
        };
        alice.shows(colors, &json!(color));
        alice.clicks(".top h1");
        alice.shows("document.getElementById('menu')", &json!(null));
        // Nothing can be done here, and an empty menu is not shown.
        alice.points_at("#send");
        screen.xdotool(&["click", "3"]).expect("xdotool click");
        alice.clicks("#theme");
        alice.shows("document.getElementById('menu')", &json!(null));
        alice.clicks("#theme");
        alice.clicks("#theme");
    }
}

#[test]
fn nothing_of_a_browser_is_in_the_window() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let opener = Opener::new("browser");
    let environment = [("PATH", &*opener.path()), ("BROWSER", "")];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &environment);
    let mut socket = server.accept();
    alice.is("connected");
    let said = text("bob", format!("see {LINK}"));
    socket.send(said);
    alice.shows("document.querySelectorAll('.text a').length", &json!(1));
    alice.ask("here = 'the same page'; 0");
    let high = alice.ask("innerHeight");
    let files = || {
        let names = fs::read_dir(".")
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        names.collect::<Vec<_>>()
    };
    let before = files();

    for key in [
        "F5",
        "ctrl+r",
        "ctrl+shift+r",
        "alt+Left",
        "alt+Right",
        "ctrl+p",
        "ctrl+s",
        "ctrl+u",
        "ctrl+o",
        "ctrl+shift+i",
        "F12",
        "ctrl+n",
        "ctrl+t",
        "ctrl+w",
    ] {
        alice.press(key);
    }
    alice.points_at(".text");
    for button in ["8", "9"] {
        screen.xdotool(&["click", button]).expect("xdotool click");
    }
    // What a page's scripts can ask for.
    alice.ask("history.back(); print(); location.reload(); open('https://example.org/two'); 0");
    alice.ask("a = document.createElement('a'); a.href = 'data:text/plain,x'; a.download = 'loot'; document.body.append(a); a.click(); 0");
    // A dragged link leads nowhere, and neither does anything that is dropped.
    alice.shows(
        "(e => (document.querySelector('.text a').dispatchEvent(e), e.defaultPrevented))\
         (new DragEvent('dragstart', { bubbles: true, cancelable: true }))",
        &json!(true),
    );
    for (kind, what, place, taken) in [
        ("text/uri-list", LINK, "draft", false),
        ("text/uri-list", "file:///etc/passwd", "timeline", false),
        ("text/plain", "words", "timeline", false),
        ("text/plain", "words", "draft", true),
    ] {
        let dropped = format!(
            "(t => (t.setData('{kind}', '{what}'), (e => !document.getElementById('{place}').dispatchEvent(e))\
             (new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: t }}))))(new DataTransfer())"
        );
        alice.shows(&dropped, &json!(!taken));
    }
    alice.says("still here");
    alice.shows("here", &json!("the same page"));
    // No inspector has taken a part of it.
    alice.shows("innerHeight", &high);
    alice.shows_states(&["sent"]);
    opener.has_opened(&[]);
    assert_eq!(files(), before);
    let windows = screen.xdotool(&[
        "search",
        "--onlyvisible",
        "--pid",
        &alice.process().to_string(),
    ]);
    assert_eq!(
        windows.unwrap_or_default().lines().count(),
        1,
        "a dialog or an inspector"
    );
    assert!(!Path::new("loot").exists());
}
