//! In the room of another student: a server that was written from the assignment alone, with clients of both sides.
//! Ours offer the extension.

use std::time::Duration;

use hubbub_session::{Event, Intent};
use hubbub_testing::{Network, Stranger, Time};

use crate::harness::{PACE, Window, joined, left, offering, options_of, said};

fn server() -> (Stranger, u16) {
    let mut server = Stranger::start("student_server.py", &["--port", "0"]);
    let port = server.shows_number("listening");
    (server, port)
}

/// One of our windows in their room.
fn window(server: &mut Stranger, port: u16, name: &str) -> Window {
    let options = offering(options_of(name, port));
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    window.expect(Event::Connecting);
    window.expect(Event::Connected);
    server.shows(&format!("JOIN {name}"));
    window.time.advance(Duration::from_millis(500));
    window
}

#[test]
fn ours_and_theirs_talk_in_their_room_and_each_shows_everything_once() {
    let (mut server, port) = server();
    let mut alice = window(&mut server, port, "alice");
    let port = port.to_string();
    let mut bob = Stranger::start("student_client.py", &["--port", &port, "--username", "bob"]);
    bob.shows("connected");
    alice.expect(joined("bob"));
    for (id, words) in ["My first chat message!", "héllo €", "CHAT/1.0 LEAVE"]
        .iter()
        .enumerate()
    {
        let id = id as u64;
        alice.say(id, words);
        alice.expect(Event::Written { id });
        bob.shows(&format!("alice: {words}"));
        bob.types(words);
        bob.shows(&format!("bob: {words}"));
        alice.expect(said("bob", words));
    }
    alice.say(9, "two\nlines");
    alice.expect(Event::Written { id: 9 });
    bob.shows("alice: two | lines");
    alice.wish(Intent::Leave);
    alice.expect_ended();
    bob.shows("alice left");
}

#[test]
fn who_leaves_and_who_vanishes_has_left_for_ours() {
    let (mut server, port) = server();
    let mut alice = window(&mut server, port, "alice");
    let port = port.to_string();
    for vanishes in [false, true] {
        let mut bob = Stranger::start("student_client.py", &["--port", &port, "--username", "bob"]);
        alice.expect(joined("bob"));
        if vanishes {
            drop(bob);
        } else {
            bob.close();
        }
        alice.expect(left("bob"));
    }
}

#[test]
fn long_texts_and_bursts_of_ours_arrive_whole_and_in_order() {
    let (mut server, port) = server();
    let mut alice = window(&mut server, port, "alice");
    let mut bob = window(&mut server, port, "bob");
    alice.expect(joined("bob"));
    let long = "€".repeat(300_000);
    alice.say(0, &long);
    for id in 1..=500 {
        alice.say(id, &id.to_string());
    }
    bob.expect(said("alice", &long));
    for id in 1..=500 {
        bob.expect(said("alice", &id.to_string()));
    }
    alice.wish(Intent::Leave);
    bob.expect(left("alice"));
}

#[test]
fn what_was_typed_while_their_server_was_away_goes_out_when_it_is_back() {
    let (mut first, port) = server();
    let network = Network::to(port);
    let mut alice = window(&mut first, network.port(), "alice");
    drop(first);
    let (_, refused, retry_in) = alice.expect_lost();
    assert!(!refused);
    alice.say(1, "one");
    alice.say(2, "two");
    let (mut second, port) = server();
    network.lead_to(port);
    let port = port.to_string();
    let mut bob = Stranger::start("student_client.py", &["--port", &port, "--username", "bob"]);
    bob.shows("connected");
    second.shows("JOIN bob");
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    bob.shows("alice joined");
    alice.time.advance(Duration::from_millis(500));
    bob.shows("alice: one");
    bob.shows("alice: two");
}
