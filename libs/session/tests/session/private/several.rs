//! A private room on several servers, each with a key of its own.

use hubbub_session::{Event, Intent, Options, Reason};
use hubbub_testing::Peer;
use hubbub_testing::tls::Certificate;
use hubbub_transport::{Addresses, Password};

use super::home::{HOST, Home, House};
use super::passwords::notice;
use crate::extension::{Offered, expect_offer};
use crate::harness::Window;

/// Two servers of one room, and who comes there.
struct Houses {
    home: Home,
    houses: [House; 2],
}

impl Houses {
    fn self_made() -> Self {
        Self::with([(); 2].map(|()| House::self_made()))
    }

    /// Both with one key, as the servers of one room have it.
    fn of_one_key() -> Self {
        let certificate = Certificate::self_signed(HOST);
        let Certificate { chain, key } = &certificate;
        let copy = || Certificate {
            chain: chain.clone(),
            key: key.clone(),
        };
        Self::with([(); 2].map(|()| House::with(copy())))
    }

    fn with(houses: [House; 2]) -> Self {
        let home = Home::new();
        Self { home, houses }
    }

    fn addresses(&self) -> Addresses {
        let [one, two] = self.houses.each_ref().map(House::port);
        Addresses::from_link(&format!("chat://{HOST}:{one},{HOST}:{two}"), 1).unwrap()
    }

    fn options(&self) -> Options {
        Options {
            addresses: self.addresses(),
            ..self.home.options(1)
        }
    }

    /// The same with the keys of both, and a password.
    fn invited(&self) -> Options {
        Options {
            pins: self.houses.iter().map(House::pin).collect(),
            password: Some(Password::new("sesame")),
            ..self.options()
        }
    }

    /// Takes the next connection, and asks for a password. Returns which house did so.
    fn asks_password(&self, window: &mut Window) -> &House {
        let (house, mut peer) = self.accept();
        let offer = expect_offer(&mut peer, "alice");
        assert!(!has_password(&offer));
        window.expect(Event::Connected);
        peer.send(notice("password"));
        peer.finish_sending();
        assert_eq!(window.expect_asks_password(false), house.address());
        house
    }

    /// Takes the next connection. Returns to which house it came.
    fn accept(&self) -> (&House, Peer) {
        let servers = self.houses.each_ref().map(|house| house.server);
        let (at, peer) = hubbub_testing::ScriptedServer::accept_at_one_of(&servers);
        let house = &self.houses[at];
        (house, peer.accept_tls(&house.certificate).unwrap())
    }

    fn other_than(&self, house: &House) -> &House {
        let [one, two] = &self.houses;
        if house.port() == one.port() { two } else { one }
    }

    /// Takes the next connection, whose client is told that it is believed for this reason.
    fn lets_in(&self, window: &mut Window, reason: Reason) -> (&House, Peer, Offered) {
        let (house, mut peer) = self.accept();
        let offer = expect_offer(&mut peer, "alice");
        window.expect(Event::Connected);
        peer.send(offer.welcome(0, "a-1"));
        window.expect_secured(reason, house.pin());
        (house, peer, offer)
    }
}

/// Loses the connection and waits for the next attempt, which follows at once.
fn lose(window: &mut Window, peer: Peer) {
    drop(peer);
    let (.., retry_in) = window.expect_cause();
    assert!(retry_in.is_zero());
    window.expect(Event::Connecting);
}

fn has_password(offer: &Offered) -> bool {
    offer.header("Password").is_some()
}

#[test]
fn each_server_is_believed_by_a_key_of_the_invitation_and_known_by_its_own_address() {
    let room = Houses::self_made();
    let mut alice = room.home.opens(room.invited());
    let (first, peer, offer) = room.lets_in(&mut alice, Reason::Pin);
    assert!(has_password(&offer));
    let second = room.other_than(first);
    assert!(room.home.known(first.port()).is_some());
    assert!(room.home.known(second.port()).is_none());
    lose(&mut alice, peer);
    let (house, _peer, offer) = room.lets_in(&mut alice, Reason::Pin);
    assert_eq!(house.port(), second.port());
    assert!(has_password(&offer));
    for house in &room.houses {
        assert_eq!(room.home.known(house.port()).unwrap().pins[0], house.pin());
    }
}

