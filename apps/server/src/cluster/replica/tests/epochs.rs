//! A stream that has lost what it had: the room begins anew, on all nodes alike.

use super::*;
use crate::settings::Cluster;

fn start_at(snapshot: Option<(u64, Vec<u8>)>, first: u64, last: u64) -> Start {
    Start {
        stream: "HUBBUB_room".to_owned(),
        created: 7,
        snapshot,
        first,
        last,
        is_rolled_back: false,
    }
}

/// How long nobody must be heard before a node that knows nothing gives the room up, in milliseconds.
const PATIENCE: u64 = 45_000;

fn begin(start: &Start) -> Result<Replica, Unreadable> {
    Replica::begin(start, PATIENCE)
}

/// A node that knows nothing of the room of a stream that ends here, after it has heard nobody for long enough.
fn lost(last: u64) -> Replica {
    let mut lost = begin(&start_at(None, 2, last)).unwrap();
    lost.age = PATIENCE;
    lost
}

fn since(replica: &Replica) -> Option<u64> {
    match replica.epoch()? {
        Item::Epoch { since } => Some(since),
        other => panic!("{other:?} is no epoch"),
    }
}

fn record(node: NodeId, count: u64, generation: u64, items: Vec<Item>) -> Entry {
    let record = Record {
        node,
        count,
        generation,
        items,
    };
    Entry::Record(record.to_bytes(1))
}

#[test]
fn a_node_begins_with_the_snapshot_or_the_whole_stream_and_else_knows_nothing() {
    let stream = Stream::new();
    let (place, bytes) = (stream.replica.place(), stream.replica.snapshot());
    let known = Some((place, bytes.clone()));
    for (snapshot, first, after, is_lost) in [
        (None, 0, 0, false),
        (None, 1, 0, false),
        (None, 2, 9, true),
        (known.clone(), 1, place, false),
        (known.clone(), place + 1, place, false),
        (known.clone(), place + 2, 9, true),
        (Some((place, bytes[1..].to_vec())), 1, 9, true),
        (Some((place + 1, bytes)), 1, 9, true),
    ] {
        let start = start_at(snapshot, first, 9);
        let replica = begin(&start).unwrap();
        assert_eq!(replica.place(), after);
        assert!(start.place() <= after);
        assert_eq!(replica.is_known(), !is_lost);
        assert_eq!(since(&replica), None);
    }
    let newer = Some((place, b"hubs\x02\x00".to_vec()));
    let start = start_at(newer, 1, 9);
    assert_eq!(begin(&start).unwrap_err(), Unreadable::Newer(2));
}

#[test]
fn the_room_begins_anew_on_those_who_knew_it_and_on_those_who_did_not() {
    let mut stream = Stream::new();
    let old = stream.replica.room_id();
    stream.says(
        A,
        vec![join(1, "ada", ticket(1, 1)), say(1, "ada", Some(1), &["a"])],
    );
    let last = stream.replica.place();
    let mut lost = lost(last);
    let late = record(
        A,
        9,
        lost.last().generation,
        vec![say(1, "ada", None, &["b"])],
    );
    let at = Time::from_unix_ms(stream.time);
    let mut on_both = |place, node, count, items: fn(u64) -> Vec<Item>| {
        [&mut lost, &mut stream.replica].map(|replica| {
            let entry = record(node, count, 1, items(last));
            told(&replica.apply(last + place, at, entry).unwrap())
        })
    };
    let epoch = |since| vec![Item::Epoch { since }, start(), join(1, "cy", None)];
    let [of_lost, _] = on_both(1, B, 8, |_| Vec::new());
    assert_eq!(of_lost, ["2 read 8"], "and nothing comes of it");
    let [of_lost, of_other] = on_both(2, A, 8, epoch);
    assert_eq!(of_lost, ["1 read 8", "epoch", "1.1 is cy at 0"]);
    assert_eq!(
        of_other,
        ["1 read 8", "1.1 left: Epoch", "epoch", "1.1 is cy at 0"]
    );
    // The same record comes once more.
    assert_eq!(on_both(3, A, 8, epoch), [[""; 0]; 2]);
    assert_eq!(lost.snapshot(), stream.replica.snapshot());
    assert!(lost.epoch().is_none());
    assert_ne!(lost.room_id(), old);
    assert_eq!(lost.last().count, 0);
    // What another node had said to the old room comes to nothing.
    let effects = stream.replica.apply(last + 9, at, late).unwrap();
    assert_eq!(told(&effects), ["1 read 9"]);
}

