//! A peer sends as fast as it can while another peer has one text to send, which must have its turn.
//! `tests/bounds/flood.rs` tests that no reader loses a byte of a flood.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use hubbub_testing::{MIB, is_from, leave, text};

use crate::siege::withstands;

/// A flood much longer than what may come before the text.
const FLOOD: usize = 12 * MIB;

/// How much of the flood may come before the text: what the server reads until it is the other peer's turn, which is a
/// few reads of 64 KiB. Sixteen times as much could wait for the hub alone. The speed of the machine does not matter:
/// the text, and more of the flood than this, wait for the server when it wakes.
const AHEAD: usize = MIB;

/// So large that no peer is dropped, however late it reads.
const OUTBOX: [&str; 2] = ["--outbox", "64MiB"];

#[test]
fn beside_a_flood_each_word_of_another_arrives_behind_a_bounded_part_of_it() {
    withstands(&OUTBOX, |siege| {
        for payload in [256, 65536] {
            let [mut alice, mut bob] = siege.room.members(["alice", "bob"]);
            let flood = siege.room.member("flood");
            let said = text("flood", vec![b'x'; payload]);
            let frames = said.repeat(FLOOD / said.len());

            siege.program.signal("STOP");
            let mut writer = flood.writer();
            let sent = send_what_fits(&mut writer, &frames);
            alice.send(text("alice", "my turn"));
            siege.program.signal("CONT");
            let flooding = thread::spawn(move || {
                // This ends when the connection does.
                let _ = writer.write_all(&frames[sent..]);
            });

            let mut ahead = 0;
            let mut frame = bob.frame();
            while !is_from(&frame, "alice") {
                ahead += frame.len();
                frame = bob.frame();
            }
            assert!(ahead <= AHEAD, "{ahead} bytes came before the word");
            flood.writer().shutdown(Shutdown::Both).unwrap();
            flooding.join().unwrap();
            flood.reset();
            siege.room.hears(leave("flood"));
        }
    });
}

/// Sends as much as the sockets hold. Returns how much that was.
fn send_what_fits(writer: &mut TcpStream, bytes: &[u8]) -> usize {
    writer.set_nonblocking(true).unwrap();
    let mut sent = 0;
    loop {
        match writer.write(&bytes[sent..]) {
            Ok(taken) => sent += taken,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}");
                writer.set_nonblocking(false).unwrap();
                return sent;
            }
        }
    }
}
