//! Who is turned away by a server with TLS: told in plain words, or by an alert, and never by a handshake.

use std::time::Duration;

use hubbub_server::Settings;
use hubbub_server::guests::{MOST_GUESTS, MOST_GUESTS_OF_ADDRESS};
use hubbub_testing::tls::{Caller, client_hello};
use hubbub_testing::{Peer, Room, TcpSocket, join, tcp_sockets, until};

use super::{mixed, private, secure};

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

/// Whether each of these, in the eyes of the system, has the socket that the other one of `wanted` describes.
fn all(peers: &[Peer], wanted: impl Fn(&TcpSocket, u16) -> bool) -> bool {
    let sockets = tcp_sockets();
    peers.iter().all(|peer| {
        let port = peer.local_address().port();
        sockets.iter().any(|socket| wanted(socket, port))
    })
}

/// What somebody gets who comes when all that its address may have wait for their turn. `None` if their turn came
/// before it did.
fn comes_to_a_full_address() -> Option<Vec<u8>> {
    let room = Room::unwatched_with(private());
    let hello = client_hello("localhost");
    // Others begin handshakes and go on with none: each of them keeps a turn for as long as it may.
    let of = |number: usize| u8::try_from(2 + number / MOST_GUESTS_OF_ADDRESS).unwrap();
    let mut others: Vec<Peer> = (0..MOST_GUESTS - 2 * MOST_GUESTS_OF_ADDRESS)
        .map(|number| Peer::connect_from([127, 0, 0, of(number)], room.address()))
        .collect();
    others.iter_mut().for_each(|other| other.send(&hello));
    let mut waiting: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS)
        .map(|_| Peer::connect(room.address()))
        .collect();
    waiting.iter_mut().for_each(|peer| peer.send(&hello[..1]));
    until("the first byte of each is read", || {
        all(&waiting, |socket, port| {
            socket.remote == port && socket.unread == 0
        })
    });
    let mut newcomer = Peer::connect(room.address());
    newcomer.send(&hello);
    let told = newcomer.expect_gone();
    let last = others.split_off(others.len() - 1);
    let is_unanswered = all(&last, |socket, port| {
        socket.local == port && socket.unread == 0
    });
    is_unanswered.then(|| {
        // Nobody has gone for the newcomer.
        for mut peer in waiting {
            peer.send(&hello[1..]);
            peer.take_a_byte();
            assert!(!peer.ends_within(Duration::from_millis(1)));
        }
        told
    })
}

#[test]
fn who_comes_when_all_of_its_address_wait_for_their_turn_is_turned_away_and_none_of_them_is() {
    let mut told = None;
    until("somebody comes in time", || {
        told = comes_to_a_full_address();
        told.is_some()
    });
    assert_eq!(told.unwrap(), NO_PLACE);
}
