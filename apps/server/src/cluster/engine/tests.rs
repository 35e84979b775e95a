//! The thread against real engines. `just test-cluster` fetches them.

use std::time::{Duration, Instant};

use futures::executor::block_on;
use hubbub_testing::Engines;

use super::start;
use crate::cluster::{Answer, Entry, Link, NodeId, Order, Start};
use crate::settings::Cluster;

mod losses;
mod refusals;
mod snapshots;

/// How long a test waits for one answer. Engines may take ten seconds to agree on a leader.
const DEADLINE: Duration = Duration::from_secs(60);

fn cluster(engines: &Engines) -> Cluster {
    at(&engines.urls(), engines.count())
}

/// So many engines at these URLs.
fn at(urls: &str, count: usize) -> Cluster {
    let engines = urls.split(',').map(|url| url.parse().unwrap());
    Cluster {
        replicas: count,
        ..Cluster::new(engines.collect())
    }
}

/// A node that knows no more than its link.
struct Node {
    link: Link,
    id: NodeId,
    count: u64,
}

impl Node {
    #[track_caller]
    fn start(engines: &Engines) -> Self {
        Self::with(&cluster(engines))
    }

    #[track_caller]
    fn with(cluster: &Cluster) -> Self {
        Self {
            link: block_on(start(cluster)).unwrap(),
            id: NodeId(crate::runtime::draw()),
            count: 0,
        }
    }

    fn order(&self, order: Order) {
        self.link.orders.send_timeout(order, DEADLINE).unwrap();
    }

    /// Publishes a record, without a look whether it comes.
    fn publish(&mut self, has_texts: bool, bytes: &[u8]) {
        self.count += 1;
        self.publish_again(has_texts, bytes);
    }

    fn publish_again(&self, has_texts: bool, bytes: &[u8]) {
        self.order(Order::Publish {
            node: self.id,
            count: self.count,
            has_texts,
            bytes: bytes.to_vec(),
        });
    }

    #[track_caller]
    fn answer(&self) -> Answer {
        self.link.answers.recv_timeout(DEADLINE).unwrap()
    }

