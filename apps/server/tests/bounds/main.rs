//! The bounds of the server, each tested on both of its sides: what is allowed, and what happens beyond that.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[cfg(target_os = "linux")]
mod addresses;
mod allowance;
mod crowd;
mod flood;
#[cfg(target_os = "linux")]
mod last_words;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod names;
mod patience;
mod readers;
mod senders;
mod stopping;

use hubbub_testing::{MIB, Peer, Room, text};

/// More bytes than the sockets between the server and a narrow member can hold.
const MORE_THAN_SOCKETS_HOLD: usize = 2 * MIB;

/// The text that [`fill`] repeats.
static PAYLOAD: [u8; 65536] = [b'x'; 65536];

/// Makes `speaker` send at least `bytes`, and waits until the room has heard each frame before the next, so that no
/// reader falls behind. Returns how many frames it took.
fn fill(room: &Room, speaker: &mut Peer, name: &str, bytes: usize) -> usize {
    let frame = text(name, PAYLOAD);
    let count = bytes.div_ceil(frame.len());
    for _ in 0..count {
        speaker.send(&frame);
        room.hears(&frame);
    }
    count
}
