//! The past: which places have to be read, and what is made of them.

use super::*;

impl Stream {
    /// What is read of the past, as long as the stream has it from this place on: counts, names and texts.
    fn reads(&self, before: u64, most: u32, first: u64) -> Vec<String> {
        let Some(reading) = self.replica.reading(before, most) else {
            return Vec::new();
        };
        let records = self.records(&reading, first, false);
        assert_eq!(
            self.told_by(&reading, &records),
            self.told_by(&reading, &self.records(&reading, first, true))
        );
        self.told_by(&reading, &records)
    }

    /// The records that have to be read: all of them, or those with texts.
    fn records(
        &self,
        reading: &Reading,
        first: u64,
        with_texts: bool,
    ) -> Vec<(u64, Time, Vec<u8>)> {
        let places = reading.ranges().into_iter();
        let places = places.flat_map(|(first, last)| first..=last);
        let records = places.filter(|place| *place >= first).map(|place| {
            let at = usize::try_from(place).unwrap() - 1;
            let (time, bytes) = self.entries[at].clone();
            (place, time, bytes)
        });
        let has_texts = |bytes: &[u8]| {
            let items = Record::parse(bytes).unwrap().items;
            items.iter().any(|item| matches!(item, Item::Say { .. }))
        };
        records
            .filter(|(.., bytes)| !with_texts || has_texts(bytes))
            .collect()
    }

    fn told_by(&self, reading: &Reading, records: &[(u64, Time, Vec<u8>)]) -> Vec<String> {
        let said = self.replica.past(reading, records);
        let lines = said.iter().flat_map(|said| {
            said.iter().map(|(seq, own, payload)| {
                let own = own.map_or_else(String::new, |own| format!("/{}", own.count));
                let text = String::from_utf8_lossy(payload.as_bytes());
                format!("{}{own} {}={text}", seq.count, said.name)
            })
        });
        lines.collect()
    }

    /// So many records whose texts are void.
    fn voids(&mut self, records: u64) {
        for node in [A, B].into_iter().cycle().take(records as usize) {
            self.says(node, vec![say(9, "eve", None, &["void"])]);
        }
    }

    fn idles(&mut self, records: usize) {
        for _ in 0..records {
            self.says(B, Vec::new());
            self.says(A, Vec::new());
        }
    }
}

#[test]
fn what_is_read_is_what_was_said_without_what_was_void() {
    let mut stream = Stream::new();
    stream.says(
        A,
        vec![
            say(1, "ada", None, &["before"]),
            join(1, "ada", ticket(1, 1)),
        ],
    );
    stream.says(
        A,
        vec![
            say(7, "eve", None, &["void", "also"]),
            say(1, "ada", Some(1), &["a", "b"]),
            join(2, "bo", None),
        ],
    );
    stream.entry(stream.entries[3].1.clone());
    stream.says(
        B,
        vec![
            join(1, "ada", ticket(1, 2)),
            say(1, "ada", Some(1), &["a", "b", "c"]),
        ],
    );
    stream.says(B, vec![say(1, "ada", Some(2), &["b", "c"])]);
    stream.idles(3);
    stream.says(A, vec![say(2, "bo", None, &["d"])]);
    let all = ["1/1 ada=a", "2/2 ada=b", "3/3 ada=c", "4 bo=d"];
    assert_eq!(stream.reads(5, 200, 0), all);
    assert_eq!(stream.replica.first(), Some(1));
    // Of a restored room, too.
    stream.replica = Replica::restore(&stream.replica.snapshot()).unwrap();
    assert_eq!(stream.reads(5, 200, 0), all);
    assert!(stream.reads(1, 200, 0).is_empty());
}

#[test]
fn texts_keep_their_counts_when_the_stream_has_lost_those_before() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    for text in ["a", "b", "c"] {
        stream.says(A, vec![say(1, "ada", None, &[text])]);
    }
    let place = stream.replica.place();
    assert_eq!(stream.reads(4, 200, place), ["3 ada=c"]);
    assert_eq!(stream.reads(4, 200, place - 1), ["2 ada=b", "3 ada=c"]);
    assert!(stream.reads(4, 200, place + 1).is_empty());
}

#[test]
fn as_many_runs_are_read_as_have_what_is_asked_for_however_far_apart_the_texts_stand() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let mut places = Vec::new();
    for text in ["a", "b", "c"] {
        stream.says(A, vec![say(1, "ada", None, &[text])]);
        places.push(stream.replica.place());
        stream.idles(50);
        if text == "b" {
            stream.voids(past::RUN_VOIDS);
        }
    }
    let ranges = |before, most| stream.replica.reading(before, most).unwrap().ranges();
    let both = [(places[0], places[1]), (places[2], places[2])];
    assert_eq!(ranges(4, 200), both);
    assert_eq!(ranges(4, 1), both[1..]);
    assert_eq!(ranges(4, 2), both);
    assert_eq!(ranges(3, 2), both[..1]);
    assert_eq!(stream.reads(4, 2, 0), ["1 ada=a", "2 ada=b", "3 ada=c"]);
}