#[test]
fn an_epoch_is_void_if_another_one_stands_since_and_its_node_has_to_look_again() {
    let mut stream = Stream::new();
    let last = stream.replica.place();
    let mut proposes = |node, count, since| {
        let room = stream.replica.room_id();
        let effects = stream.put(&Record {
            node,
            count,
            generation: 0,
            items: vec![Item::Epoch { since }, start()],
        });
        let is_new = stream.replica.room_id() != room;
        assert_eq!(stream.replica.has_node(node), is_new);
        (told(&effects), stream.replica.place())
    };
    let (effects, place) = proposes(A, 8, last);
    assert_eq!(effects, ["epoch"]);
    assert!(proposes(B, 8, last).0.is_empty());
    // One of a place that has still to come is none.
    assert!(proposes(B, 9, place + 2).0.is_empty());
    assert_eq!(proposes(B, 10, place + 2).0, ["epoch"]);
}

#[test]
fn who_knows_nothing_and_reads_an_epoch_that_may_be_void_proposes_a_newer_one() {
    let mut lost = lost(10);
    let at = Time::from_unix_ms(0);
    let epoch = |since| record(B, 1, 0, vec![Item::Epoch { since }, start()]);
    for (place, of) in [(11, 9), (12, 10)] {
        assert_eq!(since(&lost), Some(place - 1));
        assert_eq!(
            told(&lost.apply(place, at, epoch(of)).unwrap()),
            ["2 read 1"]
        );
        // Whoever proposed it may know the room now.
        assert_eq!(since(&lost), None);
        lost.age += PATIENCE;
    }
    assert_eq!(since(&lost), Some(12));
    assert_eq!(
        told(&lost.apply(13, at, epoch(12)).unwrap()),
        ["2 read 1", "epoch"]
    );
    assert_eq!(since(&lost), None);
}

#[test]
fn a_stream_that_was_rolled_back_wants_an_epoch_behind_what_is_left() {
    let start = Start {
        is_rolled_back: true,
        ..start_at(None, 1, 3)
    };
    let mut replica = begin(&start).unwrap();
    let at = Time::from_unix_ms(0);
    let epoch = |since| record(B, since + 1, 0, vec![Item::Epoch { since }, super::start()]);
    replica.apply(1, at, epoch(0)).unwrap();
    assert_eq!(since(&replica), Some(3), "that one is of before");
    replica.apply(4, at, epoch(3)).unwrap();
    assert_eq!(since(&replica), None);
}

#[test]
fn who_knows_nothing_gives_the_room_up_when_nobody_was_heard_for_its_patience() {
    let mut lost = begin(&start_at(None, 2, 10)).unwrap();
    let (mut place, mut ms) = (10, 0);
    let mut hears = |node, generation, after| {
        (place, ms) = (place + 1, ms + after);
        let at = Time::from_unix_ms(ms);
        let entry = record(node, place, generation, Vec::new());
        let effects = lost.apply(place, at, entry).unwrap();
        assert_eq!(told(&effects), [format!("{} read {place}", node.0)]);
        since(&lost)
    };
    assert_eq!(hears(A, 0, 1000), None);
    for _ in 0..10 {
        // A pause of the stream is 15 s at most.
        assert_eq!(hears(A, 0, 60_000), None);
        assert_eq!(hears(A, 0, 15_000), None);
        assert_eq!(hears(B, 9, 10_000), None);
    }
    assert_eq!(hears(A, 0, 15_000), None);
    assert_eq!(hears(A, 0, 15_000), None);
    assert_eq!(hears(A, 0, 14_999), None);
    assert_eq!(hears(A, 0, 1), Some(10));
    // Somebody comes back in time.
    assert_eq!(hears(B, 9, 1), None);
}