    /// The next entry, whatever is said of the engine before it.
    #[track_caller]
    fn entry(&self) -> (u64, Entry) {
        loop {
            match self.answer() {
                Answer::Entry { place, entry, .. } => return (place, entry),
                Answer::Away | Answer::Back => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[track_caller]
    fn record(&self) -> (u64, String) {
        match self.entry() {
            (place, Entry::Record(bytes)) => (place, String::from_utf8(bytes).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// Publishes a record until it is read back, as nodes do. Returns its place.
    #[track_caller]
    fn say(&mut self, text: &str) -> u64 {
        self.publish(true, text.as_bytes());
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.link.answers.recv_timeout(Duration::from_secs(2)) {
                Ok(Answer::Entry {
                    place,
                    entry: Entry::Record(bytes),
                    ..
                }) if bytes == text.as_bytes() => return place,
                Ok(Answer::Entry { .. } | Answer::Away | Answer::Back) => {}
                Ok(other) => panic!("{other:?}"),
                Err(_) => self.publish_again(true, text.as_bytes()),
            }
            assert!(Instant::now() < deadline, "{text} does not come back");
        }
    }

    /// What it is told when it has to begin anew.
    #[track_caller]
    fn anew(&self) -> (String, Start) {
        loop {
            match self.answer() {
                Answer::Anew { why, start } => return (why, start),
                Answer::Away | Answer::Back => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn all_nodes_read_the_same_records_at_the_same_places() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    let mut two = Node::start(&engines);
    assert_eq!(one.link.start.place(), 0);
    assert!(!one.link.start.is_lost());
    one.publish(false, b"a");
    assert_eq!(two.record(), (1, "a".to_owned()));
    two.publish(true, b"b");
    two.publish_again(true, b"b");
    assert_eq!(one.record(), (1, "a".to_owned()));
    assert_eq!(one.record(), (2, "b".to_owned()));
    one.publish(true, b"c");
    assert_eq!(two.record(), (2, "b".to_owned()));
    for node in [&one, &two] {
        assert_eq!(node.record(), (3, "c".to_owned()));
    }
    let late = Node::start(&engines);
    assert_eq!(late.link.start.last, 3);
    assert_eq!(late.record(), (1, "a".to_owned()));
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn of_the_past_only_records_with_texts_are_read() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    let mut texts = Vec::new();
    for number in 0..300 {
        if number % 10 == 0 {
            texts.push((number + 1, format!("text {number}")));
            one.publish(true, format!("text {number}").as_bytes());
        } else {
            one.publish(false, b"");
        }
        one.entry();
    }
    let past = |number, ranges: &[(u64, u64)]| {
        let ranges = ranges.to_vec();
        one.order(Order::Read { number, ranges });
        match one.answer() {
            Answer::Past {
                number: of,
                records,
                first: 1,
            } if of == number => {
                let text = |bytes| String::from_utf8(bytes).unwrap();
                let records = records.into_iter();
                let records = records.map(|(place, _, bytes)| (place, text(bytes)));
                records.collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(past(1, &[(1, 300)]), texts);
    assert_eq!(past(2, &[(1, 291)]), texts[..30]);
    assert_eq!(past(3, &[(2, 290)]), texts[1..29]);
    assert_eq!(past(4, &[(292, 300)]), []);
    assert_eq!(past(5, &[(301, 900)]), []);
    assert_eq!(
        past(6, &[(1, 20), (31, 40)]),
        [&texts[..2], &texts[3..4]].concat()
    );
    assert_eq!(
        past(7, &[(11, 11), (291, 291)]),
        [&texts[1..2], &texts[29..30]].concat()
    );
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_page_of_the_past_may_be_larger_than_an_engine_gives_at_a_time() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    let long = "x".repeat(300 * 1024);
    for _ in 0..10 {
        one.say(&long);
        one.count += 1;
        one.publish_again(false, b"");
    }
    for number in 0..600 {
        one.say(&number.to_string());
    }
    one.order(Order::Read {
        number: 7,
        ranges: vec![(1, 10_000)],
    });
    let records = loop {
        match one.answer() {
            Answer::Past { records, .. } => break records,
            Answer::Entry { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(records.len(), 610);
    assert!(records.is_sorted_by(|one, two| one.0 < two.0));
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn nothing_is_lost_or_doubled_when_the_engine_that_leads_is_killed() {
    let mut engines = Engines::start(3);
    let mut one = Node::start(&engines);
    let two = Node::start(&engines);
    let mut places = Vec::new();
    for number in 0..40 {
        if number % 10 == 5 {
            let leader = engines.leader_of("HUBBUB_room").unwrap();
            engines.kill(leader);
            places.push(one.say(&format!("text {number}")));
            engines.begin(leader);
            engines.wait();
        } else {
            places.push(one.say(&format!("text {number}")));
        }
    }
    let mut texts = Vec::new();
    let mut last = 0;
    while last < *places.last().unwrap() {
        let (place, text) = two.record();
        assert_eq!(place, last + 1, "a place is missing or comes twice");
        last = place;
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    let wanted: Vec<_> = (0..40).map(|number| format!("text {number}")).collect();
    assert_eq!(texts, wanted);
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn an_engine_that_sleeps_is_left_for_another_one() {
    let engines = Engines::start(3);
    let mut one = Node::start(&engines);
    one.say("before");
    let leader = engines.leader_of("HUBBUB_room").unwrap();
    engines.signal(leader, "STOP");
    let began = Instant::now();
    one.say("meanwhile");
    eprintln!(
        "it took {:?} until another one took a record",
        began.elapsed()
    );
    engines.signal(leader, "CONT");
    one.say("after");
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_hears_that_all_engines_are_away_and_that_they_are_back() {
    let mut engines = Engines::start(3);
    let mut one = Node::start(&engines);
    one.say("before");
    for index in 0..3 {
        engines.kill(index);
    }
    assert!(matches!(one.answer(), Answer::Away));
    one.publish(true, b"perhaps lost");
    for index in 0..3 {
        engines.begin(index);
    }
    assert!(matches!(one.answer(), Answer::Back));
    let place = one.say("after");
    assert!((2..=3).contains(&place), "{place}");
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_begins_anew_when_the_only_engine_has_lost_its_disk() {
    let mut engines = Engines::start(1);
    let mut one = Node::start(&engines);
    one.say("before");
    engines.kill(0);
    engines.empty(0);
    engines.begin(0);
    let (why, start) = one.anew();
    assert!(why.contains("no such stream"), "{why}");
    assert_eq!((start.place(), start.last), (0, 0));
    assert_ne!(start.created, one.link.start.created);
    assert_eq!(one.say("after"), 1);
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn nothing_changes_when_one_of_three_engines_has_lost_its_disk() {
    let mut engines = Engines::start(3);
    let mut one = Node::start(&engines);
    for index in 0..3 {
        one.say(&format!("before {index}"));
        engines.kill(index);
        engines.empty(index);
        one.say(&format!("meanwhile {index}"));
        engines.begin(index);
        engines.wait();
    }
    one.say("after");
    let late = Node::start(&engines);
    assert_eq!(late.record(), (1, "before 0".to_owned()));
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_that_wants_it_begins_anew() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    one.say("a");
    one.say("b");
    let why = "it differs".to_owned();
    one.order(Order::Anew { why: why.clone() });
    let (told, start) = one.anew();
    assert_eq!(told, why);
    assert_eq!((start.place(), start.last, start.is_lost()), (0, 2, false));
    assert_eq!(one.record(), (1, "a".to_owned()));
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_that_wants_it_again_before_it_is_done_begins_anew_once() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    one.say("a");
    // Nothing can be done as long as it sleeps.
    engines.signal(0, "STOP");
    for number in 0..100 {
        let why = format!("reason {number}");
        one.order(Order::Anew { why });
        while !one.link.orders.is_empty() {
            std::thread::yield_now();
        }
    }
    engines.signal(0, "CONT");
    let (told, _) = one.anew();
    assert_eq!(told, "reason 0");
    for text in ["b", "c", "d", "e", "f"] {
        // It panics when the node begins anew.
        one.say(text);
    }
}
