//! A stream that has lost what it had: the room begins anew, on all nodes alike.

use super::*;

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
        (Some((place, bytes[1..].to_vec())), 1, place, true),
        (Some((place + 1, bytes)), 1, place + 1, true),
    ] {
        let start = start_at(snapshot, first, 9);
        let replica = Replica::begin(&start).unwrap();
        assert_eq!((start.place(), replica.place()), (after, after));
        assert_eq!(since(&replica), is_lost.then_some(after));
    }
    let newer = Some((place, b"hubs\x02\x00".to_vec()));
    let start = start_at(newer, 1, 9);
    assert_eq!(Replica::begin(&start).unwrap_err(), Unreadable::Newer(2));
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
    let mut lost = Replica::begin(&start_at(None, 2, last)).unwrap();
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
    let mut lost = Replica::begin(&start_at(None, 2, 10)).unwrap();
    let at = Time::from_unix_ms(0);
    let epoch = |since| record(B, 1, 0, vec![Item::Epoch { since }, start()]);
    assert_eq!(told(&lost.apply(11, at, epoch(9)).unwrap()), ["2 read 1"]);
    assert_eq!(since(&lost), Some(11));
    assert_eq!(told(&lost.apply(12, at, epoch(10)).unwrap()), ["2 read 1"]);
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
    let mut replica = Replica::begin(&start).unwrap();
    assert!(start.needs_epoch());
    let at = Time::from_unix_ms(0);
    let epoch = |since| record(B, since + 1, 0, vec![Item::Epoch { since }, super::start()]);
    replica.apply(1, at, epoch(0)).unwrap();
    assert_eq!(since(&replica), Some(3), "that one is of before");
    replica.apply(4, at, epoch(3)).unwrap();
    assert_eq!(since(&replica), None);
}
