//! Byte for byte: a server with a page is to plain peers what one without is, and one without is to browsers what it
//! always was.

use hubbub_testing::{Offer, Peer, Program, Room, join, leave, shown, text};

use crate::house::page;

/// A program and its room.
type Server = (Program, Room);

fn server(options: &[&str]) -> Server {
    let mut program = Program::with(options, &[]);
    let room = program.room();
    (program, room)
}

/// What a peer sends, and how it goes on.
struct Script {
    says: Vec<u8>,
    /// In pieces of this size.
    size: usize,
}

/// All that a peer is told to the end, and what the room hears of it, with frames that differ from run to run left out.
#[track_caller]
fn told((_, room): &Server, script: &Script) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut peer = room.connect();
    for piece in script.says.chunks(script.size) {
        peer.try_send(piece);
    }
    peer.try_finish_sending();
    let told = peer.expect_gone();
    let mut probe = room.connect();
    probe.send([join("probe"), leave("probe")].concat());
    let mut heard = Vec::new();
    loop {
        let frame = room.next_heard();
        if frame == leave("probe") {
            return (told, heard);
        }
        heard.push(frame);
    }
}

/// What plain peers may say, rightly or wrongly, and none of it HTTP.
fn scripts() -> Vec<Vec<u8>> {
    let of = |parts: &[&[u8]]| parts.concat();
    let (hi, long) = (text("bob", "hi"), text("bob", vec![b'x'; 1024 * 1024 + 1]));
    vec![
        of(&[b""]),
        of(&[&join("bob")]),
        of(&[&join("bob"), &hi, &leave("bob")]),
        of(&[b"\r\n\r\n", &join("bob"), b"\r\n", &hi]),
        of(&[&join("bob"), &long, &leave("bob")]),
        of(&[&join("bob"), b"noise\r\n", &hi, &leave("bob")]),
        of(&[&join("server")]),
        of(&[&join("watcher"), &text("watcher", "hi")]),
        of(&[&join("bob"), &text("eve", "hi")]),
        of(&[&join("bob"), &join("bob")]),
        of(&[b"CHAT/2.0 JOIN\r\nUsername: bob\r\n\r\n"]),
        of(&[b"chat/1.0 join\nusername:bob\n\n", &leave("bob")]),
        of(&[b"CHAT/1.0 JOIN\r\nUsername: bob\r\n"]),
        of(&[b"\x16\x03\x01\x00\x05hello"]),
        of(&[b"\x16"]),
        // What begins almost like a request.
        of(&[b"G"]),
        of(&[b"GE"]),
        of(&[b"GET"]),
        of(&[b"GET\r\n", &join("bob"), &leave("bob")]),
        of(&[b"GET\n", &join("bob"), &leave("bob")]),
        of(&[b"G\r\n", &join("bob"), &leave("bob")]),
        of(&[b"GETTING on\r\n", &join("bob"), &leave("bob")]),
        of(&[b"GET\t/ x\r\n", &join("bob"), &leave("bob")]),
        of(&[b"get / x\r\n", &join("bob"), &leave("bob")]),
        of(&[b"H"]),
        of(&[b"HEAD"]),
        of(&[b"HEAD\r\n", &join("bob"), &leave("bob")]),
        of(&[b"HEADER: x\r\n", &join("bob"), &leave("bob")]),
        of(&[b"HELO bob\r\n", &join("bob"), &leave("bob")]),
        of(&[b"Hello\r\n", &join("bob"), &leave("bob")]),
        of(&[b" GET / x\r\n", &join("bob"), &leave("bob")]),
        of(&[
            b"GETCHAT/1.0 JOIN\r\nUsername: bob\r\n\r\n",
            &join("bob"),
            &leave("bob"),
        ]),
        of(&[&join("bob"), b"GET off my lawn\r\n", &hi, &leave("bob")]),
        of(&[
            &join("bob"),
            &text("bob", "GET / HTTP/1.1\r\n\r\n"),
            &leave("bob"),
        ]),
    ]
}

