//! A stream that begins with another protocol ends at once: a browser sends bytes of a web page's choice after these.

use crate::common::{Seen, decode, join, noise};
use hubbub_wire::DecodeError;

/// What a page wants to be heard.
const BODY: &[u8] = b"CHAT/1.0 JOIN\r\nUsername: page\r\n\r\nCHAT/1.0 TEXT\r\nUsername: page\r\nMsg-len: 2\r\n\r\nhi";

#[track_caller]
fn ends_at_once(front: &[u8], why: DecodeError) {
    let stream = [front, BODY].concat();
    assert_eq!(
        decode(&stream),
        [Seen::Broken(why)],
        "{}",
        front.escape_ascii()
    );
}

#[test]
fn a_request_of_http_ends_the_stream_whatever_its_method_and_however_it_is_cut() {
    for line in [
        "POST / HTTP/1.1",
        "GET / HTTP/1.1",
        "PUT /a/b?c=d HTTP/1.0",
        "OPTIONS * HTTP/1.1",
        "CHAT http://localhost:8765/ HTTP/1.1",
        "CONNECT localhost:8765 HTTP/1.1",
        "POST /CHAT/1.0%20JOIN HTTP/1.1",
        "X HTTP/1.9",
        " HTTP/1.1",
    ] {
        for end in ["\r\n", "\n", " \r\n"] {
            let head = format!("{line}{end}Host: localhost:8765\r\nContent-Length: 80\r\n\r\n");
            ends_at_once(head.as_bytes(), DecodeError::Http);
        }
    }
}

#[test]
fn a_request_of_http_ends_the_stream_also_after_empty_lines_and_noise() {
    for front in ["\r\n", "\n\r\n", "noise\r\n", "noise\n\nmore\n"] {
        let head = format!("{front}POST / HTTP/1.1\r\nHost: a\r\n\r\n");
        ends_at_once(head.as_bytes(), DecodeError::Http);
    }
}

#[test]
fn a_request_line_longer_than_all_limits_ends_the_stream_too() {
    let head = format!("POST /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(5000));
    ends_at_once(head.as_bytes(), DecodeError::TooMuchNoise { limit: 4096 });
}

#[test]
fn an_answer_of_http_ends_the_stream() {
    ends_at_once(b"HTTP/1.1 400 Bad Request\r\n\r\n", DecodeError::Http);
}

#[test]
fn the_start_of_tls_ends_the_stream() {
    // A server chooses bytes that a browser sends again in the next of these: the session's ticket.
    ends_at_once(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03ticket\r\n",
        DecodeError::Tls,
    );
    assert_eq!(decode(b"\x16\x03"), [Seen::Broken(DecodeError::Tls)]);
    let long = [&b"\x16\x03"[..], &[0xd7; 5000]].concat();
    ends_at_once(&long, DecodeError::Tls);
}

#[test]
fn a_line_that_only_looks_like_another_protocol_is_noise_at_the_start_too() {
    for line in [
        &b"HTTP\r\n"[..],
        b"I speak HTTP/1.1!\r\n",
        b"GET / HTTP/2.0\r\n",
        b"GET / HTTP/1.\r\n",
        b"xHTTP/1.1\r\n",
        b"\x16\r\n",
        b"\x15\x03\r\n",
    ] {
        let stream = [line, b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\n"].concat();
        assert_eq!(
            decode(&stream),
            [noise(line.len()), join("al")],
            "{}",
            line.escape_ascii()
        );
    }
}

#[test]
fn after_the_first_frame_words_about_http_are_noise_like_any_other() {
    assert_eq!(
        decode(
            b"CHAT/1.0 JOIN\r\nUsername: al\r\n\r\nPOST / HTTP/1.1\r\n\
              CHAT/1.0 JOIN\r\nUsername: bo\r\n\r\n"
        ),
        [join("al"), noise(17), join("bo")]
    );
}
