//! The memory for texts under way, which all peers share. Three quarters of the limit are for what waits to be written,
//! and one quarter is for what is read in part or waits for the hub.

use hubbub_server::Settings;
use hubbub_testing::{MIB, Peer, Room, join, leave, shown, text};

use crate::{MORE_THAN_SOCKETS_HOLD, PAYLOAD, fill};

/// Outboxes so large that the memory limit is reached long before any of them is full.
fn room_with(memory_limit: usize) -> Room {
    Room::with(Settings {
        memory_limit,
        outbox_bytes: 64 * MIB,
        ..Settings::default()
    })
}

const LIMIT: usize = 4 * MIB;

/// How much may wait to be written, for all peers together.
const FOR_QUEUED: usize = LIMIT / 4 * 3;

/// Lets bob speak until somebody leaves. Returns who left, and how many bytes that took. Carol reads what the watcher
/// hears.
#[track_caller]
fn speak_until_one_goes(room: &Room, bob: &mut Peer, carol: &mut Peer) -> (String, usize) {
    let frame = text("bob", PAYLOAD);
    let mut sent = 0;
    let mut gone = None;
    while gone.is_none() {
        assert!(sent <= FOR_QUEUED + MORE_THAN_SOCKETS_HOLD, "nobody goes");
        bob.send(&frame);
        sent += frame.len();
        let mut heard = Vec::new();
        while heard != frame {
            heard = room.next_heard();
            carol.expect(&heard);
            if heard != frame {
                assert!(gone.is_none(), "two go at once");
                gone = Some(shown(&heard));
            }
        }
    }
    (gone.unwrap(), sent)
}

#[test]
fn below_the_memory_limit_nobody_goes() {
    let room = room_with(LIMIT);
    let mut stalled = room.narrow_member("stalled");
    let mut stuck = room.narrow_member("stuck");
    let mut bob = room.member("bob");
    stalled.expect([join("stuck"), join("bob")].concat());
    stuck.expect(join("bob"));
    // The same texts wait for both, and take memory once.
    let count = fill(&room, &mut bob, "bob", FOR_QUEUED - MIB / 4);
    for _ in 0..count {
        stalled.expect(text("bob", PAYLOAD));
        stuck.expect(text("bob", PAYLOAD));
    }
    // If anybody had gone, that would have come before this.
    bob.send(leave("bob"));
    stalled.expect(leave("bob"));
}

#[test]
fn at_the_memory_limit_stalled_readers_go_and_the_slowest_goes_first() {
    let room = room_with(LIMIT);
    let mut first = room.narrow_member("first");
    let [mut bob, mut carol] = room.members(["bob", "carol"]);
    let frame = text("bob", PAYLOAD);
    let before = fill(&room, &mut bob, "bob", 2 * MIB);
    (0..before).for_each(|_| carol.expect(&frame));
    let mut second = room.narrow_member("second");
    carol.expect(join("second"));
    bob.expect(join("second"));

    let (gone, sent) = speak_until_one_goes(&room, &mut bob, &mut carol);
    assert_eq!(gone, shown(&leave("first")));
    let total = before * frame.len() + sent;
    assert!(total > FOR_QUEUED, "dropped after only {total} bytes");
    bob.expect(leave("first"));
    first.expect_gone();

    let (gone, more) = speak_until_one_goes(&room, &mut bob, &mut carol);
    assert_eq!(gone, shown(&leave("second")));
    let total = sent + more;
    assert!(total > FOR_QUEUED, "dropped after only {total} bytes");
    bob.expect(leave("second"));
    second.expect_gone();
    carol.send(text("carol", "we go on"));
    bob.expect(text("carol", "we go on"));
}

#[track_caller]
fn hears_next(room: &Room, wanted: Vec<u8>) {
    assert_eq!(shown(&room.next_heard()), shown(&wanted));
}

/// A payload that is sent at first except for its last bytes.
struct Unfinished {
    name: String,
    peer: Peer,
}

