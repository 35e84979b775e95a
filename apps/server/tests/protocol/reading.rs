//! What members may send besides the exact form, and what the others see of it: the exact form or nothing.

use hubbub_testing::{Peer, Room, join, leave, shown, text};

#[test]
fn whatever_the_form_of_a_text_the_others_get_the_exact_one() {
    let sloppy: [&[u8]; 9] = [
        b"CHAT/1.0 TEXT\r\nusername: alice\r\nmsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUSERNAME: alice\r\nMSG-LEN: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\nUsername: alice\nMsg-len: 2\n\nhi",
        b"CHAT/1.0 TEXT\r\nMsg-len: 2\r\nUsername: alice\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername:alice\r\nMsg-len :   2  \r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nX-Mood: fine\r\nUsername: alice\r\nMsg-len: 2\r\nDate: now\r\n\r\nhi",
        b"\r\n\n\r\nCHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.7 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername: alice\r\nUsername: alice\r\nMsg-len: 2\r\nMsg-len: 2\r\n\r\nhi",
    ];
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    for bytes in sloppy {
        alice.send(bytes);
        bob.expect("CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\n\r\nhi");
    }
}

#[test]
fn whatever_the_form_of_join_and_leave_the_others_get_the_exact_one() {
    let room = Room::open();
    let mut bob = room.member("bob");
    let mut alice = room.connect();
    alice.send("CHAT/1.0 JOIN\nMsg-len: 5\nX-Client: mine\nusername:alice\n\nhello");
    bob.expect("CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n");
    alice.send("CHAT/1.0 LEAVE\nusername:   alice\nMsg-len: 3\n\nbye");
    bob.expect("CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n");
    alice.expect_closed();
}

#[test]
fn what_is_to_be_ignored_reaches_nobody_and_the_stream_goes_on() {
    let ignored: [&[u8]; 14] = [
        b"CHAT/1.0 TEXT\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername: alice\r\n\r\n",
        b"CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 0\r\n\r\n",
        b"CHAT/1.0 JOIN\r\n\r\n",
        b"CHAT/1.0 LEAVE\r\n\r\n",
        b"CHAT/1.0 WAVE\r\nUsername: alice\r\n\r\n",
        b"CHAT/1.0 WAVE\r\nUsername: alice\r\nMsg-len: 35\r\n\r\nCHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n",
        b"CHAT/1.0 TEXT\r\nUsername: alice\r\nUsername: bob\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername:\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername: al\xffice\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername: al\x1bice\r\nMsg-len: 2\r\n\r\nhi",
        b"CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 71\r\nMy first chat message!\r\n\r\n",
        b"CHAT/2.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\n\r\nhi\r\n",
        b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n",
    ];
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    for bytes in ignored {
        let marker = text("alice", shown(bytes));
        alice.send([bytes, &marker].concat());
        bob.expect(marker);
    }
    bob.send(text("bob", "no answer to any of it"));
    alice.expect(text("bob", "no answer to any of it"));
}

/// Three programs in the wild: one counts characters, one misspells the length, one puts the text into the head.
#[test]
fn a_leave_behind_noise_is_not_lost() {
    let noisy: [(&[u8], &[u8]); 3] = [
        (
            b"CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 7\r\n\r\nh\xc3\xa9llo \xe2\x82\xac",
            b"CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 10\r\n\r\nh\xc3\xa9llo \xe2\x82\xac",
        ),
        (
            b"CHAT/1.0 TEXT\r\nUsername: alice\r\nMesg-len: 22\r\n\r\nMy first chat message!",
            b"",
        ),
        (
            b"CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 71\r\nMy first chat message!\r\n\r\n",
            b"",
        ),
    ];
    let room = Room::open();
    let mut bob = room.member("bob");
    for (noise, understood) in noisy {
        let mut alice = room.member("alice");
        bob.expect(join("alice"));
        alice.send([noise, &leave("alice")].concat());
        bob.expect([understood, &leave("alice")].concat());
        alice.expect_closed();
    }
}

#[test]
fn a_fatal_error_closes_the_connection_with_a_leave_to_the_others() {
    let room = Room::open();
    let mut bob = room.member("bob");
    for bytes in fatal() {
        let mut alice = room.member("alice");
        bob.expect(join("alice"));
        alice.send(text("alice", "before"));
        alice.send(&bytes);
        bob.expect([text("alice", "before"), leave("alice")].concat());
        let heard = alice.expect_gone();
        assert_eq!(shown(&heard), shown(b""), "behind {}", shown(&bytes));
    }
}

#[test]
fn a_fatal_error_before_join_closes_the_connection_and_nobody_hears() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    for bytes in fatal() {
        let mut stranger: Peer = room.connect();
        stranger.send(&bytes);
        stranger.expect_gone();
        alice.send(text("alice", "did you hear that?"));
        bob.expect(text("alice", "did you hear that?"));
    }
}

/// What a visitor's browser sends for a web page. The page chooses what comes after the head.
#[test]
fn no_web_page_speaks_in_the_room_whatever_its_request_and_however_it_is_cut() {
    let room = Room::open();
    let mut bob = room.member("bob");
    let words = [join("page"), text("page", "hi"), leave("page")].concat();
    for line in [
        "POST / HTTP/1.1\r\n",
        "GET /?CHAT/1.0%20JOIN HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "CHAT http://localhost/ HTTP/1.0\r\n",
        "noise\r\nPUT / HTTP/1.1\r\n",
        "\x16\x03\x01\x02\x00\x01",
    ] {
        let head = format!("{line}Host: localhost:8765\r\nContent-Type: text/plain\r\n\r\n");
        let request = [head.as_bytes(), &words].concat();
        for size in [request.len(), line.len(), 1] {
            let mut browser = room.connect();
            for piece in request.chunks(size) {
                browser.try_send(piece);
            }
            browser.expect_gone();
        }
    }
    let mut alice = room.member("alice");
    bob.expect(join("alice"));
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
}

/// A program that speaks TLS says then what is wrong, and does not wait for an answer that never comes.
#[test]
fn who_begins_with_tls_gets_an_alert_and_the_end_however_its_bytes_are_cut() {
    const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];
    let room = Room::unwatched();
    for pieces in [
        &[&b"\x16\x03\x01\x02\x00\x01\x00"[..]][..],
        &[b"\x16", b"\x03"],
    ] {
        let mut peer = room.connect();
        for piece in pieces {
            peer.send(piece);
        }
        peer.expect(ALERT);
        peer.expect_closed();
    }
    // A text that begins with the same byte is noise as any other.
    let mut peer = room.connect();
    peer.send("\x16\r\n");
    peer.send(
        [
            join("alice"),
            text("alice", vec![b'x'; hubbub_testing::MIB + 1]),
        ]
        .concat(),
    );
    assert!(peer.expect_notice().starts_with("your text"));
}

/// Frames of alice after which the stream cannot be understood any more.
fn fatal() -> Vec<Vec<u8>> {
    let length = |value: &str| {
        let head = format!("CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: {value}\r\n\r\n");
        head.into_bytes()
    };
    vec![
        length("many"),
        length("-1"),
        length("1.5"),
        length(""),
        length("99999999999999999999999999"),
        length("2\r\nMsg-len: 3"),
        // A head of more than 4 KiB.
        length(&format!("2\r\nX-Long: {}", "x".repeat(4096))),
        // More than 32 headers.
        length(&format!("2{}", "\r\nX-Short: x".repeat(32))),
        // More than 4 KiB of noise, in lines.
        b"no start line at all\r\n".repeat(200),
        // More than 4 KiB of noise, in one line.
        vec![b'x'; 5000],
    ]
}
