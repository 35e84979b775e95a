//! Our window and our server, which remembers, with a bad network between them. What alice says is heard by bob once
//! and in order, she knows that it arrived, and she hears everything that he says once and in order.

use std::net::Ipv4Addr;
use std::time::Duration;

use hubbub_server::Settings;
use hubbub_session::{Event, Intent, Options, Seen, Stamped};
use hubbub_testing::{Network, Time, join, text};

use crate::alice::{Alice, numbers};
use crate::harness::{PACE, Window, joined, left, offering, options_of, said};
use crate::room::room_with_bob;

/// A room, the network that leads to it, and bob, who is a plain member there.
fn room(settings: Settings) -> (Network, Window) {
    let (port, bob) = room_with_bob(Ipv4Addr::LOCALHOST, settings);
    (Network::to(port), bob)
}

/// Settings of a server for which no machine is too slow: nobody leaves whose connection is cut.
fn patient() -> Settings {
    Settings {
        grace: Duration::from_secs(3600),
        ..Settings::default()
    }
}

/// Carol, who knows what is in the log.
fn carol(network: &Network, bob: &mut Window) -> Alice {
    let mut carol = Alice::open_with(offering(options_of("carol", network.port())));
    carol.is_caught_up();
    bob.expect(joined("carol"));
    carol
}

#[test]
fn who_comes_is_told_who_is_here_and_what_was_said() {
    let (network, mut bob) = room(patient());
    let mut carol = carol(&network, &mut bob);
    for words in ["one", "two"] {
        bob.say(1, words);
        bob.expect(Event::Written { id: 1 });
        carol.hears(words);
    }
    let recent = 20;
    let mut alice = Alice::open_with(Options {
        recent,
        ..offering(options_of("alice", network.port()))
    });
    let mut present = None;
    alice.until(|event| matches!(event, Event::Granted { resumed: false, .. }));
    if let Event::Present { names } = alice.window.next() {
        present = Some(names);
    }
    assert_eq!(present.unwrap(), ["alice", "bob", "carol"]);
    alice.is_caught_up();
    assert_eq!(alice.heard, ["one", "two"]);
    bob.say(2, "three");
    alice.hears("three");
    alice.window.say(1, "hello");
    alice.has_arrived(1);
    bob.expect_both(Event::Written { id: 2 }, joined("alice"));
    bob.expect(said("alice", "hello"));
}

/// The connection is cut before each byte of JOIN, offer and texts in turn.
#[test]
fn a_cut_anywhere_loses_and_doubles_nothing_and_nobody_hears_of_it() {
    let (network, mut bob) = room(patient());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(joined("alice"));
    let join = join("alice").len();
    let frame = text("alice", "number 000").len();
    let cuts = (1..join + 400).step_by(7).chain([join - 1, join, join + 1]);
    let mut count = 0;
    for cut in cuts {
        network.weather().to_server = cut + frame;
        network.cut();
        for _ in 0..3 {
            alice.window.say(count, &format!("number {count:03}"));
            count += 1;
        }
        // A connection that is cut within its JOIN never gets further.
        for _ in 0..2 {
            alice.until(|event| matches!(event, Event::Lost { .. }));
        }
        network.clear_up();
        network.cut();
        alice.has_arrived(count - 1);
    }
    assert!(
        alice.arrived.iter().copied().eq(0..count),
        "{:?}",
        alice.arrived
    );
    for number in 0..count {
        bob.expect(said("alice", &format!("number {number:03}")));
    }
    bob.expect_no_event();
}

#[test]
fn what_was_said_in_a_break_is_heard_once_and_in_order_however_much_it_is() {
    let (network, mut bob) = room(patient());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(joined("alice"));
    let mut count = 0;
    for burst in [0, 1, 199, 200, 201, 650] {
        network.weather().still = true;
        network.cut();
        for _ in 0..burst {
            bob.say(count, &count.to_string());
            bob.expect(Event::Written { id: count });
            count += 1;
        }
        network.clear_up();
        network.cut();
        bob.say(count, &count.to_string());
        bob.expect(Event::Written { id: count });
        alice.hears(&count.to_string());
        count += 1;
    }
    assert!(numbers(&alice.heard).eq(0..count), "{:?}", alice.heard);
    assert_eq!(alice.gaps, 0);
    bob.expect_no_event();
}

#[test]
fn what_is_no_longer_kept_is_a_gap() {
    let (port, mut bob) = room_with_bob(Ipv4Addr::LOCALHOST, patient());
    let network = Network::to(port);
    let mut carol = carol(&Network::to(port), &mut bob);
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(joined("alice"));
    network.weather().still = true;
    network.cut();
    for id in 0..3_000 {
        bob.say(id, &id.to_string());
        bob.expect(Event::Written { id });
    }
    carol.hears("2999");
    network.clear_up();
    network.cut();
    alice.is_caught_up();
    assert_eq!(alice.gaps, 1);
    // A thousand are kept, and those that came together with the first of them.
    let first = numbers(&alice.heard).next().unwrap();
    assert!((1..=2_000).contains(&first), "{first}");
    assert!(numbers(&alice.heard).eq(first..3_000), "{:?}", alice.heard);
}

