//! Where the past stands: where a run ends and how many are read, and what a snapshot may say of it. Each bound on both
//! of its sides.

use super::*;

const START: Time = Time::from_unix_ms(0);

/// A record of so many bytes, in which so many texts are said after those that were said before.
fn says(past: &mut Past, place: u64, len: u64, texts: u64, voids: usize) {
    let before = past.runs.back().map_or(0, |run| run.count + run.texts - 1);
    past.add(Applied {
        place,
        len,
        stamp: START,
        time: START,
        count: before + 1,
        texts,
        voids: (0..voids)
            .filter_map(|item| Void::of(place, item, 1, 0))
            .collect(),
    });
}

/// How many runs there are when one more text follows.
fn runs_with_one_more(mut past: Past) -> usize {
    says(&mut past, 100, 0, 1, 0);
    past.runs.len()
}

#[test]
fn a_run_ends_with_what_fills_it_and_not_before() {
    for (len, texts, voids, runs) in [
        (0, RUN_TEXTS - 1, 0, 1),
        (0, RUN_TEXTS, 0, 2),
        (RUN_BYTES - 1, 1, 0, 1),
        (RUN_BYTES, 1, 0, 2),
        (0, 1, RUN_VOIDS - 1, 1),
        (0, 1, RUN_VOIDS, 2),
    ] {
        let voids = usize::try_from(voids).unwrap();
        // In one record, and in two.
        let mut past = Past::default();
        says(&mut past, 1, len, texts, voids);
        assert_eq!(runs_with_one_more(past), runs, "{len} {texts} {voids}");
        let mut past = Past::default();
        says(&mut past, 1, len / 2, 1, voids / 2);
        if texts > 1 {
            says(&mut past, 2, len - len / 2, texts - 1, voids - voids / 2);
        } else {
            // What is void counts with its bytes, also where nothing else is in its record.
            says(&mut past, 2, len - len / 2, 0, 0);
            for place in 3..=voids - voids / 2 + 1 {
                says(&mut past, place as u64, 0, 0, 0);
            }
        }
        let is_open = past.runs.back().is_some_and(Run::is_open);
        assert_eq!(is_open, runs == 1, "{len} {texts} {voids}");
        assert_eq!(runs_with_one_more(past), runs, "{len} {texts} {voids}");
    }
}

#[test]
fn a_run_that_is_full_takes_nothing_that_is_void() {
    let mut past = Past::default();
    says(&mut past, 1, RUN_BYTES, 1, 1);
    says(&mut past, 2, 7, 0, 0);
    assert_eq!((past.runs[0].bytes, past.runs[0].voids), (RUN_BYTES, 1));
    assert_eq!(past.voids.len(), 1);
}

/// The first and the last place of what is read for so many texts before this one.
fn read_of(past: &Past, before: u64, most: u32) -> Option<(u64, u64)> {
    let ranges = past.reading(0, before, most)?.ranges();
    Some((ranges.first()?.0, ranges.last()?.1))
}

#[test]
fn runs_are_read_until_they_have_the_texts_or_the_bytes_of_a_page() {
    // Each is a run of its own, by its voids.
    let past = |len| {
        let mut past = Past::default();
        for place in 1..=4 {
            says(&mut past, place, len, 10, RUN_VOIDS as usize);
        }
        past
    };
    let small = past(1);
    assert_eq!(read_of(&small, 41, 20), Some((3, 4)));
    assert_eq!(read_of(&small, 41, 21), Some((2, 4)));
    // Of the last run only what stands before counts.
    assert_eq!(read_of(&small, 40, 19), Some((3, 4)));
    assert_eq!(read_of(&small, 40, 20), Some((2, 4)));
    assert_eq!(read_of(&small, 32, 1), Some((4, 4)));
    assert_eq!(read_of(&small, 31, 1), Some((3, 3)));
    assert_eq!(read_of(&small, 2, 200), Some((1, 1)));
    assert_eq!(read_of(&small, 1, 200), None);
    let [page, less] = [RUN_BYTES / 2, RUN_BYTES / 2 - 1].map(past);
    assert_eq!(read_of(&page, 41, 200), Some((3, 4)));
    assert_eq!(read_of(&less, 41, 200), Some((2, 4)));
    // One is read however large it is, and however few are wanted.
    assert_eq!(read_of(&past(RUN_BYTES), 41, 200), Some((4, 4)));
    assert_eq!(read_of(&small, 41, 0), Some((4, 4)));
}

/// Two runs of two texts each, with a void each.
fn sound() -> Past {
    let run = |count, first, last| Run {
        count,
        texts: 2,
        bytes: 100,
        voids: 1,
        first,
        last,
        time: START,
    };
    let void = |place| Void {
        place,
        item: 0,
        taken: 1,
    };
    Past {
        runs: [run(1, 3, 4), run(3, 7, 8)].into(),
        voids: [void(3), void(8)].into(),
        latest: START,
    }
}

/// Whether this is read from a snapshot of a room that has come to this place and count.
fn is_read(past: &Past, place: u64, count: u64) -> bool {
    let mut bytes = Vec::new();
    past.write(&mut bytes);
    let mut reader = Reader(&bytes);
    let read = Past::read(&mut reader, place, count);
    read.is_some_and(|read| read.runs == past.runs && read.voids == past.voids)
        && reader.0.is_empty()
}

