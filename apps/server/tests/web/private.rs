//! Browsers in a private room: inside TLS they are what they are without, and outside they are sent there.

use hubbub_testing::tls::Caller;
use hubbub_testing::web::{Frame, Request};
use hubbub_testing::{Peer, join, leave, text};

use crate::house::{House, INDEX};

#[test]
fn who_comes_without_tls_is_sent_there() {
    let house = House::private(&[]);
    let mut plain = Peer::connect(house.address());
    plain.send(join("plain"));
    assert_eq!(plain.expect_notice(), "this room wants TLS");
    let answer = Peer::connect(house.address()).ask(&house.get("/app-0123/boot.js?x"));
    assert_eq!(answer.status, 308);
    let there = format!("https://{}/app-0123/boot.js?x", house.address());
    assert_eq!(answer.need("Location"), there);
    // No room without TLS, also for those that a page asks for.
    let plain = Peer::connect(house.address());
    let upgrade = plain.upgrade_request();
    assert_eq!(plain.ask(&upgrade).status, 308);
    let evil = Request::get("/", "evil.test");
    let answer = Peer::connect(house.address()).ask(&evil);
    assert_eq!(answer.status, 421, "{answer:?}");
    assert_eq!(answer.header("Location"), None);
}

/// As it gets where there is no TLS, however its bytes are cut.
#[test]
fn who_asks_by_another_method_without_tls_is_told_which_ones_there_are() {
    let house = House::private(&[]);
    let said = [join("page"), text("page", "hi"), leave("page")].concat();
    let post = Request::of("POST", "/")
        .with("Host", house.address())
        .with("Content-Length", said.len());
    let bytes = [post.bytes(), said].concat();
    for size in [bytes.len(), 1] {
        let mut page = Peer::connect(house.address());
        for piece in bytes.chunks(size) {
            page.try_send(piece);
        }
        let answer = house.only_answer(&mut page).unwrap();
        assert_eq!(answer.status, 405, "{answer:?}");
        assert_eq!(answer.need("Allow"), "GET, HEAD");
    }
    // What is no request gets the line, also if it never comes to its end.
    for other in ["POST / CHAT/1.0\r\n", "P", "\r\n", &"x".repeat(3000)] {
        let mut program = Peer::connect(house.address());
        program.send(other);
        assert_eq!(program.expect_notice(), "this room wants TLS", "{other}");
    }
    house.assert_unheard("page");
}

#[test]
fn visitors_and_peers_with_tls_talk() {
    let house = House::private(&[]);
    let mut secure = house.room.member("secure");
    let mut visitor = house.room.visiting_member("visitor");
    secure.expect(join("visitor"));
    for line in ["hi", &"x".repeat(100_000)] {
        secure.send(text("secure", line));
        visitor.expect(text("secure", line));
        visitor.send(text("visitor", line));
        secure.expect(text("visitor", line));
    }
}

#[test]
fn a_browser_inside_tls_gets_the_page_and_who_speaks_for_others_gets_neither() {
    let house = House::private(&[]);
    let answer = house.ask(&house.get("/"));
    assert_eq!((answer.status, answer.text()), (200, INDEX));
    let evil = Request::get("/", "evil.test");
    assert_eq!(house.status(&evil), 421);
    let foreign = house.upgrade().with("Origin", "https://evil.test");
    assert_eq!(house.status(&foreign), 403);
    // Where both sides have agreed on the room's own protocol, there is no page.
    let mut peer = house.room.connect();
    peer.send(house.get("/").bytes());
    assert!(!peer.expect_gone().starts_with(b"HTTP/1.1 200"));
    // Who names no protocol is told by the first bytes.
    let caller = Caller::believing_all().speaking(&[]);
    let connect = || Peer::connect(house.address()).try_secure(&caller, "localhost");
    let answer = connect().unwrap().ask(&house.get("/"));
    assert_eq!(answer.text(), INDEX);
    let mut plain = connect().unwrap();
    plain.send([join("unnamed"), leave("unnamed")].concat());
    house.room.hears(join("unnamed"));
    // Nor is there any other.
    let h2 = Caller::believing_all().speaking(&["h2"]);
    assert!(
        Peer::connect(house.address())
            .try_secure(&h2, "localhost")
            .is_err()
    );
}

/// A peer that has agreed on HTTP says nothing in the room without WebSocket.
#[test]
fn inside_tls_for_browsers_frames_of_the_room_are_not_heard() {
    let house = House::private(&[]);
    let mut browser = house.room.browser();
    assert_eq!(browser.protocol().as_deref(), Some("http/1.1"));
    browser.send([join("page"), text("page", "hi")].concat());
    browser.expect_gone();
    house.assert_unheard("page");
}

#[test]
fn wrong_frames_and_fragments_inside_tls_end_as_they_do_without() {
    let house = House::private(&[]);
    for (frame, code) in [
        (Frame::binary("x").unmasked(), 1002),
        (Frame::binary("x").reserving(4), 1002),
        (Frame::text("x"), 1003),
        (Frame::binary("").claiming_64(1 << 40), 1009),
        (Frame::continuation("x"), 1002),
    ] {
        let mut eve = house.room.visiting_member("eve");
        eve.send_frame(&frame);
        assert_eq!(eve.expect_closing().0, code, "{frame:?}");
        house.room.hears(leave("eve"));
    }
    let mut alice = house.room.visiting_member("alice");
    let said = text("alice", vec![b'x'; 20_000]);
    let mut bytes = Frame::binary("").unfinished().bytes();
    let parts = said
        .chunks(3)
        .map(|part| Frame::continuation(part).unfinished().bytes());
    bytes.extend(parts.flatten());
    bytes.extend(Frame::continuation("").bytes());
    alice.send_past_web(bytes);
    house.room.hears(said);
}
