//! Who is turned away by a server with TLS: told in plain words, or by an alert, and never by a handshake.

use hubbub_server::Settings;
use hubbub_testing::tls::{Caller, client_hello};
use hubbub_testing::{Peer, Room, join};

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
