//! Snapshots: when they are due and by whom, what is in them, and what is none.

use proptest::prelude::*;

use super::*;

impl Stream {
    /// The snapshot of this node, as it is due, stands in the stream.
    fn snapshot_stands(&mut self, place: u64, hash: [u8; 32]) -> Result<Vec<Effect>, Halt> {
        let next = self.replica.place() + 1;
        let entry = Entry::Snapshot { place, hash };
        self.replica.apply(next, Time::from_unix_ms(0), entry)
    }

    /// Signs of life of all nodes, a few seconds after each other, for so many milliseconds. The first snapshot that is
    /// due meanwhile.
    fn rests(&mut self, ms: u64) -> Option<Snapshot> {
        for _ in 0..ms / 5000 {
            for node in [A, B] {
                self.time += 1500;
                self.says(node, Vec::new());
                if let Some(snapshot) = self.replica.take_snapshot() {
                    return Some(snapshot);
                }
            }
        }
        None
    }

    /// A stream whose first snapshot stands in it.
    fn with_snapshot() -> Self {
        let mut stream = Self {
            replica: Replica::new("HUBBUB_room", 7),
            ..Self::new()
        };
        stream.counts = [0; 3];
        stream.says(A, vec![start()]);
        let Some(Snapshot {
            node,
            place,
            hash,
            bytes,
        }) = stream.replica.take_snapshot()
        else {
            panic!("the first is due at once");
        };
        assert_eq!((node, place, hash), (A, 1, super::hash(&bytes)));
        stream.says(B, vec![start()]);
        assert!(stream.replica.take_snapshot().is_none());
        stream.snapshot_stands(place, hash).unwrap();
        stream
    }

    /// A room in which something of everything has happened.
    fn busy() -> Self {
        let mut stream = Self::with_snapshot();
        stream.says(A, vec![join(1, "ada", ticket(1, 1)), join(2, "bo", None)]);
        stream.says(A, vec![say(1, "ada", Some(1), &["a", "b"])]);
        stream.says(
            B,
            vec![
                join(1, "ada", ticket(1, 2)),
                say(1, "ada", Some(2), &["b", "c"]),
            ],
        );
        stream.says(B, vec![say(9, "eve", None, &["void"])]);
        stream.says(A, vec![Item::Stop]);
        stream
    }
}

#[test]
fn a_room_that_is_restored_is_the_same_and_goes_on_in_the_same_way() {
    let mut stream = Stream::busy();
    let bytes = stream.replica.snapshot();
    let mut restored = Replica::restore(&bytes).unwrap();
    assert_eq!(restored.snapshot(), bytes);
    for items in [
        vec![say(1, "ada", Some(3), &["c", "d"])],
        vec![Item::Leave { connection: 1 }],
    ] {
        let effects = stream.says(B, items);
        let (time, entry) = stream.entries.last().unwrap().clone();
        let place = stream.replica.place();
        let mut same = restored.apply(place, time, Entry::Record(entry)).unwrap();
        same.retain(|effect| !matches!(effect, Effect::Read { .. }));
        assert_eq!(told(&same), told(&effects));
        assert_eq!(restored.snapshot(), stream.replica.snapshot());
    }
}

#[test]
fn a_node_that_begins_with_a_snapshot_that_was_due_counts_from_it_like_all_others() {
    let mut stream = Stream::with_snapshot();
    stream.says(A, vec![join(1, "ada", None)]);
    let snapshot = stream.rests(400_000).unwrap();
    let restored = Replica::restore(&snapshot.bytes).unwrap();
    assert_eq!(restored.place(), snapshot.place);
    assert_eq!(restored.snapshot(), stream.replica.snapshot());
}

#[test]
fn bytes_that_are_no_snapshot_are_found_out() {
    let bytes = Stream::busy().replica.snapshot();
    let newer = [b"hubs\x02\x00", &bytes[6..]].concat();
    assert_eq!(Replica::restore(&newer).unwrap_err(), Unreadable::Newer(2));
    for damaged in [
        &bytes[1..],
        &bytes[..bytes.len() - 1],
        b"",
        &[&bytes[..], b"\0"].concat(),
    ] {
        assert_eq!(Replica::restore(damaged).unwrap_err(), Unreadable::Damaged);
    }
}

