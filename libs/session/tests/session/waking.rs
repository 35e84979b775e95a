//! Our window on a laptop that sleeps, and our server. Bob is a plain member at a good network.

use std::time::Duration;

use hubbub_session::{Event, Intent, Options};
use hubbub_testing::{Network, Peer, Room, join, text};

use crate::alice::Alice;
use crate::harness::{offering, options_of};

/// Clocks are looked at this often.
const LOOK: Duration = Duration::from_secs(1);

/// Alice at a network, and bob.
fn room() -> (Room, Network, Alice, Peer) {
    let room = Room::open();
    let [mut bob] = room.members(["bob"]);
    let network = Network::to(room.address().port());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(join("alice"));
    (room, network, alice, bob)
}

impl Alice {
    /// Her computer has slept, and looks whether the server is there.
    fn wakes(&self) {
        self.window.time.expect_nap(LOOK);
        self.window.time.sleep_and_wake(Duration::from_secs(60));
        self.window.time.advance(LOOK);
    }

    /// Time enough passes for a server that does not answer to be given up.
    fn waits(&self) {
        for _ in 0..3 {
            self.window.time.settle();
            self.window.time.advance(LOOK);
        }
    }
}

#[test]
fn a_connection_that_outlives_the_sleep_is_kept() {
    let (_room, network, mut alice, mut bob) = room();
    alice.wakes();
    network
        .connection(0)
        .mentions("CHAT/1.0 PING\r\nUsername: alice\r\n");
    // The server acknowledges a text after it has answered the PING before it.
    alice.window.say(0, "good morning");
    alice.has_arrived(0);
    alice.waits();
    alice.window.time.settle();
    alice.window.expect_no_event();
    bob.expect(text("alice", "good morning"));
    bob.send(text("bob", "hello"));
    alice.hears("hello");
    assert_eq!((alice.heard.len(), alice.gaps), (1, 0));
}

#[test]
fn a_connection_that_does_not_is_replaced_at_once_and_nobody_hears_of_it_and_nothing_is_lost() {
    for is_on_its_way in [false, true] {
        let (_room, network, mut alice, mut bob) = room();
        network.weather().still = true;
        bob.send(text("bob", "while you slept"));
        alice.window.say(0, "into the void");
        alice.until(|event| matches!(event, Event::Written { id: 0 }));
        alice.wakes();
        alice.waits();
        if !is_on_its_way {
            network.cut();
        }
        network.clear_up();
        while alice.heard.is_empty() || alice.arrived.is_empty() {
            alice.until(|_| true);
        }
        alice.window.say(1, "here again");
        alice.has_arrived(1);
        // No LEAVE and no JOIN stands between them.
        bob.expect(text("alice", "into the void"));
        bob.expect(text("alice", "here again"));
        assert_eq!(alice.heard, ["while you slept"]);
        assert_eq!((alice.arrived, alice.gaps), (vec![0, 1], 0));
    }
}

#[test]
fn a_hint_that_the_network_is_back_finds_a_dead_connection_in_three_seconds() {
    let (_room, network, mut alice, mut bob) = room();
    network.weather().still = true;
    alice.window.say(0, "into the void");
    alice.until(|event| matches!(event, Event::Written { id: 0 }));
    alice.window.wish(Intent::Wake);
    // One second may pass before it takes the hint.
    let mut seconds = 0;
    while alice.window.batches.is_empty() {
        assert!(seconds < 4, "the connection still stands");
        alice.window.time.advance(LOOK);
        alice.window.time.settle();
        seconds += 1;
    }
    let event = alice.window.next();
    assert!(matches!(event, Event::Lost { .. }), "{event:?}");
    network.clear_up();
    alice.has_arrived(0);
    bob.expect(text("alice", "into the void"));
}

#[test]
fn a_heartbeat_finds_a_dead_connection_without_any_hint() {
    let room = Room::open();
    let network = Network::to(room.address().port());
    let every = Duration::from_secs(20);
    let mut alice = Alice::open_with(Options {
        heartbeat: Some(every),
        ..offering(options_of("alice", network.port()))
    });
    alice.is_caught_up();
    network.weather().still = true;
    // 20 s until it is asked, and 10 s for an answer.
    for _ in 0..30 {
        alice.window.time.expect_nap(LOOK);
        alice.window.time.advance(LOOK);
    }
    let event = alice.window.next();
    assert!(
        matches!(&event, Event::Lost { why, .. } if why == "the server does not answer"),
        "{event:?}"
    );
    network.clear_up();
    alice.window.wish(Intent::Retry);
    alice.is_caught_up();
}
