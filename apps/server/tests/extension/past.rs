//! Replays and EARLIER.

use hubbub_testing::{AnyFrame, Offer, Ours, Peer, Room, join, text};

/// A room in which ada has said the numbers up to this one.
fn room_with(numbers: usize) -> (Room, Peer) {
    let room = Room::open();
    let mut ada = room.member("ada");
    let texts: Vec<u8> = (1..=numbers)
        .flat_map(|number| text("ada", number.to_string()))
        .collect();
    ada.send(texts);
    room.hears(text("ada", numbers.to_string()));
    (room, ada)
}

fn numbers(past: &[AnyFrame]) -> Vec<usize> {
    past.iter()
        .map(|text| text.payload.parse().unwrap())
        .collect()
}

fn seq(replayed: &Ours, at: usize) -> &str {
    replayed.past[at].need("Seq")
}

/// Asks for older messages, and takes the answer.
fn earlier(ours: &mut Ours, before: &str, count: &str) -> (Vec<AnyFrame>, AnyFrame) {
    ours.peer.send(ask(before, count));
    answer(ours)
}

fn ask(before: &str, count: &str) -> String {
    format!("CHAT/1.0 EARLIER\r\nUsername: bob\r\nBefore: {before}\r\nCount: {count}\r\n\r\n")
}

fn answer(ours: &mut Ours) -> (Vec<AnyFrame>, AnyFrame) {
    let mut past = Vec::new();
    loop {
        let frame = ours.peer.any_frame();
        if frame.method == "REPLAYED" {
            return (past, frame);
        }
        assert_eq!(frame.need("Past"), "yes");
        past.push(frame);
    }
}

#[test]
fn as_many_as_are_wanted_are_replayed_and_no_more() {
    let (room, _ada) = room_with(10);
    for (recent, first) in [(0, 11), (1, 10), (9, 2), (10, 1), (200, 1)] {
        let bob = room.offering(&Offer::new(&format!("bob-{recent}")).recent(recent));
        assert_eq!(numbers(&bob.past), (first..=10).collect::<Vec<_>>());
        assert_eq!(bob.replayed.header("More").is_some(), first > 1);
        assert_eq!(bob.replayed.header("Lost"), None);
    }
}

#[test]
fn who_has_seen_something_gets_what_came_after_it() {
    let (room, _ada) = room_with(10);
    let bob = room.ours("bob");
    let id = bob.grant.need("Room");
    for at in [0, 4, 9] {
        let since = bob.offer.again().since(id, seq(&bob, at));
        let back = room.offering(&Offer {
            name: format!("bob-{at}"),
            secret: at as u128,
            ..since
        });
        assert_eq!(numbers(&back.past), (at + 2..=10).collect::<Vec<_>>());
        assert_eq!(back.replayed.header("Lost"), None);
    }
    // From another room everything is new.
    let other = bob.offer.again().since(&"0".repeat(32), seq(&bob, 4));
    assert_eq!(room.offering(&other).past.len(), 10);
}

#[test]
fn older_messages_come_on_demand_until_there_are_none() {
    let (room, mut ada) = room_with(10);
    let mut bob = room.offering(&Offer::new("bob").recent(3));
    ada.expect(join("bob"));
    let mut before = seq(&bob, 0).to_owned();
    let mut seen = Vec::new();
    for wanted in [vec![4, 5, 6, 7], vec![1, 2, 3]] {
        let (past, end) = earlier(&mut bob, &before, "4");
        assert_eq!(numbers(&past), wanted);
        assert_eq!(end.need("Before"), before);
        assert_eq!(end.need("Last"), bob.replayed.need("Last"));
        assert_eq!(end.header("More").is_some(), wanted[0] > 1);
        before = past[0].need("Seq").to_owned();
        seen.extend(past);
    }
    let (past, end) = earlier(&mut bob, &before, "4");
    assert!(past.is_empty());
    assert_eq!((end.header("More"), end.header("Lost")), (None, None));
    // Live again.
    ada.send(text("ada", "11"));
    bob.expect_text("ada", "11");
}

#[test]
fn an_unknown_place_is_answered_by_lost() {
    let (room, _ada) = room_with(3);
    let mut bob = room.ours("bob");
    let (past, end) = earlier(&mut bob, "nowhere", "4");
    assert!(past.is_empty());
    assert_eq!(end.need("Lost"), "yes");
    assert_eq!(end.need("Before"), "nowhere");
}

#[test]
fn a_count_is_taken_for_the_nearest_that_may_be_asked_for() {
    let (room, _ada) = room_with(210);
    let mut bob = room.offering(&Offer::new("bob").recent(1));
    let before = seq(&bob, 0).to_owned();
    for (count, first) in [("200", 10), ("199", 11), ("201", 10), ("999999", 10)] {
        let (past, end) = earlier(&mut bob, &before, count);
        assert_eq!(numbers(&past), (first..=209).collect::<Vec<_>>(), "{count}");
        assert!(end.header("More").is_some());
    }
}

#[test]
fn of_many_that_are_asked_for_at_once_each_has_its_turn_and_is_answered_in_order() {
    let (room, _ada) = room_with(50);
    let mut bob = room.offering(&Offer::new("bob").recent(50));
    let places: Vec<String> = (0..50).map(|at| seq(&bob, at).to_owned()).collect();
    let asked: String = places.iter().map(|before| ask(before, "1")).collect();
    bob.peer.send(asked);
    for (at, before) in places.iter().enumerate() {
        let (past, end) = answer(&mut bob);
        assert_eq!(end.need("Before"), before);
        assert_eq!(
            numbers(&past),
            (at..=at).filter(|at| *at > 0).collect::<Vec<_>>()
        );
    }
    bob.says(1, "and this");
    bob.expect_ack(1);
}

/// What it asked for waits in the peer, and not in the server's memory.
#[test]
fn who_asks_and_does_not_read_is_not_read_either() {
    let room = Room::open();
    let mut ada = room.member("ada");
    let long = "x".repeat(100_000);
    for _ in 0..2 {
        ada.send(text("ada", &long));
        room.hears(text("ada", &long));
    }
    let offer = Offer::new("bob").recent(0);
    let mut bob = Peer::connect_narrow(room.address());
    bob.send(offer.with_join());
    room.hears(join("bob"));
    let mut bob = Ours::welcomed(bob, offer);
    let before = bob.replayed.need("Last").to_owned();
    // More than is read at a time, and answers of many times the memory limit of an outbox.
    let asked = ask(&before, "200").repeat(2000);
    let mut writer = bob.peer.writer();
    let sender = std::thread::spawn(move || {
        use std::io::Write as _;
        // The server does not read all of it before some answers are read.
        writer.write_all(asked.as_bytes()).is_ok()
    });
    ada.send(text("ada", "the room goes on"));
    room.hears(text("ada", "the room goes on"));
    for _ in 0..20 {
        let mut frames = Vec::new();
        while frames
            .last()
            .is_none_or(|frame: &AnyFrame| frame.method != "REPLAYED")
        {
            let frame = bob.peer.any_frame();
            if frame.header("Past").is_some() || frame.method == "REPLAYED" {
                frames.push(frame);
            }
        }
        assert_eq!(frames.len(), 2);
    }
    bob.peer.shut();
    drop(bob);
    let _ = sender.join();
}
