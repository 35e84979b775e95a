//! Requests that two programs in a row would read as different ones, and the way from HTTP to WebSocket. Every
//! connection has one answer, and what follows a request that is not an upgrade is nobody's.

use hubbub_testing::web::{Frame, KEYS};
use hubbub_testing::{join, leave, text};

use crate::house::{House, INDEX};

/// What must not be heard, as it is and in WebSocket.
fn words() -> [Vec<u8>; 2] {
    let frames = [join("page"), text("page", "smuggled"), leave("page")].concat();
    [Frame::binary(&frames).bytes(), frames]
}

#[test]
fn what_follows_a_request_is_neither_a_second_one_nor_frames() {
    let house = House::open(&[]);
    let get = house.get("/");
    let second = house.get("/app-0123/boot.js").bytes();
    let upgrade = house.upgrade().bytes();
    let taken = [
        get.clone(),
        get.clone().with("Connection", "keep-alive"),
        get.clone().with("Content-Length", 0),
        get.clone()
            .with("Connection", "Upgrade, HTTP2-Settings")
            .with("Upgrade", "h2c"),
    ];
    let refused = [
        get.clone().with("Content-Length", 1000),
        get.clone().with("Content-Length", "5, 6"),
        get.clone()
            .with("Content-Length", 5)
            .and("Content-Length", 6),
        get.clone().with("Content-Length", -1),
        get.clone()
            .with("Content-Length", "99999999999999999999999"),
        get.clone().with("Transfer-Encoding", "chunked"),
        get.clone()
            .with("Transfer-Encoding", "chunked")
            .with("Content-Length", 5),
        get.clone().with("Transfer-Encoding", "xchunked"),
        get.clone().with("Transfer-Encoding", "\x0bchunked"),
        get.clone()
            .with("Expect", "100-continue")
            .with("Content-Length", 5),
        get.line("GET / HTTP/1.0").with("Content-Length", 5),
    ];
    let taken = taken.iter().map(|request| (request, 200));
    let refused = refused.iter().map(|request| (request, 400));
    for (request, wanted) in taken.chain(refused) {
        let [framed, frames] = words();
        let chunked = [&b"0\r\n\r\n"[..], &second].concat();
        for after in [&framed, &frames, &second, &chunked, &upgrade] {
            let answer = house.answer_to([&request.bytes(), &after[..]].concat());
            let answer = answer.expect("one answer");
            assert_eq!(answer.status, wanted, "{request:?}: {answer:?}");
            assert_eq!(answer.text() == INDEX, wanted == 200);
        }
    }
    house.assert_unheard("page");
}

/// A program in between may take what follows for the body of a request, while it would be frames here.
#[test]
fn an_upgrade_has_no_body() {
    let house = House::open(&[]);
    for request in [
        house.upgrade().with("Content-Length", 5),
        house.upgrade().with("Content-Length", 1000),
        house.upgrade().with("Content-Length", "x"),
        house.upgrade().with("Transfer-Encoding", "chunked"),
        house.upgrade().with("Transfer-Encoding", "identity"),
    ] {
        let [framed, _] = words();
        let answer = house.answer_to([request.bytes(), framed].concat());
        assert_eq!(answer.expect("one answer").status, 400, "{request:?}");
    }
    house.assert_unheard("page");
}

#[test]
fn frames_may_come_with_the_request_however_it_is_cut() {
    let house = House::open(&[]);
    let request = house.upgrade().bytes();
    let frames = [join("early"), text("early", "hi"), leave("early")].concat();
    let early = [request, Frame::binary(&frames).bytes()].concat();
    for size in [early.len(), early.len() - 1, early.len() - 40, 100, 1] {
        let mut visitor = house.room.browser();
        for piece in early.chunks(size) {
            visitor.send(piece);
        }
        let mut visitor = visitor.upgraded();
        for said in [join("early"), text("early", "hi"), leave("early")] {
            house.room.hears(said);
        }
        assert_eq!(visitor.expect_closing().0, 1000);
    }
}

/// Nobody but a browser comes this way.
#[test]
fn frames_of_the_protocol_without_web_socket_are_not_heard_behind_an_upgrade() {
    let house = House::open(&[]);
    let [_, frames] = words();
    let mut page = house.room.browser();
    page.send([house.upgrade().bytes(), frames].concat());
    let mut page = page.upgraded();
    assert_eq!(page.expect_closing().0, 1002);
    house.assert_unheard("page");
}

#[test]
fn the_words_of_an_upgrade_are_lists_and_their_letters_do_not_matter() {
    let house = House::open(&[]);
    let request = || house.upgrade();
    for right in [
        request().with("Connection", "keep-alive, Upgrade"),
        request().with("Connection", "Upgrade,keep-alive"),
        request().with("Connection", "upgrade"),
        request().with("Connection", ",, UPGRADE ,"),
        request()
            .with("Connection", "keep-alive")
            .and("Connection", "Upgrade"),
        request().with("Upgrade", "WebSocket"),
        request().with("Upgrade", "WEBSOCKET"),
        request().without("Sec-WebSocket-Extensions"),
        request().with("X-Long", "x".repeat(1000)),
    ] {
        house.room.browser().upgrade_by(&right);
    }
}

