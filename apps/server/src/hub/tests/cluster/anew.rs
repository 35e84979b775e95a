//! A node, or the room, that begins anew, and a node that stops.

use super::*;
use crate::runtime::block_on;

#[test]
fn a_node_that_begins_anew_sends_everybody_away_and_lets_them_come_again() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let mut eve = nodes.plain(0, EVE, "eve");
    nodes.says(1, BOB, "bob", "before");
    nodes.settle();
    taken(&mut ada);
    taken(&mut eve);
    taken(&mut bob);
    let room = nodes.hubs[0].log.room();
    nodes.taps[0].begins_anew(&nodes.engine);
    nodes.settle();
    assert_eq!(taken(&mut ada), notice("ada", "stopping", words::STOPPING));
    assert!(is_over(&mut ada) && is_over(&mut eve));
    assert_eq!(nodes.hubs[0].log.room(), room);
    // Its program comes again, to this node. Nobody hears of it.
    let mut again = nodes.hubs[0].offers(FAY, "ada", 1, 2);
    nodes.settle();
    let told = taken(&mut again);
    assert!(
        told.contains("\r\nGrant: ") && told.contains("before"),
        "{told}"
    );
    // Who cannot come back has left at once.
    assert!(told.contains("ada\nbobCHAT"), "{told}");
    assert_eq!(taken(&mut bob), leave("eve"));
    // Nor does anybody hear of the node that was when it is gone.
    nodes.passes(60 * SECOND);
    assert_eq!(taken(&mut bob), "");
    assert_eq!(nodes.engine.names(), ["ada", "bob"]);
}

#[test]
fn a_node_that_knows_nothing_of_a_room_is_given_a_snapshot_by_those_who_do() {
    let mut nodes = Nodes::new(2);
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let room = nodes.hubs[0].log.room();
    nodes.passes(60 * SECOND);
    nodes.engine.lose_snapshots();
    nodes.begin();
    nodes.settle();
    assert_eq!(nodes.hubs[2].log.room(), room);
    let names: Vec<_> = nodes.hubs[2].room.names().collect();
    assert_eq!(names, ["ada"]);
    let mut bob = nodes.plain(2, BOB, "bob");
    nodes.says(0, ADA, "ada", "one");
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "one"));
    assert!(!is_over(&mut ada));
    // The next one asks too soon after that, and once more a little later.
    nodes.engine.lose_snapshots();
    nodes.begin();
    nodes.settle();
    assert!(nodes.hubs[3].room.is_empty());
    nodes.passes(40 * SECOND);
    assert_eq!(nodes.hubs[3].room.names().count(), 2);
    assert_eq!(nodes.hubs[3].log.room(), room);
}

#[test]
fn who_waits_at_a_node_that_knows_nothing_of_the_room_is_let_in_when_it_finds_one() {
    for is_somebody_there in [true, false] {
        let mut nodes = Nodes::new(1);
        let mut ada = nodes.plain(0, ADA, "ada");
        nodes.passes(60 * SECOND);
        nodes.engine.lose_snapshots();
        nodes.begin();
        let mut bob = nodes.hubs[1].member(BOB, "bob", ROOMY);
        nodes.says(1, BOB, "bob", "hello");
        nodes.turn(1);
        if !is_somebody_there {
            nodes.asleep.push(0);
        }
        nodes.passes(60 * SECOND);
        assert!(!is_over(&mut bob));
        assert!(nodes.engine.names().contains(&"bob".to_owned()));
        let said = nodes.engine.said().pop().map(|(_, text)| text);
        assert_eq!(said.as_deref(), Some("hello"));
        if is_somebody_there {
            assert_eq!(taken(&mut ada), join("bob") + &text("bob", "hello"));
        }
    }
}

#[test]
fn where_nobody_who_knows_what_was_before_is_heard_the_room_begins_anew_for_everybody() {
    let mut nodes = Nodes::new(1);
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let room = nodes.hubs[0].log.room();
    nodes.asleep.push(0);
    nodes.engine.lose_snapshots();
    nodes.begin();
    nodes.passes(45 * SECOND);
    assert_eq!(nodes.engine.room().0, room);
    nodes.passes(15 * SECOND);
    assert_ne!(nodes.engine.room().0, room);
    nodes.asleep.clear();
    nodes.settle();
    assert_eq!(taken(&mut ada), notice("ada", "stopping", words::STOPPING));
    assert!(is_over(&mut ada));
    for hub in &nodes.hubs {
        assert_ne!(hub.log.room(), room);
        assert!(hub.room.is_empty());
    }
    assert_eq!(nodes.hubs[0].log.room(), nodes.hubs[1].log.room());
    let mut bob = nodes.plain(0, BOB, "bob");
    let _again = nodes.ours_again(1, ADA, "ada", 1, 2);
    assert_eq!(taken(&mut bob), join("ada"));
}

#[test]
fn when_a_node_stops_its_members_move_without_a_word_and_plain_ones_leave() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let mut ada = nodes.ours(0, ADA, "ada", 1);
    let mut eve = nodes.plain(0, EVE, "eve");
    taken(&mut ada);
    assert_eq!(taken(&mut bob), join("ada") + &join("eve"));
    let (sender, inbox) = flume::bounded(1);
    drop(sender);
    let mut stopping = nodes.hubs.remove(0);
    let mut tap = nodes.taps.remove(0);
    let until = now() + 30 * SECOND;
    let mut moved = None;
    {
        let stops = std::pin::pin!(stopping.move_out(&inbox, until));
        let mut stops = stops.fuse();
        // Each time that it waits, the others go on.
        block_on(poll_fn(|context| {
            let end = stops.poll_unpin(context);
            tap.settle(&mut nodes.engine, nodes.now);
            nodes.settle();
            if moved.is_none() && is_over_after(&mut ada, "stopping") {
                moved = Some(nodes.ours_again(0, ADA, "ada", 1, 2));
            }
            context.waker().wake_by_ref();
            end
        }));
    }
    assert!(moved.is_some());
    assert!(stopping.log.has_stopped());
    assert_eq!(taken(&mut eve), "");
    assert!(is_over(&mut eve));
    nodes.settle();
    assert_eq!(taken(&mut bob), leave("eve"));
    assert_eq!(nodes.engine.names(), ["ada", "bob"]);
}

#[test]
fn a_node_whose_members_do_not_move_stops_after_its_time() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(1, BOB, "bob");
    let _ada = nodes.ours(0, ADA, "ada", 1);
    taken(&mut bob);
    let (_sender, inbox) = flume::bounded(1);
    let mut stopping = nodes.hubs.remove(0);
    let mut tap = nodes.taps.remove(0);
    let until = now() + Duration::from_millis(50);
    let stops = std::pin::pin!(stopping.move_out(&inbox, until));
    let mut stops = stops.fuse();
    block_on(poll_fn(|context| {
        let end = stops.poll_unpin(context);
        tap.settle(&mut nodes.engine, nodes.now);
        context.waker().wake_by_ref();
        end
    }));
    nodes.settle();
    assert_eq!(taken(&mut bob), leave("ada"));
}

/// Whether somebody was told this, and its connection has ended.
fn is_over_after(pending: &mut Pending, code: &str) -> bool {
    taken(pending).contains(&format!("Code: {code}")) && is_over(pending)
}
