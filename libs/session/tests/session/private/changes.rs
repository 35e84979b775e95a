//! Keys that change, or do not.

use std::fs;
use std::time::Duration;

use hubbub_session::known::KnownRoom;
use hubbub_session::{Cause, Event, Intent, NOT_KEPT, Reason};
use hubbub_testing::tls::{Certificate, Middle};
use hubbub_testing::{Peer, Room};

use super::home::{HOST, Home, House, address, pin};
use crate::harness::Window;

/// A server that alice knows, by an invitation or because its authority vouched for it.
fn known(home: &Home, certificate: Certificate, reason: Reason) -> House {
    let house = House::with(certificate);
    let options = match reason {
        Reason::Pin => home.invited(house.port(), &[&house.certificate]),
        _ => home.options(house.port()),
    };
    let mut alice = home.opens(options);
    if reason == Reason::Asked {
        house.is_left();
        alice.expect_asks(house.pin());
        alice.wish(Intent::Trust { pin: house.pin() });
        alice.expect(Event::Connecting);
    }
    let peer = house.lets_in(&mut alice, reason);
    leaves(&alice, peer);
    house
}

/// Leaves a server.
fn leaves(window: &Window, mut peer: Peer) {
    window.wish(Intent::Leave);
    peer.expect_gone();
    drop(peer);
    window.expect_ended();
}

#[test]
fn a_new_certificate_for_the_same_key_changes_nothing() {
    let home = Home::new();
    for reason in [Reason::Pin, Reason::Asked] {
        let mut house = known(&home, Certificate::self_signed(HOST), reason);
        let before = home.known(house.port());
        house.certificate = home.authority.renewed(&house.certificate, "example.org");
        let mut alice = home.opens(home.options(house.port()));
        house.lets_in(&mut alice, reason);
        assert_eq!(home.known(house.port()), before);
    }
    let mut house = known(&home, home.authority.certificate(HOST), Reason::Authority);
    let before = home.known(house.port());
    house.certificate = home.authority.renewed(&house.certificate, "example.org");
    let mut alice = home.opens(home.options(house.port()));
    house.lets_in(&mut alice, Reason::Authority);
    assert_eq!(home.known(house.port()), before);
}

#[test]
fn a_new_key_that_an_authority_vouches_for_is_silent_where_one_did_before() {
    let home = Home::new();
    let mut house = known(&home, home.authority.certificate(HOST), Reason::Authority);
    house.certificate = home.authority.certificate(HOST);
    let mut alice = home.opens(home.options(house.port()));
    house.lets_in(&mut alice, Reason::Authority);
    assert_eq!(home.known(house.port()).unwrap().pins, [house.pin()]);
}

#[test]
fn any_other_new_key_is_a_full_stop() {
    let home = Home::new();
    let self_made = || Certificate::self_signed(HOST);
    for (first, reason, second) in [
        (self_made(), Reason::Pin, self_made()),
        (self_made(), Reason::Asked, self_made()),
        (self_made(), Reason::Pin, home.authority.certificate(HOST)),
        (self_made(), Reason::Asked, home.authority.certificate(HOST)),
        (
            home.authority.certificate(HOST),
            Reason::Authority,
            self_made(),
        ),
        (
            home.authority.certificate(HOST),
            Reason::Authority,
            home.authority.expired(HOST),
        ),
    ] {
        let mut house = known(&home, first, reason);
        let before = home.known(house.port());
        let was = house.pin();
        house.certificate = second;
        let mut alice = home.opens(home.options(house.port()));
        house.is_left();
        assert!(
            alice.expect_stop(&[was], house.pin(), reason),
            "it is stored"
        );
        alice.expect_no_event();
        assert_eq!(home.known(house.port()), before);
    }
}

#[test]
fn after_a_full_stop_nothing_happens_until_the_user_looks_again() {
    let home = Home::new();
    let mut house = known(&home, Certificate::self_signed(HOST), Reason::Asked);
    let right = house.certificate.clone();
    house.certificate = Certificate::self_signed(HOST);
    let mut alice = home.opens(home.options(house.port()));
    for _ in 0..2 {
        house.is_left();
        alice.expect_stop(&[pin(&right)], house.pin(), Reason::Asked);
        alice.time.advance(std::time::Duration::from_secs(3600));
        // A yes does not help here.
        alice.wish(Intent::Trust { pin: house.pin() });
        alice.expect(Event::Connecting);
    }
    house.certificate = right;
    house.lets_in(&mut alice, Reason::Asked);
}