#[test]
fn what_is_no_right_upgrade_gets_no_connection() {
    let house = House::open(&[]);
    let request = || house.upgrade();
    let missing = [
        request().without("Connection"),
        request().with("Connection", "keep-alive"),
        request().with("Connection", "close"),
        request().with("Connection", "Upgrader"),
        request().with("Connection", "Up grade"),
        request().without("Upgrade"),
        request().with("Upgrade", "h2c"),
        request().with("Upgrade", "websockets"),
        request().with("Upgrade", "web socket"),
        request().without("Sec-WebSocket-Version"),
        request().with("Sec-WebSocket-Version", "8"),
        request().with("Sec-WebSocket-Version", "14"),
        request().with("Sec-WebSocket-Version", "013"),
        request().with("Sec-WebSocket-Version", "13, 8"),
        request().line("GET /room HTTP/1.0"),
    ];
    let wrong = [
        request().and("Sec-WebSocket-Version", "8"),
        request().without("Sec-WebSocket-Key"),
        request().with("Sec-WebSocket-Key", ""),
        request().with("Sec-WebSocket-Key", "short"),
        request().with("Sec-WebSocket-Key", "x".repeat(24)),
        request().with("Sec-WebSocket-Key", format!("{}=", KEYS[0].0)),
        request().with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"),
        request().with("Sec-WebSocket-Key", "!".repeat(24)),
        request().and("Sec-WebSocket-Key", KEYS[1].0),
    ];
    let missing = missing.iter().map(|request| (request, 426));
    let wrong = wrong.iter().map(|request| (request, 400));
    for (request, wanted) in missing.chain(wrong) {
        let [framed, _] = words();
        let answer = house.answer_to([request.bytes(), framed].concat());
        let answer = answer.expect("one answer");
        assert_eq!(answer.status, wanted, "{request:?}: {answer:?}");
        if wanted == 426 {
            assert_eq!(answer.need("Sec-WebSocket-Version"), "13");
        }
    }
    let head = request().line("HEAD /room HTTP/1.1");
    assert_eq!(house.status(&head), 426);
    assert_eq!(house.status(&house.get("/room")), 403);
    let post = request().line("POST /room HTTP/1.1");
    assert_eq!(house.status(&post), 405);
    for (elsewhere, wanted) in [
        ("/", 200),
        ("/index.html", 200),
        ("/nowhere", 404),
        ("/room2", 404),
        ("/ROOM", 404),
    ] {
        let wrong = request().line(&format!("GET {elsewhere} HTTP/1.1"));
        assert_eq!(house.status(&wrong), wanted, "{elsewhere}");
    }
    house.assert_unheard("page");
}

/// What the server makes of it is not learnt by heart.
#[test]
fn each_key_has_its_own_answer() {
    let house = House::open(&[]);
    for (key, accept) in KEYS {
        let mut browser = house.room.browser();
        browser.send(house.upgrade().with("Sec-WebSocket-Key", key).bytes());
        let head = browser.head();
        let line = format!("Sec-WebSocket-Accept: {accept}\r\n");
        assert!(head.contains(&line), "{head}");
    }
}

/// A name for a sub-protocol is not asked for by our page, and none is agreed on.
#[test]
fn nothing_is_agreed_on_that_was_not_asked_for_nor_what_was() {
    let house = House::open(&[]);
    for request in [
        house.upgrade().with("Sec-WebSocket-Protocol", "chat"),
        house.upgrade().with(
            "Sec-WebSocket-Extensions",
            "permessage-deflate; server_no_context_takeover",
        ),
        house
            .upgrade()
            .with("Sec-WebSocket-Extensions", "x-webkit-deflate-frame"),
        house
            .upgrade()
            .with("Sec-WebSocket-Extensions", ";;,\"")
            .and("Sec-WebSocket-Extensions", "a"),
    ] {
        // It checks that there are no other headers than those of every upgrade.
        house.room.browser().upgrade_by(&request);
    }
}

/// The bytes of both protocols never mix: where a connection is one of the room, a request is noise or the end.
#[test]
fn a_request_in_the_middle_of_a_plain_connection_is_noise_or_the_end() {
    let house = House::open(&[]);
    let [mut alice, mut bob] = house.room.members(["alice", "bob"]);
    alice.send([house.get("/").bytes(), text("alice", "still here")].concat());
    bob.expect(text("alice", "still here"));
    alice.expect_nothing_yet();
    let mut blank = house.room.connect();
    blank.send([b"\r\n".to_vec(), house.get("/").bytes()].concat());
    assert!(!blank.expect_gone().starts_with(b"HTTP/1.1 200"));
}