#[test]
fn a_later_run_needs_no_invitation_at_a_server_where_nobody_was_before() {
    let room = Houses::self_made();
    let mut alice = room.home.opens(room.invited());
    let (first, peer, _) = room.lets_in(&mut alice, Reason::Pin);
    alice.wish(Intent::Leave);
    // Who leaves first does not come again.
    drop(peer);
    alice.expect_ended();
    let second = room.other_than(first);
    let mut later = room.home.opens(room.options());
    let (house, peer, offer) = room.lets_in(&mut later, Reason::Pin);
    assert!(has_password(&offer));
    lose(&mut later, peer);
    let (other, _peer, offer) = room.lets_in(&mut later, Reason::Pin);
    assert!(has_password(&offer));
    assert_ne!(house.port(), other.port());
    assert!(room.home.known(second.port()).is_some());
}

#[test]
fn a_person_is_asked_about_each_key_and_told_whose_it_is() {
    let room = Houses::self_made();
    let mut alice = room.home.opens(room.options());
    let (first, mut peer) = room.accept();
    assert!(peer.expect_gone().is_empty());
    let asked = |window: &mut Window, house: &House| match window.next() {
        Event::AsksTrust { address, pin, .. } => {
            assert_eq!((address, pin), (house.address(), house.pin()));
        }
        other => panic!("not asked: {other:?}"),
    };
    asked(&mut alice, first);
    alice.wish(Intent::Trust { pin: first.pin() });
    alice.expect(Event::Connecting);
    let (house, peer, _) = room.lets_in(&mut alice, Reason::Asked);
    assert_eq!(house.port(), first.port());
    lose(&mut alice, peer);
    // The yes was about the other server.
    let (second, mut peer) = room.accept();
    assert!(peer.expect_gone().is_empty());
    assert_ne!(second.port(), first.port());
    asked(&mut alice, second);
    alice.wish(Intent::Trust { pin: second.pin() });
    alice.expect(Event::Connecting);
    room.lets_in(&mut alice, Reason::Asked);
}

#[test]
fn servers_with_one_key_are_asked_about_once() {
    let room = Houses::of_one_key();
    let mut alice = room.home.opens(room.options());
    let (house, mut peer) = room.accept();
    assert!(peer.expect_gone().is_empty());
    alice.expect_asks(house.pin());
    alice.wish(Intent::Trust { pin: house.pin() });
    alice.expect(Event::Connecting);
    let (_, peer, _) = room.lets_in(&mut alice, Reason::Asked);
    lose(&mut alice, peer);
    room.lets_in(&mut alice, Reason::Asked);
}

#[test]
fn a_key_that_changed_is_a_full_stop_that_names_the_server_and_the_next_attempt_is_at_another_one()
{
    let room = Houses::self_made();
    let mut alice = room.home.opens(room.invited());
    let (first, peer, _) = room.lets_in(&mut alice, Reason::Pin);
    let second = room.other_than(first);
    let stranger = Certificate::self_signed(HOST);
    drop(peer);
    alice.expect_cause();
    alice.expect(Event::Connecting);
    let mut peer = second.server.accept().accept_tls(&stranger).unwrap();
    assert!(peer.expect_gone().is_empty());
    match alice.next() {
        Event::KeyChanged { address, .. } => assert_eq!(address, second.address()),
        other => panic!("no full stop: {other:?}"),
    }
    alice.expect_no_event();
    alice.wish(Intent::Retry);
    alice.expect(Event::Connecting);
    let (house, ..) = room.lets_in(&mut alice, Reason::Pin);
    assert_eq!(house.port(), first.port());
}

#[test]
fn a_password_that_is_known_of_one_server_goes_to_no_other_one_of_a_list_that_anybody_wrote() {
    let room = Houses::self_made();
    let [one, two] = &room.houses;
    let mut alice = room.home.opens(Options {
        password: Some(Password::new("sesame")),
        ..room.home.invited(one.port(), &[&one.certificate])
    });
    let (mut peer, offer) = one.is_believed();
    assert!(has_password(&offer));
    alice.expect(Event::Connected);
    peer.send(offer.welcome(0, "a-1"));
    alice.expect_secured(Reason::Pin, one.pin());
    drop(peer);
    alice.wish(Intent::Leave);
    alice.expect_ended();
    // Whoever wrote this list has put a server of his own beside the one that is known.
    let mut lured = room.home.opens(Options {
        password: None,
        ..room.invited()
    });
    let mut peer = None;
    for _ in 0..2 {
        if let Some(peer) = peer.take() {
            lose(&mut lured, peer);
        }
        let (house, came, offer) = room.lets_in(&mut lured, Reason::Pin);
        assert_eq!(has_password(&offer), house.port() == one.port());
        peer = Some(came);
    }
    assert!(room.home.known(two.port()).is_some());
}

