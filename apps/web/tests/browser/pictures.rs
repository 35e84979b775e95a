//! Not tests: pictures of the page in all its states, and of two visitors who meet.

use std::path::{Path, PathBuf};

use hubbub_testing::{Peer, text};

use crate::phone::enters_by_phone;
use crate::tab::Tab;
use crate::tabs::says_that_it_is_elsewhere;
use crate::visitor::Visitor;
use crate::web_room::WebRoom;

const ALICE: &str = "alice";
const BOB: &str = "bob";
/// Claire, who has no window, only a socket.
const CLAIRE: &str = "claire";

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

/// The size of a window, in pixels.
const WIDTH: u32 = 980;
const HEIGHT: u32 = 640;

#[test]
#[ignore = "makes a picture: run it by `just web` where there is no display"]
fn of_two_visitors() {
    let room = WebRoom::open();
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = enters(&at_alices, &room, ALICE);
    let bob = enters_by_phone(&at_bobs, &room.page(), BOB);
    let _claire = talk(&room, &alice, &bob);
    // Both beside each other, as on one desk.
    let frame = |tab: &Tab, width: u32| {
        format!(
            "<img src='data:image/png;base64,{}' width={width}>",
            tab.picture()
        )
    };
    let pictures = format!(
        "<body style='margin: 20px; display: flex; gap: 20px; align-items: start; background: #8a939f'>{}{}",
        frame(&alice, WIDTH),
        frame(&bob, 300),
    );
    let desk = at_alices.opens_nothing();
    desk.is_a_desktop(WIDTH + 300 + 60, HEIGHT + 49);
    desk.ask(&format!("document.write({})", serde_json::json!(pictures)));
    desk.comes_to(
        "document.images.length === 2 && [...document.images].every((image) => image.complete)",
    );
    desk.photographs(&target().join("web.png"));
}

#[test]
#[ignore = "makes the pictures of the page: run it by its name"]
fn of_every_state() {
    let mut room = WebRoom::open();
    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = at_alices.opens_nothing();
    alice.is_a_desktop(WIDTH, HEIGHT);
    alice.goes_to(&room.page());
    alice.has_focus_in("name");
    alice.poses("web-door");
    alice.gives_name(ALICE);
    alice.is("connected");
    let bob = enters_by_phone(&at_bobs, &room.page(), BOB);
    let _claire = talk(&room, &alice, &bob);
    alice.poses("web-room");
    bob.poses("web-phone");
    bob.taps("#drawer-toggle");
    bob.comes_to("document.querySelector('.room').dataset.drawer === 'open'");
    bob.reaches("#people button");
    bob.poses("web-phone-drawer");
    let second = at_alices.opens_nothing();
    second.is_a_desktop(WIDTH, HEIGHT);
    second.goes_to(&room.page());
    says_that_it_is_elsewhere(&second);
    second.poses("web-second-tab");
    for tab in [&alice, &bob] {
        tab.may_lose_its_connection();
    }
    room.dies();
    alice.comes_to("document.querySelector('#status .why') !== null");
    alice.says("Is the network down on your side too?");
    alice.poses("web-lost");
}

impl Tab {
    /// Takes the picture of this name. Not over those that README shows.
    fn poses(&self, name: &str) {
        self.photographs(&target().join("pictures").join(format!("{name}.png")));
    }
}

fn enters(visitor: &Visitor, room: &WebRoom, name: &str) -> Tab {
    let tab = visitor.opens_nothing();
    tab.is_a_desktop(WIDTH, HEIGHT);
    tab.goes_to(&room.page());
    tab.gives_name(name);
    tab.is("connected");
    tab
}

/// They talk, alice at a desk, bob with a phone. Claire stays as long as she is kept.
fn talk(room: &WebRoom, alice: &Tab, bob: &Tab) -> Peer {
    let mut claire = Peer::join(room.port(), CLAIRE);
    alice.notices(CLAIRE, "joined");
    bob.notices(CLAIRE, "joined");
    let mut said = Vec::new();
    for (who, words) in TALK {
        match who {
            ALICE => alice.says(words),
            BOB => {
                bob.taps("#draft");
                bob.inserts(words);
                bob.taps("#send");
            }
            _ => claire.send(text(who, words)),
        }
        said.push(words);
        alice.shows_texts(&said);
        bob.shows_texts(&said);
    }
    claire
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .to_owned()
}