#[test]
fn the_past_is_fetched_to_its_beginning() {
    let (network, mut bob) = room(patient());
    let mut carol = carol(&network, &mut bob);
    for id in 0..450 {
        bob.say(id, &id.to_string());
        bob.expect(Event::Written { id });
    }
    // Now all of it is in the log.
    carol.hears("449");
    let recent = 10;
    let mut alice = Alice::open_with(Options {
        recent,
        ..offering(options_of("alice", network.port()))
    });
    alice.is_caught_up();
    let mut all = alice.heard.clone();
    assert_eq!(all.len(), 10);
    let texts = |messages: Vec<Stamped>| {
        messages.into_iter().map(|stamped| match stamped.event {
            Event::Said { text, .. } => text,
            other => panic!("{other:?}"),
        })
    };
    let mut has_more = true;
    while has_more {
        alice.window.wish(Intent::Earlier);
        match alice.window.next() {
            Event::Earlier {
                messages,
                more,
                lost: false,
            } => {
                all = texts(messages).chain(all).collect();
                has_more = more;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(numbers(&all).eq(0..450), "{all:?}");
}

#[test]
fn a_window_that_comes_back_before_the_server_missed_it_is_in_at_once() {
    let (network, mut bob) = room(patient());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(joined("alice"));
    network.cut_off_the_client();
    alice.window.say(1, "it was the network");
    alice.has_arrived(1);
    bob.expect(said("alice", "it was the network"));
    bob.expect_no_event();
}

#[test]
fn who_stays_away_for_longer_than_the_grace_has_left() {
    let grace = Duration::from_millis(1);
    let (network, mut bob) = room(Settings {
        grace,
        ..Settings::default()
    });
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(joined("alice"));
    network.cut();
    bob.expect(left("alice"));
    alice.window.say(1, "I am back");
    alice.has_arrived(1);
    bob.expect(joined("alice"));
    bob.expect(said("alice", "I am back"));
}

#[test]
fn a_later_run_gets_what_it_has_not_seen() {
    let (network, mut bob) = room(patient());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    bob.expect(joined("alice"));
    bob.say(1, "seen");
    alice.hears("seen");
    let (room, seq) = (alice.room.unwrap(), alice.last.clone().unwrap());
    alice.window.wish(Intent::Leave);
    alice.window.expect_ended();
    bob.expect_both(Event::Written { id: 1 }, left("alice"));
    bob.say(2, "missed");
    bob.expect(Event::Written { id: 2 });
    let mut alice = Alice::open_with(Options {
        seen: Some(Seen { room, seq }),
        ..offering(options_of("alice", network.port()))
    });
    alice.until(|event| matches!(event, Event::Granted { resumed: true, .. }));
    alice.is_caught_up();
    assert_eq!(alice.heard, ["missed"]);
}

#[test]
fn a_text_longer_than_the_server_takes_is_told_and_the_next_one_arrives() {
    let mut settings = Settings::default();
    settings.limits.max_payload = 1_000;
    let (network, mut bob) = room(settings);
    let mut window = Window::open_at(
        offering(options_of("alice", network.port())),
        Time::that_skips(PACE),
    );
    while !matches!(window.next(), Event::CaughtUp { .. }) {}
    window.say(1, &"x".repeat(1_001));
    window.say(2, &"x".repeat(1_000));
    let notice = "your text of 1001 bytes was not sent: 1000 bytes is the most";
    window.expect(Event::Notice {
        code: "too-long".to_owned(),
        text: notice.to_owned(),
    });
    window.expect(Event::Unsure { id: 1 });
    window.expect(Event::Written { id: 2 });
    assert!(matches!(window.next(), Event::Arrived { id: 2, .. }));
    bob.expect(joined("alice"));
    bob.expect(said("alice", &"x".repeat(1_000)));
}

#[test]
fn a_later_run_that_missed_nothing_can_read_everything_back() {
    let (network, mut bob) = room(patient());
    let mut carol = carol(&network, &mut bob);
    for id in 0..3 {
        bob.say(id, &id.to_string());
        bob.expect(Event::Written { id });
    }
    carol.hears("2");
    let (room, seq) = (carol.room.unwrap(), carol.last.clone().unwrap());
    let mut alice = Alice::open_with(Options {
        seen: Some(Seen { room, seq }),
        ..offering(options_of("alice", network.port()))
    });
    alice.is_caught_up();
    assert_eq!(alice.heard, [""; 0]);
    alice.window.wish(Intent::Earlier);
    match alice.window.next() {
        Event::Earlier {
            messages,
            more: false,
            lost: false,
        } => {
            let heard = messages.iter().map(|stamped| match &stamped.event {
                Event::Said { text, .. } => text.clone(),
                other => panic!("{other:?}"),
            });
            let heard: Vec<_> = heard.collect();
            assert!(numbers(&heard).eq(0..3), "{heard:?}");
        }
        other => panic!("{other:?}"),
    }
}
