//! Not tests: a short conversation, played with real keys in two real windows, and what it looks like.

use std::net::TcpListener;
use std::path::Path;

use serde_json::json;

use crate::screen::{Screen, photograph};
use crate::server::{Peer, Server, free_port, text};
use crate::window::Window;

const ALICE: &str = "alice";
const BOB: &str = "bob";
/// She has no window, only a socket.
const CAROL: &str = "carol";

const TALK: [(&str, &str); 7] = [
    (ALICE, "Morning! Is the kettle free?"),
    (BOB, "Since a minute ago. I left the water hot."),
    (ALICE, "You are a star. Did the new router arrive?"),
    (
        CAROL,
        "It is on bob's desk.\nThe old one goes back on Friday, so please note down its address first.",
    ),
    (BOB, "Will do."),
    (BOB, "Lunch at half past twelve?"),
    (ALICE, "Count me in."),
];

#[test]
#[ignore = "makes a picture: run it by `just demo`"]
fn demo() {
    let screen = Screen::take();
    let mut cast = Cast::assemble(&screen);
    cast.talk();
    cast.alice.paints();
    cast.bob.paints();
    photograph("root", &project().join("target/demo.png"));
}

#[test]
#[ignore = "makes the README's pictures: run it by `just screenshot`"]
fn for_the_readme() {
    let screen = Screen::take();
    let mut cast = Cast::assemble(&screen);
    cast.talk();
    let pictures = project().join("apps/client/assets/pictures");
    cast.alice.photographs(&pictures.join("light.png"));
    cast.bob.photographs(&pictures.join("dark.png"));
}

/// Two windows side by side, alice's light and bob's dark, and carol.
struct Cast {
    alice: Window,
    bob: Window,
    carol: Peer,
    _server: Server,
}

impl Cast {
    fn assemble(screen: &Screen) -> Cast {
        let port = usual_port();
        let server = Server::start(port);
        let mut alice = Window::open(screen, ALICE, port);
        alice.lies_at(10, 30, 780, 680);
        alice.is("connected");
        let mut bob = Window::open(screen, BOB, port);
        bob.lies_at(805, 30, 780, 680);
        bob.is("connected");
        for theme in ["light", "dark"] {
            bob.clicks("#theme");
            bob.shows(
                "document.querySelector('#app').dataset.theme",
                &json!(theme),
            );
        }
        bob.clicks("#draft");
        let carol = Peer::join(port, CAROL);
        alice.notices(CAROL, "joined");
        bob.notices(CAROL, "joined");
        Cast {
            alice,
            bob,
            carol,
            _server: server,
        }
    }

    fn talk(&mut self) {
        let mut said = Vec::new();
        for (who, words) in TALK {
            match who {
                ALICE => self.alice.says(words),
                BOB => self.bob.says(words),
                _ => self.carol.say(&text(who, words)),
            }
            said.push(words);
            self.alice.shows_texts(&said);
            self.bob.shows_texts(&said);
        }
    }
}

/// The usual port, as it is part of the picture, or a free one.
fn usual_port() -> u16 {
    const USUAL: u16 = 8765;
    TcpListener::bind(("0.0.0.0", USUAL)).map_or_else(|_| free_port(), |_| USUAL)
}

fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
