//! A room with a password: who comes in, who does not, what those learn who do not, and how many passwords are
//! compared.

use super::*;
use crate::address::{Addresses, Network};
use crate::guests::{Guests, MOST_GUESTS_OF_ADDRESS};
use crate::password::{PasswordFile, check};
use crate::runtime::block_on;

const RIGHT: &[u8] = b"open sesame, open";
const WRONG: &[u8] = b"open barley, open";

const NONE_SHOWN: &str =
    "this room has a password; come in with a program of Hubbub and an invitation to the room";
const WRONG_SHOWN: &str =
    "this is not the password of the room; ask whoever runs it for an invitation";
const TAKEN: &str = "this name is taken; join under another one";

const TENTH: Duration = Duration::from_millis(100);

/// A room with a password, and where its peers come from.
struct Room {
    hub: Hub,
    addresses: Addresses,
    next: u64,
}

/// Somebody at the door: the peer and what the server tells it.
struct Comer {
    peer: PeerId,
    told: Pending,
}

impl Comer {
    /// Whether it waits: nobody has told it anything.
    fn waits(&mut self) -> bool {
        taken(&mut self.told).is_empty() && !is_over(&mut self.told)
    }

    fn is_in(&mut self) -> bool {
        taken(&mut self.told).contains("\r\nGrant: 1 ")
    }

    #[track_caller]
    fn is_refused(&mut self, words: &str) {
        assert_eq!(taken(&mut self.told), words);
        assert!(is_over(&mut self.told));
    }
}

fn offered_with(secret: u128, attempt: u64, password: Option<&[u8]>) -> Offered {
    let mut offered = offered(secret, attempt);
    if let Offered::Yes(candidate) = &mut offered {
        let password = password.map(|bytes| hubbub_wire::Password::new(bytes.to_vec()).unwrap());
        candidate.offer.password = password;
    }
    offered
}

impl Room {
    fn new() -> Self {
        let mut hub = hub();
        hub.settings.password = Some(check(RIGHT).unwrap());
        Self {
            hub,
            addresses: Addresses::default(),
            next: 10,
        }
    }

    /// Somebody connects from an address.
    fn connects(&mut self, from: &str) -> Comer {
        self.connects_as(from, Guest::default())
    }

    /// The same as one of `guests`. Who is crowded out has to go.
    fn comes_in(&mut self, from: &str, guests: &mut Guests) -> Comer {
        let socket: std::net::SocketAddr = format!("{from}:1").parse().unwrap();
        let network = Network::of(socket.ip());
        let taken_in = guests.take_in(PeerId(self.next), Some(network), self.hub.now);
        let (guest, crowded_out) = taken_in.expect("a place");
        if let Some(peer) = crowded_out {
            self.hub.happens(Event::CrowdedOut { peer });
        }
        guest.enters_lobby();
        self.connects_as(from, guest)
    }

    fn connects_as(&mut self, from: &str, guest: Guest) -> Comer {
        let peer = PeerId(self.next);
        self.next += 1;
        let (outbox, told) = outbox(peer, ROOMY, None);
        let socket = format!("{from}:1").parse().unwrap();
        let from = self.addresses.origin(socket, self.hub.now);
        self.hub.happens(Event::Connected {
            peer,
            outbox,
            from,
            guest,
        });
        Comer { peer, told }
    }

    /// Somebody connects from an address and joins.
    fn joins(&mut self, from: &str, name: &'static str, offered: Offered) -> Comer {
        let comer = self.connects(from);
        self.hub.happens(Event::Join {
            peer: comer.peer,
            name: username(name),
            offered,
        });
        self.hub.flush();
        comer
    }

    /// The same a second later, when no address owes a comparison.
    fn comes(&mut self, name: &'static str, offered: Offered) -> Comer {
        self.hub.passes(Duration::from_secs(1));
        self.joins("192.0.2.1", name, offered)
    }
}

#[test]
fn who_shows_the_password_comes_in_and_whoever_does_not_is_told_so_and_closed() {
    let mut room = Room::new();
    assert!(room.comes("ada", offered_with(1, 1, Some(RIGHT))).is_in());
    let wrong = notice("bob", "password", WRONG_SHOWN);
    room.comes("bob", offered_with(2, 1, Some(WRONG)))
        .is_refused(&wrong);
    let none = notice("bob", "password", NONE_SHOWN);
    room.comes("bob", offered_with(2, 2, None))
        .is_refused(&none);
    let version = notice(
        "bob",
        "version",
        "this room has a password, and the server cannot read yours; use a program of the server's version",
    );
    room.comes("bob", Offered::OtherVersion)
        .is_refused(&version);
    room.comes("bob", Offered::No)
        .is_refused(&text("server", NONE_SHOWN));
    assert_eq!(room.hub.room.len(), 1);
}

