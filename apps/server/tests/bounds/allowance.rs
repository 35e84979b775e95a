//! Peers that say more than their allowance: they are read more slowly and lose nothing, and nobody else is dropped
//! because of them.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_server::allowance::{Allowance, BURST};
use hubbub_testing::{MIB, Peer, Room, join, leave, text};

fn room_with(messages_per_second: u32, bytes_per_second: u32) -> Room {
    Room::with(Settings {
        allowance: Allowance {
            messages_per_second,
            bytes_per_second,
        },
        ..Settings::default()
    })
}

/// How long the speaker takes for `count` texts. Each is sent when the room has heard the one before.
fn time_to_say(room: &Room, speaker: &mut Peer, count: usize, len: usize) -> Duration {
    let began = Instant::now();
    for number in 0..count {
        let frame = text("alice", format!("{number:0len$}"));
        speaker.send(&frame);
        room.hears(&frame);
    }
    began.elapsed()
}

#[test]
fn who_says_more_messages_than_its_allowance_is_heard_at_the_rate_of_it_and_loses_none() {
    let room = room_with(20, 0);
    let mut alice = room.member("alice");
    // The JOIN and 199 texts are the burst. The next text is read before the pause.
    let beyond = 40;
    let took = time_to_say(&room, &mut alice, 200 + beyond, 5);
    assert!(took >= Duration::from_secs(1), "{took:?}");
    alice.send(leave("alice"));
    room.hears(leave("alice"));
}

#[test]
fn who_says_more_bytes_than_its_allowance_is_heard_at_the_rate_of_it_and_loses_none() {
    let room = room_with(0, 100_000);
    let mut alice = room.member("alice");
    let took = time_to_say(&room, &mut alice, 120, 10_000);
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_burst_in_one_write_is_heard_in_order_to_the_leave_behind_it() {
    let room = room_with(50, 0);
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let frames = (0..600).map(|number| text("alice", number.to_string()));
    let all = frames.chain([leave("alice")]).collect::<Vec<_>>().concat();
    alice.send(&all);
    bob.expect(&all);
}

/// One member floods, and another does not read for a while. An unbounded flood would fill its outbox many times over.
#[test]
fn a_flood_costs_nobody_a_place_who_does_not_read_for_a_while_and_the_others_talk_on() {
    let rate = 100_000;
    let room = room_with(0, rate);
    let [mut flooder, mut bob] = room.members(["flooder", "bob"]);
    let mut dozes = Peer::connect_narrow(room.address());
    dozes.send(join("dozes"));
    room.hears(join("dozes"));
    for member in [&mut flooder, &mut bob] {
        member.expect(join("dozes"));
    }
    let frame = text("flooder", vec![b'x'; 10_000]);
    let flood = frame.repeat(32 * MIB / frame.len());
    let mut writer = flooder.writer();
    // It ends with the room. Long before that, the server takes no more.
    thread::spawn(move || writer.write_all(&flood));

    let burst = rate as usize * BURST.as_secs() as usize / frame.len();
    (0..burst).for_each(|_| room.hears(&frame));
    for number in 0..50 {
        bob.send(text("bob", number.to_string()));
        room.hears(text("bob", number.to_string()));
    }
    let last = text("bob", "49");
    while dozes.frame() != last {}
}
