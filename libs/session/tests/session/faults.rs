//! Our window, our server, and a bad network between them. Bob has a good one: what he hears is what the room hears.

use std::net::Ipv4Addr;
use std::time::Duration;

use hubbub_server::Settings;
use hubbub_session::{Cause, Event, Intent, MessageId};
use hubbub_testing::{Network, Time, Way, Weather, join, text};

use crate::harness::{PACE, Window, joined, left, options_of, said};
use crate::room::room_with_bob;

/// A room, and the network that leads to it.
fn room(settings: Settings) -> (Network, Window) {
    let (port, bob) = room_with_bob(Ipv4Addr::LOCALHOST, settings);
    (Network::to(port), bob)
}

/// Alice, whose window is at the far end of the network. Bob has heard her JOIN.
fn alice(network: &Network, bob: &mut Window) -> Window {
    let mut alice = Window::open_at(options_of("alice", network.port()), Time::that_skips(PACE));
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    bob.expect(joined("alice"));
    alice.time.advance(Duration::from_millis(500));
    alice
}

/// Alice is told that the connection is lost, waits as long as she must, and is back.
fn comes_back(alice: &mut Window, bob: &mut Window) {
    let (_, refused, retry_in) = alice.expect_lost();
    assert!(!refused);
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    bob.expect(joined("alice"));
    alice.time.advance(Duration::from_millis(500));
}

/// `window` has sent these texts, and hears those of `other`, in their order.
fn expect_exchange(window: &mut Window, other: &str, texts: &[&str]) {
    let (mut written, mut heard) = (0, 0);
    while written + heard < 2 * texts.len() {
        match window.next() {
            Event::Written { id } if id as usize == written => written += 1,
            event if heard < texts.len() && event == said(other, texts[heard]) => heard += 1,
            event => panic!("{event:?} after {written} written and {heard} heard"),
        }
    }
}

#[test]
fn a_slow_network_loses_nothing_and_keeps_the_order() {
    let (network, mut bob) = room(Settings::default());
    let mut alice = alice(&network, &mut bob);
    network.weather().delay = Duration::from_millis(1);
    for piece in [1, 7, 500] {
        network.weather().piece = piece;
        let long = "€".repeat(20 * piece);
        let texts = ["one", "two", &long, "three"];
        for (id, words) in texts.iter().enumerate() {
            alice.say(id as u64, words);
            bob.say(id as u64, words);
        }
        expect_exchange(&mut alice, "bob", &texts);
        expect_exchange(&mut bob, "alice", &texts);
    }
}

#[test]
fn a_way_to_the_server_that_is_dead_for_a_while_loses_nothing_and_the_other_way_lives() {
    let (network, mut bob) = room(Settings::default());
    let mut alice = alice(&network, &mut bob);
    network.weather().dead = Some(Way::ToServer);
    for id in 0..100 {
        alice.say(id, &id.to_string());
        alice.expect(Event::Written { id });
        bob.say(id, "are you there?");
        bob.expect(Event::Written { id });
        alice.expect(said("bob", "are you there?"));
    }
    bob.expect_no_event();
    network.clear_up();
    for id in 0..100 {
        bob.expect(said("alice", &id.to_string()));
    }
}

#[test]
fn a_way_to_the_window_that_is_dead_for_a_while_loses_nothing_and_the_other_way_lives() {
    let (network, mut bob) = room(Settings::default());
    let mut alice = alice(&network, &mut bob);
    network.weather().dead = Some(Way::ToClient);
    for id in 0..100 {
        bob.say(id, &id.to_string());
        bob.expect(Event::Written { id });
        alice.say(id, "I hear nothing");
        alice.expect(Event::Written { id });
        bob.expect(said("alice", "I hear nothing"));
    }
    alice.expect_no_event();
    network.clear_up();
    for id in 0..100 {
        alice.expect(said("bob", &id.to_string()));
    }
}

