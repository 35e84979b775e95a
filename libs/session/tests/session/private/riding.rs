//! All that holds in plain holds in TLS: nothing is lost, doubled or out of order, whatever the network does to
//! records.

use std::time::Duration;

use hubbub_session::{Event, Intent, Options};
use hubbub_testing::tls::{Certificate, Middle};
use hubbub_testing::{Network, Room, Way};

use super::home::{HOST, pin};
use crate::alice::{Alice, numbers};
use crate::harness::{offering, options_of};

/// A room that speaks TLS, and a network that leads to it.
struct Lane {
    room: Room,
    network: Network,
    certificate: Certificate,
}

impl Lane {
    fn new() -> Self {
        let (room, certificate) = (Room::unwatched(), Certificate::self_signed(HOST));
        let entrance = Middle::before_plain(room.address().port(), &certificate);
        let network = Network::to(entrance.port());
        Self {
            room,
            network,
            certificate,
        }
    }

    fn member(&self, name: &str) -> Alice {
        Alice::open_with(Options {
            is_private: true,
            pins: vec![pin(&self.certificate)],
            recent: 200,
            ..offering(options_of(name, self.network.port()))
        })
    }

    /// Fails unless the log has these numbers, each once and in order.
    fn has_all(&self, count: u64) {
        let mut carol = Alice::open_with(Options {
            recent: 200,
            ..offering(options_of("carol", self.room.address().port()))
        });
        carol.is_caught_up();
        let last = numbers(&carol.heard).collect::<Vec<_>>();
        let first = count.saturating_sub(200);
        assert!(last.iter().copied().eq(first..count), "{last:?}");
    }
}

#[test]
fn records_that_are_cut_and_delayed_arrive_once_and_in_order() {
    let lane = Lane::new();
    let mut alice = lane.member("alice");
    alice.is_caught_up();
    let mut count = 0;
    for piece in [1, 5, 22, 300] {
        lane.network.weather().piece = piece;
        for _ in 0..5 {
            alice.window.say(count, &count.to_string());
            count += 1;
        }
        alice.has_arrived(count - 1);
    }
    lane.has_all(count);
    assert!(alice.arrived.iter().copied().eq(0..count));
}

#[test]
fn connections_that_are_cut_at_any_byte_lose_and_double_nothing() {
    let lane = Lane::new();
    let mut alice = lane.member("alice");
    alice.is_caught_up();
    let mut count = 0;
    // Ten texts are answered by one acknowledgement at least.
    let to_server = [1, 4, 5, 6, 40, 100, 133, 222, 517].map(|bytes| (Way::ToServer, bytes));
    let to_client = [1, 4, 5, 6, 40, 70].map(|bytes| (Way::ToClient, bytes));
    for (way, bytes) in to_server.into_iter().chain(to_client) {
        lane.network.cut_after(way, bytes);
        for _ in 0..10 {
            alice.window.say(count, &count.to_string());
            count += 1;
        }
        alice.until(|event| matches!(event, Event::Lost { .. }));
        alice.is_caught_up();
    }
    alice.window.say(count, &count.to_string());
    alice.has_arrived(count);
    count += 1;
    lane.has_all(count);
    assert!(alice.arrived.iter().copied().eq(0..count));
}

#[test]
fn a_text_that_fills_every_socket_on_the_way_arrives_whole() {
    let lane = Lane::new();
    let mut alice = lane.member("alice");
    let mut bob = lane.member("bob");
    alice.is_caught_up();
    bob.is_caught_up();
    let long = "€".repeat(340_000);
    lane.network.weather().still = true;
    for id in 0..8 {
        alice.window.say(id, &long);
    }
    lane.network.clear_up();
    for _ in 0..8 {
        bob.hears(&long);
    }
    alice.has_arrived(7);
}

#[test]
fn who_leaves_has_said_all_and_is_told_that_the_server_has_read_it() {
    let lane = Lane::new();
    let mut alice = Alice::open_with(Options {
        is_private: true,
        pins: vec![pin(&lane.certificate)],
        patience: Duration::from_secs(3600),
        ..offering(options_of("alice", lane.network.port()))
    });
    alice.is_caught_up();
    for id in 0..20 {
        alice.window.say(id, &id.to_string());
    }
    alice.window.wish(Intent::Leave);
    alice.until(|event| matches!(event, Event::Parted));
    alice.window.expect_ended();
    alice.window.expect_no_event();
    lane.has_all(20);
}

#[test]
fn each_connection_is_told_to_be_private() {
    let lane = Lane::new();
    let mut alice = lane.member("alice");
    for _ in 0..3 {
        alice.until(|event| matches!(event, Event::Secured { .. }));
        alice.is_caught_up();
        lane.network.cut();
        alice.until(|event| matches!(event, Event::Lost { .. }));
    }
}