impl Unfinished {
    const LEN: usize = 240 * 1024;
    const SENT: usize = 230 * 1024;
    /// How many of them fit into the quarter of [`LIMIT`], whether what is sent counts or what is announced.
    const FIT: usize = LIMIT / 4 / Self::LEN;

    fn member(room: &Room, number: usize) -> Self {
        let name = format!("long {number}");
        let peer = room.member(&name);
        Self { name, peer }
    }

    fn begin(&mut self) {
        let whole = self.whole();
        self.peer
            .send(&whole[..whole.len() - Self::LEN + Self::SENT]);
    }

    /// Sends some more and does not finish.
    fn go_on(&mut self) {
        self.peer.send([b'x'; 1024]);
    }

    fn finish(&mut self) {
        self.peer.send([b'x'; Self::LEN - Self::SENT - 1024]);
    }

    fn whole(&self) -> Vec<u8> {
        text(&self.name, vec![b'x'; Self::LEN])
    }
}

/// Unfinished texts that fit. The members are in before the first text begins.
fn long_texts(room: &Room, count: usize) -> Vec<Unfinished> {
    assert_eq!(Unfinished::FIT, 4);
    (0..count)
        .map(|number| Unfinished::member(room, number))
        .collect()
}

#[test]
fn unfinished_texts_within_a_quarter_of_the_memory_limit_come_through() {
    let room = room_with(LIMIT);
    let mut long = long_texts(&room, Unfinished::FIT);
    long.iter_mut().for_each(Unfinished::begin);
    long.iter_mut().for_each(Unfinished::go_on);
    for long in &mut long {
        long.finish();
        hears_next(&room, long.whole());
    }
}

#[test]
fn when_unfinished_texts_pass_a_quarter_of_the_memory_limit_who_holds_most_goes_and_is_told() {
    let room = room_with(LIMIT);
    let mut long = long_texts(&room, Unfinished::FIT);
    let mut greedy = room.member("greedy");
    let longest = text("greedy", vec![b'x'; MIB]);
    greedy.send(&longest[..longest.len() - 100_000]);
    room.wait_until_read();
    long[0].begin();
    assert!(greedy.expect_notice().contains("no room"));
    room.hears(leave("greedy"));
    long.iter_mut().skip(1).for_each(Unfinished::begin);
    long.iter_mut().for_each(Unfinished::go_on);
    for long in &mut long {
        long.finish();
        hears_next(&room, long.whole());
    }
}

/// A peer announces 1 MiB, sends nearly all of it and stops. A text that then comes in two segments is heard.
#[test]
fn who_holds_an_unfinished_text_shuts_out_nobody_else() {
    let room = room_with(LIMIT);
    let mut holder = room.member("holder");
    let longest = text("holder", vec![b'x'; MIB]);
    holder.send(&longest[..1_046_000]);
    room.wait_until_read();
    for number in 0..10 {
        let mut long = Unfinished::member(&room, number);
        long.begin();
        room.wait_until_read();
        long.go_on();
        long.finish();
        room.hears(long.whole());
        long.peer.send(text(&long.name, "still here"));
        hears_next(&room, text(&long.name, "still here"));
    }
    let got = holder.expect_gone();
    assert!(String::from_utf8_lossy(&got).contains("no room"));
}

/// It has not joined and holds as much.
#[test]
fn a_stranger_that_holds_an_unfinished_text_shuts_out_nobody() {
    let room = room_with(LIMIT);
    let mut stranger = room.connect();
    let longest = text("stranger", vec![b'x'; MIB]);
    stranger.send(&longest[..1_046_000]);
    room.wait_until_read();
    let mut long = Unfinished::member(&room, 1);
    long.begin();
    assert!(stranger.expect_notice().contains("no room"));
    stranger.expect_gone();
    long.go_on();
    long.finish();
    hears_next(&room, long.whole());
}
