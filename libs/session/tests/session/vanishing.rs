//! A network that vanishes without a word: nothing arrives, nothing is reset, and each end is on its own.

use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_session::{Cause, Event, Intent, Options};
use hubbub_testing::{Time, namespace};
use hubbub_transport::Addresses;

use crate::harness::{PACE, Window, joined, left, options_of, said};
use crate::room::room_with_bob;

/// Both ends must know within this time. They take 50 s, and the kernel's timers are at most 3 s late.
const A_MINUTE: Duration = Duration::from_secs(60);

/// Addresses of the server on loopback. The network to the first vanishes, and half of it to each of the others.
const DEAD: &str = "127.0.0.2";
const DEAD_TO_THE_SERVER: &str = "127.0.0.3";
const DEAD_TO_THE_WINDOW: &str = "127.0.0.4";

/// Which packets are dropped.
const BLACK_HOLES: [(&str, &str); 4] = [
    ("to", DEAD),
    ("from", DEAD),
    ("to", DEAD_TO_THE_SERVER),
    ("from", DEAD_TO_THE_WINDOW),
];

#[test]
#[ignore = "takes a minute and needs a network namespace: run it by `just vanishing`; `just test` does"]
fn ends_that_lost_each_other_know_it_within_a_minute_and_meet_again() {
    namespace::within(
        "vanishing::ends_that_lost_each_other_know_it_within_a_minute_and_meet_again",
        they_lose_each_other,
    );
}

fn they_lose_each_other() {
    let networks = [DEAD, DEAD_TO_THE_SERVER, DEAD_TO_THE_WINDOW];
    let mut silent = networks.map(Pair::meet);
    let mut talking = Pair::meet(DEAD);
    for (direction, address) in BLACK_HOLES {
        namespace::swallow(direction, address);
    }
    let lost = Instant::now();
    // Between silent ends, only the probes notice it. Between the others, both ends wait for an acknowledgement.
    talking.alice.say(1, "into the void");
    talking.bob.say(1, "are you still there?");
    let mut pairs: Vec<_> = silent.iter_mut().chain([&mut talking]).collect();
    thread::scope(|scope| {
        for Pair { alice, bob } in &mut pairs {
            scope.spawn(move || see_within_a_minute(alice, lost, is_lost));
            scope.spawn(move || see_within_a_minute(bob, lost, |event| *event == left("alice")));
        }
    });
    for (direction, address) in BLACK_HOLES {
        namespace::let_through(direction, address);
    }
    pairs.into_iter().for_each(Pair::meet_again);
}

/// Waits for an event. Only messages may come before it.
fn see_within_a_minute(window: &mut Window, since: Instant, is_it: impl Fn(&Event) -> bool) {
    loop {
        window.wait_for_event(A_MINUTE.saturating_sub(since.elapsed()));
        match window.next() {
            event if is_it(&event) => return,
            Event::Written { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// If one direction still works, the end that gives up first can tell the other end by a reset.
fn is_lost(event: &Event) -> bool {
    const REASONS: [&str; 2] = [
        "the server does not answer",
        "the server broke the connection",
    ];
    let Event::Lost { why, cause, .. } = event else {
        return false;
    };
    matches!(cause, Cause::CutOff | Cause::Unreachable) && REASONS.contains(&why.as_str())
}

/// Two members of one room: bob is near, alice is far.
struct Pair {
    alice: Window,
    bob: Window,
}

impl Pair {
    fn meet(address: &str) -> Self {
        let (port, mut bob) =
            room_with_bob(Ipv4Addr::UNSPECIFIED, hubbub_server::Settings::default());
        let options = Options {
            addresses: Addresses::from_hosts(address, port).unwrap(),
            ..options_of("alice", port)
        };
        let mut alice = Window::open_at(options, Time::that_skips(PACE));
        alice.expect(Event::Connecting);
        alice.expect(Event::Connected);
        bob.expect(joined("alice"));
        alice.time.advance(Duration::from_millis(500));
        Self { alice, bob }
    }

    fn meet_again(&mut self) {
        self.alice.say(2, "I am back");
        self.alice.wish(Intent::Retry);
        self.alice.expect(Event::Connecting);
        self.alice.expect(Event::Connected);
        self.bob.expect(joined("alice"));
        self.alice.time.advance(Duration::from_millis(500));
        self.alice.expect(Event::Written { id: 2 });
        self.bob.expect(said("alice", "I am back"));
    }
}
