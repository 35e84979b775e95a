//! Snapshots in the stream: which of them a node begins with.

use futures::executor::block_on;
use hubbub_testing::Engines;

use super::super::beginning::HEADS;
use super::super::head::{Head, PIECE_BYTES, PIECES};
use super::super::start;
use super::{Node, cluster};
use crate::cluster::replica::hash as digest;
use crate::cluster::{Entry, NodeId, Order};
use crate::settings::Cluster;

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_snapshot_is_what_the_next_node_begins_with() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    one.say("a");
    let room: Vec<u8> = (0..600 * 1024).map(|byte| (byte % 251) as u8).collect();
    one.order(Order::Snapshot {
        place: 1,
        hash: digest(&room),
        bytes: room.clone(),
    });
    for place in 2..=4 {
        assert!(matches!(one.entry(), (at, Entry::Other) if at == place));
    }
    let (place, head) = one.entry();
    assert_eq!(place, 5);
    assert!(matches!(head, Entry::Snapshot { place: 1, hash } if hash == digest(&room)));
    one.say("b");

    let two = Node::start(&engines);
    assert_eq!(two.link.start.snapshot, Some((1, room.clone())));
    assert_eq!(two.entry().0, 2);
}

impl Node {
    /// Puts a snapshot into the stream, and waits until its head stands there.
    #[track_caller]
    fn keeps(&mut self, place: u64, hash: [u8; 32], room: &[u8]) {
        let bytes = room.to_vec();
        self.order(Order::Snapshot { place, hash, bytes });
        while !matches!(self.entry(), (_, Entry::Snapshot { place: of, .. }) if of == place) {}
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_node_begins_with_the_newest_snapshot_that_is_whole() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    one.say("a");
    let begins_with = || Node::start(&engines).link.start.snapshot;
    assert_eq!(begins_with(), None);
    one.keeps(1, digest(b"first"), b"first");
    let second = one.say("b");
    one.keeps(second, digest(b"second"), b"second");
    let second = Some((second, b"second".to_vec()));
    assert_eq!(begins_with(), second);
    // It is damaged, and nobody can have taken it.
    one.keeps(6, [0; 32], b"third");
    one.keeps(1000, digest(b"fourth"), b"fourth");
    assert_eq!(begins_with(), second);
    for _ in 2..HEADS - 1 {
        one.keeps(6, [0; 32], b"third");
    }
    assert_eq!(begins_with(), second);
    one.keeps(6, [0; 32], b"third");
    one.keeps(6, [0; 32], b"third");
    // The beginning of the stream is still there.
    let late = Node::start(&engines);
    assert_eq!(late.link.start.snapshot, None);
    assert!(!late.link.start.is_lost());
    assert_eq!(late.record(), (1, "a".to_owned()));
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_snapshot_that_came_late_is_of_no_use_when_what_follows_it_has_been_trimmed() {
    let engines = Engines::start(1);
    let small = Cluster {
        keep_bytes: 1024 * 1024,
        ..cluster(&engines)
    };
    let begin = || Node {
        link: block_on(start(&small)).unwrap(),
        id: NodeId(crate::runtime::draw()),
        count: 0,
    };
    let mut one = begin();
    let early = one.say("a");
    let long = "x".repeat(300 * 1024);
    for _ in 0..5 {
        one.say(&long);
    }
    let last = one.say("b");
    assert!(begin().link.start.is_lost());
    one.keeps(last, digest(b"room"), b"room");
    one.keeps(early, digest(b"late"), b"late");
    let mut two = begin();
    assert_eq!(two.link.start.snapshot, Some((last, b"room".to_vec())));
    assert!(!two.link.start.is_lost());
    // Nor is one whose own pieces have been trimmed.
    for _ in 0..5 {
        two.say(&long);
    }
    assert!(begin().link.start.is_lost());
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_snapshot_is_enough_as_long_as_the_stream_has_all_that_follows_it() {
    let engines = Engines::start(1);
    let small = Cluster {
        keep_bytes: 1024 * 1024,
        ..cluster(&engines)
    };
    let mut one = Node::with(&small);
    let long = "x".repeat(300 * 1024);
    one.say(&long);
    let place = one.say(&long);
    one.keeps(place, digest(b"room"), b"room");
    // Each pushes one out, at last that of the snapshot's own place.
    for first in [1, place, place + 1] {
        one.say(&long);
        let begun = Node::with(&small).link.start;
        assert_eq!(begun.first, first);
        assert_eq!(begun.snapshot, Some((place, b"room".to_vec())), "{first}");
        assert!(!begun.is_lost());
    }
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn a_snapshot_that_has_too_many_pieces_is_not_written_and_the_next_one_is() {
    let engines = Engines::start(1);
    let mut one = Node::start(&engines);
    one.say("a");
    let bytes = vec![0; PIECES * PIECE_BYTES + 1];
    let hash = digest(&bytes);
    one.order(Order::Snapshot {
        place: 1,
        hash,
        bytes,
    });
    assert_eq!(one.say("b"), 2, "a piece stands before it");
    one.order(Order::Snapshot {
        place: 2,
        hash: digest(b"room"),
        bytes: b"room".to_vec(),
    });
    assert!(matches!(one.entry(), (3, Entry::Other)));
    assert!(matches!(one.entry(), (4, Entry::Snapshot { place: 2, .. })));
}

/// Puts something into the stream as any program can that knows its subjects. Returns its place.
#[track_caller]
fn put(engines: &Engines, what: &str, bytes: &[u8]) -> u64 {
    let (subject, bytes) = (format!("hubbub.room.{what}"), bytes.to_vec());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(engines.url(0)).await.unwrap();
        let js = async_nats::jetstream::new(client);
        let taken = js.publish(subject, bytes.into()).await.unwrap();
        taken.await.unwrap().sequence
    })
}

#[test]
#[ignore = "needs engines: just test-cluster"]
fn only_a_piece_is_taken_for_one() {
    let engines = Engines::start(1);
    let record = Node::start(&engines).say("a");
    let begins_after = |piece, bytes: &[u8]| {
        let head = Head {
            place: record,
            hash: digest(bytes),
            pieces: vec![piece],
        };
        put(&engines, "snapshot", &head.to_bytes());
        let begun = Node::start(&engines).link.start.snapshot;
        begun == Some((record, bytes.to_vec()))
    };
    assert!(!begins_after(record, b"a"), "a record is none");
    let piece = put(&engines, "piece", b"a");
    assert!(begins_after(piece, b"a"));
    assert!(!begins_after(piece, b"b"), "it is damaged");
    assert!(!begins_after(1000, b"b"), "nothing stands there");
    for (len, is_one) in [(PIECE_BYTES, true), (PIECE_BYTES + 1, false)] {
        let bytes = vec![7; len];
        let piece = put(&engines, "piece", &bytes);
        assert_eq!(begins_after(piece, &bytes), is_one, "{len} bytes");
    }
}
