//! A server that remembers: the past, coming back, one's own messages, and a name that is taken.

use hubbub_testing::{Network, Peer, Program, ScriptedServer, text};
use serde_json::{Value, json};

use crate::memory::{ROOM, Remembering, seq, stamped};
use crate::screen::Screen;
use crate::wait::until;
use crate::window::{Window, meanwhile};

const TEXTS: &str = "[...document.querySelectorAll('#timeline .text')].map(e => e.textContent)";
const FIRST: &str = "document.querySelector('#timeline .text')?.textContent";
const LAST: &str = "[...document.querySelectorAll('#timeline .text')].at(-1)?.textContent";
const TOP: &str = "document.querySelector('#timeline .earlier')?.textContent ?? 'nothing'";
/// From `New` on, and the line before.
const AROUND_NEW: &str = "(lines => lines.slice(lines.findIndex(e => e.className === 'new') - 1)\
    .map(e => (e.querySelector('.text, .said') ?? e).textContent))\
    ([...document.querySelectorAll('.lines > li')])";

/// Notes, with each frame from now on, where the line in the middle of the view stands when the frame is painted: after
/// the page's own observer, which holds what is read in its place between layout and paint.
const WATCH: &str = "(() => { const view = document.getElementById('timeline').getBoundingClientRect();\
    const line = [...document.querySelectorAll('.message')].find(e => e.getBoundingClientRect().top > view.top + view.height / 2);\
    const now = watching = {}; places = [];\
    const note = (_, observer) => { observer.disconnect(); places.push(line.getBoundingClientRect().top); };\
    const tick = () => { if (watching !== now) return; new ResizeObserver(note).observe(document.body); frame(tick); };\
    frame(tick); return line.textContent; })()";

impl Window {
    /// Turns the wheel so many notches up, over the timeline.
    fn scrolls_up(&mut self, notches: u32) {
        self.points_at("#timeline");
        let repeat = notches.to_string();
        self.screen
            .xdotool(&["click", "--repeat", &repeat, "--delay", "20", "4"])
            .expect("xdotool click");
    }

    /// Turns the wheel until the page is near the first line, and asks for more.
    fn scrolls_up_until_more_is_loaded(&mut self) {
        let is_loading = || {
            self.scrolls_up(10);
            (self.ask(TOP) == "Loading earlier messages").then_some(())
        };
        until(is_loading, || "nothing is loaded".to_owned());
    }

    /// Waits until the timeline stands still.
    fn comes_to_rest(&mut self) {
        self.ask("[still, last] = [0, 0]; 0");
        let looks = "(now => { still = now === last ? still + 1 : 0; last = now; return still >= 8 })\
                     (document.querySelector('#timeline').scrollTop)";
        let rests = || {
            self.paints();
            (self.ask(looks) == true).then_some(())
        };
        until(rests, || "the page does not come to rest".to_owned());
    }

    /// The places that were noted, each once.
    fn places(&mut self) -> Vec<f64> {
        self.paints();
        let places = self.ask("places");
        places
            .as_array()
            .unwrap()
            .iter()
            .flat_map(Value::as_f64)
            .collect()
    }
}

/// In a room with this many lines, of which the last 200 are told.
fn in_a_room_of(lines: u32, screen: &Screen) -> (Window, Remembering, ScriptedServer) {
    let server = ScriptedServer::start();
    let open = || Window::open(screen, "alice", server.port());
    let (mut alice, bob) = meanwhile(open, || {
        let mut bob = Remembering::accept(&server);
        bob.welcomes(&["alice", "bob"], lines - 199..=lines, "More: yes\r\n");
        bob
    });
    alice.shows(LAST, &json!(format!("line {lines}.")));
    (alice, bob, server)
}

