//! From a page into the room: after the handshake of its web socket, a visitor is a peer like every other.

use hubbub_testing::web::Request;
use hubbub_testing::{Peer, Room, join, leave, text};

use super::place::{asked, room, status, with_page};

fn upgrade(room: &Room) -> Request {
    let port = room.address().port();
    Request::upgrade(
        format!("localhost:{port}"),
        format!("http://localhost:{port}"),
    )
}

#[test]
fn a_page_and_a_plain_program_talk() {
    let room = Room::with(with_page());
    let mut alice = room.member("alice");
    let mut page = Peer::connect(room.address()).upgrade_by(&upgrade(&room));
    page.send([join("page"), text("page", "hi")].concat());
    alice.expect([join("page"), text("page", "hi")].concat());
    alice.send(text("alice", "hi you"));
    page.expect(text("alice", "hi you"));
    page.send(leave("page"));
    alice.expect(leave("page"));
}

#[test]
fn what_is_no_page_of_this_room_does_not_come_in_and_nobody_hears_of_it() {
    let room = Room::with(with_page());
    let mut alice = room.member("alice");
    let right = upgrade(&room);
    for (request, wanted) in [
        (right.clone().without("Origin"), "403"),
        (right.clone().with("Origin", "http://evil.test"), "403"),
        (right.clone().with("Origin", "http://localhost:1"), "403"),
        (right.clone().with("Origin", "null"), "403"),
        (
            right
                .clone()
                .with("Host", "evil.test")
                .with("Origin", "http://evil.test"),
            "421",
        ),
        (right.clone().with("Sec-WebSocket-Version", "8"), "426"),
        (right.clone().line("GET /room HTTP/1.0"), "426"),
        (right.clone().line("GET /other HTTP/1.1"), "404"),
        (right.clone().with("Sec-WebSocket-Key", "short"), "400"),
        (right.clone().with("Content-Length", "5"), "400"),
        (right.clone().and("Origin", "http://localhost"), "400"),
    ] {
        let mut peer = Peer::connect(room.address());
        peer.send([&request.bytes()[..], &join("page")].concat());
        let answer = String::from_utf8(peer.expect_gone()).unwrap();
        assert_eq!(status(&answer), wanted, "{answer}");
    }
    let mut honest = room.member("honest");
    alice.expect(join("honest"));
    honest.send(leave("honest"));
    alice.expect(leave("honest"));
}

/// A web page can make its visitor's browser send these, with a body of its choice.
#[test]
fn other_methods_are_told_which_are_answered_and_their_bodies_are_not_read() {
    let room = Room::with(with_page());
    let mut alice = room.member("alice");
    for method in [
        "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "get",
    ] {
        let head =
            format!("{method} /room HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n");
        let mut page = Peer::connect(room.address());
        page.send([head.as_bytes(), &join("page")].concat());
        let answer = String::from_utf8(page.expect_gone()).unwrap();
        assert_eq!(status(&answer), "405", "{method}: {answer}");
        assert!(answer.contains("\r\nAllow: GET, HEAD\r\n"), "{answer}");
    }
    let _bob = room.member("bob");
    alice.expect(join("bob"));
}

#[test]
fn a_page_that_asks_for_the_room_without_a_web_socket_is_told_how_to_see_it() {
    let room = room();
    let answer = asked(
        room.address(),
        "GET /room HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n",
    );
    assert_eq!(status(&answer), "426");
    assert!(answer.contains("open /"), "{answer}");
}
