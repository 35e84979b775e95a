//! PING, and what the server tells by NOTICE.

use hubbub_testing::{Room, join, leave, text};

#[test]
fn a_ping_is_answered_with_its_id() {
    let room = Room::open();
    let mut bob = room.ours("bob");
    for id in ["1", "two", &"x".repeat(64)] {
        bob.peer.send(format!(
            "CHAT/1.0 PING\r\nUsername: bob\r\nId: {id}\r\n\r\n"
        ));
        bob.peer.expect(format!(
            "CHAT/1.0 PONG\r\nUsername: bob\r\nId: {id}\r\n\r\n"
        ));
    }
}

#[test]
fn who_is_about_to_hear_that_the_server_stops_has_a_grant() {
    let mut room = Room::open();
    let mut bob = room.ours("bob");
    let mut ada = room.member("ada");
    bob.expect_coming_or_going("JOIN", "ada");
    room.begin_stop();
    bob.expect_notice("stopping");
    bob.peer.expect_closed();
    ada.expect_closed();
}

#[test]
fn a_text_beyond_the_limit_ends_the_connection_with_a_notice_and_no_later_one_counts() {
    let room = Room::open();
    let mut bob = room.ours("bob");
    room.hears(join("bob"));
    let too_long = bob.offer.text(1, &"x".repeat(1024 * 1024 + 1));
    let exactly = bob.offer.text(1, &"x".repeat(1024 * 1024));
    bob.peer.send(exactly);
    bob.expect_ack(1);
    assert_eq!(room.next_heard(), text("bob", "x".repeat(1024 * 1024)));
    bob.peer
        .send([too_long, bob.offer.text(2, "later")].concat());
    assert!(bob.expect_notice("too-long").contains("1048577"));
    bob.peer.expect_gone();
    assert_eq!(room.next_heard(), leave("bob"));
}
