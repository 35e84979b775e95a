//! Kicks, bans and words of an operator, in the hub without sockets.

use super::*;
use crate::address::Network;
use crate::hub::outlaws::OUT_FOR;
use crate::orders::{Answer, Order, Standing};

/// Where all members of these tests come from that have a grant.
fn there() -> Network {
    somewhere().address().network()
}

impl Hub {
    pub(in crate::hub) fn ordered(&mut self, order: Order) -> Answer {
        let (reply, answer) = flume::bounded(1);
        self.take(Event::Admin { order, reply });
        answer.try_recv().unwrap()
    }

    fn kicks(&mut self, name: &'static str) -> Answer {
        let answer = self.ordered(Order::Kick(username(name)));
        self.apply_some();
        self.flush();
        answer
    }
}

/// The words of the one NOTICE with this code that waits, after which the connection ends.
fn noticed(pending: &mut Pending, code: &str) -> String {
    let told = taken(pending);
    let (head, words) = told.rsplit_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Code: {code}\r\n")), "{told}");
    assert!(is_over(pending));
    words.to_owned()
}

#[test]
fn who_is_kicked_is_told_why_and_the_room_hears_a_leave() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.ours(BOB, "bob", 1, 1);
    let mut eve = hub.member(EVE, "eve", ROOMY);
    taken(&mut bob);
    taken(&mut ada);
    assert!(matches!(hub.kicks("bob"), Answer::Kicked));
    let words = noticed(&mut bob, "kicked");
    assert_eq!(
        words,
        "an operator has put you out of the room; you may come back in 1m"
    );
    assert_eq!(taken(&mut ada), leave("bob"));
    assert_eq!(taken(&mut eve), leave("bob"));
    assert!(matches!(hub.kicks("eve"), Answer::Kicked));
    let told = taken(&mut eve);
    assert_eq!(told, text("server", &words));
    assert!(is_over(&mut eve));
    assert_eq!(taken(&mut ada), leave("eve"));
    assert!(matches!(hub.kicks("eve"), Answer::NotHere));
}

#[test]
fn who_was_kicked_has_no_secret_and_no_grace_and_comes_back_after_a_minute_and_not_before() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _bob = hub.ours(BOB, "bob", 1, 1);
    hub.kicks("bob");
    taken(&mut ada);
    assert_eq!(hub.room.with_secret(Hex128(1)), None);
    hub.is_gone(BOB, Departure::Closed);
    assert!(hub.absent.deadline().is_none());
    let mut again = hub.offers(EVE, "bob", 1, 2);
    hub.flush();
    assert!(noticed(&mut again, "kicked").ends_with("come back in 1m"));
    // The same address under another name, without an offer.
    let mut other = hub.connect(FAY, ROOMY);
    hub.joins(FAY, "fay");
    assert!(is_over_after_words(&mut other));
    hub.passes(OUT_FOR - Duration::from_millis(1));
    let mut early = hub.offers(PeerId(10), "bob", 1, 3);
    assert!(noticed(&mut early, "kicked").ends_with("come back in 1s"));
    assert_eq!(taken(&mut ada), "");
    hub.passes(Duration::from_millis(1));
    let _bob = hub.ours(PeerId(11), "bob", 1, 4);
    assert_eq!(taken(&mut ada), join("bob"));
}

#[test]
fn who_is_absent_is_kicked_too_and_learns_it_on_coming_back() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let _bob = hub.ours(BOB, "bob", 1, 1);
    hub.is_gone(BOB, Departure::Closed);
    taken(&mut ada);
    assert!(matches!(hub.kicks("bob"), Answer::Kicked));
    assert_eq!(taken(&mut ada), leave("bob"));
    let mut again = hub.offers(EVE, "bob", 1, 2);
    hub.flush();
    noticed(&mut again, "kicked");
    assert_eq!(hub.room.len(), 1);
    hub.passes(2 * hub.settings.grace);
    assert_eq!(taken(&mut ada), "", "it left once");
}

#[test]
fn a_kick_in_the_middle_of_a_takeover_ends_both_connections() {
    for is_ordered_first in [false, true] {
        let mut hub = hub();
        let mut ada = hub.member(ADA, "ada", ROOMY);
        let mut old = hub.ours(BOB, "bob", 1, 1);
        taken(&mut ada);
        // The JOIN waits for its place in the log.
        let mut new = hub.offers(EVE, "bob", 1, 2);
        if is_ordered_first {
            hub.apply_some();
        }
        assert!(matches!(hub.kicks("bob"), Answer::Kicked));
        assert!(taken(&mut old).contains("Code: replaced"));
        noticed(&mut new, "kicked");
        assert!(is_over(&mut old));
        assert_eq!(taken(&mut ada), leave("bob"));
        assert_eq!((hub.room.len(), hub.room.with_secret(Hex128(1))), (1, None));
    }
}

