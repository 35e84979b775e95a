//! TEXTs: their places, and that each is in the log once.

use super::*;

#[test]
fn texts_get_places_in_the_order_of_the_stream() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    stream.says(B, vec![join(1, "bo", None)]);
    let said = stream.says(A, vec![say(1, "ada", None, &["a", "b"])]);
    assert_eq!(told(&said), ["1.1: 1=a 2=b"]);
    let said = stream.says(
        B,
        vec![say(1, "bo", None, &["c"]), say(2, "cy", None, &["d"])],
    );
    assert_eq!(told(&said), ["2.1: 3=c", "2.2 is void"]);
    assert_eq!(stream.replica.last().count, 3);
    let Some(last) = stream.replica.backlog().last() else {
        panic!("it is kept");
    };
    assert_eq!(
        (&*last.name, last.time.unix_ms()),
        (&*name("bo"), stream.time)
    );
}

#[test]
fn a_record_that_comes_twice_is_void_the_second_time() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let generation = stream.replica.last.generation;
    let record = |count| Record {
        node: A,
        count,
        generation,
        items: vec![say(1, "ada", None, &["a"])],
    };
    assert_eq!(told(&stream.put(&record(4))), ["1.1: 1=a"]);
    for count in [4, 3, 0] {
        assert!(stream.put(&record(count)).is_empty());
    }
    assert_eq!(told(&stream.put(&record(5))), ["1.1: 2=a"]);
}

#[test]
fn a_text_that_is_sent_again_by_another_node_is_in_the_log_once() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", ticket(1, 1))]);
    let said = stream.says(A, vec![say(1, "ada", Some(1), &["a", "b"])]);
    assert_eq!(told(&said), ["1.1: 1/1=a 2/2=b"]);
    let moved = stream.says(
        B,
        vec![
            join(1, "ada", ticket(1, 2)),
            say(1, "ada", Some(1), &["a", "b"]),
            say(1, "ada", Some(2), &["b", "c"]),
            say(1, "ada", Some(5), &["e"]),
            say(1, "ada", Some(4), &["d"]),
        ],
    );
    let expected = [
        "2.1 is ada for 1.1 at 2",
        "2.1 has 2 at 2",
        "2.1: 3/3=c",
        "2.1 is broken",
        "2.1: 4/4=d",
    ];
    assert_eq!(told(&moved), expected);
    let key = Own::key(Hex64(5), Hex128(1));
    assert_eq!(stream.replica.arrived(key), 4);
    assert_eq!(stream.replica.arrived(Hex64(5)), 0);
}

#[test]
fn texts_under_another_name_or_session_than_the_members_are_not_said() {
    let mut stream = Stream::new();
    let other = ticket(2, 1).map(|ticket| Ticket {
        session: Hex64(6),
        ..ticket
    });
    stream.says(A, vec![join(1, "ada", None), join(2, "bo", other)]);
    let said = stream.says(
        A,
        vec![
            say(1, "bo", None, &["a"]),
            say(1, "ada", Some(1), &["a"]),
            say(2, "bo", Some(1), &["a"]),
            say(2, "bo", None, &["b"]),
        ],
    );
    assert_eq!(
        told(&said),
        [
            "1.1 is broken",
            "1.1 is broken",
            "1.2 is broken",
            "1.2: 1=b"
        ]
    );
}

#[test]
fn a_record_that_cannot_be_read_changes_nothing_and_one_of_a_newer_format_ends_the_node() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let record = Record {
        node: A,
        count: 3,
        generation: stream.replica.last.generation,
        items: vec![say(1, "ada", None, &["a"])],
    };
    let mut damaged = record.to_bytes(1);
    damaged.pop();
    let age = stream.replica.age;
    assert!(stream.entry(damaged).is_empty());
    assert_eq!(stream.replica.age, age);
    let (place, time) = (stream.replica.place() + 1, Time::from_unix_ms(0));
    let newer = Entry::Record(record.to_bytes(NEWEST_FORMAT + 1));
    let halt = stream.replica.apply(place, time, newer).unwrap_err();
    assert_eq!(halt, Halt::Newer(NEWEST_FORMAT + 1));
    assert!(halt.to_string().contains("the cluster writes format 2"));
}

#[test]
fn a_place_that_was_applied_already_changes_nothing() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let before = stream.replica.snapshot();
    let record = Record {
        node: A,
        count: 9,
        generation: stream.replica.last.generation,
        items: vec![say(1, "ada", None, &["a"])],
    };
    let place = stream.replica.place();
    let entry = Entry::Record(record.to_bytes(1));
    let effects = stream.replica.apply(place, Time::MAX, entry).unwrap();
    assert!(effects.is_empty());
    assert_eq!(stream.replica.snapshot(), before);
}

/// The counts of the texts that are kept, and how many reads they came in.
fn kept(stream: &Stream) -> (u64, u64, usize) {
    let first = stream.replica.backlog().next().unwrap().first.count;
    let last = stream.replica.backlog().last().unwrap().last().count;
    (first, last, stream.replica.backlog().count())
}

#[test]
fn a_thousand_messages_are_kept_and_the_next_one_costs_the_oldest() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let most = usize::try_from(last_said::MAX_MESSAGES).unwrap();
    stream.says(A, vec![say(1, "ada", None, &["x", "x"])]);
    stream.says(A, vec![say(1, "ada", None, &vec!["x"; most - 2])]);
    assert_eq!(kept(&stream), (1, 1000, 2));
    stream.says(A, vec![say(1, "ada", None, &["x"])]);
    // What came together goes together, and not before a thousand are left.
    assert_eq!(kept(&stream), (1, 1001, 3));
    stream.says(A, vec![say(1, "ada", None, &["x"])]);
    assert_eq!(kept(&stream), (3, 1002, 3));
}

#[test]
fn a_mebibyte_is_kept_and_a_byte_more_costs_the_oldest() {
    for (more, first) in [(0, 1), (1, 2)] {
        let mut stream = Stream::new();
        stream.says(A, vec![join(1, "ada", None)]);
        let each = last_said::READ + last_said::TEXT;
        let third = "x".repeat(last_said::MAX_BYTES / 3 - each);
        let rest = last_said::MAX_BYTES - 2 * (third.len() + each) - each;
        for text in [&third, &third, &"x".repeat(rest + more)] {
            stream.says(A, vec![say(1, "ada", None, &[text])]);
        }
        assert_eq!(kept(&stream).0, first);
    }
}

#[test]
fn time_never_runs_backwards_for_members() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", None)]);
    let before = stream.replica.time();
    stream.time -= 500_000;
    stream.says(A, vec![say(1, "ada", None, &["a"])]);
    assert_eq!(stream.replica.time(), before);
    assert_eq!(stream.replica.backlog().last().unwrap().time, before);
}
