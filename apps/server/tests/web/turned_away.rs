//! Those for whom there is no place: a page that wants to enter learns why by the end of its web socket, since a browser
//! shows it nothing of any other answer; everybody else gets a line of text.

use hubbub_testing::web::Answer;
use hubbub_testing::{Peer, join, leave, until};

use crate::house::{House, INDEX};

/// How a page is told that there is no place.
const FULL: (u16, &str) = (4007, "full");

/// A page that asks for the room, and is told that it cannot come in, in these words and by this close.
#[track_caller]
fn is_told(house: &House, words: &str, (code, reason): (u16, &str)) {
    let mut page = house.room.browser().upgrade();
    let told = page.expect_notice();
    assert!(told.contains(words), "{told}");
    assert_eq!(page.expect_closing(), (code, reason.to_owned()));
    page.expect_gone();
}

/// Whoever asks for anything else gets this line, and what is no page of this room no web socket either. Only who may come
/// in soon is asked to come again.
#[track_caller]
fn others_get_a_line(house: &House, status: u16, words: &str) {
    let right = house.upgrade();
    for request in [
        house.get("/"),
        house.get("/nowhere"),
        house.get("/room"),
        house.get("/").with("Host", "evil.test"),
        right.clone().without("Origin"),
        right.clone().with("Origin", "http://evil.test"),
        right.clone().with("Origin", "null"),
        right
            .clone()
            .with("Host", "evil.test")
            .with("Origin", "http://evil.test"),
        right.clone().with("Sec-WebSocket-Version", "8"),
        right.clone().with("Sec-WebSocket-Key", "short"),
        right.clone().with("Content-Length", "5"),
        right.line("GET /rooms HTTP/1.1"),
    ] {
        let answer = house.ask(&request);
        assert_eq!(answer.status, status, "{request:?}: {answer:?}");
        let is_asked_again = answer.header("Retry-After").is_some();
        assert_eq!(is_asked_again, status == 503, "{answer:?}");
        assert!(answer.text().contains(words), "{request:?}: {answer:?}");
    }
}

/// A room for as many as this, and as many members in it. Nobody else has been there.
fn full(names: &[&str]) -> (House, Vec<Peer>) {
    let most = names.len().to_string();
    let house = House::at("127.0.0.1", &["--max-peers", &most]);
    filled(house, names)
}

/// The same with TLS.
#[cfg(feature = "tls")]
fn full_and_private(names: &[&str]) -> (House, Vec<Peer>) {
    let most = names.len().to_string();
    let house = House::private_and_unwatched(&["--max-peers", &most]);
    filled(house, names)
}

fn filled(mut house: House, names: &[&str]) -> (House, Vec<Peer>) {
    let members = names.iter().map(|name| is_here(&mut house, name)).collect();
    (house, members)
}

/// A member with a program.
fn is_here(house: &mut House, name: &str) -> Peer {
    let mut member = house.room.connect();
    member.send(join(name));
    house.program.line_with(name);
    member
}

#[test]
fn a_full_room_says_so_to_a_page() {
    let (house, mut members) = full(&["alice", "bob"]);
    is_told(&house, "the room is full", FULL);
    others_get_a_line(&house, 503, "the room is full");
    // What the page says already is heard by nobody.
    let mut page = house.room.browser().upgrade();
    page.try_send(join("page"));
    page.expect_notice();
    members[1].send(leave("bob"));
    members[0].expect([join("bob"), leave("bob")].concat());
}

/// It has a second to say all of it, and does not keep the others from being told.
#[test]
fn half_a_request_to_a_full_room_gets_the_line_and_ends() {
    let (house, _members) = full(&["alice"]);
    let request = house.upgrade().bytes();
    for half in ["GET ", "GET /room HTTP/1.1\r\nHost: "] {
        let answer = house.answer_to(half).expect("an answer");
        assert_eq!(answer.status, 503, "{half}");
    }
    let mut browser = house.room.browser();
    browser.send("HEAD ");
    assert_eq!(Answer::of_head(&browser.expect_gone()).status, 503);
    let answer = house.answer_to(&request[..request.len() - 1]);
    assert_eq!(answer.expect("an answer").status, 503);
    let endless = [&b"GET /room HTTP/1.1\r\nX: "[..], &[b'x'; 20_000]].concat();
    let mut browser = house.room.browser();
    browser.try_send(endless);
    assert_eq!(house.only_answer(&mut browser).unwrap().status, 503);
    is_told(&house, "the room is full", FULL);
}

/// As many as are told at a time, and many more, which are closed without a word.
#[test]
fn a_crowd_at_a_full_room_keeps_nobody_and_nothing_of_the_server() {
    let (house, _members) = full(&["alice"]);
    let request = house.upgrade().bytes();
    let mut crowd: Vec<Peer> = (0..200)
        .map(|_| {
            let mut peer = house.room.browser();
            peer.try_send(&request[..request.len() - 1]);
            peer
        })
        .collect();
    for peer in &mut crowd {
        let told = peer.expect_gone();
        assert!(
            told.is_empty() || told.starts_with(b"HTTP/1.1 503"),
            "{told:?}"
        );
    }
    drop(crowd);
    until("somebody is told again", || {
        house.answer_to("GET ").is_some()
    });
    is_told(&house, "the room is full", FULL);
}