#[test]
fn a_password_that_is_typed_for_one_server_goes_to_no_other_one() {
    let room = Houses::self_made();
    let invited = || Options {
        password: None,
        ..room.invited()
    };
    let mut alice = room.home.opens(invited());
    let first = room.asks_password(&mut alice);
    let (address, password) = (first.address(), Password::new("sesame"));
    alice.wish(Intent::Password { address, password });
    alice.expect(Event::Connecting);
    let (house, peer, offer) = room.lets_in(&mut alice, Reason::Pin);
    assert!(house.port() == first.port() && has_password(&offer));
    lose(&mut alice, peer);
    let second = room.asks_password(&mut alice);
    assert_ne!(second.port(), first.port());
    // Each has its own.
    let (address, password) = (second.address(), Password::new("open wheat"));
    alice.wish(Intent::Password { address, password });
    alice.expect(Event::Connecting);
    let (house, peer, other) = room.lets_in(&mut alice, Reason::Pin);
    assert_eq!(house.port(), second.port());
    assert_ne!(other.header("Password"), offer.header("Password"));
    lose(&mut alice, peer);
    let (_, _peer, again) = room.lets_in(&mut alice, Reason::Pin);
    assert_eq!(again.header("Password"), offer.header("Password"));
    // A later run does not give it to the other one either.
    let mut later = room.home.opens(invited());
    let mut peer = None;
    for _ in 0..2 {
        if let Some(peer) = peer.take() {
            lose(&mut later, peer);
        }
        let (house, came, sent) = room.lets_in(&mut later, Reason::Pin);
        let own = if house.port() == first.port() {
            &offer
        } else {
            &other
        };
        assert_eq!(sent.header("Password"), own.header("Password"));
        peer = Some(came);
    }
}

#[test]
fn a_password_that_is_typed_for_one_server_goes_to_another_one_with_the_same_key() {
    let room = Houses::of_one_key();
    let mut alice = room.home.opens(Options {
        password: None,
        ..room.invited()
    });
    let first = room.asks_password(&mut alice);
    let (address, password) = (first.address(), Password::new("sesame"));
    alice.wish(Intent::Password { address, password });
    alice.expect(Event::Connecting);
    let (_, peer, offer) = room.lets_in(&mut alice, Reason::Pin);
    assert!(has_password(&offer));
    lose(&mut alice, peer);
    let (second, _peer, offer) = room.lets_in(&mut alice, Reason::Pin);
    assert!(second.port() != first.port() && has_password(&offer));
}

#[test]
fn a_password_that_no_server_has_taken_yet_goes_to_none_but_the_one_that_asked() {
    let room = Houses::of_one_key();
    let mut alice = room.home.opens(Options {
        password: None,
        ..room.invited()
    });
    let first = room.asks_password(&mut alice);
    let second = room.other_than(first);
    // Which is another one than the next attempt leads to.
    let (address, password) = (second.address(), Password::new("sesame"));
    alice.wish(Intent::Password { address, password });
    alice.expect(Event::Connecting);
    let asking = room.asks_password(&mut alice);
    assert_eq!(asking.port(), first.port());
}

#[test]
fn what_is_forgotten_of_one_server_is_forgotten_of_every_list_with_it() {
    let room = Houses::self_made();
    let mut alice = room.home.opens(room.invited());
    let (_, peer, _) = room.lets_in(&mut alice, Reason::Pin);
    alice.wish(Intent::Leave);
    drop(peer);
    alice.expect_ended();
    let rooms = room.home.rooms();
    let known = rooms.get(&room.addresses()).unwrap().unwrap();
    assert_eq!(known.pins.len(), 2);
    let [one, two] = room.houses.each_ref().map(|house| house.address().into());
    assert!(rooms.forget(&one).unwrap());
    assert_eq!(rooms.get(&room.addresses()).unwrap(), None);
    rooms.forget(&two).unwrap();
    assert!(!rooms.forget(&room.addresses()).unwrap());
}
