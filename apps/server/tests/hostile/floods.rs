//! One peer that sends as fast as it can while others talk. That no reader loses a byte of it is in
//! `tests/bounds/flood.rs`; here the others' words come through beside it.

use std::io::{self, Write};
use std::net::Shutdown;
use std::thread;

use flume::Sender;

use crate::common::{DEADLINE, MIB, TestPeer, is_from, leave, text};
use crate::siege::withstands;

const WORDS: usize = 10;

/// A word may have before it what was on its way already: what waits for the hub (32 reads of 64 KiB), what waits for the
/// reader (4 MiB), and what the sockets hold. If the hub took from a flood whatever it brings, there were no such bound.
const AHEAD: usize = 24 * MIB;

#[test]
fn beside_a_flood_each_word_of_another_arrives_behind_a_bounded_part_of_it() {
    for payload in [4096, 65536] {
        withstands(&[], |siege| {
            let mut alice = siege.room.member("alice");
            let bob = siege.room.member("bob");
            let flood = siege.room.member("flood");
            let mut ignored = alice.writer();
            let ignoring = thread::spawn(move || io::copy(&mut ignored, &mut io::sink()));
            let (heard, hears) = flume::unbounded();
            let bob = thread::spawn(move || count_what_is_ahead(bob, &heard));
            let mut writer = flood.writer();
            let frames = text("flood", vec![b'x'; payload]).repeat(MIB / payload);
            let flooding = thread::spawn(move || while writer.write_all(&frames).is_ok() {});

            siege.room.hears(text("flood", vec![b'x'; payload]));
            for number in 0..WORDS {
                let word = text("alice", number.to_string());
                alice.send(&word);
                let ahead = hears.recv_timeout(DEADLINE).unwrap();
                assert!(ahead <= AHEAD, "{ahead} bytes before word {number}");
                siege.room.hears(word);
            }
            flood.writer().shutdown(Shutdown::Both).unwrap();
            flooding.join().unwrap();
            siege.room.hears(leave("flood"));
            bob.join().unwrap();
            alice.writer().shutdown(Shutdown::Both).unwrap();
            ignoring.join().unwrap().unwrap();
        });
    }
}

/// Reads on until all words have come, and tells for each how many bytes of the flood came since the one before.
fn count_what_is_ahead(mut bob: TestPeer, heard: &Sender<usize>) {
    let mut ahead = 0;
    let mut words = 0;
    while words < WORDS {
        let frame = bob.frame();
        if is_from(&frame, "alice") {
            heard.send(std::mem::take(&mut ahead)).unwrap();
            words += 1;
        } else if is_from(&frame, "flood") {
            ahead += frame.len();
        }
    }
}
