//! What two nodes are without any fault: one room.

use hubbub_testing::{Offer, Ours, Peer, join, leave, text};

use crate::house::{self, House};

/// Somebody who speaks plain CHAT/1.0, who is in the room at this node when this returns.
fn plain(house: &mut House, node: usize, name: &str) -> Peer {
    let peer = Peer::join(house.port(node), name);
    house.node(node).line_with("joined");
    peer
}

/// Somebody with a program of ours, at this node.
fn ours(house: &House, node: usize, offer: Offer) -> Ours {
    let mut peer = Peer::connect(([127, 0, 0, 1], house.port(node)).into());
    peer.send(offer.with_join());
    Ours::welcomed(peer, offer)
}

#[test]
fn plain_members_of_two_nodes_hear_each_other_byte_for_byte_as_in_one() {
    let mut house = house::open(1, 2, &[]);
    let mut ann = plain(&mut house, 0, "ann");
    let mut bob = plain(&mut house, 1, "bob");
    ann.expect(join("bob"));
    ann.send(text("ann", "hello"));
    bob.expect(text("ann", "hello"));
    bob.send(text("bob", "hi"));
    ann.expect(text("bob", "hi"));
    bob.send(leave("bob"));
    ann.expect(leave("bob"));
    bob.expect_closed();
}

#[test]
fn a_name_is_taken_on_all_nodes() {
    let mut house = house::open(1, 2, &[]);
    let mut ann = plain(&mut house, 0, "ann");
    let mut bob = plain(&mut house, 1, "bob");
    ann.expect(join("bob"));
    let mut other = Peer::join(house.port(1), "ann");
    other.expect_notice();
    other.expect_closed();
    // It is free again once its bearer has gone.
    ann.send(leave("ann"));
    bob.expect(leave("ann"));
    let _again = plain(&mut house, 1, "ann");
    bob.expect(join("ann"));
}

#[test]
fn who_comes_to_another_node_finds_the_past_and_everybody_who_is_here() {
    let house = house::open(1, 2, &[]);
    let mut ann = ours(&house, 0, Offer::new("ann"));
    for count in 1..=3 {
        ann.says(count, &format!("text {count}"));
    }
    ann.expect_acks_up_to(3);
    let bob = ours(&house, 1, Offer::new("bob"));
    ann.expect_coming_or_going("JOIN", "bob");
    let past: Vec<_> = bob.past.iter().map(|frame| &*frame.payload).collect();
    assert_eq!(past, ["text 1", "text 2", "text 3"]);
    let mut present = bob.present.clone();
    present.sort();
    assert_eq!(present, ["ann", "bob"]);
}

#[test]
fn who_moves_to_another_node_keeps_its_place_and_nobody_hears_of_it() {
    let mut house = house::open(1, 2, &[]);
    let mut bob = plain(&mut house, 0, "bob");
    let mut ann = ours(&house, 0, Offer::new("ann"));
    bob.expect(join("ann"));
    ann.says(1, "one");
    let seq = ann.expect_ack(1);
    bob.expect(text("ann", "one"));
    let room = ann.grant.need("Room").to_owned();
    let mut again = ours(&house, 1, ann.offer.again().since(&room, &seq));
    assert!(again.past.is_empty(), "{:?}", again.past);
    assert_eq!(ann.peer.any_frame().header("Code"), Some("replaced"));
    // What was not acknowledged is said again, and heard once.
    again.says(1, "one");
    again.says(2, "two");
    again.expect_acks_up_to(2);
    bob.expect(text("ann", "two"));
}

#[test]
fn what_memory_has_not_is_read_from_the_stream() {
    let mut house = house::open(1, 2, &[]);
    let mut ann = ours(&house, 0, Offer::new("ann"));
    for count in 1..=2_500 {
        ann.says(count, &format!("text {count}"));
    }
    ann.expect_acks_up_to(2_500);
    // A node that starts now has read none of them.
    house.kill(1);
    house.begin(1);
    house.wait_for(1);
    let mut bob = ours(&house, 1, Offer::new("bob").recent(200));
    let mut numbers: Vec<u32> = numbers(&bob.past);
    while numbers[0] > 1 {
        let before = bob.past[0].need("Seq").to_owned();
        bob.peer.send(format!(
            "CHAT/1.0 EARLIER\r\nUsername: bob\r\nBefore: {before}\r\nCount: 200\r\n\r\n"
        ));
        let mut page = Vec::new();
        loop {
            let frame = bob.peer.any_frame();
            match &*frame.method {
                "TEXT" => page.push(frame),
                "REPLAYED" => break,
                _ => panic!("{frame:?}"),
            }
        }
        assert!(!page.is_empty(), "nothing before {}", numbers[0]);
        numbers.splice(0..0, self::numbers(&page));
        bob.past = page;
    }
    assert_eq!(numbers, (1..=2_500).collect::<Vec<_>>());
}

fn numbers(frames: &[hubbub_testing::AnyFrame]) -> Vec<u32> {
    let number = |frame: &hubbub_testing::AnyFrame| {
        let word = frame.payload.strip_prefix("text ");
        word.unwrap().parse().unwrap()
    };
    frames.iter().map(number).collect()
}
