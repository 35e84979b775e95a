//! A network that is gone without a word: nothing arrives, nothing is reset, and both ends are on their own. Only the
//! kernel can do this, so the test runs itself again in a network namespace, where a rule can swallow packets.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "../session/harness.rs"]
mod harness;
#[path = "../session/room.rs"]
mod room;
#[path = "../session/time.rs"]
mod time;

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_session::{Event, Intent, Options};
use hubbub_transport::Address;

use harness::{Time, Window, joined, left, options_of, said};
use room::room_with_bob;

/// Set for the test that runs in the namespace.
const INSIDE: &str = "HUBBUB_INSIDE_A_NAMESPACE";
/// Within this time both ends know. They take 50 s, and the kernel's timers run 3 s late at most.
const A_MINUTE: Duration = Duration::from_secs(60);
/// Addresses of the server on loopback. The network to the first vanishes, and half of it to each of the others.
const DEAD: &str = "127.0.0.2";
const DEAD_TO_THE_SERVER: &str = "127.0.0.3";
const DEAD_TO_THE_WINDOW: &str = "127.0.0.4";

/// Which packets are swallowed. These rules work when the table of loopback is asked after them.
const BLACK_HOLES: [(&str, &str); 4] = [
    ("to", DEAD),
    ("from", DEAD),
    ("to", DEAD_TO_THE_SERVER),
    ("from", DEAD_TO_THE_WINDOW),
];

#[test]
fn ends_that_lost_each_other_know_it_within_a_minute_and_meet_again() {
    let name = "ends_that_lost_each_other_know_it_within_a_minute_and_meet_again";
    if env::var_os(INSIDE).is_none() {
        run_in_a_namespace(name);
        return;
    }
    ip("link set lo up");
    ip("rule add pref 100 lookup local");
    ip("rule del pref 0");
    let networks = [DEAD, DEAD_TO_THE_SERVER, DEAD_TO_THE_WINDOW];
    let mut silent = networks.map(Pair::meet);
    let mut talking = Pair::meet(DEAD);
    for (direction, address) in BLACK_HOLES {
        ip(&format!("rule add pref 50 {direction} {address} blackhole"));
    }
    let lost = Instant::now();
    // Of a silent pair only the probes find out. Of the other both ends wait for an acknowledgement.
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
        ip(&format!("rule del pref 50 {direction} {address} blackhole"));
    }
    pairs.into_iter().for_each(Pair::meet_again);
}

/// Waits for an event that only words may precede.
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

/// Where one way lives, the end that gives up first can tell the other by a reset.
fn is_lost(event: &Event) -> bool {
    const REASONS: [&str; 2] = [
        "the server does not answer",
        "the server broke the connection",
    ];
    matches!(event, Event::Lost { why, refused: false, .. } if REASONS.contains(&why.as_str()))
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
            address: Address {
                host: address.to_owned(),
                port,
            },
            ..options_of("alice", port)
        };
        let mut alice = Window::open_at(options, Time::that_paces_itself());
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

/// Runs one test of this program as root of a namespace of its own, or says loudly why not.
fn run_in_a_namespace(test: &str) {
    let inside = |program: OsString| {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--net"])
            .arg(program);
        command
    };
    let trial = inside("ip".into())
        .args(["link", "set", "lo", "up"])
        .output();
    let obstacle = match trial {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Some(format!("cannot start unshare: {error}")),
    };
    if let Some(why) = obstacle {
        // Past the test harness, which shows nothing of a test that passes.
        let line = format!(
            "SKIPPED {test}: there is no network namespace for it: {}\n",
            why.trim()
        );
        let _ = std::io::stderr().write_all(line.as_bytes());
        return;
    }
    let mut test_inside = inside(env::current_exe().unwrap().into());
    let output = test_inside
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("1 passed"), "{shown}");
}

fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split(' '))
        .status()
        .unwrap();
    assert!(status.success(), "ip {arguments}");
}
