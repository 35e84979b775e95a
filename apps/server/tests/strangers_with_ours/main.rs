//! The tests of strangers once more, in a room that keeps a history and has a member of ours in it: whoever knows
//! CHAT/1.0 only sees the same, byte for byte.

#![cfg(feature = "history")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "../strangers/meeting.rs"]
mod meeting;
#[path = "../strangers/readers.rs"]
mod readers;
#[path = "../strangers/senders.rs"]
mod senders;
#[path = "../strangers/student.rs"]
mod student;

use std::path::Path;
use std::{fs, mem, thread};

use hubbub_server::{History, Settings};
use hubbub_testing::{Room, join};

/// A room with a history and a silent member with a grant.
fn room() -> Room {
    // One for each test, which is made anew each time.
    let test = thread::current();
    let test = test.name().unwrap().replace("::", "-");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&dir);
    let room = Room::with(Settings {
        history: Some(History::new(dir)),
        ..Settings::default()
    });
    let ours = room.ours("ours");
    assert_eq!(ours.grant.need("Kept"), "30d");
    room.hears(join("ours"));
    // It reads until the room closes.
    mem::forget(ours.peer.tape());
    room
}
