//! One member, several connections in a row: takeovers and the grace.

use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_testing::{DEADLINE, Offer, Ours, Peer, Room, join, leave, text, until};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

fn room_with(grace: Duration) -> Room {
    Room::with(Settings {
        grace,
        ..Settings::default()
    })
}

/// Waits until the server has noticed that the connection of a member has ended: nobody hears of that, but somebody
/// else who wants the name is then refused without a question.
fn is_noticed(room: &Room, name: &str) {
    let mut other = room.connect();
    other.send(join(name));
    assert!(other.expect_notice().contains("taken"));
    other.expect_gone();
}

#[test]
fn who_comes_back_with_the_secret_takes_its_place_and_nobody_hears_of_it() {
    let room = room_with(LONG);
    let mut bob = room.ours("bob");
    room.hears(join("bob"));
    let mut ada = room.member("ada");
    bob.expect_coming_or_going("JOIN", "ada");
    let mut again = room.offering(&bob.offer.again());
    assert_eq!(again.present, ["ada", "bob", "watcher"]);
    bob.expect_notice("replaced");
    bob.peer.expect_closed();
    again.says(1, "it is me");
    again.expect_ack(1);
    ada.expect(text("bob", "it is me"));
    assert_eq!(room.next_heard(), text("bob", "it is me"));
}

#[test]
fn an_attempt_that_is_not_lower_takes_over_and_a_lower_one_does_not() {
    let room = room_with(LONG);
    let bob = Offer::new("bob");
    let attempt = |attempt| Offer {
        attempt,
        ..bob.clone()
    };
    let mut fifth = room.offering(&attempt(5));
    let mut fourth = room.connect();
    fourth.send(attempt(4).with_join());
    assert!(fourth.expect_refusal("name").contains("taken"));
    fourth.expect_closed();
    fifth.expect_silence();
    let mut same = room.offering(&attempt(5));
    fifth.expect_notice("replaced");
    fifth.peer.expect_closed();
    let mut sixth = room.offering(&attempt(6));
    same.expect_notice("replaced");
    same.peer.expect_closed();
    sixth.expect_silence();
}

#[test]
fn who_has_another_secret_or_none_does_not_take_over() {
    let room = room_with(LONG);
    let mut bob = room.ours("bob");
    let other = Offer {
        secret: 1,
        attempt: 9,
        ..Offer::new("bob")
    };
    for (bytes, has_offer) in [(other.with_join(), true), (join("bob"), false)] {
        let mut other = room.connect();
        other.send(bytes);
        let refusal = if has_offer {
            other.expect_refusal("name")
        } else {
            other.expect_notice()
        };
        assert!(refusal.contains("taken"));
        other.expect_closed();
    }
    bob.expect_silence();
}

#[test]
fn what_the_replaced_connection_had_sent_is_in_the_log_or_void() {
    let room = room_with(LONG);
    let mut bob = room.ours("bob");
    room.hears(join("bob"));
    // Whether the last of them comes before the new JOIN is a race. The new grant tells.
    for count in 1..=20 {
        bob.says(count, &count.to_string());
    }
    let again = room.offering(&bob.offer.again());
    let arrived: u64 = again.grant.need("Arrived").parse().unwrap();
    let past: Vec<u64> = again
        .past
        .iter()
        .map(|text| text.payload.parse().unwrap())
        .collect();
    assert_eq!(past, (1..=arrived).collect::<Vec<_>>());
    let mut again = again;
    for count in arrived + 1..=20 {
        again.says(count, &count.to_string());
    }
    again.says(21, "21");
    for count in 1..=21 {
        assert_eq!(room.next_heard(), text("bob", count.to_string()));
    }
}

#[test]
fn a_member_whose_connection_ends_keeps_its_place_for_the_grace_and_comes_back_unheard() {
    let room = room_with(LONG);
    for ends in ["closed", "reset"] {
        let name = format!("bob-{ends}");
        let bob = room.ours(&name);
        room.hears(join(&name));
        let offer = bob.offer.clone();
        if ends == "reset" {
            bob.peer.reset();
        } else {
            drop(bob.peer);
        }
        is_noticed(&room, &name);
        let mut ada = room.member("ada");
        ada.send([text("ada", "meanwhile"), leave("ada")].concat());
        room.hears(leave("ada"));
        let since = offer.again().recent(0);
        let mut back = room.offering(&since);
        assert!(back.present.contains(&name));
        back.says(1, "back");
        back.expect_ack(1);
        assert_eq!(room.next_heard(), text(&name, "back"));
    }
}

