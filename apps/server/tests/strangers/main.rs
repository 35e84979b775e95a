//! Programs of strangers in our room: small Python programs with the habits of other people's clients, and a complete
//! client and server of another student. The tests check what they show and what others in the room get.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod meeting;
mod readers;
mod senders;
mod student;

use hubbub_testing::Room;

/// A room with its defaults and nobody in it.
fn room() -> Room {
    Room::open()
}
