//! Peers that read late, slowly or never.

use std::thread;
use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_testing::{MIB, Room, join, leave, text};

use crate::{MORE_THAN_SOCKETS_HOLD, PAYLOAD, fill};

/// The default for what may wait for one reader.
const OUTBOX: usize = 4 * MIB;

#[test]
fn a_reader_that_stalls_for_less_than_its_outbox_gets_everything() {
    assert_eq!(Settings::default().outbox_bytes, OUTBOX);
    let room = Room::open();
    let mut stalled = room.narrow_member("stalled");
    let mut bob = room.member("bob");
    stalled.expect(join("bob"));
    let count = fill(&room, &mut bob, "bob", OUTBOX - MIB);
    for _ in 0..count {
        stalled.expect(text("bob", PAYLOAD));
    }
    stalled.send(text("stalled", "back again"));
    bob.expect(text("stalled", "back again"));
}

#[test]
fn a_reader_that_stalls_for_more_is_dropped_and_the_room_goes_on() {
    let room = Room::open();
    let mut stalled = room.narrow_member("stalled");
    let [mut bob, mut carol] = room.members(["bob", "carol"]);
    let frame = text("bob", PAYLOAD);
    let mut sent = 0;
    let mut dropped = false;
    while !dropped {
        assert!(
            sent <= OUTBOX + MORE_THAN_SOCKETS_HOLD,
            "still a member with {sent} bytes unread"
        );
        bob.send(&frame);
        sent += frame.len();
        // The watcher and carol get the same, so neither falls behind.
        let mut heard = Vec::new();
        while heard != frame {
            heard = room.next_heard();
            carol.expect(&heard);
            dropped |= heard == leave("stalled");
        }
    }
    assert!(sent > OUTBOX, "dropped after only {sent} bytes");
    bob.expect(leave("stalled"));
    carol.send(text("carol", "we go on"));
    bob.expect(text("carol", "we go on"));
    stalled.expect_gone();
    let _name_is_free = room.member("stalled");
}

#[test]
fn a_reader_that_takes_nothing_is_dropped_at_the_write_deadline_and_not_before() {
    // Even half of it is more than the texts and the pause of the hub take, so a drop that is too early shows. A slow
    // machine drops later, never earlier.
    let deadline = Duration::from_secs(5);
    let room = Room::with(Settings {
        write_timeout: deadline,
        ..Settings::default()
    });
    let mut stalled = room.narrow_member("stalled");
    let [mut silent, mut bob] = room.members(["silent", "bob"]);
    stalled.expect([join("silent"), join("bob")].concat());
    let frame = text("bob", PAYLOAD);
    let count = MORE_THAN_SOCKETS_HOLD.div_ceil(frame.len());
    let all = frame.repeat(count);
    let before = Instant::now();
    let reading = thread::spawn(move || {
        // On a slow machine the LEAVE comes in the middle.
        for _ in 0..=count {
            let next = silent.frame();
            assert!(next == frame || next == leave("stalled"));
        }
        silent
    });
    bob.send(all);
    // Nobody says anything more, so only the deadline can end it.
    room.hears(leave("stalled"));
    let after = before.elapsed();
    assert!(after >= deadline, "dropped after {after:?} of {deadline:?}");
    bob.expect(leave("stalled"));
    stalled.expect_gone();
    // A member with nothing to read may be silent for longer than the deadline.
    let mut silent = reading.join().unwrap();
    silent.send(text("silent", "still here"));
    bob.expect(text("silent", "still here"));
}

/// Its outbox is large, so that nearly all that is said waits in the server for longer than the deadline, and the
/// deadline is much longer than each pause of the reader, which a busy machine may stretch.
#[test]
fn a_reader_that_takes_something_within_each_deadline_stays() {
    let deadline = Duration::from_secs(10);
    let said = 12 * MIB;
    let room = Room::with(Settings {
        write_timeout: deadline,
        outbox_bytes: 2 * said,
        ..Settings::default()
    });
    let mut slow = room.narrow_member("slow");
    let mut bob = room.member("bob");
    slow.expect(join("bob"));
    let frame = text("bob", PAYLOAD);
    let count = said / frame.len();
    let saying = thread::spawn({
        let frames = frame.repeat(count);
        move || {
            bob.send(frames);
            bob
        }
    });
    let started = Instant::now();
    for _ in 0..count {
        // The pace is what this tests: all of it takes longer than the deadline.
        thread::sleep(deadline * 3 / 2 / u32::try_from(count).unwrap());
        slow.expect(&frame);
    }
    assert!(started.elapsed() > deadline, "too fast to tell");
    let mut bob = saying.join().unwrap();
    slow.send(text("slow", "still here"));
    bob.expect(text("slow", "still here"));
}

#[test]
fn a_peer_that_does_not_read_can_still_be_heard() {
    let room = Room::open();
    let mut stalled = room.narrow_member("stalled");
    let mut bob = room.member("bob");
    stalled.expect(join("bob"));
    fill(&room, &mut bob, "bob", MORE_THAN_SOCKETS_HOLD);
    for number in 0..10 {
        let said = text("stalled", format!("I do not listen {number}"));
        stalled.send(&said);
        bob.expect(&said);
    }
    stalled.send(leave("stalled"));
    bob.expect(leave("stalled"));
}
