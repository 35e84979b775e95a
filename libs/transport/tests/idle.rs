//! What an idle connection costs. It is alone in its process, since it looks at the memory of all of it.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "tls/support.rs"]
#[allow(dead_code, reason = "this test needs little of it")]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::thread;

use hubbub_transport::Transport;
use hubbub_transport::tls::Acceptor;
use support::{Door, client, made, read, wait, write};

/// The most that an idle encrypted connection may cost beyond a plain one, in bytes.
const MOST: usize = 12_000;
/// So many that what is not theirs does not matter.
const MANY: usize = 400;

#[test]
fn an_idle_encrypted_connection_costs_12_kb_beyond_a_plain_one_at_most() {
    let (door, made) = (Door::new(), made());
    let acceptor = Acceptor::new(&made.identity());
    let config = made.config();
    let encrypted = || {
        let (transport, socket) = door.sockets();
        let config = config.clone();
        let peer = thread::spawn(move || {
            let mut client = client(config, socket);
            client.write_all(b"hello").unwrap();
            client.read_exact(&mut [0; 7]).unwrap();
            // What the client itself costs is freed, and the next one takes its place.
            client.sock
        });
        let transport = wait(transport.accept_tls(&acceptor, b"")).unwrap();
        assert_eq!(read(&transport).unwrap(), b"hello");
        write(&transport, b"welcome");
        (transport, peer.join().unwrap())
    };
    // Before it counts, all that is made once is made.
    let first: Vec<_> = (0..MANY / 10).map(|_| encrypted()).collect();
    let plain = growth(|| door.sockets());
    let encrypted = growth(encrypted);
    drop(first);
    let more = encrypted.saturating_sub(plain);
    println!("plain {plain} B, encrypted {encrypted} B");
    assert!(more <= MOST, "{more} bytes");
}

/// By how many bytes each connection makes the process grow. They are all kept until then.
fn growth<Peer>(mut make: impl FnMut() -> (Transport, Peer)) -> usize {
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
