//! Our window and our server, which speaks TLS.

use hubbub_server::tls::{Identity, Tls};
use hubbub_server::{History, Settings, password};
use hubbub_session::{Cause, Event, Intent, Options, Reason, TLS};
use hubbub_testing::tls::Certificate;
use hubbub_testing::{Network, Room};
use hubbub_transport::Password;

use super::home::{HOST, Home, pin};
use crate::alice::{Alice, numbers};
use crate::harness::Window;

const PASSWORD: &str = "correct horse battery";

fn tls(certificate: &Certificate) -> Tls {
    let Certificate { chain, key } = certificate;
    Tls::own(Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap())
}

fn private(certificate: &Certificate) -> Settings {
    Settings {
        tls: Some(tls(certificate)),
        ..Settings::default()
    }
}

fn with_password(certificate: &Certificate) -> Settings {
    Settings {
        password: Some(password::check(PASSWORD.as_bytes()).unwrap()),
        ..private(certificate)
    }
}

fn knowing(options: Options, password: &str) -> Options {
    let password = Some(Password::new(password));
    Options {
        password,
        ..options
    }
}

/// Whether everybody's line is private, as it is told to somebody who comes in for this reason.
fn comes_in(window: &mut Window, because: Reason) -> bool {
    window.expect(Event::Connected);
    assert!(matches!(window.next(), Event::Granted { .. }));
    match window.next() {
        Event::Secured {
            reason,
            all_private,
            ..
        } if reason == because => all_private,
        other => panic!("not secured by {because:?}: {other:?}"),
    }
}

#[test]
fn who_has_an_invitation_comes_in_and_who_has_a_wrong_password_is_asked_for_it() {
    let home = Home::new();
    let certificate = Certificate::self_signed(HOST);
    let room = Room::unwatched_with(with_password(&certificate));
    let port = room.address().port();
    let invited = home.invited(port, &[&certificate]);
    let mut alice = home.opens(knowing(invited.clone(), PASSWORD));
    assert!(comes_in(&mut alice, Reason::Pin));
    assert!(home.known(port).unwrap().password.is_some());
    let known = None;
    let mut bob = home.opens(Options {
        username: hubbub_wire::Username::new("bob", 64).unwrap(),
        ..knowing(Options { known, ..invited }, "correct horse batteries")
    });
    bob.expect(Event::Connected);
    bob.expect_asks_password(true);
    bob.wish(Intent::Retry);
    bob.expect(Event::Connecting);
    bob.expect(Event::Connected);
    let address = bob.expect_asks_password(false);
    let password = Password::new(PASSWORD);
    bob.wish(Intent::Password { address, password });
    bob.expect(Event::Connecting);
    assert!(comes_in(&mut bob, Reason::Pin));
}

#[test]
fn a_person_who_says_yes_comes_in_and_later_programs_do_by_themselves() {
    let home = Home::new();
    let certificate = Certificate::self_signed(HOST);
    let room = Room::unwatched_with(private(&certificate));
    let port = room.address().port();
    let mut alice = home.opens(home.options(port));
    alice.expect_asks(pin(&certificate));
    let yes = pin(&certificate);
    alice.wish(Intent::Trust { pin: yes });
    alice.expect(Event::Connecting);
    assert!(comes_in(&mut alice, Reason::Asked));
    let mut again = home.opens(Options {
        username: hubbub_wire::Username::new("bob", 64).unwrap(),
        ..home.options(port)
    });
    assert!(comes_in(&mut again, Reason::Asked));
}

#[test]
fn a_room_that_is_also_plain_says_that_not_everybodys_line_is_private() {
    let home = Home::new();
    let certificate = Certificate::self_signed(HOST);
    let tls = Tls {
        also_plain: true,
        ..tls(&certificate)
    };
    let room = Room::unwatched_with(Settings {
        tls: Some(tls),
        ..Settings::default()
    });
    let port = room.address().port();
    let mut alice = home.opens(home.invited(port, &[&certificate]));
    assert!(!comes_in(&mut alice, Reason::Pin));
}