#[test]
fn plain_peers_of_a_server_with_a_page_are_told_and_heard_as_without_byte_for_byte() {
    let directory = page();
    let with = server(&["--web", &directory.of("page")]);
    let without = server(&[]);
    for says in scripts() {
        for size in [usize::MAX, 1, 3] {
            // A byte at a time, a megabyte takes its time and shows nothing more.
            if size < 1000 && says.len() > 10_000 {
                continue;
            }
            let said = shown(&says);
            let size = size.min(says.len().max(1));
            let script = Script {
                says: says.clone(),
                size,
            };
            let [one, other] = [&with, &without].map(|server| told(server, &script));
            assert_eq!(
                shown(&one.0),
                shown(&other.0),
                "in pieces of {size} after {said}"
            );
            assert_eq!(one.1, other.1, "in pieces of {size} after {said}");
        }
    }
}

/// Whether a peer that has said this so far is told anything or let go, while it says nothing more.
#[test]
fn one_that_begins_like_a_request_and_says_no_more_has_as_long_as_any_other() {
    use std::time::{Duration, Instant};
    let directory = page();
    let options = ["--join-timeout", "2s", "--web", &directory.of("page")];
    let with = server(&options);
    let without = server(&options[..2]);
    for says in ["", "G", "GET", "H", "HEAD", "CHAT"] {
        let began = Instant::now();
        let [one, other] = [&with, &without].map(|(_, room)| {
            let mut peer = room.connect();
            peer.send(says);
            peer
        });
        for mut peer in [one, other] {
            assert_eq!(peer.expect_gone(), b"", "{says:?}");
            let took = began.elapsed();
            assert!(took > Duration::from_secs(2), "{says:?}: {took:?}");
        }
    }
}

#[test]
fn members_with_a_grant_are_told_the_same_headers_with_a_page_as_without() {
    let directory = page();
    let with = server(&["--web", &directory.of("page")]);
    let without = server(&[]);
    let [one, other] = [&with, &without].map(|(_, room)| {
        let mut ours = room.offering(&Offer::new("ours"));
        ours.says(1, "hi");
        ours.expect_ack(1);
        (ours.grant.names().join(" "), ours.present.clone())
    });
    assert_eq!(one, other);
}

/// What browsers got before there was a page: nothing, and the end.
#[test]
fn a_server_without_a_page_ends_a_request_without_a_word() {
    let without = server(&[]);
    let address = without.1.address();
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        "OPTIONS * HTTP/1.1\r\n\r\n",
    ] {
        for size in [request.len(), 1] {
            let script = Script {
                says: request.into(),
                size,
            };
            let (told, heard) = told(&without, &script);
            assert_eq!(
                (shown(&told), heard),
                (shown(b""), vec![join("probe")]),
                "{request:?}"
            );
        }
    }
    let mut upgrading = Peer::connect(address);
    upgrading.send(upgrading.upgrade_request().bytes());
    assert_eq!(upgrading.expect_gone(), b"");
    // No request, but a line of noise.
    let lawn = [&b"GET off my lawn\r\n"[..], &join("bob"), &leave("bob")].concat();
    let script = Script {
        says: lawn,
        size: 1000,
    };
    let (told, heard) = told(&without, &script);
    assert_eq!(shown(&told), shown(b""));
    assert_eq!(heard[..2], [join("bob"), leave("bob")]);
}

#[cfg(feature = "tls")]
#[test]
fn a_private_server_without_a_page_tells_a_request_that_it_wants_tls() {
    let state = hubbub_testing::tls::Directory::new();
    let mut program = Program::with(&["--tls", "--state", state.path()], &[]);
    let address = program.address();
    let mut browser = Peer::connect(address);
    browser.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(browser.expect_notice(), "this room wants TLS");
    browser.finish_sending();
    browser.expect_closed();
    // Neither the protocol nor the version of browsers is spoken there.
    let caller = hubbub_testing::tls::Caller::believing_all();
    let browser = Peer::connect(address);
    let only_http = caller.speaking(&["http/1.1"]);
    assert!(browser.try_secure(&only_http, "localhost").is_err());
    let mut inside = Peer::connect(address).secure();
    inside.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(inside.expect_gone(), b"");
}
