//! What members with a grant say and hear.

use hubbub_testing::{AnyFrame, Offer, Room, join, leave, text};

#[test]
fn a_text_is_stamped_for_who_has_a_grant_and_plain_for_everybody_else() {
    let room = Room::open();
    let [mut ada, mut eve] = ["ada", "eve"].map(|name| room.ours(name));
    ada.expect_coming_or_going("JOIN", "eve");
    let mut bob = room.member("bob");
    for ours in [&mut ada, &mut eve] {
        ours.expect_coming_or_going("JOIN", "bob");
    }
    ada.says(1, "hello");
    bob.expect(text("ada", "hello"));
    let seq = ada.expect_ack(1);
    let heard = eve.expect_text("ada", "hello");
    assert_eq!(heard.names(), ["Username", "Msg-len", "Id", "Seq", "Time"]);
    assert_eq!(heard.need("Id"), format!("{:016x}-1", ada.offer.session));
    assert_eq!(heard.need("Seq"), seq);
    // A plain program's text has its place for a name.
    bob.send(text("bob", "hi"));
    let heard = eve.expect_text("bob", "hi");
    assert_eq!(heard.need("Id"), heard.need("Seq"));
    ada.expect_text("bob", "hi");
    bob.send(leave("bob"));
    for ours in [&mut ada, &mut eve] {
        let left = ours.peer.any_frame();
        assert_eq!(
            (&*left.method, left.names()),
            ("LEAVE", vec!["Username", "Time"])
        );
    }
}

#[test]
fn times_are_in_utc_with_milliseconds_and_do_not_run_backwards() {
    let room = Room::open();
    let mut ada = room.ours("ada");
    let mut bob = room.member("bob");
    let mut times = vec![ada.peer.any_frame().need("Time").to_owned()];
    for number in 0..50 {
        bob.send(text("bob", number.to_string()));
        let heard = ada.expect_text("bob", &number.to_string());
        times.push(heard.need("Time").to_owned());
    }
    for time in &times {
        let shape: String = time
            .chars()
            .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z");
    }
    assert!(times.is_sorted());
}

#[test]
fn a_text_that_is_sent_again_is_acknowledged_and_said_once() {
    let room = Room::open();
    let mut bob = room.ours("bob");
    room.hears(join("bob"));
    bob.says(1, "one");
    let seq = bob.expect_ack(1);
    bob.says(1, "one");
    assert_eq!(bob.expect_ack(1), seq);
    // The same with new ones behind it in one read.
    let frames = [
        bob.offer.text(1, "one"),
        bob.offer.text(2, "two"),
        bob.offer.text(3, "three"),
    ];
    bob.peer.send(frames.concat());
    bob.expect_acks_up_to(3);
    for said in ["one", "two", "three"] {
        assert_eq!(room.next_heard(), text("bob", said));
    }
}

#[test]
fn what_came_before_the_cut_is_known_after_it() {
    let room = Room::open();
    let mut bob = room.ours("bob");
    for count in 1..=3 {
        bob.says(count, "x");
    }
    bob.expect_acks_up_to(3);
    let again = room.offering(&bob.offer.again());
    assert_eq!(again.grant.need("Arrived"), "3");
    // Another run of the program has said nothing.
    let other = Offer {
        session: 1,
        ..again.offer.again()
    };
    let other = room.offering(&other);
    assert_eq!(other.grant.need("Arrived"), "0");
}

#[test]
fn nobody_can_use_up_the_counts_of_a_session_that_it_has_seen() {
    let room = Room::open();
    let mut bob = room.ours("bob");
    let thief = Offer {
        session: bob.offer.session,
        ..Offer::new("eve")
    };
    let mut thief = room.offering(&thief);
    bob.expect_coming_or_going("JOIN", "eve");
    for count in 1..=9 {
        thief.says(count, "noise");
        thief.expect_ack(count);
        bob.expect_text("eve", "noise");
    }
    bob.says(1, "heard");
    bob.expect_ack(1);
    room.hears(text("bob", "heard"));
}

#[test]
fn a_name_of_another_session_or_from_a_peer_without_a_grant_is_no_name() {
    let room = Room::open();
    let mut eve = room.ours("eve");
    let other = Offer::new("other").session;
    eve.peer.send(format!(
        "CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: 3\r\nId: {other:016x}-1\r\n\r\none"
    ));
    room.hears(text("eve", "one"));
    let mut bob = room.member("bob");
    eve.expect_coming_or_going("JOIN", "bob");
    for _ in 0..2 {
        bob.send(Offer::new("bob").text(1, "two"));
        let heard = eve.expect_text("bob", "two");
        assert_eq!(heard.need("Id"), heard.need("Seq"));
    }
    // Nothing was acknowledged.
    eve.expect_silence();
    bob.send(leave("bob"));
    bob.expect_closed();
}

#[test]
fn a_plain_text_of_a_member_with_a_grant_is_said_and_not_acknowledged() {
    let room = Room::open();
    let mut bob = room.ours("bob");
    for _ in 0..2 {
        bob.peer.send(text("bob", "plain"));
        room.hears(text("bob", "plain"));
    }
    bob.expect_silence();
}

#[test]
fn an_acknowledgement_stands_behind_everything_up_to_its_place() {
    let room = Room::open();
    let [mut ada, mut bob] = ["ada", "bob"].map(|name| room.ours(name));
    ada.expect_coming_or_going("JOIN", "bob");
    for count in 1..=50 {
        ada.says(count, "a");
        bob.says(count, "b");
    }
    let mut heard: Vec<u64> = Vec::new();
    let mut known = 0;
    let place = |frame: &AnyFrame| -> u64 {
        let seq = frame.need("Seq");
        seq.rsplit('-').next().unwrap().parse().unwrap()
    };
    while known < 50 {
        let frame = ada.peer.any_frame();
        if frame.method == "ACK" {
            let id = frame.need("Id");
            known = id.rsplit('-').next().unwrap().parse().unwrap();
            // It names the end of a batch: all up to there is either heard or her own, whoever said the last text of
            // it.
            let place = place(&frame);
            let others = heard.iter().filter(|&&heard| heard <= place).count();
            assert_eq!(place, others as u64 + known);
        } else {
            heard.push(place(&frame));
        }
    }
    assert!(heard.is_sorted());
}

#[test]
fn headers_that_a_client_sends_are_never_passed_on() {
    let room = Room::open();
    let mut eve = room.ours("eve");
    let mut bob = room.member("bob");
    eve.expect_coming_or_going("JOIN", "bob");
    bob.send(
        "CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 2\r\nId: forged\r\nSeq: forged\r\n\
         Time: 1970-01-01T00:00:00.000Z\r\nPast: yes\r\nX: y\r\n\r\nhi",
    );
    let heard = eve.expect_text("bob", "hi");
    assert_eq!(heard.need("Id"), heard.need("Seq"));
    assert_ne!(heard.need("Seq"), "forged");
    assert!(!heard.need("Time").starts_with("1970"));
    room.hears(text("bob", "hi"));
}
