//! Who is turned away by a server with TLS and no page: told in plain words, or by an alert, and never by a handshake.

use std::time::Duration;

use hubbub_server::Settings;
use hubbub_server::guests::{MOST_GUESTS, MOST_GUESTS_OF_ADDRESS};
use hubbub_testing::tls::{Caller, client_hello};
use hubbub_testing::{Peer, Room, join, text, until};

use super::{mixed, private, secure};

/// How long a connection has for joining, where nobody goes on: longer than the others keep all turns, which is 2.8 s.
const JOIN: Duration = Duration::from_secs(5);

/// An alert record: fatal, access_denied.
const NO_PLACE: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

#[test]
fn a_full_room_tells_plain_peers_in_words_and_others_by_an_alert_without_a_handshake() {
    for settings in [private(), mixed()] {
        let room = Room::unwatched_with(Settings {
            max_peers: 1,
            ..settings
        });
        let mut alice = secure(&room);
        alice.send(join("alice"));
        let mut bob = Peer::connect(room.address());
        bob.send(client_hello("localhost"));
        assert_eq!(bob.expect_gone(), NO_PLACE);
        let bob = Peer::connect(room.address());
        let why = bob.try_secure(&Caller::believing_all(), "localhost");
        let why = why.err().unwrap().to_string();
        assert!(why.contains("AccessDenied"), "{why}");
        for words in [&b"CHAT/1.0 JOIN\r\n"[..], b""] {
            let mut bob = Peer::connect(room.address());
            bob.send(words);
            let told = bob.expect_notice();
            assert!(told.contains("full"), "{told}");
        }
    }
}

/// What the last one gets of a crowd from one address, all of whom begin a handshake while others have every turn for it.
fn comes_last() -> Vec<u8> {
    let room = Room::with(Settings {
        join_timeout: JOIN,
        ..mixed()
    });
    let mut alice = room.member("alice");
    // Nobody goes on with what it has begun. So others keep each turn for as long as they may, and it costs nothing.
    let begun = &client_hello("localhost")[..2];
    let of = |number: usize| u8::try_from(2 + number / MOST_GUESTS_OF_ADDRESS).unwrap();
    let mut others: Vec<Peer> = (0..MOST_GUESTS - 2 * MOST_GUESTS_OF_ADDRESS)
        .map(|number| Peer::connect_from([127, 0, 0, of(number)], room.address()))
        .collect();
    others.iter_mut().for_each(|other| other.send(begun));
    let mut crowd = Vec::new();
    // Some may get a turn by chance, and go for those who come later.
    for _ in 0..2 * MOST_GUESTS_OF_ADDRESS {
        let mut peer = Peer::connect(room.address());
        peer.send(begun);
        // The server has had the time to look at it.
        alice.send(text("alice", "here"));
        room.hears(text("alice", "here"));
        crowd.push(peer);
    }
    crowd.pop().unwrap().expect_gone()
}

/// On a busy machine the turns of the others may be over too early.
#[test]
fn who_comes_when_all_of_its_address_wait_for_their_turn_is_turned_away() {
    until("somebody is turned away", || comes_last() == NO_PLACE);
}