#[test]
fn as_many_of_an_address_as_may_be_here_is_said_to_a_page() {
    let mut house = House::at("127.0.0.1", &["--max-peers-per-address", "1"]);
    let _alice = is_here(&mut house, "alice");
    is_told(&house, "connections from your address", FULL);
    // Files are nobody's visit.
    assert_eq!(house.ask(&house.get("/")).text(), INDEX);
}

#[test]
fn files_are_nobodys_visit_and_pages_and_programs_that_come_too_often_are_told() {
    let mut house = House::at("127.0.0.1", &["--visits-per-minute", "2"]);
    for _ in 0..20 {
        assert_eq!(house.ask(&house.get("/")).text(), INDEX);
    }
    let mut alice = is_here(&mut house, "alice");
    let mut page = house.room.browser().upgrade();
    page.send(join("page"));
    alice.expect(join("page"));
    let mut plain = house.room.connect();
    plain.send(join("plain"));
    let words = plain.expect_notice();
    assert!(words.contains("too often"), "{words}");
    is_told(&house, "too often", FULL);
}

#[test]
#[cfg(feature = "admin")]
fn a_ban_is_said_to_a_page() {
    let desk = hubbub_testing::tls::Directory::new();
    let socket = desk.of("admin");
    let house = House::at("127.0.0.1", &["--admin", &socket]);
    let mut desk = crate::desk::Desk::connect(socket.as_ref());
    desk.does("ban\t127.0.0.1");
    is_told(&house, "banned", (4005, "banned"));
    others_get_a_line(&house, 403, "banned");
}

/// A browser shows nothing of what comes before TLS is spoken.
#[test]
#[cfg(feature = "tls")]
fn a_full_room_with_tls_says_so_to_a_page_within_tls() {
    let (house, _members) = full_and_private(&["alice"]);
    is_told(&house, "the room is full", FULL);
    others_get_a_line(&house, 503, "the room is full");
    let mut program = house.room.connect();
    program.send(join("bob"));
    let told = program.expect_notice();
    assert!(told.contains("the room is full"), "{told}");
}

#[test]
#[cfg(all(feature = "admin", feature = "tls"))]
fn a_ban_is_said_to_a_page_within_tls() {
    let desk = hubbub_testing::tls::Directory::new();
    let socket = desk.of("admin");
    let house = House::private_and_unwatched(&["--admin", &socket]);
    let mut desk = crate::desk::Desk::connect(socket.as_ref());
    desk.does("ban\t127.0.0.1");
    is_told(&house, "banned", (4005, "banned"));
    others_get_a_line(&house, 403, "banned");
}

/// How many are told within TLS at a time that there is no place.
#[cfg(feature = "tls")]
const OUTSIDE: usize = 4;

/// They have two seconds for their handshake, and others one to get a turn. Who gets none is told by an alert.
#[test]
#[cfg(feature = "tls")]
fn a_crowd_outside_that_does_not_go_on_with_its_handshakes_has_only_so_many_turns() {
    /// An alert record: fatal, access_denied.
    const NO_PLACE: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];
    let (house, _members) = full_and_private(&["alice"]);
    let begun = &hubbub_testing::tls::client_hello("localhost")[..9];
    let silent_of = |crowd: usize| {
        let mut crowd: Vec<Peer> = (0..crowd)
            .map(|_| {
                let mut peer = Peer::connect(house.address());
                peer.send(begun);
                peer
            })
            .collect();
        let ends = crowd.iter_mut().map(Peer::expect_gone);
        let told: Vec<bool> = ends
            .map(|end| {
                assert!(end.is_empty() || end == NO_PLACE, "{end:?}");
                end == NO_PLACE
            })
            .collect();
        told.iter().filter(|told| !**told).count()
    };
    assert_eq!(silent_of(OUTSIDE), OUTSIDE);
    assert_eq!(silent_of(5 * OUTSIDE), OUTSIDE);
    is_told(&house, "the room is full", FULL);
}

/// What a handshake costs us is spent by then.
#[test]
#[cfg(feature = "tls")]
fn a_crowd_outside_that_breaks_off_its_handshakes_keeps_each_turn_for_a_tenth_of_a_second() {
    use std::time::{Duration, Instant};
    const TURN: Duration = Duration::from_millis(100);
    const ROUNDS: usize = 7;
    let (house, _members) = full_and_private(&["alice"]);
    let hello = hubbub_testing::tls::client_hello("localhost");
    let began = Instant::now();
    let crowd: Vec<Peer> = (0..ROUNDS * OUTSIDE)
        .map(|_| {
            let mut peer = Peer::connect(house.address());
            peer.send(&hello);
            peer
        })
        .collect();
    for mut peer in crowd {
        peer.take_a_byte();
    }
    let least = TURN * (ROUNDS as u32 - 1);
    assert!(began.elapsed() >= least, "{:?}", began.elapsed());
}
