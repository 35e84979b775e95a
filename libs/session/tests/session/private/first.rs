//! The first time at an address.

use std::time::Duration;

use hubbub_session::{Event, Intent, Reason};
use hubbub_testing::tls::{Certificate, Middle};
use hubbub_testing::{Room, text};

use super::home::{HOST, Home, House, address, pin};
use crate::extension::expect_offer;
use crate::harness::said;

#[test]
fn a_server_that_an_authority_vouches_for_is_believed_and_known_after_the_grant() {
    let home = Home::new();
    let house = House::with(home.authority.certificate(HOST));
    let mut alice = home.opens(home.options(house.port()));
    let (mut peer, offer) = house.is_believed();
    alice.expect(Event::Connected);
    assert_eq!(home.known(house.port()), None);
    peer.send(offer.welcome(0, "a-1"));
    let since = alice.expect_secured(Reason::Authority, house.pin());
    let known = home.known(house.port()).unwrap();
    assert_eq!(
        (known.reason, known.pins),
        (Reason::Authority, vec![house.pin()])
    );
    assert_eq!(known.since, since);
}

#[test]
fn where_nothing_vouches_for_a_server_a_person_is_asked_and_nothing_was_said_to_it() {
    let home = Home::new();
    for (certificate, words) in [
        (Certificate::self_signed(HOST), "authority"),
        (home.authority.expired(HOST), "expired"),
        (home.authority.certificate("example.org"), "another host"),
    ] {
        let house = House::with(certificate);
        let mut alice = home.opens(home.options(house.port()));
        house.is_left();
        let why = alice.expect_asks(house.pin());
        assert!(why.contains(words), "{why}");
        assert_eq!(home.known(house.port()), None);
        alice.wish(Intent::Trust { pin: house.pin() });
        alice.expect(Event::Connecting);
        house.lets_in(&mut alice, Reason::Asked);
        assert_eq!(home.known(house.port()).unwrap().reason, Reason::Asked);
    }
}

#[test]
fn a_yes_is_for_exactly_the_key_that_was_asked_about() {
    let home = Home::new();
    let mut house = House::self_made();
    let mut alice = home.opens(home.options(house.port()));
    house.is_left();
    let first = house.pin();
    alice.expect_asks(first);
    house.certificate = Certificate::self_signed(HOST);
    alice.wish(Intent::Trust { pin: first });
    alice.expect(Event::Connecting);
    house.is_left();
    let is_stored = alice.expect_stop(&[first], house.pin(), Reason::Asked);
    assert!(!is_stored);
}

#[test]
fn who_does_not_answer_is_asked_again_and_may_leave() {
    let home = Home::new();
    let house = House::self_made();
    let mut alice = home.opens(home.options(house.port()));
    house.is_left();
    alice.expect_asks(house.pin());
    alice.wish(Intent::Retry);
    alice.expect(Event::Connecting);
    house.is_left();
    alice.expect_asks(house.pin());
    alice.wish(Intent::Leave);
    alice.expect_ended();
    assert_eq!(home.known(house.port()), None);
}

#[test]
fn a_pin_stands_for_chain_name_and_dates() {
    let home = Home::new();
    for certificate in [
        Certificate::self_signed(HOST),
        home.authority.expired(HOST),
        home.authority.certificate("example.org"),
        home.authority.certificate(HOST),
    ] {
        let house = House::with(certificate);
        let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
        house.lets_in(&mut alice, Reason::Pin);
        assert_eq!(home.known(house.port()).unwrap().reason, Reason::Pin);
    }
}

#[test]
fn another_key_than_that_of_the_pin_is_a_full_stop_also_with_a_right_certificate() {
    let home = Home::new();
    for certificate in [
        Certificate::self_signed(HOST),
        home.authority.certificate(HOST),
    ] {
        let house = House::with(certificate);
        let meant = Certificate::self_signed(HOST);
        let mut alice = home.opens(home.invited(house.port(), &[&meant]));
        house.is_left();
        let is_stored = alice.expect_stop(&[pin(&meant)], house.pin(), Reason::Pin);
        assert!(!is_stored);
        alice.expect_no_event();
        assert_eq!(home.known(house.port()), None);
    }
}