#[test]
fn a_kick_also_refuses_those_who_wait_for_the_name_or_are_about_to_get_it() {
    let mut hub = hub();
    let mut bob = hub.member(BOB, "bob", ROOMY);
    let mut thief = hub.connect(EVE, ROOMY);
    hub.joins(EVE, "bob");
    assert_eq!(taken(&mut thief), "", "it waits for the bearer's answer");
    hub.kicks("bob");
    assert!(is_over_after_words(&mut thief));
    assert!(is_over_after_words(&mut bob));
    let mut comer = hub.offers(FAY, "fay", 3, 1);
    assert!(matches!(hub.kicks("fay"), Answer::Kicked));
    noticed(&mut comer, "kicked");
    assert!(hub.room.is_empty());
}

#[test]
fn who_shares_an_address_with_somebody_kicked_keeps_its_place_when_its_line_breaks() {
    let mut hub = hub();
    let _bob = hub.ours(BOB, "bob", 1, 1);
    let _eve = hub.ours(EVE, "eve", 2, 1);
    hub.kicks("bob");
    hub.is_gone(EVE, Departure::Closed);
    let mut again = hub.offers(FAY, "eve", 2, 2);
    hub.flush();
    assert!(is_welcome(&taken(&mut again)));
}

#[test]
fn a_join_from_there_that_waits_for_its_place_in_the_log_is_refused_too() {
    let mut hub = hub();
    let _bob = hub.ours(BOB, "bob", 1, 1);
    // Its JOIN is not ordered yet.
    let mut eve = hub.offers(EVE, "eve", 2, 1);
    hub.kicks("bob");
    noticed(&mut eve, "kicked");
    assert!(hub.room.is_empty());
}

#[test]
fn the_secret_of_who_is_absent_is_void_before_the_log_has_ordered_the_leave() {
    let mut hub = hub();
    let _bob = hub.ours(BOB, "bob", 1, 1);
    hub.is_gone(BOB, Departure::Closed);
    hub.ordered(Order::Kick(username("bob")));
    assert_eq!(hub.room.with_secret(Hex128(1)), None);
    assert_eq!(hub.room.len(), 1, "its LEAVE waits");
}

#[test]
fn who_is_kicked_before_its_grant_is_on_its_way_gets_that_first() {
    let mut hub = hub();
    let mut bob = hub.offers(BOB, "bob", 1, 1);
    hub.apply_some();
    hub.kicks("bob");
    let told = taken(&mut bob);
    let (welcome, notice) = told.split_at(told.find("CHAT/1.0 NOTICE").unwrap());
    assert!(is_welcome(welcome), "{told}");
    assert!(notice.contains("Code: kicked"), "{told}");
    assert!(is_over(&mut bob));
}

#[test]
fn a_ban_puts_out_members_and_strangers_and_refuses_who_comes_until_it_is_over() {
    let mut hub = hub();
    // The clock was ahead once, as the newest message says. A ban is as long as it is all the same.
    hub.time = Time::from_unix_ms(9_000_000_000);
    hub.set_time(Time::from_unix_ms(5000));
    let mut bob = hub.ours(BOB, "bob", 1, 1);
    let mut absent = hub.ours(ADA, "ada", 2, 1);
    hub.is_gone(ADA, Departure::Closed);
    let mut stranger = hub.connect(EVE, ROOMY);
    taken(&mut bob);
    let hour = Duration::from_secs(3600);
    let answer = hub.ordered(Order::Ban(there(), Some(hour)));
    hub.apply_some();
    hub.flush();
    let Answer::Banned { bans, out } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(out, 3);
    let until = Some(Time::from_unix_ms(3_605_000));
    assert_eq!(bans.of(there(), hub.wall), Some(until));
    let words = "an operator has banned your address from the room; come back in 1h";
    assert!(taken(&mut bob).contains(words) && is_over(&mut bob));
    assert_eq!(taken(&mut stranger), text("server", words));
    assert!(is_over(&mut stranger) && is_over(&mut absent));
    assert!(hub.room.is_empty());
    // It was accepted before the door knew.
    let mut late = hub.offers(FAY, "fay", 3, 1);
    assert_eq!(taken(&mut late), notice("fay", "banned", words));
    let Answer::Stats(stats) = hub.ordered(Order::Stats) else {
        panic!("no stats");
    };
    assert_eq!(stats.bans, 1);
    hub.wall = Time::from_unix_ms(3_605_000);
    let mut later = hub.offers(PeerId(10), "fay", 3, 2);
    hub.flush();
    assert!(is_welcome(&taken(&mut later)));
}