#[test]
fn the_past_is_there_with_its_times_and_who_is_here_is_known_at_once() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let open = || Window::open_with(&screen, "alice", server.port(), &[("TZ", "UTC")]);
    let (mut alice, _bob) = meanwhile(open, || {
        let mut bob = Remembering::accept(&server);
        assert_eq!(bob.offer.since, None);
        bob.welcomes(&["alice", "bob", "carol"], 1438..=1441, "");
        bob
    });
    alice.shows(
        TEXTS,
        &json!(["line 1438.", "line 1439.", "line 1440.", "line 1441."]),
    );
    alice.shows(
        "[...document.querySelectorAll('.day')].map(e => e.textContent)",
        &json!(["Friday, 20 November 2026", "Saturday, 21 November 2026"]),
    );
    alice.shows(
        "document.querySelector('.byline time').textContent",
        &json!("23:58"),
    );
    alice.shows(TOP, &json!("This is where the room's memory begins"));
    alice.shows_people(&["alice", "bob", "carol"]);
    alice.shows(
        "document.querySelector('.kept').textContent",
        &json!("Messages are kept for 30 days."),
    );
    alice.shows("document.querySelector('.new')", &json!(null));
}

#[test]
fn the_past_comes_in_above_and_the_view_does_not_move_by_a_pixel() {
    let screen = Screen::take();
    let (mut alice, mut bob, _server) = in_a_room_of(1200, &screen);
    let mut before = 1001;
    let mut live = 1200;
    // The third stretch makes the lowest lines leave the page.
    while before > 401 {
        alice.scrolls_up_until_more_is_loaded();
        assert_eq!(bob.is_asked(), (before, 200));
        alice.shows(TOP, &json!("Loading earlier messages"));
        alice.comes_to_rest();
        alice.ask(WATCH);
        for _ in 0..3 {
            live += 1;
            bob.says(live);
        }
        bob.answers(before - 200, before, "More: yes\r\n");
        live += 1;
        bob.says(live);
        before -= 200;
        alice.shows(FIRST, &json!(format!("line {before}.")));
        live += 1;
        bob.says(live);
        let pill = "document.querySelector('#to-end')?.textContent.trim()";
        alice.shows(pill, &json!(format!("{} new", live - 1200)));
        let places = alice.places();
        assert!(places.len() > 3, "{places:?}");
        assert!(
            places.iter().all(|place| *place == places[0]),
            "it moved: {places:?}"
        );
    }
    alice.clicks("#to-end");
    alice.shows(LAST, &json!(format!("line {live}.")));
}

#[test]
fn who_scrolls_on_while_the_past_comes_in_is_not_thrown_anywhere() {
    let screen = Screen::take();
    let (mut alice, mut bob, _server) = in_a_room_of(1200, &screen);
    for before in [1001, 801, 601] {
        alice.scrolls_up_until_more_is_loaded();
        assert_eq!(bob.is_asked(), (before, 200));
        alice.ask(WATCH);
        alice.scrolls_up(3);
        bob.answers(before - 200, before, "More: yes\r\n");
        alice.scrolls_up(3);
        alice.shows(FIRST, &json!(format!("line {}.", before - 200)));
        alice.comes_to_rest();
        let places = alice.places();
        // A notch is some fifty pixels, and a slow frame may show sixteen at once. A stretch of lines is thousands.
        let is_smooth = |two: &[f64]| (-0.5..1000.0).contains(&(two[1] - two[0]));
        assert!(places.windows(2).all(is_smooth), "it jumped: {places:?}");
        assert_ne!(places.first(), places.last(), "nothing was scrolled");
    }
}

#[test]
fn the_keyboard_reaches_the_beginning_and_it_is_marked() {
    let screen = Screen::take();
    let (mut alice, mut bob, _server) = in_a_room_of(250, &screen);
    alice.clicks("#timeline");
    alice.press("Home");
    assert_eq!(bob.is_asked(), (51, 200));
    bob.answers(1, 51, "");
    alice.shows(FIRST, &json!("line 1."));
    alice.shows(TOP, &json!("This is where the room's memory begins"));
    alice.press("Home");
    alice.shows(
        "document.querySelector('#timeline .earlier').getBoundingClientRect().top > 0",
        &json!(true),
    );
}

