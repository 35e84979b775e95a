//! Nodes that come and go.

use super::*;
use crate::settings::Cluster;

impl Stream {
    /// A node gives a sign of life, so many milliseconds after what was before.
    fn lives(&mut self, node: NodeId, after: u64) -> Vec<Effect> {
        self.time = self.time + after - 1000;
        self.says(node, Vec::new())
    }
}

#[test]
fn what_a_node_says_that_has_not_started_comes_to_nothing() {
    let mut stream = Stream {
        replica: Replica::new("HUBBUB_room", 7),
        ..Stream::new()
    };
    assert!(stream.says(A, vec![join(1, "ada", None)]).is_empty());
    let said = vec![join(1, "ada", None), start(), join(2, "bo", None)];
    assert_eq!(told(&stream.says(A, said)), ["1.2 is bo at 0"]);
    assert!(stream.replica.has_node(A) && !stream.replica.has_node(B));
}

#[test]
fn a_node_that_is_silent_for_its_time_is_gone_with_its_members_and_before_what_is_said_then() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(7, "ada", None), join(3, "bo", None)]);
    for _ in 0..4 {
        assert!(stream.lives(B, 10_000).is_empty());
    }
    assert!(stream.lives(B, 4999).is_empty());
    stream.time -= 999;
    let said = stream.says(B, vec![join(1, "bo", None)]);
    let expected = [
        "1.3 left: NodeGone",
        "1.7 left: NodeGone",
        "1 is gone",
        "2.1 is bo at 0",
    ];
    assert_eq!(told(&said), expected);
}

#[test]
fn a_pause_of_the_stream_makes_nobody_gone_however_long_it_is() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    for _ in 0..10 {
        assert!(stream.lives(B, 3_600_000).is_empty());
        assert!(stream.lives(A, 100).is_empty());
    }
    // Neither does a clock that jumps to and fro.
    for _ in 0..10 {
        stream.time -= 1_000_000;
        assert!(stream.lives(B, 100).is_empty());
        assert!(stream.lives(A, 1_000_000).is_empty());
    }
    for _ in 0..2 {
        assert!(stream.lives(B, 3_600_000).is_empty());
    }
    assert_eq!(
        told(&stream.lives(B, 3_600_000)),
        ["1.1 left: NodeGone", "1 is gone"]
    );
}

#[test]
fn with_the_shortest_timeout_a_pause_after_the_longest_silence_makes_nobody_gone() {
    let least = Cluster::LEAST_NODE_TIMEOUT.as_secs();
    for (timeout, is_here) in [(least, true), (25, false)] {
        let mut stream = Stream::new();
        let timeout_s = u32::try_from(timeout).unwrap();
        let newest_format = NEWEST_FORMAT;
        stream.says(
            A,
            vec![Item::Start {
                newest_format,
                timeout_s,
            }],
        );
        // B was heard in time, and A was about to be heard when the pause began.
        stream.lives(B, 10_000);
        stream.lives(B, 3_600_000);
        assert_eq!(stream.replica.has_node(A), is_here, "{timeout} s");
    }
}

#[test]
fn a_node_that_was_gone_starts_anew_and_nothing_late_of_it_counts() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    for _ in 0..5 {
        stream.lives(B, 15_000);
    }
    assert!(!stream.replica.has_node(A));
    assert!(
        stream
            .says(A, vec![say(1, "ada", None, &["lost"])])
            .is_empty()
    );
    let again = vec![
        start(),
        again(1, "ada", None),
        say(1, "ada", None, &["again"]),
    ];
    assert_eq!(
        told(&stream.says(A, again)),
        ["1.1 is ada at 0", "1.1: 1=again"]
    );
    // Its first start comes once more, also when it is gone for good.
    let late = Record {
        node: A,
        count: 1,
        generation: stream.replica.last.generation,
        items: vec![start(), join(9, "eve", None)],
    };
    assert!(stream.put(&late).is_empty());
    assert_eq!(
        told(&stream.says(A, vec![Item::Stop])),
        ["1.1 left: NodeStopped", "1 is gone"]
    );
    assert!(stream.put(&late).is_empty());
    assert!(!stream.replica.has_node(A));
}

#[test]
fn all_write_the_format_that_all_can_read() {
    let mut stream = Stream {
        replica: Replica::new("HUBBUB_room", 7),
        ..Stream::new()
    };
    assert_eq!(stream.replica.format(), NEWEST_FORMAT);
    let start = |newest_format| Item::Start {
        newest_format,
        timeout_s: TIMEOUT,
    };
    stream.says(A, vec![start(NEWEST_FORMAT + 2)]);
    assert_eq!(stream.replica.format(), NEWEST_FORMAT);
    assert_eq!(
        stream.replica.nodes.lowest_format(),
        Some(NEWEST_FORMAT + 2)
    );
    stream.says(B, vec![start(NEWEST_FORMAT + 1)]);
    assert_eq!(
        stream.replica.nodes.lowest_format(),
        Some(NEWEST_FORMAT + 1)
    );
    stream.says(B, vec![Item::Stop]);
    assert_eq!(
        stream.replica.nodes.lowest_format(),
        Some(NEWEST_FORMAT + 2)
    );
}

#[test]
fn of_1024_nodes_that_are_gone_it_is_known_how_far_they_had_counted() {
    let mut stream = Stream {
        replica: Replica::new("HUBBUB_room", 7),
        ..Stream::new()
    };
    let generation = stream.replica.last().generation;
    let most = nodes::MAX_GONE as u64;
    let put = |stream: &mut Stream, node, count, items| {
        stream.put(&Record {
            node: NodeId(node),
            count,
            generation,
            items,
        })
    };
    let is_back = |stream: &mut Stream, node| {
        put(stream, node, 1, vec![start()]);
        stream.replica.has_node(NodeId(node))
    };
    // Those that went first have the highest numbers.
    let number = |nth: u64| 1_000_000 - nth;
    for nth in 0..most {
        put(&mut stream, number(nth), 1, vec![start()]);
        put(&mut stream, number(nth), 2, vec![Item::Stop]);
    }
    assert!(!is_back(&mut stream, number(0)));
    put(&mut stream, number(most), 1, vec![start()]);
    put(&mut stream, number(most), 2, vec![Item::Stop]);
    assert!(!is_back(&mut stream, number(1)));
    assert!(is_back(&mut stream, number(0)));
}

#[test]
fn a_node_that_starts_once_more_has_no_members() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let effects = stream.says(A, vec![start(), join(1, "ada", None)]);
    assert_eq!(told(&effects), ["1.1 left: NodeGone", "1.1 is ada at 0"]);
}
