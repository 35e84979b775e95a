//! Records of TLS after the handshake: in single bytes, cut, without end, of kinds that nobody expects, and other
//! protocols inside.

use hubbub_testing::tls::{Caller, client_hello};
use hubbub_testing::{MIB, Network, Peer, is_from, join, leave, text};

use crate::siege::{ATTACKERS, Siege, withstands_securely};

/// A member that has joined securely.
fn member(siege: &Siege, name: &str) -> Peer {
    siege.room.member(name)
}

#[test]
fn records_in_single_bytes_are_heard_as_others_are() {
    withstands_securely(&[], |siege| {
        let network = Network::to(siege.room.address().port());
        network.weather().piece = 1;
        let mut split = Peer::try_connect(network.port()).unwrap().secure();
        let mut slow = siege.room.connect();
        split.send(join("split"));
        siege.room.hears(join("split"));
        for byte in slow.sealed(join("slow")) {
            slow.send_under_tls([byte]);
        }
        siege.room.hears(join("slow"));
        let said = text("slow", "x".repeat(3000));
        for frame in [&said[..10], &said[10..20], &said[20..]] {
            // A record for each byte of the head, too.
            slow.send(frame);
        }
        siege.room.hears(&said);
        split.expect(join("slow"));
        split.expect(said);
        slow.send(leave("slow"));
        siege.room.hears(leave("slow"));
    });
}

/// A record has up to 16 KiB, and the server has to keep what has come of it.
#[test]
fn members_in_the_middle_of_a_record_are_a_bounded_burden() {
    const EACH: u64 = 40 * 1024;
    withstands_securely(&[], |siege| {
        let before = siege.program.resident_bytes();
        let mut stuck: Vec<Peer> = Vec::new();
        for number in 0..ATTACKERS {
            let name = format!("stuck {number}");
            let mut peer = siege.room.member(&name);
            let record = peer.sealed(text(&name, vec![b'x'; 15_000]));
            peer.send_under_tls(&record[..record.len() - 1]);
            stuck.push(peer);
        }
        siege.room.wait_until_read();
        siege.assert_serves();
        let grown = siege.program.resident_bytes().saturating_sub(before);
        assert!(
            grown < EACH * ATTACKERS as u64,
            "{grown} bytes for {ATTACKERS}"
        );
    });
}

#[test]
fn half_a_record_and_the_end_is_a_leave_and_nothing_of_the_record() {
    withstands_securely(&[], |siege| {
        for cut in [1, 5, 6, 100] {
            let mut peer = member(siege, "cut");
            let record = peer.sealed(text("cut", "never said".repeat(100)));
            peer.send_under_tls(&record[..cut]);
            drop(peer);
            assert_eq!(next_of(siege, "cut"), leave("cut"));
        }
    });
}

/// The next that is heard of somebody.
fn next_of(siege: &Siege, name: &str) -> Vec<u8> {
    loop {
        let frame = siege.room.next_heard();
        if is_from(&frame, name) {
            return frame;
        }
    }
}

/// Of the head, the version counts for nothing (RFC 8446, 5.1), and rustls takes the type inside for the type.
#[test]
fn a_changed_bit_is_the_end() {
    withstands_securely(&[], |siege| {
        for at in [3, 4, 5, 50] {
            let mut peer = member(siege, "forged");
            let mut record = peer.sealed(text("forged", "never said".repeat(100)));
            record[at] ^= 1;
            peer.send_under_tls(&record);
            peer.try_finish_sending();
            peer.expect_gone();
            assert_eq!(next_of(siege, "forged"), leave("forged"));
        }
    });
}

#[test]
fn a_record_said_again_is_the_end() {
    withstands_securely(&[], |siege| {
        let mut peer = member(siege, "echo");
        let record = peer.sealed(text("echo", "once"));
        peer.send_under_tls(record.repeat(2));
        peer.expect_gone();
        assert_eq!(next_of(siege, "echo"), text("echo", "once"));
        assert_eq!(next_of(siege, "echo"), leave("echo"));
    });
}