#[test]
fn after_the_grace_everybody_hears_the_leave_and_the_secret_is_worth_nothing() {
    let grace = Duration::from_millis(300);
    let room = room_with(grace);
    let bob = room.ours("bob");
    room.hears(join("bob"));
    let began = Instant::now();
    drop(bob.peer);
    room.hears(leave("bob"));
    let took = began.elapsed();
    assert!(took >= grace, "{took:?}");
    assert!(took < DEADLINE);
    let _again = room.offering(&bob.offer.again());
    assert_eq!(room.next_heard(), join("bob"));
}

#[test]
fn without_a_grace_the_leave_comes_at_once_and_a_takeover_is_unheard_all_the_same() {
    let room = room_with(Duration::ZERO);
    let bob = room.ours("bob");
    room.hears(join("bob"));
    let mut again = room.offering(&bob.offer.again());
    again.says(1, "one");
    assert_eq!(room.next_heard(), text("bob", "one"));
    drop(again.peer);
    assert_eq!(room.next_heard(), leave("bob"));
}

#[test]
fn a_plain_member_has_no_grace() {
    let room = room_with(LONG);
    let bob = room.member("bob");
    drop(bob);
    room.hears(leave("bob"));
}

#[test]
fn a_leave_and_a_broken_protocol_end_the_place_at_once_and_the_secret_with_it() {
    let room = room_with(LONG);
    let too_long = "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 1048577\r\n\r\n".to_owned();
    let bob = Offer::new("bob");
    let gap = [bob.text(1, "one"), bob.text(3, "two is missing")].concat();
    let noise = vec![b'x'; 5000];
    for ends in [
        leave("bob"),
        b"CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: x\r\n\r\n".to_vec(),
        noise,
        [too_long.into_bytes(), vec![b'x'; 1_048_577]].concat(),
        gap,
    ] {
        let mut bob = room.ours("bob");
        room.hears(join("bob"));
        bob.peer.send(ends);
        room.hears(leave("bob"));
        // Who comes next with the secret is announced like everybody else.
        let mut again = room.offering(&bob.offer.again());
        assert_eq!(room.next_heard(), join("bob"));
        again.peer.send(leave("bob"));
        room.hears(leave("bob"));
        bob.peer.expect_gone();
    }
}

#[test]
fn who_wants_the_name_of_an_absent_member_without_its_secret_is_refused() {
    let room = room_with(LONG);
    let bob = room.ours("bob");
    drop(bob.peer);
    is_noticed(&room, "bob");
    let mut thief = room.connect();
    let other = Offer {
        secret: 1,
        ..Offer::new("bob")
    };
    thief.send(other.with_join());
    assert!(thief.expect_refusal("name").contains("taken"));
    thief.expect_closed();
    let mut back = room.offering(&bob.offer.again());
    back.expect_silence();
}

/// A JOIN whose fate hangs on an offer waits for the next whole frame. It does not wait for long, so that the second
/// piece follows at once: most of the time, it is another read.
#[test]
fn any_cut_of_the_bytes_of_a_takeover_gives_the_same() {
    let room = room_with(LONG);
    let mut bob = room.ours("bob");
    room.hears(join("bob"));
    let offer = bob.offer.clone();
    let len = offer.again().with_join().len();
    for cut in 1..len {
        let offer = Offer {
            attempt: 1 + cut as u64,
            ..offer.clone()
        };
        let bytes = offer.with_join();
        let mut peer = room.connect();
        peer.send(&bytes[..cut]);
        std::thread::yield_now();
        peer.send(&bytes[cut..]);
        let again = Ours::welcomed(peer, offer);
        bob.expect_notice("replaced");
        bob.peer.expect_closed();
        bob = again;
    }
    bob.says(1, "nobody heard anything");
    assert_eq!(room.next_heard(), text("bob", "nobody heard anything"));
}

