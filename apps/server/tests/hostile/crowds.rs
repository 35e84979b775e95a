//! Many connections: that never join, that come and go, that are cut, or that take every place and every descriptor.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread;

use hubbub_testing::{Peer, join, leave, text, until};

use crate::siege::{ATTACKERS, UNHURRIED, withstands};

#[test]
fn thousands_that_never_join_are_no_burden_and_end_at_the_deadline() {
    const THOUSANDS: usize = 2000;
    withstands(&["--join-timeout", "5s"], |siege| {
        let mut strangers = siege.strangers(THOUSANDS);
        siege.assert_serves();
        for stranger in &mut strangers {
            stranger.expect_closed();
        }
    });
}

/// How a guest goes. Only the first way makes sure that its text is heard, since a reset may overtake what was sent.
const WAYS: [&str; 3] = ["leave", "close", "reset"];

/// Comes, speaks and goes.
fn visit(address: SocketAddr, name: &str, way: &str) {
    let mut guest = Peer::connect(address);
    guest.send([join(name), text(name, way)].concat());
    match way {
        "leave" => {
            guest.send(leave(name));
            guest.expect_gone();
        }
        "reset" => guest.reset(),
        _ => drop(guest),
    }
}

#[test]
fn in_a_storm_of_joins_and_leaves_each_join_has_one_leave() {
    const THREADS: usize = 8;
    const VISITS: usize = 60;
    withstands(&[], |siege| {
        let address = siege.room.address();
        let storm = (0..THREADS).map(|thread| {
            thread::spawn(move || {
                for number in 0..VISITS {
                    let way = WAYS[number % WAYS.len()];
                    visit(address, &format!("{way} {thread} {number}"), way);
                }
            })
        });
        let storm: Vec<_> = storm.collect();
        storm.into_iter().for_each(|thread| thread.join().unwrap());
        // The probe is accepted after all of them, and a connection is closed after the hub has been told.
        let mut probe = siege.room.connect();
        probe.send([join("probe"), leave("probe")].concat());
        probe.expect_gone();
        siege.wait_until_all_closed();
        let mut last = siege.room.connect();
        last.send(join("last"));
        let mut seen: HashMap<String, String> = HashMap::new();
        loop {
            let frame = siege.room.next_heard();
            if frame == join("last") {
                break;
            }
            let frame = String::from_utf8(frame).unwrap();
            let mut words = frame.split(['\r', '\n']).filter(|word| !word.is_empty());
            let [method, name] = [(); 2].map(|()| words.next().unwrap());
            if WAYS.iter().any(|way| name.contains(way)) {
                let seen = seen.entry(name.to_owned()).or_default();
                seen.push_str(&method.replace("CHAT/1.0", ""));
            }
        }
        let of_leavers = seen.iter().filter(|(name, _)| name.contains(WAYS[0]));
        assert_eq!(of_leavers.count(), THREADS * VISITS / WAYS.len());
        for (name, seen) in seen {
            let whole = seen == " JOIN TEXT LEAVE";
            let cut = seen == " JOIN LEAVE" && !name.contains(WAYS[0]);
            assert!(whole || cut, "{name}:{seen}");
        }
    });
}

#[test]
fn a_reset_in_the_middle_of_a_frame_is_a_leave_and_nothing_of_the_frame() {
    withstands(&UNHURRIED, |siege| {
        let mut members = siege.members(ATTACKERS);
        for (number, (name, member)) in members.iter_mut().enumerate() {
            let frame = text(name, "never said".repeat(1000));
            // Cuts fall in the head as well as in the payload.
            member.send(&frame[..1 + number * 20]);
        }
        siege.room.wait_until_read();
        for (name, member) in members {
            member.reset();
            assert_eq!(siege.room.next_heard(), leave(&name));
        }
    });
}

/// `tests/program/descriptors.rs` tests what the program says and that it does not spin. Here peers take all
/// descriptors, and let go of them.
#[test]
fn when_peers_take_every_descriptor_the_members_go_on_and_later_others_get_in_again() {
    const SPARE: usize = 20;
    withstands(&[], |siege| {
        let [mut alice, mut bob] = siege.room.members(["alice", "bob"]);
        let [_, hard] = siege.program.descriptor_limits();
        let limit = siege.program.next_descriptor() + SPARE;
        siege.program.limit_descriptors(&limit.to_string());
        let mut strangers = siege.strangers(3 * SPARE);
        // The second attack comes within the same minute, so the line is not logged again.
        until("every descriptor is taken", || {
            siege.program.next_descriptor() >= limit
        });
        alice.send(text("alice", "still here"));
        bob.expect(text("alice", "still here"));
        // Only connections that wait to be accepted can still get in, when others go. Nobody has raised the limit.
        let at_the_door = strangers.split_off(SPARE);
        drop(strangers);
        for (number, mut late) in at_the_door.into_iter().enumerate().take(SPARE / 2) {
            let name = format!("late {number}");
            late.send(join(&name));
            siege.room.hears(join(&name));
        }
        siege.program.limit_descriptors(&hard);
    });
}

/// What they are told is in `tests/bounds/crowd.rs`.
#[test]
fn a_crowd_at_a_full_room_leaves_the_members_in_peace_and_every_place_is_free_again() {
    withstands(&["--max-peers", "20"], |siege| {
        let [mut alice, mut bob] = siege.room.members(["alice", "bob"]);
        let crowd = siege.strangers(ATTACKERS);
        siege.program.line_with("full");
        alice.send(text("alice", "what a crowd"));
        bob.expect(text("alice", "what a crowd"));
        drop((alice, bob, crowd));
        siege.wait_until_all_closed();
    });
}