#[test]
fn a_room_that_was_forgotten_elsewhere_is_new_when_the_user_looks_again() {
    let home = Home::new();
    let mut house = known(&home, Certificate::self_signed(HOST), Reason::Asked);
    let was = house.pin();
    house.certificate = Certificate::self_signed(HOST);
    let mut alice = home.opens(home.options(house.port()));
    house.is_left();
    alice.expect_stop(&[was], house.pin(), Reason::Asked);
    assert!(home.rooms().forget(&address(house.port())).unwrap());
    alice.wish(Intent::Retry);
    alice.expect(Event::Connecting);
    house.is_left();
    alice.expect_asks(house.pin());
}

#[test]
fn a_key_that_changes_between_two_connections_of_a_run_is_a_full_stop_also_without_a_file() {
    let home = Home::new();
    let mut house = House::self_made();
    let was = house.pin();
    let options = hubbub_session::Options {
        known: None,
        ..home.invited(house.port(), &[&house.certificate])
    };
    let mut alice = home.opens(options);
    let (mut peer, offer) = house.is_believed();
    alice.expect(Event::Connected);
    peer.send(offer.welcome(0, "a-1"));
    alice.expect_secured_and_told("no home directory");
    house.certificate = Certificate::self_signed(HOST);
    peer.reset();
    let (_, _, retry_in) = alice.expect_cause();
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    house.is_left();
    assert!(alice.expect_stop(&[was], house.pin(), Reason::Pin));
    assert!(!home.rooms().path().exists());
}

#[test]
fn an_invitation_of_a_man_in_the_middle_to_a_known_room_is_a_full_stop() {
    let home = Home::new();
    let room = Room::unwatched();
    let [own, servers] = [
        Certificate::self_signed(HOST),
        Certificate::self_signed(HOST),
    ];
    let right = Middle::before_plain(room.address().port(), &servers);
    let middle = Middle::before(right.port(), &own);
    home.rooms()
        .change(&address(middle.port()), |_| {
            Some(KnownRoom {
                pins: vec![pin(&servers)],
                reason: Reason::Asked,
                since: std::time::SystemTime::UNIX_EPOCH,
                password: None,
            })
        })
        .unwrap();
    for invited in [&[&own][..], &[&servers, &own], &[]] {
        let mut alice = home.opens(home.invited(middle.port(), invited));
        assert!(alice.expect_stop(&[pin(&servers)], pin(&own), Reason::Asked));
        alice.wish(Intent::Leave);
        alice.expect_ended();
    }
    for connection in 0..3 {
        middle.connection(connection).ends_with_all_of("");
    }
}

#[test]
fn an_invitation_that_names_another_key_than_the_known_room_has_is_a_full_stop() {
    let home = Home::new();
    let house = known(&home, Certificate::self_signed(HOST), Reason::Asked);
    let other = Certificate::self_signed(HOST);
    let mut alice = home.opens(home.invited(house.port(), &[&other]));
    house.is_left();
    assert!(!alice.expect_stop(&[pin(&other)], house.pin(), Reason::Pin));
}

/// What another program stores of a server at this port.
fn stores(home: &Home, port: u16, certificate: &Certificate) {
    let room = KnownRoom {
        pins: vec![pin(certificate)],
        reason: Reason::Asked,
        since: std::time::SystemTime::UNIX_EPOCH,
        password: None,
    };
    let stored = home.rooms().change(&address(port), |_| Some(room.clone()));
    stored.unwrap();
}

#[test]
fn what_another_program_learns_during_the_handshake_decides() {
    let home = Home::new();
    let house = House::self_made();
    let other = Certificate::self_signed(HOST);
    let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
    let knocks = house.server.accept();
    stores(&home, house.port(), &other);
    let said = knocks.accept_tls(&house.certificate).unwrap().expect_gone();
    assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
    assert!(alice.expect_stop(&[pin(&other)], house.pin(), Reason::Asked));
}

#[test]
fn a_connection_ends_when_another_program_has_learnt_another_key_meanwhile() {
    let home = Home::new();
    let house = House::self_made();
    let other = Certificate::self_signed(HOST);
    let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
    let (mut peer, offer) = house.is_believed();
    alice.expect(Event::Connected);
    stores(&home, house.port(), &other);
    peer.send(offer.welcome(0, "a-1"));
    alice.expect_secured(Reason::Pin, house.pin());
    let (_, why, retry_in) = alice.expect_cause();
    assert!(why.contains("another key"), "{why}");
    assert_eq!(retry_in, Duration::ZERO);
    peer.expect_gone();
    alice.expect(Event::Connecting);
    house.is_left();
    assert!(alice.expect_stop(&[pin(&other)], house.pin(), Reason::Asked));
    assert_eq!(home.known(house.port()).unwrap().pins, [pin(&other)]);
}

