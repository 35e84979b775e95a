//! Several nodes want the same at once.

use super::*;

/// How often.
const TIMES: usize = 1000;

#[test]
fn of_two_that_want_one_name_on_two_nodes_at_once_exactly_one_has_it_a_thousand_times() {
    let mut nodes = Nodes::new(2);
    let mut bob = nodes.plain(0, BOB, "bob");
    let mut wins = [0, 0];
    for time in 0..TIMES {
        let peer = PeerId(10 + time as u64);
        let mut claims = [0, 1].map(|node| nodes.hubs[node].member(peer, "ada", ROOMY));
        // Each node publishes before it has read of the other. Who is first changes.
        for node in [time % 2, 1 - time % 2] {
            nodes.turn(node);
            nodes.taps[node].publish(&mut nodes.engine, nodes.now);
        }
        nodes.settle();
        let refused = claims.each_mut().map(is_over_after_words);
        assert_ne!(refused[0], refused[1], "time {time}");
        let winner = usize::from(refused[0]);
        wins[winner] += 1;
        assert_eq!(taken(&mut bob), join("ada"));
        nodes.hubs[winner].leaves(peer, "ada");
        nodes.settle();
        assert_eq!(taken(&mut bob), leave("ada"));
    }
    assert_eq!(wins, [TIMES / 2, TIMES / 2]);
}

#[test]
fn one_member_that_moves_as_fast_as_it_can_is_one_member_by_its_newest_connection() {
    let mut nodes = Nodes::new(3);
    let mut bob = nodes.plain(0, BOB, "bob");
    let _first = nodes.ours(0, ADA, "ada", 1);
    assert_eq!(taken(&mut bob), join("ada"));
    let mut random = fastrand::Rng::with_seed(7);
    let mut connections = Vec::new();
    for attempt in 2..1000 {
        let node = random.usize(..3);
        let peer = PeerId(1000 + attempt);
        connections.push((node, peer, nodes.hubs[node].offers(peer, "ada", 1, attempt)));
        // JOINs are late, and come in any order.
        let node = random.usize(..3);
        nodes.turn(node);
        let Nodes {
            taps, engine, now, ..
        } = &mut nodes;
        taps[node].step(engine, *now, &mut random);
        if attempt % 50 == 0 {
            nodes.passes(3 * SECOND);
        }
    }
    nodes.passes(3 * SECOND);
    assert_eq!(taken(&mut bob), "");
    assert_eq!(nodes.engine.names(), ["ada", "bob"]);
    let (node, peer, mut newest) = connections.pop().unwrap();
    assert!(taken(&mut newest).contains("\r\nGrant: "));
    for (.., mut older) in connections {
        taken(&mut older);
        assert!(is_over(&mut older));
    }
    nodes.says(node, peer, "ada", "still me");
    nodes.settle();
    assert_eq!(taken(&mut bob), text("ada", "still me"));
}
