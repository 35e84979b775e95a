//! What takes minutes: run by `just test-cluster-long`.

use std::time::Duration;

use crate::{engines, house, nodes};

#[test]
#[ignore = "two minutes and a half"]
fn all_engines_are_away_for_two_minutes() {
    let mut house = house::open(3, 3, &[]);
    for node in 0..3 {
        house.enter(node, 30);
    }
    house.talk_while(|events| {
        events.talk(500);
        engines::away(events, Duration::from_secs(120));
        events.talk(500);
    });
    house.settle();
    house.assert_nobody_left();
    engines::assert_paused_and_resumed(&house);
}

#[test]
#[ignore = "two minutes"]
fn a_node_sleeps_for_a_minute_and_a_half() {
    nodes::gone_while_asleep(&[], 90);
}
