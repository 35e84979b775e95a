//! What the others in the room get from careless senders.

use hubbub_testing::{join, leave, text};

use crate::meeting::{bob_and_carol, stranger_in};

#[test]
fn an_exact_sender_is_heard_word_for_word() {
    let (_room, mut bob, mut carol) = bob_and_carol("exact");
    carol.types("My first chat message!");
    bob.expect(text("carol", "My first chat message!"));
    carol.types("héllo €");
    bob.expect(text("carol", "héllo €"));
    carol.close();
    carol.ends();
    bob.expect(leave("carol"));
}

#[test]
fn who_counts_characters_for_bytes_is_heard_to_the_last_character() {
    let (_room, mut bob, mut carol) = bob_and_carol("counts-characters");
    for said in ["héllo €", "and plain", "€"] {
        carol.types(said);
        bob.expect(text("carol", said));
    }
    carol.close();
    bob.expect(leave("carol"));
}

#[test]
fn who_misspells_the_length_is_not_heard_and_leaves_in_good_order() {
    let (_room, mut bob, mut carol) = bob_and_carol("misspells-the-length");
    carol.types("My first chat message!");
    carol.types("is anybody there?");
    carol.close();
    bob.expect(leave("carol"));
}

#[test]
fn who_puts_the_text_into_the_head_is_not_heard_and_leaves_in_good_order() {
    let (_room, mut bob, mut carol) = bob_and_carol("puts-the-text-into-the-head");
    carol.types("My first chat message!");
    carol.types("is anybody there?");
    carol.close();
    bob.expect(leave("carol"));
}

#[test]
fn an_empty_text_in_the_head_swallows_the_leave_and_the_room_hears_one_all_the_same() {
    let (_room, mut bob, mut carol) = bob_and_carol("puts-the-text-into-the-head");
    carol.types("");
    carol.close();
    bob.expect(leave("carol"));
}

#[test]
fn who_puts_the_length_before_the_name_is_heard_in_the_exact_form() {
    let (_room, mut bob, mut carol) = bob_and_carol("puts-the-length-first");
    carol.types("héllo €");
    bob.expect(text("carol", "héllo €"));
    carol.close();
    bob.expect(leave("carol"));
}

#[test]
fn who_is_killed_has_left() {
    let (_room, mut bob, carol) = bob_and_carol("exact");
    drop(carol);
    bob.expect(leave("carol"));
}

#[test]
fn whose_sender_died_of_a_letter_that_is_not_ascii_has_left_when_it_ends() {
    let (_room, mut bob, mut carol) = bob_and_carol("knows-ascii-only");
    carol.types("hello");
    bob.expect(text("carol", "hello"));
    carol.types("héllo");
    carol.shows("the sender died");
    carol.types("hello?");
    carol.close();
    carol.ends();
    bob.expect(leave("carol"));
}

#[test]
fn who_leaves_without_closing_is_closed_by_the_server() {
    let (_room, mut bob, mut carol) = bob_and_carol("leaves-without-closing");
    carol.close();
    carol.shows("the server closed");
    carol.ends();
    bob.expect(leave("carol"));
}

#[test]
fn who_joins_and_leaves_twice_is_announced_once() {
    let (room, mut bob, mut carol) = bob_and_carol("repeats-itself");
    carol.types("once");
    bob.expect(text("carol", "once"));
    carol.close();
    bob.expect(leave("carol"));
    let _dave = room.member("dave");
    bob.expect(join("dave"));
}

#[test]
fn who_joins_under_a_name_that_is_present_is_told_so_and_closed() {
    let (room, mut bob, _carol) = bob_and_carol("exact");
    let mut second = stranger_in(&room, "carol", "exact");
    second.shows("server: this name is taken; join under another one");
    second.shows("the server closed");
    let _dave = room.member("dave");
    bob.expect(join("dave"));
}

#[test]
fn a_prefilled_text_is_heard_like_any_other() {
    let (_room, mut bob, mut carol) = bob_and_carol("sends-prefilled-text");
    carol.types("");
    bob.expect(text("carol", "<Enter message>"));
    carol.close();
    bob.expect(leave("carol"));
}
