//! What the peers of one address may do together, and that peers of another address do not notice it.

use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_server::address::PEERS_WORTH;
use hubbub_server::allowance::{Allowance, BURST};
use hubbub_testing::{DEADLINE, Peer, Room, join, leave, text};
use hubbub_wire::Limits;

/// An address from which no other peer comes.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

/// Small, so that [`Room::knock`] costs little.
const MAX_PAYLOAD: usize = 100;

fn room_with(settings: Settings) -> Room {
    Room::unwatched_with(Settings {
        limits: Limits {
            max_payload: MAX_PAYLOAD,
            ..Limits::DEFAULT
        },
        ..settings
    })
}

#[track_caller]
fn gets_in_from_elsewhere(room: &Room, name: &str, members: &mut [Peer]) {
    let mut peer = Peer::connect_from(ELSEWHERE, room.address());
    peer.send([join(name), leave(name)].concat());
    for member in members {
        member.expect([join(name), leave(name)].concat());
    }
    peer.expect_closed();
}

#[test]
fn a_minutes_visits_get_in_at_once_and_one_more_is_told_and_closed() {
    let room = room_with(Settings {
        visits_per_minute: 2,
        ..Settings::default()
    });
    let alice = room.knock("alice", MAX_PAYLOAD).unwrap();
    let bob = room.knock("bob", MAX_PAYLOAD).unwrap();
    for _ in 0..3 {
        let told = room.knock("carol", MAX_PAYLOAD).err().unwrap();
        assert!(told.contains("too often") && told.contains('2'), "{told}");
    }
    let mut members = [alice, bob];
    members[0].expect(join("bob"));
    gets_in_from_elsewhere(&room, "dave", &mut members);
}

#[test]
fn a_class_of_forty_gets_in_at_once_with_what_is_advised_for_strangers() {
    let room = Room::with(Settings {
        visits_per_minute: 60,
        max_peers_per_address: 100,
        allowance: Allowance {
            messages_per_second: 50,
            bytes_per_second: 256 * 1024,
        },
        ..Settings::default()
    });
    let mut class: Vec<Peer> = (0..40).map(|_| room.connect()).collect();
    for (number, pupil) in class.iter_mut().enumerate() {
        let name = format!("pupil {number}");
        pupil.send([join(&name), text(&name, "good morning")].concat());
    }
    let mut greetings = 0;
    while greetings < class.len() {
        greetings += usize::from(room.next_heard().ends_with(b"good morning"));
    }
}

#[test]
fn exactly_max_peers_per_address_are_served_and_one_more_is_told_and_closed_until_one_goes() {
    let room = room_with(Settings {
        max_peers_per_address: 2,
        ..Settings::default()
    });
    let mut alice = room.knock("alice", MAX_PAYLOAD).unwrap();
    let bob = room.knock("bob", MAX_PAYLOAD).unwrap();
    alice.expect(join("bob"));
    let told = room.knock("carol", MAX_PAYLOAD).err().unwrap();
    assert!(
        told.contains("your address") && told.contains('2'),
        "{told}"
    );
    let mut members = [alice, bob];
    gets_in_from_elsewhere(&room, "dave", &mut members);
    let [mut alice, bob] = members;
    drop(bob);
    alice.expect(leave("bob"));
    let until = Instant::now() + DEADLINE;
    while let Err(told) = room.knock("erin", MAX_PAYLOAD) {
        assert!(Instant::now() < until, "still told: {told}");
    }
}

/// In each visit no more is said than the peer's own allowance lets pass at once.
#[test]
fn who_comes_again_says_no_more_than_its_address_may_and_another_address_does_not_notice() {
    const A_SECOND: u32 = 1;
    let burst = A_SECOND as usize * BURST.as_secs() as usize;
    let room = Room::with(Settings {
        allowance: Allowance {
            messages_per_second: A_SECOND,
            bytes_per_second: 0,
        },
        ..Settings::default()
    });
    let mut elsewhere = Peer::connect_from(ELSEWHERE, room.address());
    elsewhere.send(join("elsewhere"));
    room.hears(join("elsewhere"));
    let mut visits = 0;
    let mut visit = || {
        visits += 1;
        let name = format!("visit {visits}");
        let mut peer = room.connect();
        let texts = (2..burst).map(|number| text(&name, number.to_string()));
        peer.send([join(&name), texts.flatten().collect(), leave(&name)].concat());
        room.hears(leave(&name));
    };
    let began = Instant::now();
    (0..PEERS_WORTH).for_each(|_| visit());
    // From here on each text costs a tenth of what it would cost a single peer.
    (0..3).for_each(|_| visit());
    let took = began.elapsed();
    // The watcher comes from the same address and uses up some of its visits, so this takes a little longer.
    assert!(took >= Duration::from_secs(2), "{took:?}");
    elsewhere.send(text("elsewhere", "I am not slowed down"));
    room.hears(text("elsewhere", "I am not slowed down"));
}
