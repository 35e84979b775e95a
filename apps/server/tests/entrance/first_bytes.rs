//! What a connection is by its first bytes: TLS, plain CHAT/1.0, or something that has no business here.

use hubbub_server::Settings;
use hubbub_testing::tls::client_hello;
use hubbub_testing::{Offer, Ours, Peer, Room, join, leave, text};
use hubbub_transport::Pin;

use super::{mixed, private, secure};

/// What TLS within TLS gets: an alert, handshake_failure.
const NO_TLS: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

#[test]
fn members_talk_through_tls() {
    let room = Room::unwatched_with(private());
    let mut alice = secure(&room);
    alice.send([join("alice"), text("alice", "to nobody")].concat());
    // Otherwise bob may be there first.
    room.wait_until_read();
    let mut bob = secure(&room);
    bob.send(join("bob"));
    alice.expect(join("bob"));
    let long = vec![b'x'; 1 << 20];
    for (says, words) in [("bob", &b"hi"[..]), ("bob", &long), ("alice", &long)] {
        let (from, to) = if says == "bob" {
            (&mut bob, &mut alice)
        } else {
            (&mut alice, &mut bob)
        };
        from.send(text(says, words));
        to.expect(text(says, words));
    }
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
    alice.expect_closed();
}

#[test]
fn a_plain_peer_is_told_in_one_line_that_the_room_wants_tls_and_nobody_hears_of_it() {
    let room = Room::unwatched_with(private());
    let mut alice = secure(&room);
    alice.send(join("alice"));
    // One is a browser, and one has nothing to say but a line end.
    let joining = [join("bob"), text("bob", "hi")].concat();
    for words in [&joining[..], b"GET / HTTP/1.1\r\n\r\n", b"\n", b"\x17"] {
        let mut bob = Peer::connect(room.address());
        bob.send(words);
        assert_eq!(bob.expect_notice(), "this room wants TLS");
        bob.finish_sending();
        bob.expect_closed();
    }
    let mut carol = secure(&room);
    carol.send(join("carol"));
    alice.expect(join("carol"));
}

#[test]
fn where_plain_peers_are_let_in_they_get_what_they_always_got_however_their_bytes_are_cut() {
    let room = Room::with(mixed());
    let mut alice = secure(&room);
    alice.send(join("alice"));
    room.hears(join("alice"));
    let frames = [
        join("bob"),
        text("bob", "hi"),
        b"noise\r\n".to_vec(),
        leave("bob"),
    ]
    .concat();
    for size in [frames.len(), 1] {
        let mut bob = Peer::connect(room.address());
        for piece in frames.chunks(size) {
            bob.send(piece);
        }
        alice.expect([join("bob"), text("bob", "hi"), leave("bob")].concat());
        bob.expect_closed();
    }
    // What is noise or a blank line from its first byte on is still that.
    for front in ["\r\n", "x\r\n", "\n"] {
        let mut carol = Peer::connect(room.address());
        carol.send([front.as_bytes(), &join("carol"), &leave("carol")].concat());
        alice.expect([join("carol"), leave("carol")].concat());
        carol.expect_closed();
    }
}

#[test]
fn a_program_of_ours_gets_its_grant_and_the_key_to_come_where_nobody_can_change_it_on_the_way() {
    let next: Pin = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        .parse()
        .unwrap();
    let mut settings = mixed();
    settings.tls.as_mut().unwrap().next = Some(next);
    let room = Room::unwatched_with(settings);
    let enter = |mut peer: Peer, name: &str| {
        let offer = Offer::new(name);
        peer.send(offer.with_join());
        Ours::welcomed(peer, offer)
    };
    let mut alice = enter(secure(&room), "alice");
    assert_eq!(alice.expect_notice("next-key"), next.to_string());
    let mut bob = enter(Peer::connect(room.address()), "bob");
    bob.says(1, "hi");
    // The first that comes is this, and no notice.
    bob.expect_ack(1);
}

/// A web page makes its visitor's browser send this. What follows the line must never be read as frames.
#[test]
fn http_and_tls_within_tls_are_the_end() {
    let room = Room::unwatched_with(private());
    let mut alice = secure(&room);
    alice.send(join("alice"));
    let frames = [join("page"), text("page", "hi")].concat();
    for size in [1, 1000] {
        let mut page = secure(&room);
        let request = [&b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &frames].concat();
        for piece in request.chunks(size) {
            page.try_send(piece);
        }
        assert_eq!(page.expect_gone(), b"");
    }
    let mut within = secure(&room);
    within.send(client_hello("localhost"));
    assert_eq!(within.expect_gone(), NO_TLS);
    let mut bob = secure(&room);
    bob.send(join("bob"));
    alice.expect(join("bob"));
}

/// Where TLS is not spoken, the first byte decides nothing that it did not decide before.
#[test]
fn a_server_without_tls_answers_it_with_an_alert() {
    let room = Room::unwatched_with(Settings::default());
    let mut peer = Peer::connect(room.address());
    peer.send(client_hello("localhost"));
    assert_eq!(peer.expect_gone(), NO_TLS);
}