/// What is said in plain after the handshake, by somebody in between.
#[test]
fn plain_frames_within_an_encrypted_connection_are_not_heard() {
    withstands_securely(&[], |siege| {
        for said in [
            text("victim", "in plain"),
            client_hello("localhost"),
            vec![0x16, 3, 3, 0, 4, 0, 0, 0, 0],
        ] {
            let mut peer = member(siege, "victim");
            peer.send_under_tls(said);
            peer.expect_gone();
            assert_eq!(next_of(siege, "victim"), leave("victim"));
        }
    });
}

#[test]
fn there_is_no_tls_inside_tls_and_no_http() {
    withstands_securely(&[], |siege| {
        let post = b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let said = [
            join("inside"),
            text("inside", "said inside"),
            leave("inside"),
        ]
        .concat();
        for inside in [
            &client_hello("localhost")[..],
            b"\x16\x03",
            post,
            b"HEAD /x HTTP/1.0\r\n\r\n",
        ] {
            for piece in [1, inside.len()] {
                let mut peer = siege.room.connect();
                for piece in [inside, &said].concat().chunks(piece) {
                    peer.try_send(piece);
                }
                peer.expect_gone();
            }
        }
        // It is gone, and the next that is heard is somebody else.
        let mut honest = siege.room.connect();
        honest.send([join("honest"), leave("honest")].concat());
        loop {
            let frame = siege.room.next_heard();
            assert!(!is_from(&frame, "inside"), "it was heard");
            if frame == leave("honest") {
                break;
            }
        }
    });
}

#[test]
fn who_wants_to_speak_another_protocol_in_tls_gets_no_connection() {
    withstands_securely(&[], |siege| {
        for protocols in [&["http/1.1"][..], &["h2", "http/1.1"], &["chat/2.0"]] {
            let caller = Caller::believing_all().speaking(protocols);
            let peer = Peer::connect(siege.room.address());
            let error = peer
                .try_secure(&caller, "localhost")
                .err()
                .unwrap()
                .to_string();
            assert!(error.contains("NoApplicationProtocol"), "{error}");
        }
        for protocols in [&[][..], &["http/1.1", "chat/1.0"]] {
            let caller = Caller::believing_all().speaking(protocols);
            let peer = Peer::connect(siege.room.address());
            let mut peer = peer.try_secure(&caller, "localhost").unwrap();
            let agreed = protocols.last().map(|&last| last.to_owned());
            assert_eq!(peer.protocol(), agreed);
            peer.send([join("agreed"), leave("agreed")].concat());
            siege.room.hears(leave("agreed"));
        }
    });
}

/// Each asks for new keys of the server, and so for a record that somebody has to read.
#[test]
fn a_flood_of_new_keys_ends_and_what_is_owed_for_them_stays_small() {
    withstands_securely(&[], |siege| {
        let mut peer = member(siege, "keys");
        let flood: Vec<u8> = (0..200).flat_map(|_| peer.new_keys()).collect();
        peer.send_under_tls(flood);
        peer.expect_gone();
        assert_eq!(next_of(siege, "keys"), leave("keys"));

        // Words in between make them lawful. Nobody reads the answers.
        let before = siege.program.resident_bytes();
        let mut peer = siege.room.narrow_member("words");
        for number in 0..2000 {
            let mut records = peer.new_keys();
            records.extend(peer.sealed(text("words", number.to_string())));
            peer.send_under_tls(records);
        }
        siege.room.hears(text("words", "1999"));
        let grown = siege.program.resident_bytes().saturating_sub(before);
        assert!(grown < MIB as u64, "{grown} bytes");
    });
}

#[test]
fn a_member_that_says_the_end_in_tls_has_left() {
    withstands_securely(&[], |siege| {
        let mut peer = member(siege, "leaving");
        peer.send(text("leaving", "last words"));
        peer.finish_sending();
        peer.expect_gone();
        assert_eq!(next_of(siege, "leaving"), text("leaving", "last words"));
        assert_eq!(next_of(siege, "leaving"), leave("leaving"));
    });
}