proptest! {
    #[test]
    fn a_snapshot_with_wrong_bytes_does_no_harm(
        at in any::<prop::sample::Index>(),
        wrong in prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            // A number that is too high for anything.
            Just(vec![0xff; 8]),
            Just(u64::MAX.wrapping_sub(1).to_le_bytes().to_vec()),
        ],
    ) {
        let mut bytes = Stream::busy().replica.snapshot();
        let at = at.index(bytes.len() - wrong.len());
        bytes[at..at + wrong.len()].copy_from_slice(&wrong);
        if let Ok(mut replica) = Replica::restore(&bytes) {
            // It can go on.
            let record = Record {
                node: B,
                count: 9,
                generation: replica.last().generation,
                items: vec![start(), join(1, "eve", None), say(1, "eve", None, &["x"])],
            };
            let place = replica.place().saturating_add(1);
            let entry = Entry::Record(record.to_bytes(1));
            prop_assert!(replica.apply(place, Time::MAX, entry).is_ok());
            let _ = replica.snapshot();
        }
    }
}

#[test]
fn a_snapshot_is_due_after_five_minutes_in_which_something_happened() {
    let mut stream = Stream::with_snapshot();
    stream.says(A, vec![join(1, "ada", None)]);
    let since = stream.replica.age;
    assert!(stream.rests(290_000).is_none());
    let snapshot = stream.rests(15_000).unwrap();
    assert_eq!((snapshot.node, snapshot.place), (A, stream.replica.place()));
    assert!(stream.replica.age - since >= due::BUSY);
    assert!(stream.replica.age - since < due::BUSY + 5000);
}

#[test]
fn a_snapshot_is_due_after_twenty_minutes_in_which_nothing_happened() {
    let mut stream = Stream::with_snapshot();
    let since = stream.replica.age;
    // The start of the second node came after the first.
    let first = stream.rests(310_000).unwrap();
    stream.snapshot_stands(first.place, first.hash).unwrap();
    assert!(stream.rests(due::IDLE - 10_000).is_none());
    assert!(stream.rests(15_000).is_some());
    assert!(stream.replica.age - since >= due::IDLE);
}

#[test]
fn a_snapshot_is_due_after_a_mebibyte_of_records_or_four_times_its_own_size() {
    let mut stream = Stream::with_snapshot();
    let text = "x".repeat(100_000);
    stream.says(A, vec![join(1, "ada", None)]);
    let mut bytes = 0;
    let snapshot = loop {
        stream.says(A, vec![say(1, "ada", None, &[&text])]);
        bytes += stream.entries.last().unwrap().1.len() as u64;
        if let Some(snapshot) = stream.replica.take_snapshot() {
            break snapshot;
        }
    };
    assert!(
        (due::BYTES..due::BYTES + 101_000).contains(&bytes),
        "{bytes}"
    );
    let size = snapshot.bytes.len() as u64;
    assert!(size > due::BYTES / 2, "the next is due by its size");
    stream
        .snapshot_stands(snapshot.place, snapshot.hash)
        .unwrap();
    let mut bytes = 0;
    while stream.replica.take_snapshot().is_none() {
        stream.says(A, vec![say(1, "ada", None, &[&text])]);
        bytes += stream.entries.last().unwrap().1.len() as u64;
    }
    assert!(
        (4 * size..4 * size + 101_000).contains(&bytes),
        "{bytes} of {size}"
    );
}

#[test]
fn if_a_snapshot_does_not_come_the_next_node_takes_one_and_a_late_one_counts() {
    let mut stream = Stream::with_snapshot();
    stream.says(A, vec![join(1, "ada", None)]);
    let first = stream.rests(310_000).unwrap();
    assert!(stream.rests(25_000).is_none());
    let second = stream.rests(10_000).unwrap();
    assert_eq!((first.node, second.node), (A, B));
    stream.snapshot_stands(first.place, first.hash).unwrap();
    // The second is still under way, and does not have to be taken again before it is late.
    assert!(stream.rests(25_000).is_none());
    stream.snapshot_stands(second.place, second.hash).unwrap();
    assert!(stream.rests(35_000).is_none());
}

