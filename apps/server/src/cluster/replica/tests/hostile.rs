//! Snapshots that nobody can have taken are refused: each bound on both of its sides. Those of the past and of other
//! snapshots are tested with these.

use super::*;
use crate::cluster::bytes::Write;
use crate::log::sessions::MAX_SESSIONS;

/// A room in which nobody has said anything.
fn quiet() -> Replica {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", ticket(1, 1)), join(2, "bo", None)]);
    stream.replica
}

/// Whether the room can be restored after this was changed in it.
#[track_caller]
fn can_be(replica: &Replica, change: impl Fn(&mut Replica)) -> bool {
    let mut replica = Replica::restore(&replica.snapshot()).unwrap();
    change(&mut replica);
    Replica::restore(&replica.snapshot()).is_ok()
}

#[test]
fn what_a_room_counts_stays_countable() {
    let most = snapshot::MOST;
    let changes: [fn(&mut Replica, u64); 3] = [
        |replica, number| replica.place = number,
        |replica, number| replica.age = number,
        |replica, number| replica.last.count = number,
    ];
    for change in changes {
        assert!(can_be(&quiet(), |replica| change(replica, most)));
        assert!(!can_be(&quiet(), |replica| change(replica, most + 1)));
    }
    assert!(can_be(&quiet(), |replica| replica.epoch = replica.place));
    assert!(!can_be(&quiet(), |replica| replica.epoch = replica.place + 1));
}

#[test]
fn a_node_was_not_heard_later_than_now() {
    let with_node = |after| {
        can_be(&quiet(), |replica| {
            let (nodes, heard) = (&mut replica.nodes, replica.age + after);
            nodes.start(NodeId(9), 1, 1, TIMEOUT, heard);
        })
    };
    assert!(with_node(0));
    assert!(!with_node(1));
}

#[test]
fn no_two_members_have_the_same_name_or_are_known_by_the_same_mark() {
    let with_member = |text, ticket| {
        can_be(&quiet(), |replica| {
            replica.members.join(of(B, 7), name(text), ticket);
        })
    };
    assert!(with_member("eve", None));
    assert!(with_member("eve", ticket(2, 1)));
    assert!(!with_member("bo", None));
    assert!(!with_member("ada", ticket(2, 1)));
    assert!(!with_member("eve", ticket(1, 2)));
}

/// What was said last is this text, under this name of the sender's own.
fn said(replica: &mut Replica, own: Option<u64>, texts: &[&str]) {
    let Item::Say {
        name, own, texts, ..
    } = say(1, "ada", own, texts)
    else {
        unreachable!();
    };
    replica.said.push(Arc::new(Said {
        name,
        first: replica.last,
        time: replica.time,
        own,
        texts,
    }));
}

#[test]
fn no_more_was_said_than_the_log_has_places_for() {
    let with_texts = |count| {
        can_be(&quiet(), |replica| {
            said(replica, None, &["a"]);
            said(replica, None, &["b", "c"]);
            replica.last.count = count;
        })
    };
    assert!(with_texts(4));
    assert!(with_texts(3));
    assert!(!with_texts(2));
    assert!(!can_be(&quiet(), |replica| said(replica, None, &[])));
}

#[test]
fn a_senders_own_names_for_texts_begin_with_1_and_go_on_after_the_last() {
    let with_own = |count| {
        can_be(&quiet(), |replica| {
            replica.last.count = 2;
            said(replica, Some(count), &["a", "b"]);
        })
    };
    assert!(!with_own(0));
    assert!(with_own(1));
    assert!(with_own(u64::MAX - 2));
    assert!(!with_own(u64::MAX - 1));
    assert!(!with_own(u64::MAX));
}

#[test]
fn no_more_sessions_are_known_than_a_room_keeps() {
    let replica = quiet();
    let bytes = replica.snapshot();
    let mut after = Vec::new();
    replica.said.write(&mut after);
    replica.past.write(&mut after);
    replica.taking.write(&mut after);
    let before = bytes.len() - after.len() - 4;
    let with_sessions = |said: usize, keys: &[u64]| {
        let mut bytes = bytes[..before].to_vec();
        bytes.put_len(said);
        for &key in keys {
            for number in [key, 1, 1, 0] {
                bytes.put_u64(number);
            }
        }
        bytes.extend_from_slice(&after);
        Replica::restore(&bytes).is_ok()
    };
    let keys: Vec<_> = (0..=MAX_SESSIONS as u64).collect();
    assert!(with_sessions(0, &[]));
    assert!(with_sessions(2, &[3, 4]));
    assert!(!with_sessions(2, &[4, 3]));
    assert!(!with_sessions(2, &[3, 3]));
    // More are promised than come.
    assert!(!with_sessions(u32::MAX as usize, &[3, 4]));
    assert!(with_sessions(MAX_SESSIONS, &keys[1..]));
    assert!(!with_sessions(MAX_SESSIONS + 1, &keys));
}
