//! Engines that have lost what they had, and streams that have let go of it.

use futures::executor::block_on;
use hubbub_testing::Engines;

use super::super::start;
use super::{Node, cluster};
use crate::cluster::Answer;
use crate::settings::Cluster;

/// A record of which a few make the stream full.
const LARGE: usize = 300 * 1024;

/// The most that such a stream has.
const FULL: u64 = 2 * 1024 * 1024;

/// A stream that is full so soon.
fn small(engines: &Engines) -> Cluster {
    Cluster {
        keep_bytes: FULL,
        ..cluster(engines)
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_begins_anew_when_the_engine_has_an_older_copy_of_its_disk() {
    let (mut engines, mut copy) = (Engines::start(1), Engines::start(1));
    let mut one = Node::start(&engines);
    one.say("a");
    one.say("b");
    engines.kill(0);
    copy.kill(0);
    copy.take_disk(0, &engines, 0);
    engines.begin(0);
    assert_eq!(one.say("c"), 3);
    engines.kill(0);
    engines.take_disk(0, &copy, 0);
    engines.begin(0);
    let (why, start) = one.anew();
    assert!(
        why.contains("ends at 2") && why.contains("3 was read"),
        "{why}"
    );
    assert!(start.is_rolled_back && !start.is_lost());
    assert_eq!((start.place(), start.last), (0, 2));
    assert_eq!(one.record(), (1, "a".to_owned()));
    assert_eq!(one.say("after"), 3);
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_begins_anew_when_something_else_stands_where_it_has_read() {
    let (mut engines, mut copy) = (Engines::start(1), Engines::start(1));
    let mut one = Node::start(&engines);
    one.say("a");
    engines.kill(0);
    copy.kill(0);
    copy.take_disk(0, &engines, 0);
    engines.begin(0);
    assert_eq!(one.say("b"), 2);
    engines.kill(0);
    copy.begin(0);
    copy.wait();
    let mut other = Node::start(&copy);
    assert_eq!(other.say("another b"), 2);
    assert_eq!(other.say("another c"), 3);
    copy.kill(0);
    engines.take_disk(0, &copy, 0);
    engines.begin(0);
    let (why, start) = one.anew();
    assert!(why.contains("something else stands at 2"), "{why}");
    assert!(start.is_rolled_back);
    assert_eq!((start.place(), start.last), (0, 3));
    assert_eq!(one.record(), (1, "a".to_owned()));
    assert_eq!(one.record(), (2, "another b".to_owned()));
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_that_starts_where_the_first_records_are_gone_knows_it() {
    let engines = Engines::start(1);
    let mut one = Node::with(&small(&engines));
    let large = "x".repeat(LARGE);
    for number in 0..10 {
        one.say(&format!("{number}{large}"));
    }
    let late = block_on(start(&small(&engines))).unwrap().start;
    assert!(late.first > 2 && late.first <= 10, "{}", late.first);
    assert_eq!((late.last, late.snapshot.is_none()), (10, true));
    assert!(late.is_lost());
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_that_reads_too_late_begins_anew() {
    let engines = Engines::start(1);
    let mut one = Node::with(&small(&engines));
    let slow = Node::with(&small(&engines));
    let large = "x".repeat(LARGE);
    // It takes nothing meanwhile: neither its queue nor what the engine has sent it has room for so many.
    for number in 0..200 {
        one.say(&format!("{number}{large}"));
    }
    let mut last = 0;
    let (why, start) = loop {
        match slow.answer() {
            Answer::Entry { place, .. } => {
                assert_eq!(place, last + 1);
                last = place;
            }
            Answer::Anew { why, start } => break (why, start),
            Answer::Away | Answer::Back => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(
        why.contains("begins at") && why.contains(&last.to_string()),
        "{why}"
    );
    assert!(!start.is_rolled_back && start.is_lost());
    assert!(start.first > last + 1, "{} follows {last}", start.first);
}