#[test]
fn a_certificate_without_its_key_is_worth_nothing_whatever_vouches_for_it() {
    let home = Home::new();
    let right = home.authority.certificate(HOST);
    let house = House::with(right.without_its_key());
    for options in [
        home.invited(house.port(), &[&right]),
        home.options(house.port()),
    ] {
        let mut alice = home.opens(options);
        assert!(
            house
                .try_accept()
                .and_then(|mut peer| {
                    let said = peer.expect_gone();
                    assert!(said.is_empty());
                    Err::<(), _>(std::io::ErrorKind::Other.into())
                })
                .is_err()
        );
        let (cause, why, _) = alice.expect_cause();
        assert!(
            !cause.is_refusal() && why.contains("TLS"),
            "{cause:?}: {why}"
        );
    }
    assert_eq!(home.known(house.port()), None);
}

#[test]
fn a_man_in_the_middle_is_asked_about_without_an_invitation_and_stopped_with_one() {
    let home = Home::new();
    let room = Room::unwatched();
    let [own, servers] = [
        Certificate::self_signed(HOST),
        Certificate::self_signed(HOST),
    ];
    let right = Middle::before_plain(room.address().port(), &servers);
    let middle = Middle::before(right.port(), &own);
    let mut alice = home.opens(home.options(middle.port()));
    alice.expect_asks(pin(&own));
    alice.wish(Intent::Leave);
    alice.expect_ended();
    let mut alice = home.opens(home.invited(middle.port(), &[&servers]));
    alice.expect_stop(&[pin(&servers)], pin(&own), Reason::Pin);
    for connection in 0..2 {
        middle.connection(connection).ends_with_all_of("");
    }
    assert_eq!(middle.connections(), 2);
    assert_eq!(home.known(middle.port()), None);
}

#[test]
fn a_server_that_does_not_grant_is_known_when_it_has_let_us_in_for_five_seconds() {
    let home = Home::new();
    let house = House::with(home.authority.certificate(HOST));
    let mut alice = home.opens(home.options(house.port()));
    let mut peer = house.accept();
    expect_offer(&mut peer, "alice");
    alice.expect(Event::Connected);
    peer.send(text("bob", "hello"));
    alice.time.expect_nap(Duration::from_millis(500));
    alice.time.advance(Duration::from_millis(500));
    alice.expect(said("bob", "hello"));
    alice.time.advance(Duration::from_millis(4_400));
    alice.time.settle();
    assert_eq!(home.known(house.port()), None);
    alice.time.advance(Duration::from_millis(100));
    alice.expect_only_secured(Reason::Authority, house.pin());
    assert_eq!(home.known(house.port()).unwrap().pins, [house.pin()]);
}

#[test]
fn a_server_that_says_nothing_is_not_known_and_neither_is_one_with_a_pin_that_does_not_grant() {
    let home = Home::new();
    let house = House::with(home.authority.certificate(HOST));
    let invited = home.invited(house.port(), &[&house.certificate]);
    for (options, is_silent) in [(home.options(house.port()), true), (invited, false)] {
        let mut alice = home.opens(options);
        let mut peer = house.accept();
        expect_offer(&mut peer, "alice");
        alice.expect(Event::Connected);
        if !is_silent {
            peer.send(text("bob", "hello"));
            alice.time.expect_nap(Duration::from_millis(500));
            alice.time.advance(Duration::from_millis(500));
            alice.expect(said("bob", "hello"));
        }
        alice.time.advance(Duration::from_secs(10));
        assert_eq!(home.known(house.port()), None);
        // What was to be told before would come first.
        peer.send(text("bob", "at last"));
        alice.expect(said("bob", "at last"));
        if is_silent {
            alice.expect_only_secured(Reason::Authority, house.pin());
            assert!(home.rooms().forget(&address(house.port())).unwrap());
        } else {
            peer.send(text("bob", "bye"));
            alice.expect(said("bob", "bye"));
            assert_eq!(home.known(house.port()), None);
        }
    }
}

#[test]
fn a_mistaken_link_spoils_nothing() {
    let home = Home::new();
    let house = House::self_made();
    let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
    let (mut peer, _) = house.is_believed();
    alice.expect(Event::Connected);
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    alice.expect_cause();
    assert_eq!(home.known(house.port()), None);
}