#[test]
fn a_run_ends_after_four_voids_and_those_after_its_last_text_are_forgotten() {
    for (voids, runs) in [
        (0, 1),
        (past::RUN_VOIDS - 1, 1),
        (past::RUN_VOIDS, 2),
        (50, 2),
    ] {
        let mut stream = Stream::new();
        // There is no run yet.
        stream.voids(50);
        stream.says(A, vec![join(1, "ada", None), say(1, "ada", None, &["a"])]);
        stream.voids(voids);
        assert_eq!(
            stream.replica.past.voids() as u64,
            if runs == 1 { voids } else { 0 }
        );
        stream.says(A, vec![say(1, "ada", None, &["b"])]);
        let reading = stream.replica.reading(3, 200).unwrap();
        assert_eq!(reading.ranges().len(), runs, "{voids} voids");
        assert_eq!(stream.reads(3, 200, 0), ["1 ada=a", "2 ada=b"]);
        stream.replica = Replica::restore(&stream.replica.snapshot()).unwrap();
        assert_eq!(stream.reads(3, 200, 0), ["1 ada=a", "2 ada=b"]);
    }
}

#[test]
fn what_is_void_after_a_run_that_is_full_or_whose_time_cannot_be_told_is_forgotten() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None), say(1, "ada", None, &["a"])]);
    stream.voids(1);
    // The latest time is that of a record without texts.
    stream.time += 100_000;
    stream.idles(1);
    stream.time -= 100_000;
    stream.says(A, vec![say(1, "ada", None, &["b"])]);
    assert_eq!(stream.replica.past.voids(), 0);
    let texts = vec!["x"; 1024];
    stream.says(A, vec![say(1, "ada", None, &texts)]);
    stream.voids(1);
    assert_eq!(stream.replica.past.voids(), 0);
}

#[test]
fn texts_of_the_past_have_the_times_that_they_had_also_if_a_clock_ran_backwards() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    for text in ["a", "b", "c"] {
        stream.time += 100_000;
        stream.idles(1);
        stream.time -= 100_000;
        stream.says(A, vec![say(1, "ada", None, &[text])]);
        stream.says(A, vec![say(1, "ada", None, &[text])]);
    }
    let reading = stream.replica.reading(7, 200).unwrap();
    let said = stream
        .replica
        .past(&reading, &stream.records(&reading, 0, true));
    let times = said.iter().map(|said| said.time).collect::<Vec<_>>();
    let then = stream.replica.backlog().map(|said| said.time);
    assert_eq!(times, then.collect::<Vec<_>>());
    assert!(times.len() == 6 && times.is_sorted());
}

#[test]
fn a_run_ends_after_1024_texts_or_256_kib() {
    let texts = |count: usize| vec!["x"; count];
    let long = "x".repeat(128 * 1024);
    // What a record has besides its text.
    let mut stream = Stream::new();
    stream.says(A, vec![say(1, "ada", None, &["x"])]);
    let around = stream.entries.last().unwrap().1.len() - 1;
    for (said, runs) in [
        (vec![texts(1023), texts(1), texts(1)], 2),
        (vec![texts(1023), texts(500), texts(1)], 2),
        (vec![texts(1022), texts(1), texts(1)], 1),
        (
            vec![vec![&long[..]], vec![&long[2 * around..]], texts(1)],
            2,
        ),
        (
            vec![vec![&long[..]], vec![&long[2 * around + 1..]], texts(1)],
            1,
        ),
    ] {
        let mut stream = Stream::new();
        stream.says(A, vec![join(1, "ada", None)]);
        for texts in &said {
            stream.says(A, vec![say(1, "ada", None, texts)]);
        }
        let before = stream.replica.last().count + 1;
        let last = stream.replica.reading(before, 1).unwrap();
        let place = stream.replica.place();
        let is_alone = last.ranges() == [(place, place)];
        assert_eq!(is_alone, runs == 2, "{} texts", before - 1);
    }
}

/// A record with a text, whose count is its place, and so many voids.
fn applied(place: u64, voids: usize) -> Applied {
    let time = Time::from_unix_ms(0);
    let voids = (0..voids).filter_map(|item| past::Void::of(place, item, 1, 0));
    Applied {
        place,
        len: 1 << 20,
        stamp: time,
        time,
        count: place,
        texts: 1,
        voids: voids.collect(),
    }
}

#[test]
fn when_there_are_too_many_runs_the_oldest_go_with_what_can_be_read() {
    let mut past = Past::default();
    let most = past::MAX_RUNS as u64;
    for place in 1..=most {
        past.add(applied(place, past::RUN_VOIDS as usize));
    }
    assert_eq!((past.first(), past.voids()), (Some(1), past::MAX_VOIDS));
    past.add(applied(most + 1, 0));
    assert_eq!(past.first(), Some(2));
    assert_eq!(past.voids(), past::MAX_VOIDS - past::RUN_VOIDS as usize);
}

#[test]
fn when_there_are_too_many_voids_the_oldest_runs_go_with_them() {
    let mut past = Past::default();
    let each = past::MAX_VOIDS / 8;
    for place in 1..=8 {
        past.add(applied(place, each));
    }
    assert_eq!((past.first(), past.voids()), (Some(1), past::MAX_VOIDS));
    past.add(applied(9, 1));
    assert_eq!(past.first(), Some(2));
    assert_eq!(past.voids(), past::MAX_VOIDS - each + 1);
}

#[test]
fn what_one_record_says_is_read_together_however_much_it_is() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let many = vec!["x"; 1024];
    stream.says(
        A,
        vec![say(1, "ada", None, &many), say(1, "ada", None, &["y"])],
    );
    assert_eq!(stream.reads(1026, 1, 0).len(), 1025);
}