#[test]
fn with_the_shortest_timeout_one_pause_of_the_stream_is_no_reason_to_give_the_room_up() {
    let least = Cluster::LEAST_NODE_TIMEOUT.as_secs() * 1000;
    let mut lost = Replica::begin(&start_at(None, 2, 10), least).unwrap();
    let mut hears = |place, node, generation, ms| {
        let entry = record(node, place, generation, Vec::new());
        let time = Time::from_unix_ms(ms);
        lost.apply(place, time, entry).unwrap();
        since(&lost)
    };
    // A is here, and was about to be heard again when the pause began.
    assert_eq!(hears(11, A, 9, 0), None);
    assert_eq!(hears(12, B, 0, 10_000), None);
    assert_eq!(hears(13, B, 0, 3_600_000), None);
    assert_eq!(hears(14, A, 9, 3_602_000), None);
}

#[test]
fn who_knows_nothing_begins_with_the_first_snapshot_that_comes() {
    let head = |place| Entry::Snapshot {
        place,
        hash: [0; 32],
    };
    let at = Time::from_unix_ms(0);
    let mut lost = begin(&start_at(None, 2, 10)).unwrap();
    assert!(
        lost.apply(11, at, head(11)).is_ok(),
        "nobody can have taken that one"
    );
    assert_eq!(lost.apply(12, at, head(9)).unwrap_err(), Halt::Found(9));
    let rolled_back = Start {
        is_rolled_back: true,
        ..start_at(None, 2, 10)
    };
    let mut rolled_back = begin(&rolled_back).unwrap();
    assert_eq!(
        since(&rolled_back),
        Some(10),
        "members know other texts by the same places"
    );
    assert!(rolled_back.apply(11, at, head(9)).is_ok());
}

#[test]
fn what_a_node_says_that_knows_nothing_bears_no_generation() {
    let lost = begin(&start_at(None, 2, 10)).unwrap();
    let record = Record::parse(&lost.draft(A, 1).finish()).unwrap();
    assert_eq!((record.generation, record.items.len()), (0, 0));
    let known = Stream::new().replica;
    let record = Record::parse(&known.draft(A, 1).finish()).unwrap();
    assert_eq!(record.generation, known.last().generation);
}

#[test]
fn a_snapshot_of_before_an_epoch_may_come_after_it() {
    let mut stream = Stream::new();
    let since = stream.replica.place();
    stream.put(&Record {
        node: A,
        count: 9,
        generation: 0,
        items: vec![Item::Epoch { since }, start()],
    });
    let epoch = stream.replica.place();
    for (of, is_passed_over) in [(since, true), (epoch, false)] {
        let place = stream.replica.place() + 1;
        let hash = [0; 32];
        let head = Entry::Snapshot { place: of, hash };
        let seen = stream.replica.apply(place, Time::from_unix_ms(0), head);
        assert_eq!(seen.is_ok(), is_passed_over, "{of}");
    }
}

#[test]
fn what_stood_in_the_stream_when_a_node_began_is_known_also_behind_an_epoch() {
    for (last, is_passed_over) in [(2, false), (3, true)] {
        let mut replica = begin(&start_at(None, 1, last)).unwrap();
        let at = Time::from_unix_ms(0);
        replica
            .apply(1, at, record(A, 1, 0, vec![start()]))
            .unwrap();
        let epoch = vec![Item::Epoch { since: 1 }, start()];
        replica.apply(2, at, record(A, 2, 0, epoch)).unwrap();
        assert!(replica.take_snapshot().is_some(), "it is due at once");
        let (place, hash) = (2, [0; 32]);
        let damaged = Entry::Snapshot { place, hash };
        assert_eq!(replica.apply(3, at, damaged).is_ok(), is_passed_over);
    }
}