#[test]
fn a_join_under_the_name_of_a_member_with_a_grant_waits_a_second_for_an_offer_at_most() {
    let room = room_with(LONG);
    let mut bob = room.ours("bob");
    let began = Instant::now();
    let mut other = room.connect();
    other.send(join("bob"));
    assert!(other.expect_notice().contains("taken"));
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
    // A JOIN that a text follows at once is answered at once, and not after a second. A busy machine may need a second
    // all the same, so it is tried again.
    until("it is told at once", || {
        let began = Instant::now();
        let mut other = room.connect();
        other.send([join("bob"), text("bob", "hello")].concat());
        assert!(other.expect_notice().contains("taken"));
        began.elapsed() < Duration::from_secs(1)
    });
    bob.expect_silence();
}

#[test]
fn the_same_member_under_another_name_leaves_under_the_old_one() {
    let room = room_with(LONG);
    let mut bob = room.ours("bob");
    room.hears(join("bob"));
    let mut robert = bob.offer.again();
    robert.name = "robert".to_owned();
    let mut robert = room.offering(&robert);
    bob.expect_notice("replaced");
    bob.peer.expect_closed();
    assert_eq!(room.next_heard(), join("robert"));
    assert_eq!(room.next_heard(), leave("bob"));
    robert.expect_coming_or_going("LEAVE", "bob");
    robert.expect_silence();
}

/// The name that it wants is not free, so that it stays who it was.
#[test]
fn the_same_member_under_a_name_that_is_taken_changes_nothing() {
    let room = room_with(LONG);
    let mut ada = room.member("ada");
    let mut bob = room.ours("bob");
    let mut other = bob.offer.again();
    other.name = "ada".to_owned();
    let mut refused = room.connect();
    refused.send(other.with_join());
    assert!(refused.expect_refusal("name").contains("taken"));
    refused.expect_closed();
    bob.expect_silence();
    ada.expect(join("bob"));
    ada.send(text("ada", "still me"));
    bob.expect_text("ada", "still me");
}

#[test]
fn who_reads_nothing_is_replaced_all_the_same() {
    let room = room_with(LONG);
    let offer = Offer::new("bob");
    let mut slow = Peer::connect_narrow(room.address());
    slow.send(offer.with_join());
    room.hears(join("bob"));
    let mut ada = room.member("ada");
    // Less than an outbox takes, and more than the sockets take.
    let long = "x".repeat(1_000_000);
    for _ in 0..3 {
        ada.send(text("ada", &long));
        room.hears(text("ada", &long));
    }
    let mut again = room.offering(&offer.again().recent(0));
    again.says(1, "one");
    again.expect_ack(1);
    assert_eq!(room.next_heard(), text("bob", "one"));
}

#[test]
fn a_slow_consumer_with_a_grant_keeps_its_place_too() {
    let settings = Settings {
        outbox_bytes: 1_000_000,
        grace: LONG,
        ..Settings::default()
    };
    let room = Room::with(settings);
    let offer = Offer::new("bob");
    let mut slow = Peer::connect_narrow(room.address());
    slow.send(offer.with_join());
    room.hears(join("bob"));
    let mut ada = room.member("ada");
    let long = "x".repeat(900_000);
    for _ in 0..10 {
        ada.send(text("ada", &long));
        room.hears(text("ada", &long));
    }
    slow.expect_gone();
    ada.send(text("ada", "goes on"));
    room.hears(text("ada", "goes on"));
    let mut back = room.offering(&offer.again().recent(0));
    back.says(1, "back");
    back.expect_ack(1);
    assert_eq!(room.next_heard(), text("bob", "back"));
}

/// A JOIN with a secret takes over whatever waits in the lobby with it.
#[test]
fn two_takeovers_that_race_leave_one_member_and_nobody_hears_of_either() {
    let room = room_with(LONG);
    let bob = Offer::new("bob");
    let mut first = room.offering(&bob);
    room.hears(join("bob"));
    for round in 0..20 {
        let [one, two] = [2, 3].map(|add| Offer {
            attempt: 10 * round + add,
            ..bob.clone()
        });
        let [mut early, mut late] = [room.connect(), room.connect()];
        early.send(one.with_join());
        late.send(two.with_join());
        let late = Ours::welcomed(late, two);
        // It was replaced, or refused because the other was faster.
        early.expect_gone();
        first.peer.expect_gone();
        first = late;
    }
    first.says(1, "one of me");
    assert_eq!(room.next_heard(), text("bob", "one of me"));
}