#[test]
fn the_next_key_takes_over_without_a_question() {
    let home = Home::new();
    let [first, second, third] = [(); 3].map(|()| Certificate::self_signed(HOST));
    let room = |certificate: &Certificate, next: Option<&Certificate>| {
        let next = next.map(pin);
        let tls = Tls {
            next,
            ..tls(certificate)
        };
        Room::unwatched_with(Settings {
            tls: Some(tls),
            ..Settings::default()
        })
    };
    let old = room(&first, Some(&second));
    let network = Network::to(old.address().port());
    let port = network.port();
    let mut alice = home.opens(home.invited(port, &[&first]));
    comes_in(&mut alice, Reason::Pin);
    alice.says("hello");
    // She is away while the key changes.
    alice.wish(Intent::Leave);
    alice.expect_ended();
    assert_eq!(home.known(port).unwrap().pins, [pin(&first), pin(&second)]);
    old.stop();
    let new = room(&second, Some(&third));
    network.lead_to(new.address().port());
    let mut alice = home.opens(home.options(port));
    comes_in(&mut alice, Reason::Pin);
    alice.says("and here I am again");
    assert_eq!(home.known(port).unwrap().pins, [pin(&second), pin(&third)]);
    new.stop();
    let last = room(&third, None);
    network.lead_to(last.address().port());
    alice.until_lost();
    alice.expect(Event::Connecting);
    comes_in(&mut alice, Reason::Pin);
    assert_eq!(home.known(port).unwrap().pins, [pin(&third)]);
}

#[test]
fn plain_and_tls_do_not_meet_and_both_are_told_why() {
    let home = Home::new();
    let certificate = Certificate::self_signed(HOST);
    let room = Room::unwatched_with(private(&certificate));
    let mut alice = home.opens(Options {
        is_private: false,
        ..home.options(room.address().port())
    });
    let code = Some(TLS.to_owned());
    alice.expect(Event::Connected);
    let (cause, why, _) = alice.expect_cause();
    assert_eq!(cause, Cause::Refused { code });
    assert!(why.contains("invitation"), "{why}");
    let plain = Room::unwatched();
    let mut alice = home.opens(home.options(plain.address().port()));
    let (cause, why, _) = alice.expect_cause();
    assert_eq!(cause, Cause::NotChat);
    assert!(why.contains("no TLS"), "{why}");
}

#[test]
fn with_a_history_a_restart_over_tls_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = Certificate::self_signed(HOST);
    let open = || {
        Room::unwatched_with(Settings {
            history: Some(History::new(directory.path().to_owned())),
            ..with_password(&certificate)
        })
    };
    let mut room = open();
    let network = Network::to(room.address().port());
    let member = |name: &str| {
        let home = Home::new();
        let invited = home.invited(network.port(), &[&certificate]);
        Alice::open_with(Options {
            known: None,
            recent: 200,
            username: hubbub_wire::Username::new(name, 64).unwrap().into_owned(),
            ..knowing(invited, PASSWORD)
        })
    };
    let mut alice = member("alice");
    alice.is_caught_up();
    let mut count = 0;
    for waits_for in [0, 1, 5, 9] {
        let first = count;
        for _ in 0..10 {
            alice.window.say(count, &count.to_string());
            count += 1;
        }
        if waits_for > 0 {
            alice.has_arrived(first + waits_for - 1);
        }
        room.stop();
        room = open();
        network.lead_to(room.address().port());
    }
    alice.has_arrived(count - 1);
    assert!(alice.arrived.iter().copied().eq(0..count));
    let mut carol = member("carol");
    carol.is_caught_up();
    assert!(numbers(&carol.heard).eq(0..count), "{:?}", carol.heard);
    assert_eq!((alice.gaps, alice.heard.len()), (0, 0));
}

impl Window {
    /// Says something and waits until it has arrived. All that the server said at the grant came before that.
    fn says(&mut self, words: &str) {
        self.say(0, words);
        while !matches!(self.next(), Event::Arrived { .. }) {}
    }

    fn until_lost(&mut self) {
        loop {
            if let Event::Lost { retry_in, .. } = self.next() {
                self.time.advance(retry_in);
                return;
            }
        }
    }
}
