//! What a peer said before its connection ended: all of it is heard, although nothing can be written to the peer any
//! more and its allowance makes the server read slowly.

use std::collections::VecDeque;

use hubbub_server::Settings;
use hubbub_server::allowance::{Allowance, BURST};
use hubbub_testing::{Peer, Room, leave, shown, text};
use hubbub_wire::Limits;

/// Messages a second. The burst is read at once, and the rest is read fast enough for a test.
const RATE: u32 = 100;

/// More than a burst, so that some texts are not read yet when the connection ends.
const TEXTS: usize = RATE as usize * BURST.as_secs() as usize + 500;

/// So short that an outbox, which holds some of the longest, is soon full.
const MAX_PAYLOAD: usize = 4096;

fn slow() -> Settings {
    Settings {
        allowance: Allowance {
            messages_per_second: RATE,
            bytes_per_second: 0,
        },
        ..Settings::default()
    }
}

fn slow_room() -> Room {
    Room::with(slow())
}

/// What alice says, in frames.
fn words() -> impl Iterator<Item = Vec<u8>> {
    texts(TEXTS)
}

fn texts(count: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|number| text("alice", format!("{number:015}")))
}

/// The room hears everything that alice said, and then her LEAVE. Bob says something after each of her first texts, so
/// that the server writes to her.
#[track_caller]
fn hears_all_of_alice(room: &Room, bob: &mut Peer) {
    let mut from_bob = 0;
    for (number, wanted) in words().chain([leave("alice")]).enumerate() {
        if number % 10 == 0 && from_bob < 50 {
            bob.send(text("bob", "and you?"));
            from_bob += 1;
        }
        loop {
            let heard = room.next_heard();
            if heard == wanted {
                break;
            }
            let heard = shown(&heard);
            assert_eq!(heard, shown(&text("bob", "and you?")), "before {number}");
        }
    }
}

#[test]
fn what_was_said_before_a_close_is_heard_to_the_end_though_others_speak_meanwhile() {
    let room = slow_room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(
        words()
            .chain([leave("alice")])
            .flatten()
            .collect::<Vec<_>>(),
    );
    alice.wait_until_taken();
    // From now on her system answers each write with a reset.
    drop(alice);
    hears_all_of_alice(&room, &mut bob);
}

#[test]
fn what_was_said_before_a_reset_is_heard_to_the_end_and_then_the_leave_of_one_who_sent_none() {
    let room = slow_room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(words().flatten().collect::<Vec<_>>());
    alice.wait_until_taken();
    alice.reset();
    hears_all_of_alice(&room, &mut bob);
}

/// More than an outbox holds is said to a peer whose connection has ended and which is still being read.
#[test]
fn one_that_cannot_be_written_to_and_is_still_read_holds_no_memory_and_no_place_in_a_queue() {
    let long = text("bob", vec![b'x'; MAX_PAYLOAD]);
    let room = Room::with(Settings {
        limits: Limits {
            max_payload: MAX_PAYLOAD,
            ..Limits::DEFAULT
        },
        outbox_bytes: 4 * long.len(),
        ..slow()
    });
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    // Her end is read after twenty seconds at the earliest. What bob says is so short that it takes a moment.
    let count = 3 * RATE as usize * BURST.as_secs() as usize;
    let mut alices: VecDeque<_> = texts(count).chain([leave("alice")]).collect();
    alice.send(
        alices
            .iter()
            .take(count)
            .flatten()
            .copied()
            .collect::<Vec<_>>(),
    );
    alice.wait_until_taken();
    alice.reset();
    for _ in 0..8 {
        bob.send(&long);
        loop {
            let heard = room.next_heard();
            if heard == long {
                break;
            }
            assert_eq!(shown(&heard), shown(&alices.pop_front().unwrap()));
        }
    }
    assert!(!alices.is_empty(), "she left before bob had spoken");
    for wanted in alices {
        assert_eq!(shown(&room.next_heard()), shown(&wanted));
    }
}
