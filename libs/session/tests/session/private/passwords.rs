//! The room's password: to whom it goes, and how often.

use hubbub_session::{Cause, Event, Intent, Options, Reason};
use hubbub_testing::Peer;
use hubbub_testing::tls::Certificate;
use hubbub_transport::Password;

use super::home::{HOST, Home, House};
use crate::extension::expect_offer;
use crate::harness::Window;

/// `correct horse`, as it stands in an offer.
const RIGHT: &str = "Y29ycmVjdCBob3JzZQ==";

fn with_password(options: Options, password: &str) -> Options {
    let password = Some(Password::new(password));
    Options {
        password,
        ..options
    }
}

pub(crate) fn notice(code: &str) -> String {
    let words = "that was not it";
    let len = words.len();
    format!("CHAT/1.0 NOTICE\r\nUsername: alice\r\nCode: {code}\r\nMsg-len: {len}\r\n\r\n{words}")
}

impl House {
    /// Takes a connection, and refuses it after its offer. Returns the password in the offer.
    #[track_caller]
    fn refuses(&self, window: &mut Window, code: &str) -> Option<String> {
        let (mut peer, offer) = self.is_believed();
        window.expect(Event::Connected);
        peer.send(notice(code));
        let password = offer.header("Password").map(str::to_owned);
        peer.finish_sending();
        password
    }

    /// Lets alice in, and returns her password.
    #[track_caller]
    fn takes(&self, window: &mut Window, reason: Reason) -> (Peer, Option<String>) {
        let (mut peer, offer) = self.is_believed();
        window.expect(Event::Connected);
        peer.send(offer.welcome(0, "a-1"));
        window.expect_secured(reason, self.pin());
        (peer, offer.header("Password").map(str::to_owned))
    }
}

#[test]
fn a_password_goes_to_a_believed_server_is_kept_with_its_key_and_goes_there_again() {
    let home = Home::new();
    let house = House::self_made();
    let invited = home.invited(house.port(), &[&house.certificate]);
    let mut alice = home.opens(with_password(invited, "correct horse"));
    let (_peer, password) = house.takes(&mut alice, Reason::Pin);
    assert_eq!(password.as_deref(), Some(RIGHT));
    let kept = home.known(house.port()).unwrap().password.unwrap();
    assert_eq!(
        (kept.key, kept.password),
        (house.pin(), Password::new("correct horse"))
    );
    let mut alice = home.opens(home.options(house.port()));
    let (_peer, password) = house.takes(&mut alice, Reason::Pin);
    assert_eq!(password.as_deref(), Some(RIGHT));
}

#[test]
fn a_kept_password_does_not_go_to_another_key_that_an_authority_vouches_for() {
    let home = Home::new();
    let mut house = House::with(home.authority.certificate(HOST));
    let mut alice = home.opens(with_password(home.options(house.port()), "correct horse"));
    house.takes(&mut alice, Reason::Authority);
    house.certificate = home.authority.certificate(HOST);
    let mut alice = home.opens(home.options(house.port()));
    assert_eq!(house.refuses(&mut alice, "password"), None);
    alice.expect_asks_password(false);
}

#[test]
fn no_password_goes_to_a_server_that_is_not_believed() {
    let home = Home::new();
    let house = House::self_made();
    let mut alice = home.opens(with_password(home.options(house.port()), "correct horse"));
    house.is_left();
    alice.expect_asks(house.pin());
    alice.wish(Intent::Trust { pin: house.pin() });
    alice.expect(Event::Connecting);
    let (_peer, password) = house.takes(&mut alice, Reason::Asked);
    assert_eq!(password.as_deref(), Some(RIGHT));
}

#[test]
fn a_refused_password_is_asked_for_and_never_repeated_by_itself() {
    let home = Home::new();
    let house = House::self_made();
    let invited = home.invited(house.port(), &[&house.certificate]);
    let mut alice = home.opens(with_password(invited, "wrong"));
    assert_eq!(
        house.refuses(&mut alice, "password").as_deref(),
        Some("d3Jvbmc=")
    );
    alice.expect_asks_password(true);
    alice.time.advance(std::time::Duration::from_secs(3600));
    for _ in 0..2 {
        alice.wish(Intent::Retry);
        alice.expect(Event::Connecting);
        assert_eq!(house.refuses(&mut alice, "password"), None);
        alice.expect_asks_password(false);
    }
    let (address, password) = (house.address(), Password::new("correct horse"));
    alice.wish(Intent::Password { address, password });
    alice.expect(Event::Connecting);
    let (peer, password) = house.takes(&mut alice, Reason::Pin);
    assert_eq!(password.as_deref(), Some(RIGHT));
    // A later connection of the same run has it, too.
    peer.reset();
    let (_, _, retry_in) = alice.expect_cause();
    alice.time.advance(retry_in);
    alice.expect(Event::Connecting);
    let (_peer, password) = house.takes(&mut alice, Reason::Pin);
    assert_eq!(password.as_deref(), Some(RIGHT));
}