#[test]
fn who_leaves_a_server_that_another_program_knows_with_another_key_is_gone() {
    let home = Home::new();
    let house = House::self_made();
    let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
    let (mut peer, offer) = house.is_believed();
    alice.expect(Event::Connected);
    alice.wish(Intent::Leave);
    peer.expect(hubbub_testing::leave("alice"));
    stores(&home, house.port(), &Certificate::self_signed(HOST));
    peer.send(offer.welcome(0, "a-1"));
    drop(peer);
    alice.expect_ended();
}

#[test]
fn an_announced_key_is_the_next_one_without_a_question() {
    let home = Home::new();
    let mut house = known(&home, Certificate::self_signed(HOST), Reason::Asked);
    let (was, next) = (house.pin(), Certificate::self_signed(HOST));
    let mut alice = home.opens(home.options(house.port()));
    let mut peer = house.lets_in(&mut alice, Reason::Asked);
    let words = pin(&next).to_string();
    let len = words.len();
    peer.send(format!(
        "CHAT/1.0 NOTICE\r\nUsername: alice\r\nCode: next-key\r\nMsg-len: {len}\r\n\r\n{words}"
    ));
    // What comes after it is heard after it.
    peer.send("CHAT/1.0 JOIN\r\nUsername: bob\r\nTime: 2026-11-26T00:00:00.000Z\r\n\r\n");
    alice.expect(crate::harness::joined("bob"));
    assert_eq!(home.known(house.port()).unwrap().pins, [was, pin(&next)]);
    house.certificate = next;
    peer.reset();
    let (_, _, retry_in) = alice.expect_cause();
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    house.lets_in(&mut alice, Reason::Asked);
    assert_eq!(home.known(house.port()).unwrap().pins, [house.pin()]);
}

#[test]
fn who_has_an_invitation_with_both_keys_goes_on_when_the_server_changes_over() {
    let home = Home::new();
    let mut house = House::self_made();
    let next = Certificate::self_signed(HOST);
    let both = home.invited(house.port(), &[&house.certificate, &next]);
    let mut alice = home.opens(both);
    let peer = house.lets_in(&mut alice, Reason::Pin);
    leaves(&alice, peer);
    house.certificate = next;
    let mut alice = home.opens(home.options(house.port()));
    house.lets_in(&mut alice, Reason::Pin);
}

#[test]
fn nobody_is_believed_while_the_known_rooms_cannot_be_read() {
    let home = Home::new();
    let house = known(&home, Certificate::self_signed(HOST), Reason::Asked);
    let path = home.rooms().path().to_owned();
    let right = fs::read_to_string(&path).unwrap();
    for broken in ["version = 2", "[[room"] {
        fs::write(&path, broken).unwrap();
        let plain = hubbub_session::Options {
            is_private: false,
            ..home.options(house.port())
        };
        for options in [home.options(house.port()), plain] {
            let mut alice = home.opens(options);
            let (cause, why, retry_in) = alice.expect_cause();
            assert_eq!((cause, retry_in), (Cause::BadFile, Duration::MAX));
            assert!(why.contains("known_rooms.toml"), "{why}");
            alice.wish(Intent::Leave);
            alice.expect_ended();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
    fs::write(&path, right).unwrap();
    // Nobody has connected meanwhile: this is the first one.
    let mut alice = home.opens(home.options(house.port()));
    house.lets_in(&mut alice, Reason::Asked);
}

#[test]
fn what_cannot_be_kept_is_told_and_holds_for_this_run() {
    let home = Home::new();
    let house = House::self_made();
    let directory = home.rooms().path().parent().unwrap().to_owned();
    let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
    let (mut peer, offer) = house.is_believed();
    alice.expect(Event::Connected);
    // No directory can be made where a file is.
    fs::write(&directory, "").unwrap();
    peer.send(offer.welcome(0, "a-1"));
    alice.expect_secured_and_told("known_rooms.toml");
    fs::remove_file(&directory).unwrap();
    assert_eq!(home.known(house.port()), None);
    peer.reset();
    let (_, _, retry_in) = alice.expect_cause();
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    house.is_believed();
}

impl Window {
    fn expect_secured_and_told(&mut self, words: &str) {
        let mut codes = Vec::new();
        while !matches!(codes.last(), Some(code) if code == NOT_KEPT) {
            if let Event::Notice { code, text } = self.next() {
                assert!(text.contains(words), "{text}");
                codes.push(code);
            }
        }
        assert!(matches!(self.next(), Event::CaughtUp { .. }));
    }
}
