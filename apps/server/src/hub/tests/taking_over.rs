//! Connections that take each other's place, and members that have none.

use super::*;

/// The bytes of a NOTICE to the member that was replaced.
fn is_replaced(pending: &mut Pending) -> bool {
    let told = taken(pending);
    told.starts_with("CHAT/1.0 NOTICE\r\n") && told.contains("Code: replaced") && is_over(pending)
}

#[test]
fn who_comes_and_goes_within_one_batch_is_welcomed_all_the_same() {
    let mut hub = hub();
    let _ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.offers(BOB, "bob", 1, 1);
    hub.apply_some();
    hub.says(ADA, "ada", "meanwhile");
    hub.leaves(BOB, "bob");
    hub.flush();
    let told = taken(&mut bob);
    let (welcome, rest) = told.split_at(told.rfind("CHAT/1.0 TEXT").unwrap());
    assert!(is_welcome(welcome), "{told}");
    assert!(rest.contains("\r\nSeq: "), "{told}");
    assert!(is_over(&mut bob));
}

#[test]
fn who_is_replaced_before_it_knows_of_its_grant_gets_nothing_of_the_extension() {
    let mut hub = hub();
    let mut first = hub.offers(BOB, "bob", 1, 1);
    hub.apply_some();
    let mut second = hub.offers(EVE, "bob", 1, 2);
    hub.flush();
    assert_eq!(taken(&mut first), "");
    assert!(is_over(&mut first));
    assert!(is_welcome(&taken(&mut second)));
}

#[test]
fn a_connection_with_a_full_queue_is_replaced_too() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let (outbox, mut full) = outbox(BOB, 2000, None);
    let from = somewhere();
    hub.happens(Event::Connected {
        peer: BOB,
        outbox,
        from,
        guest: Guest::default(),
    });
    hub.happens(Event::Join {
        peer: BOB,
        name: username("bob"),
        offered: offered(1, 1),
    });
    hub.flush();
    hub.says(ADA, "ada", &"x".repeat(1800));
    hub.flush();
    let mut second = hub.offers(EVE, "bob", 1, 2);
    hub.flush();
    let told = taken(&mut full);
    assert!(!told.contains("NOTICE"), "there was no room: {told}");
    assert!(is_over(&mut full));
    assert!(taken(&mut second).contains("CHAT/1.0 REPLAYED"));
    assert_eq!(taken(&mut ada), join("bob"));
}

#[test]
fn what_comes_from_a_replaced_connection_is_void() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut first = hub.ours(BOB, "bob", 1, 1);
    let mut second = hub.ours(EVE, "bob", 1, 2);
    assert!(is_replaced(&mut first));
    hub.says(BOB, "bob", "late");
    hub.leaves(BOB, "bob");
    hub.is_gone(BOB, Departure::Closed);
    hub.is_gone(BOB, Departure::TooSlow);
    hub.says(EVE, "bob", "hello");
    hub.flush();
    assert_eq!(
        taken(&mut ada),
        [join("bob"), text("bob", "hello")].concat()
    );
    assert_eq!(taken(&mut second), "");
}

#[test]
fn who_waits_for_a_name_whose_bearer_is_lost_or_replaced_is_refused() {
    for is_lost in [true, false] {
        let mut hub = hub();
        let _bob = hub.ours(BOB, "bob", 1, 1);
        let mut thief = hub.offers(FAY, "bob", 9, 1);
        assert_eq!(taken(&mut thief), "");
        if is_lost {
            hub.is_gone(BOB, Departure::Closed);
        } else {
            let _again = hub.offers(EVE, "bob", 1, 2);
        }
        let words = "this name is taken; join under another one";
        assert_eq!(taken(&mut thief), notice("bob", "name", words), "{is_lost}");
        assert!(is_over(&mut thief));
        assert_eq!(hub.room.len(), 1);
    }
}

#[test]
fn a_place_is_kept_for_exactly_the_grace() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _bob = hub.ours(BOB, "bob", 1, 1);
    taken(&mut ada);
    hub.is_gone(BOB, Departure::Closed);
    let grace = hub.settings.grace;
    hub.passes(grace - Duration::from_millis(1));
    assert_eq!(taken(&mut ada), "");
    hub.passes(Duration::from_millis(1));
    assert_eq!(taken(&mut ada), leave("bob"));
    assert!(hub.addresses.is_empty());
    // What came back in time is not gone.
    let _bob = hub.ours(BOB, "bob", 1, 1);
    hub.is_gone(BOB, Departure::Closed);
    let _again = hub.ours(EVE, "bob", 1, 2);
    hub.passes(10 * grace);
    assert_eq!(taken(&mut ada), join("bob"));
}

