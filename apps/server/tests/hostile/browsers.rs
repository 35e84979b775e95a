//! Web pages, which can make a visitor's browser send a request to this port with a body of their choice.
//!
//! The body holds what would be frames. A page that got one of them heard could speak in the room with the address of
//! its visitor, behind the visitor's firewall.

use hubbub_testing::{Peer, is_from, join, leave, shown, text};

use crate::siege::{Siege, withstands};

/// All of RFC 9110, one of RFC 5789, that of the preface of HTTP/2, and what `fetch` lets a page make up.
const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI", "CHAT",
    "x",
];

/// The lengths of targets around the bounds of a line and of noise, and one as long as a browser's longest.
const LENGTHS: [usize; 9] = [1, 1000, 3000, 4070, 4090, 8180, 8200, 16 * 1024, 80 * 1024];

/// What the page wants to say.
fn words() -> Vec<u8> {
    [
        join("page"),
        text("page", "said by a web page"),
        leave("page"),
    ]
    .concat()
}

/// Sends a request in pieces of this size, and waits for the end.
fn request(siege: &Siege, head: &str, size: usize) {
    let mut browser: Peer = siege.room.connect();
    for piece in [head.as_bytes(), &words()].concat().chunks(size) {
        browser.try_send(piece);
    }
    browser.expect_gone();
}

/// Nothing of the requests was heard before somebody who comes now.
fn assert_unheard(siege: &Siege) {
    let mut honest = siege.room.connect();
    honest.send([join("honest"), leave("honest")].concat());
    loop {
        let frame = siege.room.next_heard();
        assert!(!is_from(&frame, "page"), "heard: {}", shown(&frame));
        if frame == leave("honest") {
            return;
        }
    }
}

#[test]
fn http_of_every_method_and_version_is_the_end_and_its_body_is_not_read() {
    withstands(&[], |siege| {
        for method in METHODS {
            for minor in 0..=9 {
                let head = format!(
                    "{method} / HTTP/1.{minor}\r\nHost: localhost:8765\r\nOrigin: http://evil.test\r\n\
                     Content-Type: text/plain\r\nContent-Length: 1000\r\n\r\n"
                );
                request(siege, &head, head.len() + 1000);
            }
        }
        assert_unheard(siege);
    });
}

#[test]
fn no_length_of_its_target_and_no_cut_hides_a_request() {
    withstands(&[], |siege| {
        for length in LENGTHS {
            let target = "a".repeat(length);
            for end in ["\r\n", "\n"] {
                let head = format!("POST /{target} HTTP/1.1{end}Host: localhost{end}{end}");
                request(siege, &head, head.len() + 1000);
                request(siege, &head, 1 + head.len() / 50);
            }
        }
        assert_unheard(siege);
    });
}

#[test]
fn a_web_socket_of_another_site_is_the_end() {
    withstands(&[], |siege| {
        let head = "GET / HTTP/1.1\r\nHost: localhost:8765\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                    Origin: https://evil.test\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
        request(siege, head, 1000);
        request(siege, head, 1);
        assert_unheard(siege);
    });
}

/// The page names a header, a boundary or a part of a form like a frame.
#[test]
fn no_header_and_no_part_of_a_form_is_a_frame() {
    withstands(&[], |siege| {
        for head in [
            "POST / HTTP/1.1\r\nCHAT/1.0 JOIN\r\nUsername: page\r\n\r\n",
            "POST /?CHAT/1.0%20JOIN HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST /CHAT/1.0\tJOIN HTTP/1.1\r\nUsername: page\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=CHAT/1.0\r\n\r\n--CHAT/1.0\r\n",
            "\r\n\r\nPOST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ] {
            request(siege, head, head.len() + 1000);
        }
        assert_unheard(siege);
    });
}
