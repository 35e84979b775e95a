//! What readers show that take one `recv` for one message: each frame of a calm conversation comes in its own segment.
//! Calm means that everybody waits until the last message has been shown.

use hubbub_testing::{join, leave, text};

use crate::meeting::{bob_and_carol, stranger_in};

/// Enough for two frames to meet, if the server let them.
const MESSAGES: usize = 200;

#[test]
fn a_reader_by_position_shows_every_message_of_a_calm_conversation() {
    let (_room, mut bob, mut carol) = bob_and_carol("exact");
    for number in 0..MESSAGES {
        bob.send(text("bob", format!("héllo €, {number}")));
        carol.shows(&format!("bob: héllo €, {number}"));
    }
    bob.send(leave("bob"));
    carol.shows("LEAVE bob");
}

#[test]
fn two_readers_by_position_show_each_other_and_who_comes_and_goes() {
    let (room, mut bob, mut carol) = bob_and_carol("exact");
    let mut dave = stranger_in(&room, "dave", "puts-the-length-first");
    bob.expect(join("dave"));
    carol.shows("JOIN dave");
    for number in 0..20 {
        carol.types(&format!("question {number}"));
        dave.shows(&format!("carol: question {number}"));
        dave.types(&format!("answer {number}"));
        carol.shows(&format!("dave: answer {number}"));
    }
    carol.close();
    dave.shows("LEAVE carol");
    drop(bob);
    dave.shows("LEAVE bob");
}

#[test]
fn a_reader_of_ascii_shows_ascii_and_dies_of_the_first_other_letter_and_the_room_goes_on() {
    let (_room, mut bob, mut carol) = bob_and_carol("knows-ascii-only");
    bob.send(text("bob", "hello"));
    carol.shows("bob: hello");
    bob.send(text("bob", "héllo"));
    carol.shows("the reader died");
    for _ in 0..MESSAGES {
        bob.send(text("bob", "are you there?"));
    }
    carol.types("I send and hear nothing");
    bob.expect(text("carol", "I send and hear nothing"));
    carol.close();
    bob.expect(leave("carol"));
}
