//! Settings that survive the end of the program, and the sizes and places of a window.

use std::fs;
use std::path::{Path, PathBuf};

use hubbub_testing::{Peer, Program};
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

const THEME: &str = "document.querySelector('#app').dataset.theme";
const COLOR: &str = "getComputedStyle(document.querySelector('.talk')).backgroundColor";
const SIDE: &str = "getComputedStyle(document.querySelector('.side')).display";

/// A directory for the settings of windows that follow each other. It is removed when dropped.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Kept {
        let directory =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(directory.join("hubbub")).unwrap();
        Kept(directory)
    }

    fn environment(&self) -> [(&str, &str); 1] {
        [("XDG_CONFIG_HOME", self.0.to_str().unwrap())]
    }

    fn file(&self) -> PathBuf {
        self.0.join("hubbub/settings.toml")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn without_a_choice_the_theme_is_the_desktops() {
    let screen = Screen::take();
    let kept = Kept::new("desktop");
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let [settings] = kept.environment();
    for (name, desktop, color) in [
        ("alice", "Adwaita", "rgb(255, 255, 255)"),
        ("bob", "Adwaita:dark", "rgb(27, 29, 33)"),
    ] {
        let environment = [settings, ("GTK_THEME", desktop)];
        let mut window = Window::open_with(&screen, name, port, &environment);
        window.is("connected");
        window.shows(THEME, &json!("system"));
        window.shows(COLOR, &json!(color));
    }
}

#[test]
fn theme_zoom_people_and_notifications_are_kept_over_a_restart() {
    let screen = Screen::take();
    let kept = Kept::new("kept");
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.lies_at(10, 30, 1000, 680);
    alice.is("connected");
    alice.shows(THEME, &json!("system"));
    for theme in ["light", "dark"] {
        alice.clicks("#theme");
        alice.shows(THEME, &json!(theme));
    }
    alice.shows(COLOR, &json!("rgb(27, 29, 33)"));
    alice.clicks("#people-toggle");
    alice.shows(SIDE, &json!("none"));
    alice.clicks("#notifications");
    alice.press("ctrl+plus");
    alice.press("ctrl+plus");
    // 1000 pixels at 125 %.
    alice.shows("innerWidth", &json!(800));
    assert_eq!(alice.close().code(), Some(0));
    assert_eq!(
        fs::read_to_string(kept.file()).unwrap(),
        "theme = \"dark\"\nzoom = 125\nnotifications = false\npeople = false\n"
    );

    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    alice.shows(THEME, &json!("dark"));
    alice.shows(COLOR, &json!("rgb(27, 29, 33)"));
    alice.shows(SIDE, &json!("none"));
    alice.shows(
        "document.querySelector('#notifications').ariaPressed",
        &json!("false"),
    );
    // The window has 1000 pixels when it opens.
    alice.shows("innerWidth", &json!(800));
    alice.press("ctrl+minus");
    alice.shows("innerWidth", &json!(909));
    alice.press("ctrl+0");
    alice.shows("innerWidth", &json!(1000));
}

#[test]
fn ctrl_and_the_wheel_zoom_and_that_is_kept() {
    let screen = Screen::take();
    let kept = Kept::new("wheel");
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.lies_at(10, 30, 1000, 680);
    alice.is("connected");
    alice.points_at("#timeline");
    // Up and down turn the wheel, at 110, 125 and 110 %.
    for (button, width) in [("4", 909), ("4", 800), ("5", 909)] {
        screen
            .xdotool(&["keydown", "ctrl", "click", button, "keyup", "ctrl"])
            .expect("xdotool click");
        alice.shows("innerWidth", &json!(width));
    }
    // A touchpad scrolls by a few pixels at a time, and the wheel alone does not zoom.
    alice.ask(
        "turn = (by, ctrlKey) => timeline.dispatchEvent(new WheelEvent('wheel', \
         { deltaY: by, ctrlKey, bubbles: true, cancelable: true }));
         turn(-800, false); turn(-15, true); turn(-14, true)",
    );
    alice.paints();
    alice.shows("innerWidth", &json!(909));
    alice.ask("turn(-1, true)");
    alice.shows("innerWidth", &json!(800));
    assert_eq!(alice.close().code(), Some(0));
    assert!(
        fs::read_to_string(kept.file())
            .unwrap()
            .contains("zoom = 125\n")
    );
}

#[test]
fn a_broken_settings_file_is_told_and_kept_and_the_window_opens() {
    let screen = Screen::take();
    let kept = Kept::new("broken");
    fs::write(kept.file(), "zoom = 5000\n").unwrap();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    alice.shows(
        "[...document.querySelectorAll('#timeline .answer')].some(e => e.textContent.includes(\
            'zoom is 5000; it must be from 50 to 200') && e.textContent.includes('settings.toml.broken'))",
        &json!(true),
    );
    assert_eq!(
        fs::read_to_string(kept.file().with_extension("toml.broken")).unwrap(),
        "zoom = 5000\n"
    );
}

#[test]
fn in_420_pixels_people_are_a_drawer_and_nothing_is_cut_off() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open(&screen, "alice", port);
    alice.lies_at(10, 30, 420, 680);
    alice.is("connected");
    alice.says("hello from a narrow window, with a text that is longer than one line in it");
    let drawer = "getComputedStyle(document.querySelector('.side')).visibility";
    alice.shows(drawer, &json!("hidden"));
    let cut = "[...document.querySelectorAll('.top *, .message, #composer *')].filter(e => \
        e.getClientRects().length && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML)";
    alice.shows(cut, &json!([]));
    alice.clicks("#drawer-toggle");
    alice.shows(drawer, &json!("visible"));
    alice.shows(
        "Math.round(document.querySelector('.side').getBoundingClientRect().right)",
        &json!(420),
    );
    alice.press("Escape");
    alice.shows(drawer, &json!("hidden"));
    alice.shows("document.activeElement.id", &json!("draft"));
}