#[test]
fn a_snapshot_that_differs_is_told_and_so_is_one_that_was_not_due() {
    let mut stream = Stream::with_snapshot();
    stream.says(A, vec![join(1, "ada", None)]);
    let Snapshot { place, hash, .. } = stream.rests(310_000).unwrap();
    // It came late, or it is of before this room.
    assert!(stream.snapshot_stands(1, [0; 32]).is_ok());
    assert!(stream.snapshot_stands(0, [0; 32]).is_ok());
    for other in [2, place - 1, place + 1] {
        let halt = stream.snapshot_stands(other, hash).unwrap_err();
        assert_eq!(halt, Halt::Differs(other));
    }
    let next = stream.replica.place() + 1;
    assert!(
        stream.snapshot_stands(next, hash).is_ok(),
        "nobody can have taken that one"
    );
    let mut other = hash;
    other[31] ^= 1;
    let halt = stream.snapshot_stands(place, other).unwrap_err();
    assert_eq!(halt, Halt::Differs(place));
    assert!(halt.to_string().contains("differs from the snapshot"));
}

#[test]
fn eight_snapshots_are_waited_for_and_the_oldest_is_given_up() {
    let mut stream = Stream::with_snapshot();
    stream.says(A, vec![join(1, "ada", None)]);
    let mut taken = vec![stream.rests(310_000).unwrap()];
    while taken.len() <= due::MAX_PENDING {
        taken.push(stream.rests(40_000).unwrap());
    }
    let other = [0; 32];
    // Nobody can say any more what the first should have been.
    assert!(stream.snapshot_stands(taken[0].place, other).is_ok());
    let halt = stream.snapshot_stands(taken[1].place + 1, other);
    assert!(matches!(halt, Err(Halt::Differs(_))), "none was due there");
    let halt = stream.snapshot_stands(taken[1].place, other);
    assert_eq!(halt.unwrap_err(), Halt::Differs(taken[1].place));
}

#[test]
fn who_knows_nothing_is_given_a_snapshot_30_s_after_the_last_one() {
    let mut stream = Stream::with_snapshot();
    let asks = |stream: &mut Stream| {
        stream.put(&Record {
            node: NodeId(3),
            count: 1,
            generation: 0,
            items: Vec::new(),
        });
        stream.replica.take_snapshot()
    };
    assert!(stream.rests(20_000).is_none());
    assert!(asks(&mut stream).is_none());
    assert!(stream.rests(10_000).is_none());
    let snapshot = asks(&mut stream).unwrap();
    // That one is under way.
    assert!(asks(&mut stream).is_none());
    stream
        .snapshot_stands(snapshot.place, snapshot.hash)
        .unwrap();
    assert!(asks(&mut stream).is_none());
    assert!(!stream.replica.has_node(NodeId(3)));
}

#[test]
fn only_an_empty_record_without_a_generation_asks_for_a_snapshot() {
    let mut stream = Stream::with_snapshot();
    assert!(stream.rests(40_000).is_none());
    let generation = stream.replica.last().generation;
    for (generation, items) in [(generation, vec![]), (9, vec![]), (0, vec![start()])] {
        stream.put(&Record {
            node: NodeId(3),
            count: 1,
            generation,
            items,
        });
        assert!(stream.replica.take_snapshot().is_none());
    }
}

#[test]
fn a_damaged_snapshot_that_stood_before_a_node_began_is_no_reason_to_begin_once_more() {
    let mut stream = Stream::with_snapshot();
    stream.says(A, vec![join(1, "ada", None)]);
    let bytes = stream.replica.snapshot();
    let due = stream.rests(310_000).unwrap();
    for (last, is_known) in [(due.place, false), (due.place + 1, true)] {
        let start = Start {
            stream: "HUBBUB_room".to_owned(),
            created: 7,
            snapshot: Some((Replica::restore(&bytes).unwrap().place(), bytes.clone())),
            first: 1,
            last,
            is_rolled_back: false,
        };
        let mut replica = Replica::begin(&start, 45_000).unwrap();
        for place in replica.place() + 1..=due.place {
            // The head of the first snapshot stands at place 3 and is no record.
            let (time, bytes) = stream.entries[usize::try_from(place).unwrap() - 2].clone();
            replica.apply(place, time, Entry::Record(bytes)).unwrap();
        }
        let (place, hash) = (due.place, [0; 32]);
        let entry = Entry::Snapshot { place, hash };
        let seen = replica.apply(place + 1, Time::from_unix_ms(0), entry);
        assert_eq!(seen.is_ok(), is_known, "the stream ended at {last}");
    }
}
