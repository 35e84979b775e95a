//! Not tests: a morning in a room, played with real keys in real windows, and pictures of it.

use std::fs;
use std::path::Path;

use hubbub_testing::{HeldPort, Peer, Program, text};
use hubbub_wire::PORT;
use serde_json::json;

use crate::screen::Screen;
use crate::window::Window;

const ALICE: &str = "alice";
const BOB: &str = "bob";
/// Claire, who has no window, only a socket.
const CLAIRE: &str = "claire";
/// Frank, who comes with her and says nothing.
const FRANK: &str = "frank";

const TALK: [(&str, &str); 6] = [
    (ALICE, "Morning! Did the new router arrive?"),
    (
        CLAIRE,
        "Yes, it is on bob's desk.\nThe old router goes back on Friday, so please note down its address first.",
    ),
    (BOB, "Will do. This helps: https://openwrt.org/docs/start"),
    (BOB, "Lunch at half past twelve?"),
    (CLAIRE, "@alice and I are in. Shall we try the new place?"),
    (ALICE, "Gladly. I bring my appetite."),
];

/// What is said while alice looks elsewhere.
const MEANWHILE: [&str; 2] = [
    "The table is ours until two.",
    "Alice, they have the soup you like.",
];

/// The height of every window, in pixels.
const HEIGHT: u32 = 640;
/// The width of a window, in pixels. Two fit side by side on the screen.
const WIDTH: u32 = 780;
const NARROW: u32 = 420;

#[test]
#[ignore = "makes a picture: run it by `just demo`"]
fn demo() {
    let screen = Screen::take();
    let port = HeldPort::preferably(PORT);
    let server = Program::on(&port);
    let port = port.number();
    let mut cast = Cast::assemble(&screen, alice(&screen, port), server, port);
    cast.talk();
    cast.alice.paints();
    cast.bob.paints();
    let target = project().join("target");
    // It does not exist yet if the build goes somewhere else.
    fs::create_dir_all(&target).unwrap();
    screen.photograph("root", &target.join("demo.png"));
}

#[test]
#[ignore = "makes the pictures of the window: run it by `just screenshot`"]
fn of_every_state() {
    let screen = Screen::take();
    let held = HeldPort::preferably(PORT);
    let port = held.number();
    let mut alice = alice(&screen, port);
    alice.explains();
    alice.poses("connecting");
    let server = Program::on(&held);
    alice.is("connected");
    alice.poses("empty");

    let mut cast = Cast::assemble(&screen, alice, server, port);
    cast.talk();
    cast.alice.poses("light");
    cast.bob.poses("dark");
    cast.alice.searches("router");
    cast.alice.poses("search");
    cast.alice.press("Escape");
    cast.alice.has_focus_in("draft");
    cast.meanwhile();
    cast.alice.poses("unread");
    cast.bob.lies_at(805, 30, NARROW, HEIGHT);
    cast.bob.poses("narrow");
    cast.claire_comes_twice(&screen, port).poses("refused");
    cast.alice_waits().poses("lost");
}

/// Her window, light, with or without a server.
fn alice(screen: &Screen, port: u16) -> Window {
    let mut alice = Window::open(screen, ALICE, port);
    alice.lies_at(10, 30, WIDTH, HEIGHT);
    alice
}

impl Window {
    /// Takes the picture of this name, without the mouse in it.
    pub(crate) fn poses(&mut self, name: &str) {
        self.screen
            .xdotool(&["mousemove", "0", "0"])
            .expect("xdotool mousemove");
        self.shows("document.querySelector('#app :hover')", &json!(null));
        // Not over those that README shows.
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pictures");
        fs::create_dir_all(&pictures).unwrap();
        self.photographs(&pictures.join(format!("{name}.png")));
    }

    /// Waits until the window says why there is no room.
    fn explains(&mut self) {
        self.shows(
            "document.querySelector('.why + .advice') !== null",
            &json!(true),
        );
    }

    fn searches(&mut self, words: &str) {
        self.press("ctrl+f");
        self.types_into("search-field", words, words);
        self.shows(
            "document.getElementById('search-count').textContent",
            &json!("1 of 2"),
        );
    }
}

/// Two windows side by side, alice's light and bob's dark, and the members without a window.
struct Cast {
    alice: Window,
    bob: Window,
    claire: Peer,
    _frank: Peer,
    server: Program,
}

impl Cast {
    fn assemble(screen: &Screen, mut alice: Window, server: Program, port: u16) -> Cast {
        alice.is("connected");
        let mut bob = Window::open(screen, BOB, port);
        bob.lies_at(805, 30, WIDTH, HEIGHT);
        bob.is("connected");
        for theme in ["light", "dark"] {
            bob.clicks("#theme");
            bob.shows(
                "document.querySelector('#app').dataset.theme",
                &json!(theme),
            );
        }
        bob.clicks("#draft");
        let claire = Peer::join(port, CLAIRE);
        alice.notices(CLAIRE, "joined");
        let frank = Peer::join(port, FRANK);
        alice.notices(FRANK, "joined");
        bob.notices(FRANK, "joined");
        Cast {
            alice,
            bob,
            claire,
            _frank: frank,
            server,
        }
    }

    fn talk(&mut self) {
        let mut said = Vec::new();
        for (who, words) in TALK {
            match who {
                ALICE => self.alice.says(words),
                BOB => self.bob.says(words),
                _ => self.claire.send(text(who, words)),
            }
            said.push(words);
            self.alice.shows_texts(&said);
            self.bob.shows_texts(&said);
        }
    }

    /// Bob has the focus, so what comes then is new to alice.
    fn meanwhile(&mut self) {
        self.bob.focus();
        self.alice.shows("document.hasFocus()", &json!(false));
        for words in MEANWHILE {
            self.claire.send(text(CLAIRE, words));
        }
        let said: Vec<_> = TALK
            .iter()
            .map(|(_, words)| *words)
            .chain(MEANWHILE)
            .collect();
        self.alice.shows_texts(&said);
        self.bob.shows_texts(&said);
        self.alice
            .shows("document.querySelectorAll('.new').length", &json!(1));
    }

    /// A second claire is not let in.
    fn claire_comes_twice(&self, screen: &Screen, port: u16) -> Window {
        let mut window = Window::open(screen, CLAIRE, port);
        window.lies_at(805, 30, WIDTH, HEIGHT);
        window.explains();
        window
    }

    /// The server is gone, and alice goes on writing.
    fn alice_waits(self) -> Window {
        drop(self.server);
        let mut alice = self.alice;
        alice.is("lost");
        alice.says("Is the network down on your side too?");
        alice.shows(
            "[...document.querySelectorAll('.own')].at(-1).dataset.state",
            &json!("waiting"),
        );
        alice
    }
}

pub(crate) fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