#[test]
fn with_more_absent_members_of_an_address_than_the_bound_the_next_one_leaves_at_once() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let Offered::Yes(candidate) = offered(1, 1) else {
        unreachable!()
    };
    let _absences: Vec<_> = (0..256)
        .map(|_| crate::address::Absence::begin(&candidate.address))
        .collect();
    let _bob = hub.connect(BOB, ROOMY);
    hub.happens(Event::Join {
        peer: BOB,
        name: username("bob"),
        offered: Offered::Yes(candidate),
    });
    hub.is_gone(BOB, Departure::Closed);
    hub.flush();
    assert_eq!(taken(&mut ada), [join("bob"), leave("bob")].concat());
}

#[test]
fn a_join_waits_for_its_offer_until_its_time_is_over_and_not_for_longer() {
    let mut hub = hub();
    let bob = hub.ours(BOB, "bob", 1, 1);
    let intake = bob.intake(&hub.unfinished);
    let mut other = hub.connect(EVE, ROOMY);
    hub.joins(EVE, "bob");
    hub.passes(OFFER_WAIT - Duration::from_millis(1));
    assert!(!is_asked(&intake));
    hub.passes(Duration::from_millis(1));
    assert!(is_asked(&intake));
    hub.happens(Event::StillHere { peer: BOB });
    assert!(is_over_after_words(&mut other));
}

#[test]
fn a_join_whose_peer_goes_does_not_wait_for_an_offer() {
    let mut hub = hub();
    let bob = hub.ours(BOB, "bob", 1, 1);
    let intake = bob.intake(&hub.unfinished);
    let _other = hub.connect(EVE, ROOMY);
    hub.joins(EVE, "bob");
    hub.is_gone(EVE, Departure::Closed);
    assert!(is_asked(&intake));
}

#[test]
fn a_late_offer_under_another_name_is_ignored() {
    let mut hub = hub();
    let mut bob = hub.member(BOB, "bob", ROOMY);
    hub.take(Event::Offered {
        peer: BOB,
        name: Some(username("robert")),
        offered: offered(1, 1),
    });
    hub.flush();
    assert_eq!(taken(&mut bob), "");
    assert_eq!(hub.room.granted().count(), 0);
}

#[test]
fn a_late_offer_in_the_batch_of_its_join_is_like_one_that_came_with_it() {
    let mut hub = hub();
    let _ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.connect(BOB, ROOMY);
    hub.says(ADA, "ada", "directly before");
    hub.joins(BOB, "bob");
    hub.says(ADA, "ada", "directly behind");
    hub.take(Event::Offered {
        peer: BOB,
        name: Some(username("bob")),
        offered: offered(1, 1),
    });
    hub.flush();
    let told = taken(&mut bob);
    let (welcome, rest) = told.split_at(told.rfind("CHAT/1.0 TEXT").unwrap());
    // It is live, and lies behind the place that the welcome names.
    assert!(welcome.contains("directly before"), "{told}");
    let last = welcome.lines().find(|line| line.starts_with("Last: "));
    assert!(last.is_some_and(|last| last.ends_with("-1")), "{told}");
    assert!(rest.contains("-2\r\n"), "{told}");
    assert!(!rest.contains("Past"), "{told}");
}

#[test]
fn a_late_offer_with_the_secret_of_another_member_puts_that_one_out() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.ours(BOB, "bob", 1, 1);
    let mut robert = hub.member(EVE, "robert", ROOMY);
    taken(&mut ada);
    taken(&mut bob);
    hub.take(Event::Offered {
        peer: EVE,
        name: Some(username("robert")),
        offered: offered(1, 2),
    });
    hub.flush();
    assert!(is_replaced(&mut bob));
    assert_eq!(taken(&mut ada), leave("bob"));
    assert!(taken(&mut robert).contains("Grant: 1 "));
    assert_eq!(hub.room.with_secret(Hex128(1)), Some(EVE));
}