#[test]
fn tab_goes_round_in_the_open_drawer() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open(&screen, "alice", port);
    alice.lies_at(10, 30, 420, 680);
    alice.is("connected");
    let _peers = ["bob", "carol"].map(|name| Peer::join(port, name));
    alice.shows_people(&["alice", "bob", "carol"]);
    let focused = "document.activeElement.title";

    alice.moves_focus_to("#drawer-toggle");
    alice.press("Return");
    let open = "!!document.querySelector('[data-drawer] .scrim')?.offsetHeight";
    alice.shows(open, &json!(true));
    for (key, person) in [
        ("Tab", "bob"),
        ("Tab", "carol"),
        ("Tab", "bob"),
        ("shift+Tab", "carol"),
        ("shift+Tab", "bob"),
    ] {
        alice.press(key);
        alice.shows(focused, &json!(format!("Mention {person}")));
    }
    alice.press("Return");
    alice.holds("@bob ");
    alice.press("Tab");
    alice.has_focus_in("send");

    // When it is shut, even by a wide window, it does not keep the focus.
    alice.clicks("#drawer-toggle");
    alice.shows(
        "document.querySelector('.scrim').offsetHeight > 0",
        &json!(true),
    );
    alice.lies_at(10, 30, 1000, 680);
    alice.ask("document.getElementById('draft').focus()");
    alice.press("Tab");
    alice.has_focus_in("send");
}

#[test]
fn a_window_opens_where_the_last_one_stood_and_inside_of_the_screen() {
    let screen = Screen::take();
    let kept = Kept::new("place");
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    alice.lies_at(140, 90, 720, 560);
    let stood = alice.lies();
    assert_eq!(alice.close().code(), Some(0));
    // It does not move, and a signal works as well as the close button.
    for _ in 0..2 {
        let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
        alice.is("connected");
        alice.shows("[innerWidth, innerHeight]", &json!([720, 560]));
        assert_eq!(alice.lies(), stood);
        assert_eq!(alice.gets("TERM").code(), Some(0));
    }

    // There was a larger screen before.
    let place = kept.file().with_file_name("window.toml");
    fs::write(
        &place,
        "x = 3000\ny = -500\nwidth = 5000\nheight = 600\nmaximized = false\n",
    )
    .unwrap();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    // Window managers subtract a little for their frame. Opening the window checks that it is on the screen.
    alice.shows(
        "innerWidth > 1580 && innerWidth <= 1600 && innerHeight === 600",
        &json!(true),
    );
    drop(alice);

    fs::write(&place, "no place\n").unwrap();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    alice.shows("[innerWidth, innerHeight]", &json!([1000, 720]));
}

#[test]
fn a_maximized_window_comes_back_maximized_and_finds_its_size_again() {
    let screen = Screen::take();
    let kept = Kept::new("maximized");
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    alice.lies_at(140, 90, 720, 560);
    alice.maximizes(true);
    assert_eq!(alice.close().code(), Some(0));
    let mut alice = Window::open_with(&screen, "alice", port, &kept.environment());
    alice.is("connected");
    alice.shows("innerWidth", &json!(1600));
    alice.maximizes(false);
    alice.shows("[innerWidth, innerHeight]", &json!([720, 560]));
}
