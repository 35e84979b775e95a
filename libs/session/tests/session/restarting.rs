//! Our window, and a server that is restarted again and again.

use hubbub_server::{History, Settings};
use hubbub_session::{Event, Options};
use hubbub_testing::{Network, Room};

use crate::alice::{Alice, numbers};
use crate::harness::{offering, options_of};

#[test]
fn with_a_history_a_restart_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        Room::unwatched_with(Settings {
            history: Some(History::new(directory.path().to_owned())),
            ..Settings::default()
        })
    };
    let mut room = open();
    let network = Network::to(room.address().port());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    let mut count = 0;
    for waits_for in [0, 1, 5, 9] {
        let first = count;
        for _ in 0..10 {
            alice.window.say(count, &count.to_string());
            count += 1;
        }
        if waits_for > 0 {
            alice.has_arrived(first + waits_for - 1);
        }
        room.stop();
        room = open();
        network.lead_to(room.address().port());
    }
    alice.has_arrived(count - 1);
    assert!(
        alice.arrived.iter().copied().eq(0..count),
        "{:?}",
        alice.arrived
    );
    let recent = 200;
    let mut carol = Alice::open_with(Options {
        recent,
        ..offering(options_of("carol", network.port()))
    });
    carol.is_caught_up();
    assert!(numbers(&carol.heard).eq(0..count), "{:?}", carol.heard);
    assert_eq!((alice.gaps, alice.heard.len()), (0, 0));
}

#[test]
fn without_one_a_restart_is_another_room_and_what_waited_is_said_there() {
    let mut room = Room::unwatched();
    let network = Network::to(room.address().port());
    let mut alice = Alice::open(&network);
    alice.is_caught_up();
    alice.window.say(0, "in the first room");
    alice.has_arrived(0);
    let first = alice.room;
    room.stop();
    alice.until(|event| matches!(event, Event::Lost { .. }));
    alice.window.say(1, "in the second room");
    room = Room::unwatched();
    network.lead_to(room.address().port());
    alice.has_arrived(1);
    assert_ne!(alice.room, first);
    assert_eq!((alice.gaps, alice.arrived), (0, vec![0, 1]));
}
