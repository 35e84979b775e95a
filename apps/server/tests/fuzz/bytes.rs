//! What hostile peers send: frames, near-frames, frames that are cut and changed, and noise.

use fastrand::Rng;
use hubbub_testing::{join, leave, text};

/// Among them are the names of the honest members, the server's name, and some that are not names.
const NAMES: [&str; 9] = [
    "ada", "eve", "gus", "N\u{e9}a", "bob", "server", "", "a\tb", "alice",
];

/// Parts that are wrong by themselves.
const PIECES: [&str; 14] = [
    "CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: -1\r\n\r\n",
    "CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: 99999999999999999999\r\n\r\n",
    "CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: 4000000000\r\n\r\n",
    "CHAT/1.0 TEXT\r\nMsg-len: 3\r\nMsg-len: 4\r\nUsername: eve\r\n\r\nabcd",
    "CHAT/1.0 TEXT\r\nUsername: eve\r\nMsg-len: 0\r\n\r\n",
    "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 5\r\n\r\nI lie",
    "CHAT/2.0 JOIN\r\nUsername: eve\r\n\r\n",
    "CHAT/1.7 SHOUT\r\nUsername: eve\r\nMsg-len: 4\r\n\r\nLOUD",
    "chat/1.0 join\nusername:eve\n\n",
    "CHAT/1.0 JOIN\nUSERNAME :gus\n\n",
    "CHAT/1.0 TEXT\r\nUsername: eve\r\nno header\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\r\n\r\n",
    "CHAT/1.",
];

/// One to five frames, some of them changed, and most of them under the name of the peer with this number.
pub(crate) fn some(random: &mut Rng, peer: usize, max_payload: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.usize(1..=5) {
        let any = random.u8(..4) == 0;
        let name = if any {
            random.usize(..NAMES.len())
        } else {
            peer
        };
        let mut part = part(random, NAMES[name % NAMES.len()], max_payload);
        for _ in 0..[0, 0, 0, 0, 0, 0, 1, 3][random.usize(..8)] {
            mutate(random, &mut part);
        }
        bytes.extend(part);
    }
    bytes
}

fn part(random: &mut Rng, name: &str, max_payload: usize) -> Vec<u8> {
    match random.u8(..40) {
        0..12 => join(name),
        12..34 => {
            let len = random.usize(1..=max_payload / 5) * [1, 1, 5, 6][random.usize(..4)];
            text(name, noise(random, len))
        }
        34..37 => leave(name),
        37..39 => PIECES[random.usize(..PIECES.len())].into(),
        _ => {
            let len = random.usize(..200);
            noise(random, len)
        }
    }
}

pub(crate) fn noise(random: &mut Rng, len: usize) -> Vec<u8> {
    std::iter::repeat_with(|| random.u8(..)).take(len).collect()
}

/// Changes, removes, doubles or inserts something somewhere.
pub(crate) fn mutate(random: &mut Rng, bytes: &mut Vec<u8>) {
    let from = random.usize(..=bytes.len());
    let to = (from + random.usize(..10)).min(bytes.len());
    match random.u8(..4) {
        0 => bytes[from..to].fill_with(|| random.u8(..)),
        1 => drop(bytes.drain(from..to)),
        2 => bytes.extend_from_within(from..to),
        _ => {
            let len = random.usize(1..10);
            let noise = noise(random, len);
            bytes.splice(from..from, noise);
        }
    }
}
