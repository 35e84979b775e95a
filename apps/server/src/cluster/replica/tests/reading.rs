//! The past: which places have to be read, and what is made of them.

use super::*;

impl Stream {
    /// What is read of the past, as long as the stream has it from this place on: counts, names and texts.
    fn reads(&self, before: u64, most: u32, first: u64) -> Vec<String> {
        let Some(reading) = self.replica.reading(before, most) else {
            return Vec::new();
        };
        let places = reading.ranges().into_iter();
        let places = places.flat_map(|(first, last)| first..=last);
        let records = places.filter(|place| *place >= first).map(|place| {
            let at = usize::try_from(place).unwrap() - 1;
            let (time, bytes) = self.entries[at].clone();
            (place, time, bytes)
        });
        let said = self.replica.past(&reading, &records.collect::<Vec<_>>());
        let lines = said.iter().flat_map(|said| {
            said.iter().map(|(seq, own, payload)| {
                let own = own.map_or_else(String::new, |own| format!("/{}", own.count));
                let text = String::from_utf8_lossy(payload.as_bytes());
                format!("{}{own} {}={text}", seq.count, said.name)
            })
        });
        lines.collect()
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
fn only_places_with_texts_are_read_and_as_many_as_are_asked_for() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let mut places = Vec::new();
    for text in ["a", "b", "c"] {
        stream.says(A, vec![say(1, "ada", None, &[text])]);
        places.push(stream.replica.place());
        // As far apart as goes into a run, and one more.
        stream.idles(7);
        stream.says(A, vec![Item::Leave { connection: 9 }]);
        let is_far = text == "b";
        if is_far {
            stream.says(B, Vec::new());
        }
    }
    let ranges = |before, most| stream.replica.reading(before, most).unwrap().ranges();
    assert_eq!(
        ranges(4, 200),
        [(places[0], places[1]), (places[2], places[2])]
    );
    assert_eq!(ranges(4, 1), [(places[2], places[2])]);
    assert_eq!(
        ranges(4, 2),
        [(places[0], places[1]), (places[2], places[2])]
    );
    assert_eq!(ranges(3, 2), [(places[0], places[1])]);
    assert_eq!(stream.reads(4, 2, 0), ["1 ada=a", "2 ada=b", "3 ada=c"]);
}

#[test]
fn a_run_ends_after_1024_texts_or_256_kib() {
    let texts = |count: usize| vec!["x"; count];
    let long = "x".repeat(128 * 1024);
    for (said, runs) in [
        (vec![texts(1023), texts(1), texts(1)], 2),
        (vec![texts(1023), texts(500), texts(1)], 2),
        (vec![texts(1022), texts(1), texts(1)], 1),
        (vec![vec![&long[..]], vec![&long[..]], texts(1)], 2),
        (vec![vec![&long[..]], vec![&long[1..]], texts(1)], 1),
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

#[test]
fn when_there_are_too_many_runs_or_voids_the_oldest_go_with_what_can_be_read() {
    let mut past = Past::default();
    let mut said = Stream::new();
    said.says(A, vec![join(1, "ada", None), say(1, "ada", None, &["a"])]);
    let one = Arc::clone(said.replica.backlog().last().unwrap());
    let at = |count: u64| {
        let mut texts = Texts::default();
        texts.push(Payload::new(b"a").unwrap());
        let first = Seq { count, ..one.first };
        let name = Arc::clone(&one.name);
        let (time, own) = (one.time, None);
        Said {
            name,
            first,
            time,
            own,
            texts,
        }
    };
    let most = past::MAX_RUNS as u64;
    for count in 1..=most {
        past.add(count * 20, &at(count));
        past.void_texts(count * 20 + 1, 0, 1, 0);
    }
    assert_eq!(past.first(), Some(1));
    past.add((most + 1) * 20, &at(most + 1));
    assert_eq!(past.first(), Some(2));
    // As many voids as there are runs are known, and the next one costs the oldest.
    past.void_texts((most + 1) * 20 + 1, 0, 1, 0);
    assert_eq!(past.first(), Some(2));
    past.void_record((most + 1) * 20 + 2);
    assert_eq!(past.first(), Some(3));
}

#[test]
fn no_more_than_8192_places_are_read_for_an_answer_unless_one_run_has_more() {
    for (more, ranges) in [(0, 2), (1, 1)] {
        let mut past = Past::default();
        let mut stream = Stream::new();
        stream.says(A, vec![join(1, "ada", None), say(1, "ada", None, &["a"])]);
        let said = Arc::clone(stream.replica.backlog().last().unwrap());
        // Two runs, each of as many places as half of what is read.
        let half = past::READ_PLACES / 2;
        for (begin, end) in [(1, half + more), (half + 100, 2 * half + 99)] {
            let mut place = begin;
            while place < end {
                past.add(place, &said);
                place += 16;
            }
            past.add(end, &said);
        }
        let reading = past.reading(0, u64::MAX, u32::MAX).unwrap();
        assert_eq!(reading.ranges().len(), ranges);
    }
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
