//! What a snapshot may say of those before it: each bound on both of its sides.

use super::*;

/// The place and the age of the room.
const PLACE: u64 = 20;
const AGE: u64 = 1000;

/// A room whose newest snapshot is as of place 2, and which waits for two more.
fn sound() -> Taking {
    let mark = |place, age| Mark {
        place,
        written: 10 * place,
        age,
        size: 100,
        hash: [7; 32],
    };
    Taking {
        newest: mark(2, 200),
        pending: [mark(5, 500), mark(9, 900)].into(),
        attempts: 2,
        written: 300,
        news: 12,
        is_being_taken: false,
    }
}

fn is_read(taking: &Taking) -> bool {
    let mut bytes = Vec::new();
    taking.write(&mut bytes);
    let mut reader = Reader(&bytes);
    let read = Taking::read(&mut reader, PLACE, AGE);
    read.is_some_and(|read| read.newest == taking.newest && read.pending == taking.pending)
        && reader.0.is_empty()
}

/// What is changed, and whether it can be so.
type Case = (fn(&mut Taking), bool);

#[test]
fn numbers_of_snapshots_stay_countable_and_belong_to_the_room() {
    let cases: [Case; 21] = [
        (|_| (), true),
        (|taking| taking.attempts = MOST, true),
        (|taking| taking.attempts = MOST + 1, false),
        (|taking| taking.written = MOST, true),
        (|taking| taking.written = MOST + 1, false),
        (|taking| taking.news = PLACE, true),
        (|taking| taking.news = PLACE + 1, false),
        (|taking| taking.is_being_taken = true, true),
        (|taking| taking.pending[1].place = PLACE, true),
        (|taking| taking.pending[1].place = PLACE + 1, false),
        (|taking| taking.pending[1].written = taking.written, true),
        (
            |taking| taking.pending[1].written = taking.written + 1,
            false,
        ),
        (|taking| taking.pending[1].age = AGE, true),
        (|taking| taking.pending[1].age = AGE + 1, false),
        (|taking| taking.pending[1].size = u32::MAX.into(), true),
        (|taking| taking.pending[1].size = 1 << 32, false),
        // The newest one, too.
        (|taking| taking.newest.written = taking.written + 1, false),
        (|taking| taking.newest.size = 1 << 32, false),
        (
            |taking| {
                taking.pending.clear();
                (taking.newest.place, taking.newest.age) = (PLACE, AGE);
            },
            true,
        ),
        (
            |taking| {
                taking.pending.clear();
                taking.newest.place = PLACE + 1;
            },
            false,
        ),
        (
            |taking| {
                taking.pending.clear();
                taking.newest.age = AGE + 1;
            },
            false,
        ),
    ];
    for (number, (change, can_be)) in cases.into_iter().enumerate() {
        let mut taking = sound();
        change(&mut taking);
        assert_eq!(is_read(&taking), can_be, "case {number}");
    }
}

#[test]
fn snapshots_that_are_waited_for_follow_each_other() {
    let cases: [Case; 8] = [
        (|taking| taking.pending[0].place = 3, true),
        (|taking| taking.pending[0].place = 2, false),
        (|taking| taking.pending[0].age = 200, true),
        (|taking| taking.pending[0].age = 199, false),
        (|taking| taking.pending[1].place = 6, true),
        (|taking| taking.pending[1].place = 5, false),
        (|taking| taking.pending[1].age = 500, true),
        (|taking| taking.pending[1].age = 499, false),
    ];
    for (number, (change, can_be)) in cases.into_iter().enumerate() {
        let mut taking = sound();
        change(&mut taking);
        assert_eq!(is_read(&taking), can_be, "case {number}");
    }
}

#[test]
fn no_more_snapshots_are_waited_for_than_a_room_waits_for() {
    for (pending, can_be) in [(0, true), (MAX_PENDING, true), (MAX_PENDING + 1, false)] {
        let mark = |number: usize| Mark {
            place: 3 + number as u64,
            age: 200,
            ..sound().newest
        };
        let taking = Taking {
            pending: (0..pending).map(mark).collect(),
            ..sound()
        };
        assert_eq!(is_read(&taking), can_be, "{pending}");
    }
}