#[test]
fn a_join_waits_a_second_for_its_offer_and_is_then_refused_as_a_plain_one() {
    let mut room = Room::new();
    let mut plain = room.comes("bob", Offered::NotYet);
    room.hub.passes(OFFER_WAIT - Duration::from_millis(1));
    assert!(plain.waits());
    room.hub.passes(Duration::from_millis(1));
    plain.is_refused(&text("server", NONE_SHOWN));
    let mut ours = room.comes("bob", Offered::NotYet);
    assert!(ours.waits());
    room.hub.happens(Event::Offered {
        peer: ours.peer,
        name: Some(username("bob")),
        offered: offered_with(1, 1, Some(RIGHT)),
    });
    room.hub.flush();
    assert!(ours.is_in());
    let mut wrong = room.comes("eve", Offered::NotYet);
    room.hub.happens(Event::Offered {
        peer: wrong.peer,
        name: Some(username("fay")),
        offered: offered_with(2, 1, Some(RIGHT)),
    });
    wrong.is_refused(&text("server", NONE_SHOWN));
}

#[test]
fn who_closes_right_after_a_plain_join_is_told_before() {
    let mut room = Room::new();
    let mut plain = room.comes("bob", Offered::NotYet);
    room.hub.is_gone(plain.peer, Departure::Closed);
    plain.is_refused(&text("server", NONE_SHOWN));
    assert_eq!(room.hub.lobby.len(), 0);
}

/// Whoever does not know the password learns neither who is here nor who was put out.
#[test]
fn a_name_is_looked_at_only_after_the_password() {
    let mut room = Room::new();
    let _ada = room.comes("ada", offered_with(1, 1, Some(RIGHT)));
    for name in ["ada", "server", "nobody"] {
        let wrong = notice(name, "password", WRONG_SHOWN);
        room.comes(name, offered_with(2, 1, Some(WRONG)))
            .is_refused(&wrong);
        room.comes(name, Offered::No)
            .is_refused(&text("server", NONE_SHOWN));
    }
    let name = notice("ada", "name", TAKEN);
    let mut taken = room.comes("ada", offered_with(2, 2, Some(RIGHT)));
    assert!(taken.waits(), "the bearer is asked");
    room.hub.happens(Event::StillHere { peer: PeerId(10) });
    taken.is_refused(&name);
    let reserved = notice(
        "server",
        "name",
        "the name server is reserved; join under another one",
    );
    room.comes("server", offered_with(2, 3, Some(RIGHT)))
        .is_refused(&reserved);
}

#[cfg(feature = "admin")]
#[test]
fn that_a_name_was_put_out_is_told_only_after_the_password() {
    use crate::orders::Order;

    let mut room = Room::new();
    let _ada = room.comes("ada", offered_with(1, 1, Some(RIGHT)));
    room.hub.ordered(Order::Kick(username("ada")));
    let wrong = notice("ada", "password", WRONG_SHOWN);
    room.comes("ada", offered_with(1, 2, Some(WRONG)))
        .is_refused(&wrong);
    let mut out = room.comes("ada", offered_with(1, 3, Some(RIGHT)));
    assert!(taken(&mut out.told).contains("\r\nCode: kicked\r\n"));
}

/// They are not told even if an operator puts out that name while their password waits.
#[cfg(feature = "admin")]
#[test]
fn who_has_shown_no_password_is_not_kicked_and_learns_nothing_of_it() {
    use crate::orders::{Answer, Order};

    let mut room = Room::new();
    let _first = room.comes("eve", offered_with(1, 1, Some(RIGHT)));
    let mut wrong = room.joins("192.0.2.1", "ada", offered_with(2, 1, Some(WRONG)));
    let mut none = room.joins("192.0.2.2", "ada", Offered::NotYet);
    let answer = room.hub.ordered(Order::Kick(username("ada")));
    assert!(matches!(answer, Answer::NotHere), "{answer:?}");
    assert!(wrong.waits() && none.waits());
    room.hub.passes(OFFER_WAIT);
    wrong.is_refused(&notice("ada", "password", WRONG_SHOWN));
    none.is_refused(&text("server", NONE_SHOWN));
}