#[test]
fn who_may_come_in_again_may_and_what_was_not_banned_is_told() {
    let mut hub = hub();
    assert!(matches!(
        hub.ordered(Order::Unban(there())),
        Answer::NotBanned
    ));
    assert!(matches!(
        hub.ordered(Order::Ban(there(), None)),
        Answer::Banned { out: 0, .. }
    ));
    let mut bob = hub.offers(BOB, "bob", 1, 1);
    let words = "an operator has banned your address from the room";
    assert_eq!(taken(&mut bob), notice("bob", "banned", words));
    assert!(is_over(&mut bob));
    let Answer::Bans(bans) = hub.ordered(Order::Bans) else {
        panic!("no bans");
    };
    assert_eq!(bans.iter(hub.wall).collect::<Vec<_>>(), [(there(), None)]);
    assert!(matches!(
        hub.ordered(Order::Unban(there())),
        Answer::Unbanned(_)
    ));
    let _bob = hub.ours(EVE, "bob", 1, 2);
}

#[test]
fn what_an_operator_says_comes_to_all_in_their_form_and_is_not_in_the_log() {
    let mut hub = hub();
    let mut ada = hub.member(ADA, "ada", ROOMY);
    let mut bob = hub.ours(BOB, "bob", 1, 1);
    let mut stranger = hub.connect(EVE, ROOMY);
    let mut new = hub.offers(FAY, "fay", 2, 1);
    hub.apply_some();
    taken(&mut ada);
    let last = hub.log.last();
    assert!(matches!(
        hub.ordered(Order::Say("back at ten".to_owned())),
        Answer::Said(3)
    ));
    hub.flush();
    assert_eq!(
        taken(&mut ada),
        [text("server", "back at ten"), join("fay")].concat()
    );
    let notice = |name: &str| {
        format!(
            "CHAT/1.0 NOTICE\r\nUsername: {name}\r\nCode: said\r\nMsg-len: 11\r\n\r\nback at ten"
        )
    };
    assert!(taken(&mut bob).starts_with(&notice("bob")));
    let told = taken(&mut new);
    assert!(is_welcome(told.strip_suffix(&notice("fay")).expect(&told)));
    assert_eq!(taken(&mut stranger), "");
    assert_eq!(hub.log.last(), last);
}

#[test]
fn who_cannot_take_what_an_operator_says_is_a_slow_consumer() {
    let mut hub = hub();
    let ada = hub.member(ADA, "ada", 100);
    let say = || Order::Say("x".repeat(60));
    hub.ordered(say());
    hub.flush();
    assert_eq!(hub.room.len(), 1);
    hub.ordered(say());
    hub.flush();
    assert!(is_evicted(&ada) && hub.room.is_empty());
}

#[test]
fn an_operator_sees_who_is_here_since_when_and_in_which_standing() {
    let mut hub = hub();
    hub.time = Time::from_unix_ms(5999);
    let _bob = hub.ours(BOB, "bob", 1, 1);
    let _ada = hub.member(ADA, "ada", ROOMY);
    let _fay = hub.ours(FAY, "fay", 2, 1);
    let _stranger = hub.connect(EVE, ROOMY);
    hub.is_gone(FAY, Departure::Closed);
    hub.time = Time::from_unix_ms(9000);
    let Answer::Who(rows) = hub.ordered(Order::Who) else {
        panic!("no rows");
    };
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.name.as_str(),
                row.since.unix_ms(),
                row.standing,
                row.address.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            // No address is known of a plain peer without a connection, as in these tests.
            ("ada", 5000, Standing::Plain, None),
            ("bob", 5000, Standing::Granted, Some("192.0.2.1")),
            ("fay", 5000, Standing::Absent, Some("192.0.2.1")),
        ]
    );
    hub.says(ADA, "ada", "hello");
    let Answer::Stats(stats) = hub.ordered(Order::Stats) else {
        panic!("no stats");
    };
    assert_eq!((stats.members, stats.absent, stats.strangers), (3, 1, 1));
    assert_eq!((stats.messages, stats.bans), (1, 0));
}
