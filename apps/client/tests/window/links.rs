//! Links in what others say: the desktop opens them, and the window never does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hubbub_testing::{ScriptedServer, text};
use serde_json::json;

use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

/// A directory with an `xdg-open` that records what it is given.
pub(crate) struct Opener {
    directory: PathBuf,
}

impl Opener {
    pub(crate) fn new(story: &str) -> Opener {
        let name = format!("opener-{story}-{}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).unwrap();
        let program = directory.join("xdg-open");
        let script = "#!/bin/sh\nprintf '%s\\n' \"$*\" >> \"$0.opened\"\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Opener { directory }
    }

    /// A search path on which that directory comes first.
    pub(crate) fn path(&self) -> String {
        let rest = std::env::var("PATH").unwrap_or_default();
        format!("{}:{rest}", self.directory.display())
    }

    /// Waits until exactly these were opened, in this order.
    pub(crate) fn has_opened(&self, links: &[&str]) {
        let opened = || {
            let opened = fs::read_to_string(self.directory.join("xdg-open.opened"));
            opened
                .unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        until(
            || (opened().len() >= links.len()).then_some(()),
            || format!("opened are {:?}, not {links:?}", opened()),
        );
        assert_eq!(opened(), links);
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn links_open_outside_by_mouse_and_by_key_and_the_window_stays_where_it_is() {
    let screen = Screen::take();
    let opener = Opener::new("links");
    let server = ScriptedServer::start();
    let environment = [("PATH", &*opener.path()), ("BROWSER", "")];
    let mut alice = Window::open_with(&screen, "alice", server.port(), &environment);
    let mut socket = server.accept();
    alice.is("connected");
    let words = "(https://example.org/one?a=b&c=d), mailto:bob@example.org. file:///etc/passwd javascript:alert(1)";
    socket.send(text("bob", words));
    alice.shows(
        "[...document.querySelectorAll('.text a')].map(e => [e.textContent, e.title])",
        &json!([
            [
                "https://example.org/one?a=b&c=d",
                "https://example.org/one?a=b&c=d"
            ],
            ["mailto:bob@example.org", "mailto:bob@example.org"]
        ]),
    );
    alice.shows_texts(&[words]);
    let mut opened = vec!["https://example.org/one?a=b&c=d"];

    alice.clicks(".text a");
    opener.has_opened(&opened);

    alice.ask("document.querySelectorAll('.text a')[1].focus()");
    alice.press("Return");
    opened.push("mailto:bob@example.org");
    opener.has_opened(&opened);

    alice.points_at(".text a");
    screen.xdotool(&["click", "2"]).expect("xdotool click");
    opened.push(opened[0]);
    opener.has_opened(&opened);

    // If it is dragged and dropped in the window, nobody opens it.
    alice.points_at(".text a");
    screen
        .xdotool(&["mousedown", "1"])
        .expect("xdotool mousedown");
    for _ in 0..10 {
        screen
            .xdotool(&["mousemove_relative", "--", "4", "12"])
            .expect("xdotool mousemove");
    }
    screen.xdotool(&["mouseup", "1"]).expect("xdotool mouseup");
    alice.ask("location.href = 'about:blank'");

    alice.clicks("#draft");
    alice.says("still here");
    alice.shows_texts(&[words, "still here"]);
    alice.shows("location.protocol", &json!("dioxus:"));
    opener.has_opened(&opened);
}