#[test]
fn the_secret_of_a_member_never_stands_for_the_password() {
    let mut room = Room::new();
    let mut bob = room.comes("bob", offered_with(1, 1, Some(RIGHT)));
    assert!(bob.is_in());
    let wrong = notice("bob", "password", WRONG_SHOWN);
    let none = notice("bob", "password", NONE_SHOWN);
    room.comes("bob", offered_with(1, 2, Some(WRONG)))
        .is_refused(&wrong);
    room.comes("bob", offered_with(1, 3, None))
        .is_refused(&none);
    assert!(bob.waits(), "it was not replaced");
    // Nor while its place is kept.
    room.hub.is_gone(bob.peer, Departure::Closed);
    room.comes("bob", offered_with(1, 4, Some(WRONG)))
        .is_refused(&wrong);
    assert!(room.comes("bob", offered_with(1, 5, Some(RIGHT))).is_in());
    assert_eq!(room.hub.room.len(), 1);
}

/// What waits for the log is found by its secret, so that a later attempt takes its place.
#[test]
fn a_join_that_waits_goes_for_a_later_attempt_only_with_the_password() {
    let mut room = Room::new();
    room.hub.passes(Duration::from_secs(1));
    let mut first = room.connects("192.0.2.1");
    let (peer, name) = (first.peer, username("bob"));
    let offered = offered_with(1, 1, Some(RIGHT));
    // The log has not ordered it yet.
    room.hub.take(Event::Join {
        peer,
        name,
        offered,
    });
    room.hub.now += TENTH;
    let mut second = room.connects("192.0.2.2");
    let (peer, name) = (second.peer, username("bob"));
    let offered = offered_with(1, 2, Some(WRONG));
    room.hub.take(Event::Join {
        peer,
        name,
        offered,
    });
    second.is_refused(&notice("bob", "password", WRONG_SHOWN));
    room.hub.flush();
    assert!(first.is_in());
}

#[test]
fn ten_passwords_of_an_address_are_compared_in_a_second_and_more_wait_in_their_order() {
    let mut room = Room::new();
    room.hub.passes(Duration::from_secs(1));
    let tries = |attempt: u64| offered_with(1, attempt, Some(WRONG));
    let mut comers: Vec<Comer> = (0..25)
        .map(|n| room.joins("192.0.2.1", "bob", tries(n)))
        .collect();
    let refused = notice("bob", "password", WRONG_SHOWN);
    for step in 0..comers.len() {
        // So far and no further.
        comers[step].is_refused(&refused);
        assert!(comers[step + 1..].iter_mut().all(Comer::waits), "{step}");
        assert_eq!(room.hub.lobby.len(), comers.len() - step - 1);
        room.hub.passes(TENTH - Duration::from_millis(1));
        assert!(comers[step + 1..].iter_mut().all(Comer::waits), "{step}");
        if step + 1 < comers.len() {
            let next = room.hub.now + Duration::from_millis(1);
            assert_eq!(room.hub.lobby.deadline(), Some(next));
        }
        room.hub.passes(Duration::from_millis(1));
    }
    assert_eq!(room.hub.lobby.deadline(), None, "nothing wakes an idle hub");
}

#[test]
fn a_network_of_ipv6_is_one_address_and_nobody_waits_for_another_one() {
    let mut room = Room::new();
    room.hub.passes(Duration::from_secs(1));
    let mut one = room.joins("[2001:db8::1]", "one", offered_with(1, 1, Some(WRONG)));
    let mut two = room.joins("[2001:db8::2]", "two", offered_with(2, 1, Some(RIGHT)));
    let mut three = room.joins(
        "[2001:db8:0:1::1]",
        "three",
        offered_with(3, 1, Some(RIGHT)),
    );
    one.is_refused(&notice("one", "password", WRONG_SHOWN));
    assert!(two.waits() && three.is_in());
    // The room goes on meanwhile.
    room.hub.says(three.peer, "three", "hello");
    let mut plain = room.joins("192.0.2.1", "plain", Offered::No);
    plain.is_refused(&text("server", NONE_SHOWN));
    room.hub.passes(TENTH);
    assert!(two.is_in());
}

