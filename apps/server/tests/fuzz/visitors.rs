//! What hostile visitors send: heads of requests, right, changed and cut, and frames of WebSocket of every size and
//! kind around what others say plainly.

use std::net::SocketAddr;

use fastrand::Rng;
use hubbub_testing::web::{Frame, Request};

use crate::bytes::{mutate, noise};

/// Lines that are wrong or odd by themselves.
const LINES: [&str; 12] = [
    "GET /../room HTTP/1.1",
    "GET http://localhost/room HTTP/1.1",
    "GET /room HTTP/1.0",
    "HEAD /room HTTP/1.1",
    "GET /room\0 HTTP/1.1",
    "GET /room HTTP/1.1\r",
    "GET  /room HTTP/1.1",
    "GET /room HTTP/9.9",
    "GET /room",
    "HEAD ",
    "POST /room HTTP/1.1",
    "GET /index.html HTTP/1.1",
];

/// Headers that change what a request means.
const HEADERS: [(&str, &str); 10] = [
    ("Host", "evil.test"),
    ("Host", ""),
    ("Origin", "null"),
    ("Content-Length", "10"),
    ("Transfer-Encoding", "chunked"),
    ("Sec-WebSocket-Key", "short"),
    ("Sec-WebSocket-Version", "8"),
    ("Connection", "close"),
    ("X-Forwarded-For", "198.51.100.1, x, ::1"),
    ("If-None-Match", "*, \"\", W/\"a\""),
];

/// How a visitor begins: mostly as it should.
pub(crate) fn head(random: &mut Rng, address: SocketAddr) -> Vec<u8> {
    let mut request = Request::upgrade(address, format_args!("http://{address}"));
    if random.u8(..8) == 0 {
        request = request.line(LINES[random.usize(..LINES.len())]);
    }
    if random.u8(..8) == 0 {
        let (name, value) = HEADERS[random.usize(..HEADERS.len())];
        request = if random.bool() {
            request.with(name, value)
        } else {
            request.and(name, value)
        };
    }
    let mut bytes = match random.u8(..10) {
        0 => request.lines("\n"),
        _ => request.bytes(),
    };
    if random.u8(..8) == 0 {
        mutate(random, &mut bytes);
    }
    bytes
}

/// The same bytes in frames: of any size, in parts, with others in between, and now and then something is wrong.
pub(crate) fn framed(random: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let size = [7, 100, 1000, 70_000][random.usize(..4)];
    let last = bytes.len().div_ceil(size);
    let wrong_at = (random.u8(..12) == 0).then(|| random.usize(..=last));
    let mut all = Vec::new();
    let mut is_begun = false;
    for (number, piece) in bytes.chunks(size).enumerate() {
        if random.u8(..32) == 0 {
            let len = random.usize(..=125);
            let payload = noise(random, len);
            let between = [Frame::ping, Frame::pong][random.usize(..2)];
            all.extend(between(payload).bytes());
        }
        let mut frame = if is_begun {
            Frame::continuation(piece)
        } else {
            Frame::binary(piece)
        };
        is_begun = number + 1 < last && random.u8(..4) == 0;
        if is_begun {
            frame = frame.unfinished();
        }
        let mask = random.u32(..).to_be_bytes();
        frame = frame.masked_with(mask);
        if wrong_at == Some(number) {
            frame = wrong(random, frame);
        }
        all.extend(frame.bytes());
    }
    if wrong_at == Some(last) {
        mutate(random, &mut all);
    }
    all
}

fn wrong(random: &mut Rng, frame: Frame) -> Frame {
    match random.u8(..7) {
        0 => frame.unmasked(),
        1 => frame.reserving(random.u8(1..8)),
        2 => frame.claiming_64(random.u64(..)),
        3 => frame.claiming_16(random.u16(..)),
        4 => Frame::text(frame.payload),
        5 => Frame::close(random.u16(..), "x"),
        _ => Frame::of(random.u8(..16), frame.payload),
    }
}
