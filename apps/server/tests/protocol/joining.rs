//! Who is a member, and under which name.

use std::time::{Duration, Instant};

use hubbub_testing::{MIB, Peer, Room, join, leave, shown, text};

#[test]
fn a_join_goes_to_every_other_member() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut carol = room.connect();
    carol.send("CHAT/1.0 JOIN\r\nUsername: carol\r\n\r\n");
    alice.expect("CHAT/1.0 JOIN\r\nUsername: carol\r\n\r\n");
    bob.expect("CHAT/1.0 JOIN\r\nUsername: carol\r\n\r\n");
}

#[test]
fn a_join_is_not_answered_and_who_is_there_is_not_listed() {
    let room = Room::open();
    let [mut alice, _bob] = room.members(["alice", "bob"]);
    let mut carol = room.member("carol");
    alice.send(text("alice", "welcome"));
    carol.expect(text("alice", "welcome"));
}

#[test]
fn a_name_that_a_member_bears_is_refused_in_one_line_and_nobody_else_hears() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut second = room.connect();
    second.send(join("alice"));
    let line = second.expect_notice();
    assert!(!line.is_empty());
    second.expect_closed();
    alice.send(text("alice", "still me"));
    bob.expect(text("alice", "still me"));
    bob.send(text("bob", "still you"));
    alice.expect(text("bob", "still you"));
}

/// Some clients do not show what comes at once.
#[test]
fn a_refusal_comes_a_little_after_the_join_and_nothing_else_waits_for_it() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut second = room.connect();
    let began = Instant::now();
    second.send(join("alice"));
    // All this is heard before the refusal comes, unless the machine needs longer than the pause.
    alice.send(text("alice", "we talk on"));
    bob.expect(text("alice", "we talk on"));
    let talked = began.elapsed();
    second.expect_notice();
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(100), "{took:?}");
    assert!(talked < took, "the others waited: {talked:?} of {took:?}");
    second.expect_closed();
}

#[test]
fn the_name_server_is_refused() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut forger = room.connect();
    forger.send(join("server"));
    forger.expect_notice();
    forger.expect_closed();
    alice.send(text("alice", "nobody came"));
    bob.expect(text("alice", "nobody came"));
}

#[test]
fn what_a_refused_peer_sends_behind_its_join_reaches_nobody() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut second = room.connect();
    let forged = [join("alice"), text("alice", "forged"), leave("alice")].concat();
    let another_try = [join("dave"), text("dave", "hello")].concat();
    second.send([forged, another_try].concat());
    second.expect_notice();
    second.expect_closed();
    alice.send(text("alice", "genuine"));
    bob.expect(text("alice", "genuine"));
}

#[test]
fn a_refusal_is_in_ascii_though_the_name_is_not() {
    let room = Room::open();
    let _zoe = room.member("Zoë 🦉");
    let mut second = room.connect();
    second.send(join("Zoë 🦉"));
    second.expect_notice();
    second.expect_closed();
}

/// A server that closes while bytes wait unread resets the connection, and a reset may destroy what was sent before.
#[test]
fn a_refusal_and_an_orderly_end_arrive_though_more_stood_behind_the_join() {
    let room = Room::open();
    let _alice = room.member("alice");
    let mut second = room.connect();
    let more = text("alice", [b'x'; 1000]).repeat(2 * MIB / 1000);
    second.send([join("alice"), more].concat());
    second.expect_notice();
    second.expect_closed();
}

#[test]
fn a_second_join_is_ignored() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send([join("alice"), join("carol"), text("alice", "one name")].concat());
    bob.expect(text("alice", "one name"));
    let mut carol = room.member("carol");
    alice.expect(join("carol"));
    bob.expect(join("carol"));
    carol.send(text("carol", "the name was free"));
    alice.expect(text("carol", "the name was free"));
}

#[test]
fn names_are_compared_by_their_bytes() {
    let room = Room::open();
    let [mut capital, mut small] = room.members(["Bob", "bob"]);
    small.send(text("bob", "we are two"));
    capital.expect(text("bob", "we are two"));
    let [_composed, _combining] = room.members(["Zo\u{eb}", "Zoe\u{308}"]);
    small.expect([join("Zo\u{eb}"), join("Zoe\u{308}")].concat());
    let _server_in_capitals = room.member("Server");
}

#[test]
fn a_name_is_free_again_after_leave() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
    let mut again = room.member("alice");
    bob.expect(join("alice"));
    again.send(text("alice", "back"));
    bob.expect(text("alice", "back"));
}

#[test]
fn a_name_is_free_again_after_its_connection_ended() {
    let room = Room::open();
    let [alice, mut bob] = room.members(["alice", "bob"]);
    drop(alice);
    bob.expect(leave("alice"));
    let mut again = room.member("alice");
    bob.expect(join("alice"));
    again.send(text("alice", "back"));
    bob.expect(text("alice", "back"));
}

/// Nobody waits here: the news of the end and the next JOIN come over different connections.
#[test]
fn a_name_is_free_for_one_who_has_just_closed_been_cut_or_left() {
    let room = Room::open();
    let mut still_open = Vec::new();
    let mut alice = room.member("alice");
    for number in 0..300 {
        let said = text("alice", number.to_string());
        alice.send(&said);
        match number % 3 {
            0 => drop(alice),
            1 => alice.reset(),
            _ => {
                alice.send(leave("alice"));
                still_open.push(alice);
            }
        }
        alice = room.connect();
        alice.send(join("alice"));
        for wanted in [said, leave("alice"), join("alice")] {
            assert_eq!(shown(&room.next_heard()), shown(&wanted), "{number}");
        }
    }
}

#[test]
fn a_name_is_free_for_another_try_after_a_refusal() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut refused = room.connect();
    refused.send(join("alice"));
    refused.expect_notice();
    refused.expect_closed();
    alice.send(leave("alice"));
    bob.expect(leave("alice"));
    let _alice = room.member("alice");
    bob.expect(join("alice"));
}

#[test]
fn a_name_has_at_most_64_bytes() {
    let room = Room::open();
    let mut alice = room.member("alice");
    let (longest, too_long) = ("é".repeat(32), "é".repeat(32) + "x");
    let mut bob = room.connect();
    bob.send([join(&too_long), join(&longest)].concat());
    alice.expect(join(&longest));
}

#[test]
fn only_connections_that_have_joined_receive() {
    let room = Room::open();
    let mut lurker = room.connect();
    // This is accepted before alice, whose connection came later.
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", "among us"));
    bob.expect(text("alice", "among us"));
    lurker.send(join("lurker"));
    alice.expect(join("lurker"));
    alice.send(text("alice", "hello"));
    lurker.expect(text("alice", "hello"));
}

#[test]
fn a_text_or_leave_before_join_is_ignored() {
    let room = Room::open();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut carol = room.connect();
    carol.send([text("carol", "early"), text("alice", "forged")].concat());
    carol.send([leave("carol"), leave("alice")].concat());
    carol.send([join("carol"), text("carol", "in")].concat());
    for member in [&mut alice, &mut bob] {
        member.expect([join("carol"), text("carol", "in")].concat());
    }
    alice.send(text("alice", "still here"));
    carol.expect(text("alice", "still here"));
}

#[test]
fn a_member_alone_in_the_room_hears_nothing_and_may_leave() {
    let room = Room::unwatched();
    let mut alice = Peer::connect(room.address());
    alice.send([join("alice"), text("alice", "anybody?"), leave("alice")].concat());
    alice.expect_closed();
}