/// One stale password that comes again and again keeps nobody else of its address out for long.
#[test]
fn who_goes_while_it_waits_costs_no_comparison() {
    let mut room = Room::new();
    room.hub.passes(Duration::from_secs(1));
    let mut first = room.joins("192.0.2.1", "stale", offered_with(1, 0, Some(WRONG)));
    first.is_refused(&notice("stale", "password", WRONG_SHOWN));
    for attempt in 1..200 {
        let stale = room.joins("192.0.2.1", "stale", offered_with(1, attempt, Some(WRONG)));
        room.hub.is_gone(stale.peer, Departure::Closed);
    }
    let mut bob = room.joins("192.0.2.1", "bob", offered_with(2, 1, Some(RIGHT)));
    assert!(bob.waits());
    assert_eq!(room.hub.lobby.len(), 1);
    room.hub.passes(TENTH);
    assert!(bob.is_in());
}

/// A JOIN with a password, which waits unless its address owes no comparison.
fn wants_in(room: &mut Room, comer: &Comer, name: &'static str, password: &[u8]) {
    room.hub.happens(Event::Join {
        peer: comer.peer,
        name: username(name),
        offered: offered_with(u128::from(comer.peer.0), 1, Some(password)),
    });
    room.hub.flush();
}

#[test]
fn of_one_address_only_as_many_wait_for_a_comparison_as_may_be_there_and_the_oldest_goes() {
    let mut room = Room::new();
    let mut guests = Guests::default();
    room.hub.passes(Duration::from_secs(1));
    let mut first = room.comes_in("192.0.2.1", &mut guests);
    wants_in(&mut room, &first, "eve", WRONG);
    first.is_refused(&notice("eve", "password", WRONG_SHOWN));
    let mut waiting = Vec::new();
    for _ in 0..3 * MOST_GUESTS_OF_ADDRESS {
        let comer = room.comes_in("192.0.2.1", &mut guests);
        wants_in(&mut room, &comer, "eve", WRONG);
        waiting.push(comer);
        assert!(room.hub.lobby.len() <= MOST_GUESTS_OF_ADDRESS);
    }
    let stay = waiting.split_off(2 * MOST_GUESTS_OF_ADDRESS);
    for mut gone in waiting {
        gone.is_refused("");
    }
    // Each turn is for somebody who is still there.
    for mut one in stay {
        assert!(one.waits());
        room.hub.passes(TENTH);
        one.is_refused(&notice("eve", "password", WRONG_SHOWN));
    }
    assert_eq!(room.hub.lobby.deadline(), None);
}

/// Whoever has shown a password has no better place than whoever is about to.
#[test]
fn those_who_wait_for_a_comparison_go_before_a_newcomer_who_has_just_come() {
    let mut room = Room::new();
    let mut guests = Guests::default();
    room.hub.passes(Duration::from_secs(1));
    let first = room.comes_in("192.0.2.1", &mut guests);
    wants_in(&mut room, &first, "eve", WRONG);
    let mut waiting = Vec::new();
    for _ in 1..MOST_GUESTS_OF_ADDRESS {
        let comer = room.comes_in("192.0.2.1", &mut guests);
        wants_in(&mut room, &comer, "eve", WRONG);
        waiting.push(comer);
    }
    let mut honest = room.comes_in("192.0.2.1", &mut guests);
    for _ in 1..MOST_GUESTS_OF_ADDRESS {
        let comer = room.comes_in("192.0.2.1", &mut guests);
        wants_in(&mut room, &comer, "eve", WRONG);
    }
    assert!(honest.waits());
    assert!(waiting.iter_mut().all(|comer| is_over(&mut comer.told)));
    room.hub.passes(TENTH);
    wants_in(&mut room, &honest, "ada", RIGHT);
    while honest.waits() {
        room.hub.passes(TENTH);
    }
    assert_eq!(room.hub.room.len(), 1, "ada is in");
}

