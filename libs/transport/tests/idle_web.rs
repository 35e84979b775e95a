//! What an idle connection of a browser costs, also after the longest message. It is alone in its process, since it
//! looks at the memory of all of it.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "web/support.rs"]
#[allow(dead_code, reason = "this test needs little of it")]
mod support;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::thread;

use hubbub_transport::Transport;
use support::{browser, hear_bytes, message, read_exact, sockets, write};

/// The most that an idle connection of a browser may cost beyond a plain one, in bytes.
const MOST: usize = 8_000;
/// So many that what is not theirs does not matter.
const MANY: usize = 400;
/// The longest message, in bytes.
const LONGEST: usize = 64 * 1024;

#[test]
fn an_idle_connection_of_a_browser_costs_8_kb_beyond_a_plain_one_at_most() {
    let browser = || {
        let (transport, mut peer) = browser();
        let peer = thread::spawn(move || {
            peer.write_all(&message(&[7; LONGEST])).unwrap();
            hear_bytes(&mut peer, 7);
            peer
        });
        read_exact(&transport, LONGEST, LONGEST);
        write(&transport, b"welcome");
        (transport, peer.join().unwrap())
    };
    // Before it counts, all that is made once is made.
    let first: Vec<_> = (0..MANY / 10).map(|_| browser()).collect();
    let plain = growth(sockets);
    let browser = growth(browser);
    drop(first);
    let more = browser.saturating_sub(plain);
    println!("plain {plain} B, of a browser {browser} B");
    assert!(more <= MOST, "{more} bytes");
}

/// By how many bytes each connection makes the process grow. They are all kept until then.
fn growth(mut make: impl FnMut() -> (Transport, TcpStream)) -> usize {
    let before = resident();
    let all: Vec<_> = (0..MANY).map(|_| make()).collect();
    let grown = resident().saturating_sub(before);
    assert!(all.iter().all(|(transport, _)| transport.held() == 0));
    grown / MANY
}

fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}