#[test]
fn a_way_to_the_window_that_stays_dead_ends_in_a_leave_and_the_window_comes_back_by_itself() {
    let (network, mut bob) = room(Settings {
        write_timeout: Duration::from_secs(1),
        ..Settings::default()
    });
    let mut alice = alice(&network, &mut bob);
    network.weather().dead = Some(Way::ToClient);
    // More than the sockets on the way hold. Where that takes long, she leaves in the middle.
    let mut awaited = vec![left("alice")];
    for id in 1..=3 {
        bob.say(id, &"x".repeat(1024 * 1024));
        awaited.push(Event::Written { id });
    }
    while !awaited.is_empty() {
        let event = bob.next();
        let at = awaited.iter().position(|awaited| *awaited == event);
        awaited.remove(at.unwrap_or_else(|| panic!("{event:?}")));
    }
    network.cut();
    network.clear_up();
    comes_back(&mut alice, &mut bob);
    alice.say(1, "what did I miss?");
    alice.expect(Event::Written { id: 1 });
    bob.expect(said("alice", "what did I miss?"));
}

/// Every text before the cut is heard, the text that was cut is lost completely, and every text after it is heard, each
/// once. Bob's list of events proves it.
#[test]
fn a_cut_anywhere_loses_the_text_that_it_falls_into_and_no_other() {
    let (network, mut bob) = room(Settings::default());
    let frame = text("alice", "number 00").len();
    let behind_the_join = [
        0,
        1,
        30,
        frame - 1,
        frame,
        frame + 20,
        3 * frame,
        5 * frame - 1,
    ];
    let limits = behind_the_join.map(|behind| join("alice").len() + behind);
    let mut next_limits = limits.iter().chain([&usize::MAX]);
    let mut next_limit = || *next_limits.next().unwrap();
    let mut ids = 0..;
    let mut say = |alice: &mut Window| {
        let id = ids.next().unwrap();
        let words = format!("number {id:02}");
        alice.say(id, &words);
        alice.expect(Event::Written { id });
        words
    };
    network.weather().to_server = next_limit();
    let mut alice = alice(&network, &mut bob);
    for cut in behind_the_join {
        for _ in 0..cut / frame {
            let words = say(&mut alice);
            bob.expect(said("alice", &words));
        }
        say(&mut alice);
        bob.expect(left("alice"));
        network.weather().to_server = next_limit();
        comes_back(&mut alice, &mut bob);
    }
    let words = say(&mut alice);
    bob.expect(said("alice", &words));
    alice.wish(Intent::Leave);
    bob.expect(left("alice"));
}

#[test]
fn a_cut_within_the_join_is_heard_by_nobody_and_the_next_join_is() {
    let (network, mut bob) = room(Settings::default());
    network.weather().to_server = join("alice").len() - 1;
    let mut alice = Window::open_at(options_of("alice", network.port()), Time::that_skips(PACE));
    alice.say(1, "at last");
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    let (_, refused, retry_in) = alice.expect_lost();
    assert!(!refused);
    network.clear_up();
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    bob.expect(joined("alice"));
    alice.time.advance(Duration::from_millis(500));
    alice.expect(Event::Written { id: 1 });
    bob.expect(said("alice", "at last"));
}

#[test]
fn a_text_that_was_cut_while_it_was_written_is_unsure_and_no_part_of_it_is_heard() {
    // Longer than what the sockets on the way hold.
    let long = "x".repeat(20 * 1024 * 1024);
    let mut settings = Settings::default();
    settings.limits.max_payload = long.len();
    let (network, mut bob) = room(settings);
    let mut alice = alice(&network, &mut bob);
    network.weather().to_server = 1_000_000;
    alice.say(1, &long);
    alice.say(2, "behind it");
    bob.expect(left("alice"));
    network.clear_up();
    alice.expect(Event::Unsure { id: 1 });
    comes_back(&mut alice, &mut bob);
    alice.expect(Event::Written { id: 2 });
    bob.expect(said("alice", "behind it"));
}

