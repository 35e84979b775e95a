//! Browsers and TLS: what is agreed on decides, and where everybody has to have it, a browser is sent there.

use hubbub_server::Settings;
use hubbub_server::tls::{Identity, Tls};
use hubbub_testing::tls::{Caller, Certificate};
use hubbub_testing::web::Request;
use hubbub_testing::{Peer, Room, join, leave, text};

use super::place::{INDEX, asked, field, get, status, with_page};

const HTTP: &[&str] = &["h2", "http/1.1"];

/// The same settings with TLS.
fn private(settings: Settings) -> Settings {
    let Certificate { chain, key, .. } = Certificate::self_signed("localhost");
    let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    Settings {
        tls: Some(Tls::own(identity)),
        ..settings
    }
}

fn room() -> Room {
    Room::unwatched_with(private(with_page()))
}

/// A connection with TLS on which these protocols are offered.
#[track_caller]
fn speaking(room: &Room, caller: &Caller, protocols: &[&str]) -> Peer {
    let peer = Peer::connect(room.address());
    peer.try_secure(&caller.speaking(protocols), "localhost")
        .unwrap()
}

#[track_caller]
fn asks(mut peer: Peer, request: &str) -> String {
    peer.send(request);
    String::from_utf8(peer.expect_gone()).unwrap()
}

#[test]
fn a_browser_agrees_on_http_and_gets_the_page_by_tls_1_2_and_1_3() {
    let room = room();
    for caller in [Caller::believing_all(), Caller::of_tls_1_2()] {
        let peer = speaking(&room, &caller, HTTP);
        assert_eq!(peer.protocol().as_deref(), Some("http/1.1"));
        assert!(asks(peer, &get("/")).ends_with(INDEX));
    }
    // With nothing agreed, the first bytes decide.
    let peer = speaking(&room, &Caller::believing_all(), &[]);
    assert!(asks(peer, &get("/")).ends_with(INDEX));
}

#[test]
fn programs_agree_on_chat_or_on_nothing_and_are_members() {
    let room = room();
    let all = Caller::believing_all();
    let mut alice = speaking(&room, &all, &["chat/1.0"]);
    assert_eq!(alice.protocol().as_deref(), Some("chat/1.0"));
    alice.send(join("alice"));
    room.wait_until_read();
    for caller in [all.clone(), Caller::of_tls_1_2()] {
        let mut bob = speaking(&room, &caller, &[]);
        bob.send([join("bob"), text("bob", "hi"), leave("bob")].concat());
        alice.expect([join("bob"), text("bob", "hi"), leave("bob")].concat());
    }
    // What is agreed on decides, whatever comes first.
    let mut odd = speaking(&room, &all, &["chat/1.0"]);
    odd.send(get("/"));
    assert_eq!(odd.expect_gone(), b"");
    let mut odd = speaking(&room, &all, HTTP);
    odd.send([&join("odd")[..], b"\r\n\r\n"].concat());
    let answer = String::from_utf8(odd.expect_gone()).unwrap();
    assert_eq!(status(&answer), "400", "{answer}");
}

#[test]
fn without_a_page_there_is_neither_http_nor_tls_1_2() {
    let room = Room::unwatched_with(private(Settings::default()));
    for caller in [Caller::believing_all().speaking(HTTP), Caller::of_tls_1_2()] {
        let peer = Peer::connect(room.address());
        assert!(peer.try_secure(&caller, "localhost").is_err());
    }
}

#[test]
fn where_everybody_has_to_have_tls_a_browser_is_sent_there() {
    let room = room();
    let port = room.address().port();
    let request = format!("GET /a?b HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    let answer = asked(room.address(), &request);
    assert_eq!(status(&answer), "308", "{answer}");
    let location = format!("https://localhost:{port}/a?b");
    assert_eq!(field(&answer, "Location"), Some(&*location));
    let foreign = asked(room.address(), "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n");
    assert_eq!(status(&foreign), "421", "{foreign}");
    // A plain program is told as ever.
    let mut plain = Peer::connect(room.address());
    plain.send(join("plain"));
    assert_eq!(plain.expect_notice(), "this room wants TLS");
}

#[test]
fn where_plain_programs_are_let_in_a_browser_gets_the_page_without_tls_too() {
    let mut settings = private(with_page());
    settings.tls.as_mut().unwrap().also_plain = true;
    let room = Room::unwatched_with(settings);
    assert!(asked(room.address(), &get("/")).ends_with(INDEX));
}

#[test]
fn a_page_comes_into_the_room_by_tls() {
    let room = room();
    let mut alice = Peer::connect(room.address()).secure();
    alice.send(join("alice"));
    room.wait_until_read();
    let port = room.address().port();
    let request = Request::upgrade(
        format!("localhost:{port}"),
        format!("https://localhost:{port}"),
    );
    for caller in [Caller::believing_all(), Caller::of_tls_1_2()] {
        let mut page = speaking(&room, &caller, HTTP).upgrade_by(&request);
        page.send([join("page"), text("page", "hi")].concat());
        alice.expect([join("page"), text("page", "hi")].concat());
        alice.send(text("alice", "hi you"));
        page.expect(text("alice", "hi you"));
        page.send(leave("page"));
        alice.expect(leave("page"));
    }
}

#[test]
fn other_methods_are_answered_where_http_is_agreed_on() {
    let room = room();
    let peer = speaking(&room, &Caller::believing_all(), HTTP);
    let answer = asks(
        peer,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
    );
    assert_eq!(status(&answer), "405", "{answer}");
}