#[test]
fn a_kept_password_that_is_refused_is_not_tried_by_the_next_program_either() {
    let home = Home::new();
    let house = House::self_made();
    let invited = home.invited(house.port(), &[&house.certificate]);
    let mut alice = home.opens(with_password(invited, "correct horse"));
    house.takes(&mut alice, Reason::Pin);
    let mut alice = home.opens(home.options(house.port()));
    assert_eq!(
        house.refuses(&mut alice, "password").as_deref(),
        Some(RIGHT)
    );
    alice.expect_asks_password(true);
    assert_eq!(home.known(house.port()).unwrap().password, None);
    let mut alice = home.opens(home.options(house.port()));
    assert_eq!(house.refuses(&mut alice, "password"), None);
    alice.expect_asks_password(false);
}

#[test]
fn a_password_that_is_refused_while_the_user_leaves_is_not_tried_again_either() {
    let home = Home::new();
    let house = House::self_made();
    let invited = home.invited(house.port(), &[&house.certificate]);
    let mut alice = home.opens(with_password(invited, "correct horse"));
    house.takes(&mut alice, Reason::Pin);
    let mut alice = home.opens(home.options(house.port()));
    let (mut peer, _) = house.is_believed();
    alice.expect(Event::Connected);
    alice.wish(Intent::Leave);
    peer.expect(hubbub_testing::leave("alice"));
    peer.send(notice("password"));
    peer.finish_sending();
    let code = Some("password".to_owned());
    assert_eq!(alice.expect_cause().0, Cause::Refused { code });
    alice.expect_ended();
    assert_eq!(home.known(house.port()).unwrap().password, None);
}

#[test]
fn other_refusals_have_their_codes_and_the_password_stays() {
    let home = Home::new();
    let house = House::self_made();
    let invited = home.invited(house.port(), &[&house.certificate]);
    let mut alice = home.opens(with_password(invited, "correct horse"));
    for code in ["name", "banned", "full", "version"] {
        assert_eq!(house.refuses(&mut alice, code).as_deref(), Some(RIGHT));
        let (cause, why, retry_in) = alice.expect_cause();
        let code = Some(code.to_owned());
        assert_eq!((cause, &*why), (Cause::Refused { code }, "that was not it"));
        alice.time.advance(retry_in);
        alice.expect(Event::Connecting);
    }
    house.takes(&mut alice, Reason::Pin);
}

#[test]
fn a_server_that_closes_early_is_joined_without_an_offer_inside_tls_unless_a_pin_or_a_password_is_known()
 {
    let home = Home::new();
    let house = House::with(home.authority.certificate(HOST));
    let options = home.options(house.port());
    for (options, goes_without) in [
        (options.clone(), true),
        (with_password(options, "correct horse"), false),
        (home.invited(house.port(), &[&house.certificate]), false),
    ] {
        let mut alice = home.opens(options);
        let (mut peer, _) = house.is_believed();
        alice.expect(Event::Connected);
        peer.finish_sending();
        let (cause, _, retry_in) = alice.expect_cause();
        let put_off = if goes_without {
            Cause::PutOff
        } else {
            Cause::CutOff
        };
        assert_eq!(cause, put_off);
        alice.time.advance(retry_in);
        alice.expect(Event::Connecting);
        let mut peer = house.accept();
        if goes_without {
            peer.expect(hubbub_testing::join("alice"));
            alice.expect(Event::Connected);
            peer.expect_nothing_yet();
        } else {
            expect_offer(&mut peer, "alice");
            alice.expect(Event::Connected);
        }
        alice.wish(Intent::Leave);
        peer.expect_gone();
        drop(peer);
        alice.expect_ended();
    }
}

#[test]
fn no_password_is_sent_in_plain() {
    let home = Home::new();
    let server = hubbub_testing::ScriptedServer::start();
    let options = Options {
        is_private: false,
        ..with_password(home.options(server.port()), "correct horse")
    };
    let mut alice = home.opens(options);
    let offer = expect_offer(&mut server.accept(), "alice");
    alice.expect(Event::Connected);
    assert_eq!(offer.header("Password"), None);
}

#[test]
fn a_password_that_was_believed_to_be_for_one_server_is_not_sent_to_a_self_made_other() {
    let home = Home::new();
    let mut house = House::self_made();
    let was = house.pin();
    let invited = home.invited(house.port(), &[&house.certificate]);
    let mut alice = home.opens(with_password(invited, "correct horse"));
    house.takes(&mut alice, Reason::Pin);
    house.certificate = Certificate::self_signed(HOST);
    let mut alice = home.opens(home.options(house.port()));
    house.is_left();
    alice.expect_stop(&[was], house.pin(), Reason::Pin);
}
