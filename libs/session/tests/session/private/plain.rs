//! Between plain and TLS nothing leads over.

use std::time::Duration;

use hubbub_session::{Cause, Event, Intent, Options, Reason, TLS, TURNED_AWAY};
use hubbub_testing::{ScriptedServer, join};

use super::home::{Home, House, address};
use crate::harness::Window;

fn plain(options: Options) -> Options {
    let is_private = false;
    Options {
        is_private,
        ..options
    }
}

#[test]
fn an_address_that_is_known_with_tls_is_not_spoken_to_in_plain_before_it_is_forgotten() {
    let home = Home::new();
    let house = House::self_made();
    let mut alice = home.opens(home.invited(house.port(), &[&house.certificate]));
    house.lets_in(&mut alice, Reason::Pin);
    let mut alice = home.opens(plain(home.options(house.port())));
    let retry = |alice: &mut Window| {
        let (cause, why, retry_in) = alice.expect_cause();
        assert_eq!((cause, retry_in), (Cause::Plain, Duration::MAX));
        assert!(why.contains("forget"), "{why}");
        alice.time.advance(Duration::from_secs(3600));
        alice.expect_no_event();
        alice.wish(Intent::Retry);
        alice.expect(Event::Connecting);
    };
    retry(&mut alice);
    retry(&mut alice);
    let (_, _, _) = alice.expect_cause();
    home.rooms().forget(&address(house.port())).unwrap();
    alice.wish(Intent::Retry);
    alice.expect(Event::Connecting);
    // This is the first connection that the server has seen in plain.
    house.server.accept().expect(join("alice"));
}

#[test]
fn a_room_that_wants_tls_is_not_followed_there_and_a_person_is_told_what_to_do() {
    let words = "this room wants TLS";
    let len = words.len();
    let text = format!("CHAT/1.0 TEXT\r\nUsername: server\r\nMsg-len: {len}\r\n\r\n{words}");
    for answer in [text.as_bytes(), b"\x15\x03\x03\x00\x02\x02\x46", b"\x15"] {
        let home = Home::new();
        let server = ScriptedServer::start();
        let mut alice = home.opens(plain(home.options(server.port())));
        for _ in 0..2 {
            let mut peer = server.accept();
            peer.expect(join("alice"));
            alice.expect(Event::Connected);
            peer.send(answer);
            peer.finish_sending();
            let (cause, why, retry_in) = alice.expect_cause();
            let code = Some(TLS.to_owned());
            assert_eq!(cause, Cause::Refused { code });
            assert!(
                why.starts_with(words) && why.contains("invitation"),
                "{why}"
            );
            alice.time.advance(retry_in);
            alice.expect(Event::Connecting);
        }
    }
}

#[test]
fn a_server_without_tls_is_not_spoken_to_in_plain_whatever_it_answers() {
    let text = "CHAT/1.0 TEXT\r\nUsername: server\r\nMsg-len: 2\r\n\r\nhi";
    let alert = "\x15\x03\x03\x00\x02\x02\x28";
    for (answer, cause) in [
        (text, Cause::NotChat),
        (alert, Cause::NotChat),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", Cause::NotChat),
        ("", Cause::CutOff),
    ] {
        let home = Home::new();
        let server = ScriptedServer::start();
        let mut alice = home.opens(home.options(server.port()));
        for _ in 0..2 {
            let mut peer = server.accept();
            peer.expect([0x16, 3]);
            peer.send(answer);
            peer.finish_sending();
            let said = peer.expect_gone();
            assert!(!said.windows(4).any(|part| part == b"CHAT"), "{said:?}");
            let (why_not, why, retry_in) = alice.expect_cause();
            assert_eq!(why_not, cause, "{why}");
            assert!(why.starts_with("there is no TLS"), "{why}");
            alice.time.advance(retry_in);
            alice.expect(Event::Connecting);
        }
        assert_eq!(home.known(server.port()), None);
    }
}

#[test]
fn who_is_turned_away_before_the_handshake_is_told_so_and_waits_also_with_another_name() {
    let home = Home::new();
    let server = ScriptedServer::start();
    let mut alice = home.opens(home.options(server.port()));
    for _ in 0..3 {
        let mut peer = server.accept();
        peer.send("\x15\x03\x03\x00\x02\x02\x31");
        peer.finish_sending();
        let (cause, why, retry_in) = alice.expect_cause();
        let code = Some(TURNED_AWAY.to_owned());
        assert_eq!(cause, Cause::Refused { code });
        assert!(why.contains("turns connections away"), "{why}");
        assert_eq!(retry_in, Duration::from_secs(30));
        // Another name is tried at once, and again only after the wait.
        let username = hubbub_wire::Username::new("alice2", 64).unwrap();
        alice.wish(Intent::Rename { username });
        alice.expect(Event::Connecting);
    }
}

#[test]
fn a_handshake_that_does_not_end_is_given_up_after_ten_seconds() {
    let home = Home::new();
    let server = ScriptedServer::start();
    let mut alice = home.opens(home.options(server.port()));
    let mut peer = server.accept();
    peer.expect([0x16, 3]);
    // The hello is on its way only when somebody waits for the answer.
    alice.time.expect_nap(Duration::from_secs(10));
    alice.time.advance(Duration::from_millis(9_999));
    alice.time.settle();
    alice.expect_no_event();
    alice.time.advance(Duration::from_millis(1));
    let (cause, why, _) = alice.expect_cause();
    assert_eq!(cause, Cause::CutOff, "{why}");
}

#[test]
fn who_leaves_during_the_handshake_is_gone() {
    let home = Home::new();
    let server = ScriptedServer::start();
    let alice = home.opens(home.options(server.port()));
    let mut peer = server.accept();
    peer.expect([0x16, 3]);
    alice.wish(Intent::Leave);
    alice.expect_ended();
    peer.expect_gone();
}
