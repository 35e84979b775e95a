//! A log that orders later: what happens to those who wait for it.

use super::*;
use crate::room::Ticket;

#[test]
fn a_peer_whose_join_waits_for_the_log_may_say_as_much_as_there_is_memory_for() {
    for is_short in [false, true] {
        let mut hub = hub();
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let mut bob = hub.connect(BOB, ROOMY);
        let name = username("bob");
        hub.take(Event::Join {
            peer: BOB,
            name,
            offered: Offered::NotYet,
        });
        let long = "x".repeat(CLAIM_BYTES);
        let _used = hub.unfinished.hold(if is_short { 2 * ROOMY } else { 0 });
        for _ in 0..3 {
            let said = hub.speech(BOB, "bob", &long);
            hub.take(said);
        }
        assert_eq!(taken(&mut ada), "");
        hub.flush();
        let wanted = [join("bob"), text("bob", &long).repeat(3)].concat();
        if is_short {
            assert!(is_over_after_words(&mut bob));
            assert_eq!(taken(&mut ada), "");
        } else {
            assert!(taken(&mut ada) == wanted);
        }
    }
}

#[test]
fn a_join_waits_for_the_log_as_long_as_a_connection_may_take_to_join_and_not_for_longer() {
    for is_late in [false, true] {
        let mut hub = hub();
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let mut bob = hub.connect(BOB, ROOMY);
        hub.take(Event::Join {
            peer: BOB,
            name: username("bob"),
            offered: Offered::NotYet,
        });
        let limit = hub.settings.join_timeout;
        assert_eq!(hub.lobby.deadline(), Some(hub.now + limit));
        hub.now += if is_late {
            limit
        } else {
            limit - Duration::from_millis(1)
        };
        hub.pass_time();
        hub.flush();
        assert_eq!(
            taken(&mut ada),
            if is_late { String::new() } else { join("bob") }
        );
        assert_eq!(is_over(&mut bob), is_late);
        assert_eq!(hub.lobby.deadline(), None);
    }
}

#[test]
fn what_a_connection_said_before_it_is_replaced_comes_first_and_what_it_says_then_is_void() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _first = hub.ours(BOB, "bob", 1, 1);
    let before = hub.speech(BOB, "bob", "before");
    hub.take(before);
    let mut second = hub.offers(EVE, "bob", 1, 2);
    let after = hub.speech(BOB, "bob", "after");
    hub.take(after);
    hub.flush();
    assert_eq!(
        taken(&mut ada),
        [join("bob"), text("bob", "before")].concat()
    );
    let told = taken(&mut second);
    assert!(
        told.contains("before") && told.contains("Past: yes"),
        "{told}"
    );
}

#[test]
fn of_two_joins_with_one_secret_that_wait_the_later_attempt_counts() {
    for (first, second) in [(1, 2), (2, 1), (1, 1)] {
        let mut hub = hub();
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let mut one = hub.offers(BOB, "bob", 1, first);
        let said = hub.speech(BOB, "bob", "void, if it is replaced");
        hub.take(said);
        let mut two = hub.offers(EVE, "bob", 1, second);
        hub.flush();
        let (winner, loser) = if second < first {
            (&mut one, &mut two)
        } else {
            (&mut two, &mut one)
        };
        let told = taken(winner);
        assert!(told.contains("CHAT/1.0 REPLAYED"), "{told}");
        let told = taken(loser);
        assert!(!told.contains("Grant"), "{told}");
        assert!(is_over(loser));
        assert_eq!(hub.room.len(), 2);
        let heard = taken(&mut ada);
        assert_eq!(heard.matches("JOIN").count(), 1);
        assert_eq!(heard.contains("void"), second < first);
    }
}

#[test]
fn a_member_stays_when_the_connection_that_was_to_replace_it_goes_and_leaves_if_none_comes() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _first = hub.ours(BOB, "bob", 1, 1);
    taken(&mut ada);
    let _second = hub.offers(EVE, "bob", 1, 2);
    hub.depart(EVE, Departure::OutOfMemory);
    hub.flush();
    assert_eq!(taken(&mut ada), "");
    let grace = hub.settings.grace;
    hub.passes(grace);
    assert_eq!(taken(&mut ada), leave("bob"));
}

#[test]
fn a_join_with_the_secret_of_a_member_whose_leave_is_on_its_way_is_a_join_like_any_other() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _first = hub.ours(BOB, "bob", 1, 1);
    taken(&mut ada);
    hub.take(Event::Leave {
        peer: BOB,
        name: username("bob"),
    });
    let mut second = hub.offers(EVE, "bob", 1, 2);
    hub.flush();
    assert_eq!(taken(&mut ada), [leave("bob"), join("bob")].concat());
    assert!(is_welcome(&taken(&mut second)));
}

#[test]
fn an_offer_counts_also_if_it_comes_while_its_join_waits_for_the_log() {
    let mut hub = hub();
    let mut bob = hub.connect(BOB, ROOMY);
    hub.take(Event::Join {
        peer: BOB,
        name: username("bob"),
        offered: Offered::NotYet,
    });
    hub.take(Event::Offered {
        peer: BOB,
        name: Some(username("bob")),
        offered: offered(1, 1),
    });
    hub.flush();
    assert!(is_welcome(&taken(&mut bob)));
    let ticket = Ticket {
        secret: Hex128(1),
        session: Hex64(2),
        attempt: 1,
        seen: None,
    };
    assert_eq!(hub.room.ticket(BOB), Some(&ticket));
}
