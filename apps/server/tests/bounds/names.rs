//! Names whose bearer is busy or gone: a newcomer that wants one gets it, or is refused, at once.

use std::time::Duration;

use hubbub_server::Settings;
use hubbub_server::allowance::{Allowance, BURST};
use hubbub_testing::{Peer, Room, join, leave, shown, text};

use crate::{MORE_THAN_SOCKETS_HOLD, fill};

/// So few that what exceeds a burst takes far longer than any test waits.
const A_SECOND: u32 = 1;
const BURST_TEXTS: usize = A_SECOND as usize * BURST.as_secs() as usize;
/// How much more is read at once, which makes the pause so many seconds long. That is below what her address may say.
const PAUSE_TEXTS: usize = 60;
const TEXTS: usize = 1000;

fn slow_room() -> Room {
    Room::with(Settings {
        allowance: Allowance {
            messages_per_second: A_SECOND,
            bytes_per_second: 0,
        },
        ..Settings::default()
    })
}

/// Alice, who has just pasted far more than is read at once, and of whom one text has been heard.
fn alice_who_pastes(room: &Room, more: &[u8]) -> Peer {
    let mut alice = room.member("alice");
    // A read of its own, so that the pause begins before the rest is read, and ends after the test has.
    let first =
        (0..BURST_TEXTS + PAUSE_TEXTS).map(|number| text("alice", format!("first {number}")));
    let first: Vec<_> = first.collect();
    alice.send(first.concat());
    first.iter().for_each(|text| room.hears(text));
    let paste = (0..TEXTS).map(|number| text("alice", number.to_string()));
    alice.send([paste.flatten().collect(), more.to_vec()].concat());
    alice.wait_until_taken();
    alice
}

#[track_caller]
fn is_refused(room: &Room, name: &str) {
    let mut second = room.connect();
    second.send(join(name));
    assert!(second.expect_notice().contains("taken"));
    second.expect_closed();
}

#[track_caller]
fn comes_back(room: &Room) {
    let mut alice = room.connect();
    alice.send([join("alice"), text("alice", "back")].concat());
    for number in 0..TEXTS {
        let wanted = text("alice", number.to_string());
        assert_eq!(shown(&room.next_heard()), shown(&wanted));
    }
    for wanted in [leave("alice"), join("alice"), text("alice", "back")] {
        assert_eq!(shown(&room.next_heard()), shown(&wanted));
    }
}

#[test]
fn who_pasted_more_than_its_allowance_and_closed_gets_its_name_back_at_once_and_all_of_it_is_heard()
{
    let room = slow_room();
    drop(alice_who_pastes(&room, b""));
    comes_back(&room);
}

#[test]
fn the_same_for_one_who_was_cut_and_for_one_that_said_leave_before_it_closed() {
    let room = slow_room();
    alice_who_pastes(&room, b"").reset();
    comes_back(&room);
    let room = slow_room();
    drop(alice_who_pastes(&room, &leave("alice")));
    comes_back(&room);
}

#[test]
fn who_pauses_for_its_allowance_and_is_still_there_keeps_its_name() {
    let room = slow_room();
    let _alice = alice_who_pastes(&room, b"");
    for _ in 0..3 {
        is_refused(&room, "alice");
    }
}

#[test]
fn who_takes_nothing_and_is_still_there_keeps_its_name_and_is_answered_for_at_once() {
    let room = Room::with(Settings {
        write_timeout: Duration::from_secs(600),
        ..Settings::default()
    });
    let stalled = room.narrow_member("stalled");
    let mut bob = room.member("bob");
    fill(&room, &mut bob, "bob", MORE_THAN_SOCKETS_HOLD);
    is_refused(&room, "stalled");
    drop(stalled);
    let _stalled = room.member("stalled");
}