/// That is true of a JOIN that waits for its offer, too, and of one that waits for the log or another member it is not.
#[test]
fn who_waits_for_the_bearer_of_a_name_goes_only_if_nobody_is_silent() {
    let mut room = Room::new();
    let mut guests = Guests::default();
    let ada = room.comes("ada", offered_with(1, 1, Some(RIGHT)));
    room.hub.passes(Duration::from_secs(1));
    let mut patient = room.comes_in("192.0.2.1", &mut guests);
    wants_in(&mut room, &patient, "ada", RIGHT);
    let mut no_offer = room.comes_in("192.0.2.1", &mut guests);
    room.hub.happens(Event::Join {
        peer: no_offer.peer,
        name: username("bob"),
        offered: Offered::NotYet,
    });
    let crowd: Vec<Comer> = (1..MOST_GUESTS_OF_ADDRESS)
        .map(|_| room.comes_in("192.0.2.1", &mut guests))
        .collect();
    assert!(patient.waits());
    no_offer.is_refused("");
    // Beyond the bound of all, it may have to go, and goes at once.
    room.hub.happens(Event::CrowdedOut { peer: patient.peer });
    patient.is_refused("");
    room.hub.happens(Event::StillHere { peer: ada.peer });
    assert_eq!(room.hub.lobby.len(), crowd.len());
}

#[test]
fn what_is_said_while_a_password_waits_is_heard_after_it() {
    let mut room = Room::new();
    let mut ada = room.comes("ada", offered_with(1, 1, Some(RIGHT)));
    assert!(ada.is_in());
    let bob = room.joins("192.0.2.1", "bob", offered_with(2, 1, Some(RIGHT)));
    room.hub.says(bob.peer, "bob", "here I am");
    room.hub.flush();
    assert!(ada.waits());
    room.hub.passes(TENTH);
    let heard = taken(&mut ada.told);
    let (join, text) = heard.split_once("TEXT").unwrap();
    assert!(
        join.contains("Username: bob") && text.ends_with("here I am"),
        "{heard}"
    );
}

#[test]
fn who_says_too_much_while_its_password_waits_waits_no_longer() {
    let mut room = Room::new();
    let _first = room.comes("ada", offered_with(1, 1, Some(RIGHT)));
    let mut bob = room.joins("192.0.2.1", "bob", offered_with(2, 1, Some(RIGHT)));
    // There is room for one text of any length, and for nothing after it.
    room.hub.says(bob.peer, "bob", &"x".repeat(CLAIM_BYTES));
    assert!(bob.waits());
    room.hub.says(bob.peer, "bob", "x");
    bob.is_refused("");
    assert_eq!(room.hub.lobby.len(), 0);
}

#[test]
fn a_new_password_counts_at_once_also_for_those_who_wait_and_puts_nobody_out() {
    let mut room = Room::new();
    let mut ada = room.comes("ada", offered_with(1, 1, Some(RIGHT)));
    assert!(ada.is_in());
    let mut old = room.joins("192.0.2.1", "bob", offered_with(2, 1, Some(RIGHT)));
    let mut new = room.joins("192.0.2.1", "eve", offered_with(3, 1, Some(WRONG)));
    assert!(old.waits() && new.waits());
    let file = PasswordFile::new("of nobody");
    let turn = block_on(file.turn());
    room.hub
        .happens(Event::Password(check(WRONG).unwrap(), turn));
    assert!(file.turn().now_or_never().is_some(), "the turn is over");
    room.hub.passes(TENTH);
    old.is_refused(&notice("bob", "password", WRONG_SHOWN));
    room.hub.passes(TENTH);
    assert!(new.is_in());
    assert_eq!(room.hub.room.len(), 2);
    assert!(!is_over(&mut ada.told));
}

#[test]
fn a_password_goes_as_soon_as_it_was_compared_and_stands_in_nothing_that_is_printed() {
    let mut room = Room::new();
    let _in = room.comes("ada", offered_with(0xfeed_beef, 1, Some(RIGHT)));
    let _waits = room.joins("192.0.2.1", "ada", offered_with(0xfeed, 1, Some(RIGHT)));
    let printed = format!("{:?} {:#?}", room.hub, room.hub);
    assert!(printed.contains("password: Some([hidden])"), "{printed}");
    let bytes = format!("{RIGHT:?}");
    let secret = 0xfeed_beef_u32.to_string();
    for hidden in [
        "sesame",
        "feedbeef",
        &secret,
        bytes.trim_matches(['[', ']']),
    ] {
        assert!(!printed.contains(hidden), "{hidden}");
    }
    // It still waits, for an answer of the bearer of its name.
    room.hub.passes(TENTH);
    let printed = format!("{:?}", room.hub.lobby);
    assert_eq!(room.hub.lobby.len(), 1);
    assert!(printed.contains("password: None"), "{printed}");
}
