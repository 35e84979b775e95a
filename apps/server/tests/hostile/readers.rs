//! Peers that do not read, or read a byte at a time. `tests/bounds/readers.rs` tests when exactly a reader is dropped.
//! Here many are dropped, with everything that waited for them.

use hubbub_testing::{Peer, leave, text};

use crate::siege::{Siege, withstands};

const READERS: usize = 20;

/// A small outbox, so that it is soon full.
const SMALL_OUTBOX: [&str; 2] = ["--outbox", "1MiB"];

static PAYLOAD: [u8; 65536] = [b'x'; 65536];

/// Bob speaks until all readers are dropped. Before each of his texts, each reader takes something or not.
fn speak_until_they_are_dropped(siege: &mut Siege, take: fn(&mut Peer)) {
    let names = (0..READERS).map(|number| format!("reader {number}"));
    let mut readers: Vec<(String, Peer)> = names
        .map(|name| {
            let reader = siege.room.narrow_member(&name);
            (name, reader)
        })
        .collect();
    let mut bob = siege.room.member("bob");
    let said = text("bob", PAYLOAD);
    let mut dropped = 0;
    while dropped < READERS {
        readers.iter_mut().for_each(|(_, reader)| take(reader));
        bob.send(&said);
        let mut heard = Vec::new();
        while heard != said {
            heard = siege.room.next_heard();
            let is_leave = |(name, _): &(String, Peer)| heard == leave(name);
            dropped += usize::from(readers.iter().any(is_leave));
        }
    }
    for (_, mut reader) in readers {
        reader.expect_gone();
    }
}

#[test]
fn readers_that_stall_for_ever_are_dropped_with_all_that_waited_for_them() {
    withstands(&SMALL_OUTBOX, |siege| {
        speak_until_they_are_dropped(siege, |_| {});
    });
}

#[test]
fn readers_that_take_a_byte_at_a_time_are_dropped_with_all_that_waited_for_them() {
    withstands(&SMALL_OUTBOX, |siege| {
        speak_until_they_are_dropped(siege, Peer::take_a_byte);
    });
}

/// Nobody speaks any more, so only the deadline can end it.
#[test]
fn readers_that_stall_in_a_room_that_has_fallen_silent_are_dropped_at_the_write_deadline() {
    withstands(&["--write-timeout", "1s"], |siege| {
        let readers = ["stalled", "stuck"].map(|name| siege.room.narrow_member(name));
        let mut bob = siege.room.member("bob");
        for _ in 0..32 {
            bob.send(text("bob", PAYLOAD));
        }
        let mut left = 0;
        while left < readers.len() {
            let heard = siege.room.next_heard();
            left += usize::from(heard == leave("stalled") || heard == leave("stuck"));
        }
    });
}
