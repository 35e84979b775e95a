//! A member sends without a pause, as fast as the server takes it. Nobody that reads without a pause loses a byte.

use std::io::Write;
use std::ops::Range;
use std::thread::{self, JoinHandle};

use hubbub_testing::{MIB, Peer, Room, join, text};

/// How much is sent and read at a time, so that neither side spends its time on small pieces.
const PIECE: usize = 256 * 1024;

/// Numbered texts of one length.
#[derive(Clone, Copy)]
struct Flood {
    text_bytes: usize,
    texts: usize,
}

impl Flood {
    fn of(text_bytes: usize, all_bytes: usize) -> Self {
        Self {
            text_bytes,
            texts: all_bytes / text_bytes,
        }
    }

    /// The frames of all texts, in pieces of whole frames.
    fn pieces(self) -> impl Iterator<Item = Vec<u8>> {
        let step = PIECE.div_ceil(self.text_bytes);
        let starts = (0..self.texts).step_by(step);
        starts.map(move |start| self.frames(start..self.texts.min(start + step)))
    }

    fn frames(self, numbers: Range<usize>) -> Vec<u8> {
        let len = self.text_bytes;
        let head = text("sender", vec![b'.'; len]);
        let head = &head[..head.len() - len];
        let mut frames = Vec::new();
        for number in numbers {
            frames.extend_from_slice(head);
            frames.extend_from_slice(format!("{number:08}").as_bytes());
            frames.resize(frames.len() + len - 8, b'.');
        }
        frames
    }

    /// Sends everything from a thread, which ends when the last byte is sent.
    fn send(self, sender: &Peer) -> JoinHandle<()> {
        let mut writer = sender.writer();
        thread::spawn(move || {
            for piece in self.pieces() {
                writer.write_all(&piece).unwrap();
            }
        })
    }
}

/// A room of only two members, so that the reader is half of it.
fn pair(room: &Room) -> [Peer; 2] {
    let mut sender = room.knock("sender", MIB).unwrap();
    let reader = enter(room, "reader", &mut [&mut sender]);
    [sender, reader]
}

/// Another member, whom the others have seen come in.
fn enter(room: &Room, name: &str, others: &mut [&mut Peer]) -> Peer {
    let mut peer = room.connect();
    peer.send(join(name));
    others.iter_mut().for_each(|other| other.expect(join(name)));
    peer
}

#[track_caller]
fn assert_a_reader_gets_all(flood: Flood) {
    let room = Room::unwatched();
    let [mut sender, mut reader] = pair(&room);
    // Made before the flood begins: making it takes longer than a reader may stall.
    let wanted: Vec<_> = flood.pieces().collect();
    let sending = flood.send(&sender);
    wanted.iter().for_each(|piece| reader.expect(piece));
    sending.join().unwrap();
    reader.send(text("reader", "that was all"));
    sender.expect(text("reader", "that was all"));
}

#[test]
fn a_reader_gets_all_of_a_flood_of_texts_of_64_kib_in_order() {
    assert_a_reader_gets_all(Flood::of(64 * 1024, 64 * MIB));
}

#[test]
fn a_reader_gets_all_of_a_flood_of_texts_of_1_mib_in_order() {
    assert_a_reader_gets_all(Flood::of(MIB, 64 * MIB));
}

#[test]
fn a_reader_gets_all_of_a_flood_of_texts_of_64_bytes_in_order() {
    assert_a_reader_gets_all(Flood::of(64, 10_000_000));
}

/// The server pauses once for the stalled half and drops it when its outboxes are full. The reader misses nothing.
#[test]
fn a_half_of_the_room_that_stalls_does_not_stop_the_others_for_good() {
    let room = Room::unwatched();
    let [mut sender, mut reader] = pair(&room);
    let stalled = ["stalled", "stuck"].map(|name| {
        let mut peer = Peer::connect_narrow(room.address());
        peer.send(join(name));
        sender.expect(join(name));
        reader.expect(join(name));
        peer
    });
    let flood = Flood::of(64 * 1024, 32 * MIB);
    // Made before the flood begins, as above.
    let wanted = flood.pieces().collect::<Vec<_>>().concat();
    let sending = flood.send(&sender);
    let mut got = Vec::new();
    let mut left = 0;
    while got.len() < wanted.len() {
        let frame = reader.frame();
        if frame.starts_with(b"CHAT/1.0 LEAVE") {
            left += 1;
        } else {
            got.extend_from_slice(&frame);
        }
    }
    sending.join().unwrap();
    assert!(got == wanted, "not in order");
    assert_eq!(left, 2, "both stalled readers are dropped");
    stalled
        .into_iter()
        .for_each(|mut peer| drop(peer.expect_gone()));
}