/// What is changed, and whether it can be so.
type Case = (fn(&mut Past), bool);

#[test]
fn runs_of_a_snapshot_follow_each_other_up_to_its_last_place_and_count() {
    for (place, count, is_sound) in [
        (9, 4, true),
        (8, 4, true),
        (7, 4, false),
        (9, 3, false),
        (9, 5, false),
    ] {
        let mut past = sound();
        past.voids.clear();
        assert_eq!(is_read(&past, place, count), is_sound, "{place} {count}");
    }
    // So much was said that none of it can be read any more.
    assert!(is_read(&Past::default(), 9, 4));
    let cases: [Case; 9] = [
        (|past| past.runs[1].first = 5, true),
        (|past| past.runs[1].first = 4, false),
        (|past| past.runs[1].first = 8, true),
        (
            |past| (past.runs[1].first, past.voids[1].place) = (9, 9),
            false,
        ),
        (
            |past| (past.runs[1].count, past.runs[1].texts) = (4, 1),
            false,
        ),
        (
            |past| (past.runs[1].count, past.runs[1].texts) = (2, 3),
            false,
        ),
        (
            |past| (past.runs[0].count, past.runs[0].texts) = (0, 3),
            false,
        ),
        (
            |past| (past.runs[0].count, past.runs[0].texts) = (2, 1),
            true,
        ),
        (|past| past.runs[0].first = 0, false),
    ];
    for (number, (change, is_sound)) in cases.into_iter().enumerate() {
        let mut past = sound();
        change(&mut past);
        assert_eq!(is_read(&past, 9, 4), is_sound, "case {number}");
    }
    let mut without_texts = sound();
    without_texts.runs[1].texts = 0;
    assert!(!is_read(&without_texts, 9, 2));
}

#[test]
fn numbers_of_a_run_stay_countable() {
    let run = |texts, count, place, more| Past {
        runs: [Run {
            count,
            texts,
            bytes: more,
            voids: more,
            first: place,
            last: place,
            time: START,
        }]
        .into(),
        ..Past::default()
    };
    assert!(is_read(&run(1, 1, 1, 0), 1, 1));
    assert!(is_read(&run(1, 1, 1, MOST), 1, 1));
    assert!(is_read(&run(1, MOST, 1, 0), 1, MOST));
    assert!(!is_read(&run(1, MOST + 1, 1, 0), 1, MOST + 1));
    assert!(is_read(&run(MOST, 1, 1, 0), 1, MOST));
    assert!(!is_read(&run(MOST + 1, 1, 1, 0), 1, MOST + 1));
    assert!(is_read(&run(1, 1, MOST, 0), MOST, 1));
    assert!(!is_read(&run(1, 1, MOST + 1, 0), MOST + 1, 1));
    let changes: [fn(&mut Run); 2] = [|run| run.bytes = MOST + 1, |run| run.voids = MOST + 1];
    for change in changes {
        let mut past = run(1, 1, 1, 0);
        change(&mut past.runs[0]);
        assert!(!is_read(&past, 1, 1), "{past:?}");
    }
}

#[test]
fn voids_of_a_snapshot_stand_in_order_between_its_first_run_and_its_last_place() {
    let cases: [Case; 9] = [
        (|past| past.voids[0].place = 2, false),
        (|past| past.voids[1].place = 9, true),
        (|past| past.voids[1].place = 10, false),
        (|past| past.voids.swap(0, 1), false),
        (|past| past.voids[1] = past.voids[0], false),
        (
            |past| (past.voids[0].place, past.voids[1].item) = (8, 1),
            true,
        ),
        (
            |past| (past.voids[0].place, past.voids[0].item) = (8, 1),
            false,
        ),
        (|past| past.voids.clear(), true),
        // Without runs nothing is read, so nothing is left out of it.
        (|past| past.runs.clear(), false),
    ];
    for (number, (change, is_sound)) in cases.into_iter().enumerate() {
        let mut past = sound();
        change(&mut past);
        assert_eq!(is_read(&past, 9, 4), is_sound, "case {number}");
    }
}

#[test]
fn a_snapshot_has_no_more_runs_and_voids_than_a_room_keeps() {
    for (runs, is_sound) in [(MAX_RUNS, true), (MAX_RUNS + 1, false)] {
        let runs = (1..=runs as u64).map(|count| Run {
            count,
            texts: 1,
            bytes: 0,
            voids: 0,
            first: count,
            last: count,
            time: START,
        });
        let runs: VecDeque<_> = runs.collect();
        let last = runs.len() as u64;
        let past = Past {
            runs,
            ..Past::default()
        };
        assert_eq!(is_read(&past, last, last), is_sound);
    }
    for (voids, is_sound) in [(MAX_VOIDS, true), (MAX_VOIDS + 1, false)] {
        let voids = (0..u32::try_from(voids).unwrap()).map(|item| Void {
            place: 3,
            item,
            taken: 0,
        });
        let past = Past {
            voids: voids.collect(),
            ..sound()
        };
        assert_eq!(is_read(&past, 9, 4), is_sound);
    }
}