#[test]
fn a_window_that_comes_back_before_the_server_missed_it_waits_and_loses_nothing() {
    let (network, mut bob) = room(Settings::default());
    let mut alice = alice(&network, &mut bob);
    network.cut_off_the_client();
    let (_, refused, retry_in) = alice.expect_lost();
    assert!(!refused);
    alice.say(1, "it was the network");
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    let taken = "this name is taken; join under another one".to_owned();
    let (why, refused, retry_in) = alice.expect_lost();
    assert_eq!((why, refused), (taken, true));
    bob.expect_no_event();
    network.cut();
    bob.expect(left("alice"));
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    alice.expect(Event::Connected);
    bob.expect(joined("alice"));
    alice.time.advance(Duration::from_millis(500));
    alice.expect(Event::Written { id: 1 });
    bob.expect(said("alice", "it was the network"));
}

/// Each connection has its own weather, and some are cut at a byte. What bob hears of each connection is the beginning
/// of what was marked sent on it, and everything if the connection stood.
#[test]
fn bursts_arrive_once_and_in_order_in_any_weather_and_a_cut_takes_only_the_last_of_them() {
    const BURST: u64 = 40;
    const WHOLE: usize = usize::MAX;
    let weathers = [
        (0, 64, 600),
        (1, 100, WHOLE),
        (0, 3, 35),
        (2, 40, 1_111),
        (0, 5, 300),
        (1, 500, WHOLE),
    ]
    .map(|(delay, piece, to_server)| Weather {
        delay: Duration::from_millis(delay),
        piece,
        dead: None,
        still: false,
        to_server,
    });
    let (network, mut bob) = room(Settings::default());
    *network.weather() = weathers[0];
    let mut alice = Window::open_at(options_of("alice", network.port()), Time::that_skips(PACE));
    let (mut count, mut written, mut retry_in) = (0, Vec::new(), Duration::ZERO);
    for weather in weathers {
        *network.weather() = weather;
        alice.time.advance(retry_in);
        alice.expect(Event::Connecting);
        alice.expect(Event::Connected);
        bob.expect(joined("alice"));
        alice.time.advance(Duration::from_millis(500));
        for id in count..count + BURST {
            alice.say(id, &id.to_string());
        }
        count += BURST;
        let mut heard = Vec::new();
        if weather.to_server == WHOLE {
            let waiting = count - written.len() as u64;
            heard.extend((0..waiting).map(|_| number_heard(&mut bob).unwrap()));
            network.cut();
        }
        heard.extend(std::iter::from_fn(|| number_heard(&mut bob)));
        let (written_now, wait) = written_until_lost(&mut alice);
        assert!(
            written_now.starts_with(&heard),
            "{heard:?} of {written_now:?}"
        );
        assert!(
            weather.to_server != WHOLE || heard == written_now,
            "{heard:?} of {written_now:?}"
        );
        written.extend(written_now);
        retry_in = wait;
    }
    assert!(written.iter().copied().eq(0..count), "{written:?}");
}

/// What alice says, or nothing when she has left.
fn number_heard(bob: &mut Window) -> Option<MessageId> {
    match bob.next() {
        Event::Said { name, text, .. } if name == "alice" => Some(text.parse().unwrap()),
        Event::Left { name } if name == "alice" => None,
        other => panic!("{other:?}"),
    }
}

/// What was handed to the socket before the connection was lost, and how long it takes to the next attempt.
fn written_until_lost(alice: &mut Window) -> (Vec<MessageId>, Duration) {
    let mut written = Vec::new();
    loop {
        match alice.next() {
            Event::Written { id } => written.push(id),
            Event::Lost {
                cause: Cause::CutOff,
                retry_in,
                ..
            } => return (written, retry_in),
            other => panic!("{other:?}"),
        }
    }
}