#[test]
fn what_was_missed_while_the_window_was_closed_is_marked() {
    let screen = Screen::take();
    let state = tempfile::tempdir().unwrap();
    let home = [("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let server = ScriptedServer::start();
    let open = || Window::open_with(&screen, "alice", server.port(), &home);
    let (mut alice, mut bob) = meanwhile(open, || {
        let mut bob = Remembering::accept(&server);
        bob.welcomes(&["alice", "bob"], 1..=3, "");
        bob
    });
    alice.shows(LAST, &json!("line 3."));
    bob.says(4);
    alice.shows(LAST, &json!("line 4."));
    // The program knows that the line is on the page.
    alice.is_heard();
    assert_eq!(alice.close().code(), Some(0));

    let (mut alice, mut bob) = meanwhile(open, || {
        let mut bob = Remembering::accept(&server);
        assert_eq!(bob.offer.since, Some(format!("{ROOM} {}", seq(4))));
        bob.welcomes(&["alice", "bob"], 5..=6, "More: yes\r\n");
        bob
    });
    // Whether the hole is closed, and then what was said before that.
    let asked = bob.is_asked();
    let asked = if asked == (5, 1) {
        bob.answers(4, 5, "More: yes\r\n");
        bob.is_asked()
    } else {
        asked
    };
    assert_eq!(asked, (5, 200));
    bob.answers(1, 5, "");
    alice.shows(AROUND_NEW, &json!(["line 4.", "New", "line 5.", "line 6."]));
    alice.shows(TOP, &json!("This is where the room's memory begins"));
}

#[test]
fn a_hole_is_told_with_the_times_around_it() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let open = || Window::open_with(&screen, "alice", server.port(), &[("TZ", "UTC")]);
    let (mut alice, bob) = meanwhile(open, || {
        let mut bob = Remembering::accept(&server);
        bob.welcomes(&["alice", "bob"], 1..=3, "");
        bob
    });
    alice.shows(LAST, &json!("line 3."));
    drop(bob);
    let mut bob = Remembering::accept(&server);
    assert_eq!(bob.offer.since, Some(format!("{ROOM} {}", seq(3))));
    bob.welcomes(&["alice", "bob"], 61..=62, "Lost: yes\r\n");
    alice.shows(
        AROUND_NEW,
        &json!([
            "Some messages between 00:03 and 01:01 are missing",
            "New",
            "line 61.",
            "line 62."
        ]),
    );
}

#[test]
fn ones_own_message_arrives_and_is_shown_once_however_often_it_comes_back() {
    let screen = Screen::take();
    let (mut alice, mut bob, server) = in_a_room_of(200, &screen);
    alice.says("hello");
    let id = bob.hears("hello");
    alice.shows_states(&["sent"]);
    bob.acknowledges(&id, 201);
    alice.shows_states(&["arrived"]);
    alice.says("and on");
    let id = bob.hears("and on");
    alice.shows_states(&["arrived", "sent"]);
    // It had arrived, and the connection broke before that was told.
    drop(bob);
    let mut bob = Remembering::accept(&server);
    let name = "alice";
    let missed = stamped(name, 202, "and on", "Past: yes\r\n").replacen(
        &format!("Id: {}", seq(202)),
        &format!("Id: {id}"),
        1,
    );
    bob.peer.send(grant_up_to(&bob, 2));
    bob.peer.send(missed);
    bob.peer.send(format!(
        "CHAT/1.0 REPLAYED\r\nUsername: {name}\r\nLast: {}\r\n\r\n",
        seq(202)
    ));
    alice.shows_states(&["arrived", "arrived"]);
    alice.shows(
        "[...document.querySelectorAll('#timeline .text')].slice(-3).map(e => e.textContent)",
        &json!(["line 200.", "hello", "and on"]),
    );
    alice.shows(
        "[...document.querySelectorAll('.own .progress')].map(e => e.textContent)",
        &json!(["arrived", "arrived"]),
    );
    assert_eq!(alice.close().code(), Some(0), "nothing is asked");
}

/// A grant that knows so many texts of the client's session.
fn grant_up_to(bob: &Remembering, arrived: u32) -> String {
    let nonce = &bob.offer.nonce;
    format!(
        "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 0\r\nGrant: 1 {nonce}\r\nRoom: {ROOM}\r\nKept: memory\r\n\
         Arrived: {arrived}\r\nMax-payload: 1048576\r\n\r\n\
         CHAT/1.0 PRESENT\r\nUsername: alice\r\nMsg-len: 9\r\n\r\nalice\nbob"
    )
}

/// With our own server: what a plain member said before is there, so is who is here, and a cut shows nobody anything.
#[test]
fn our_own_server_tells_the_past_and_what_arrived_and_a_cut_costs_no_line() {
    let screen = Screen::take();
    let mut server = Program::with(&[], &[]);
    let port = server.port();
    let mut bob = Peer::join(port, "bob");
    for words in ["one", "two"] {
        bob.send(text("bob", words));
    }
    let network = Network::to(port);
    let mut alice = Window::open(&screen, "alice", network.port());
    alice.shows_texts(&["one", "two"]);
    alice.shows_people(&["alice", "bob"]);
    alice.shows(
        "document.querySelector('.kept').textContent",
        &json!("The last 1,000 messages or so are kept, until the server ends."),
    );
    alice.says("three");
    alice.shows_states(&["arrived"]);
    network.cut();
    bob.send(text("bob", "four"));
    alice.shows_texts(&["one", "two", "three", "four"]);
    alice.is("connected");
    alice.shows(AROUND_NEW, &json!(["three", "New", "four"]));
    alice.shows("document.querySelectorAll('.notice').length", &json!(0));
}

#[test]
fn the_close_button_asks_when_something_has_not_arrived() {
    let screen = Screen::take();
    let (mut alice, mut bob, _server) = in_a_room_of(200, &screen);
    alice.says("hello");
    let id = bob.hears("hello");
    alice.shows_states(&["sent"]);
    alice.asks_to_close();
    alice.shows(
        "document.getElementById('closing-words')?.textContent",
        &json!("1 message has not arrived. Close anyway?"),
    );
    bob.acknowledges(&id, 201);
    // It closes by itself.
    assert_eq!(alice.ended().code(), Some(0));
}

#[test]
fn who_is_replaced_takes_the_room_back_by_the_keyboard() {
    let screen = Screen::take();
    let (mut alice, mut bob, server) = in_a_room_of(200, &screen);
    bob.notes("replaced", "you came in elsewhere");
    alice.is("replaced");
    drop(bob);
    alice.shows(
        "document.getElementById('retry').textContent",
        &json!("Take it back"),
    );
    alice.is("replaced");
    alice.press("Escape");
    alice.has_focus_in("draft");
    // Where the focus is is asked for when it has moved.
    alice.ask("moves = 0; document.addEventListener('focusin', () => { moves += 1; }); 0");
    let mut moves = 0;
    until(
        || {
            alice.press("shift+Tab");
            moves += 1;
            alice.shows("moves", &json!(moves));
            (alice.ask("document.activeElement.id") == "retry").then_some(())
        },
        || "Tab does not reach the button".to_owned(),
    );
    alice.press("Return");
    let mut bob = Remembering::accept(&server);
    bob.welcomes(&["alice", "bob"], 201..=201, "");
    alice.is("connected");
}

#[test]
fn what_the_server_tells_is_a_quiet_line() {
    let screen = Screen::take();
    let (mut alice, mut bob, _server) = in_a_room_of(200, &screen);
    for (code, words, told) in [
        (
            "motd",
            "Welcome.\nBe kind.",
            "The server says: Welcome.\nBe kind.",
        ),
        (
            "keeping-stopped",
            "the disk is full",
            "Messages are not being kept at the moment",
        ),
        (
            "never-heard-of",
            "something <b>new</b>",
            "The server says: something <b>new</b>",
        ),
    ] {
        bob.notes(code, words);
        alice.shows(
            "[...document.querySelectorAll('.notice .said')].at(-1)?.textContent",
            &json!(told),
        );
    }
    alice.shows(
        "document.querySelector('.kept').textContent",
        &json!("Messages are not being kept at the moment."),
    );
}

#[test]
fn who_is_refused_joins_under_another_name_by_the_keyboard() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let open = || Window::open(&screen, "alice", server.port());
    let (mut alice, ()) = meanwhile(open, || {
        let mut refusing = Remembering::accept(&server);
        let words = text("server", "the name alice is taken");
        refusing.peer.send(words);
    });
    alice.shows(
        "document.querySelector('.why')?.textContent.includes('the name alice is taken')",
        &json!(true),
    );
    alice.has_focus_in("name");
    alice.types_into("name", "alicia", "alicia");
    alice.press("Return");
    let mut bob = Remembering::accept(&server);
    bob.welcomes(&["alicia", "alice", "bob"], 1..=2, "");
    alice.shows_people(&["alicia", "alice", "bob"]);
    alice.says("hello");
    bob.hears("hello");
    let title = format!("Hubbub - alicia on localhost:{}", server.port());
    alice.is_titled(&title);
}
