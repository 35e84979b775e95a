//! Pairs of options: each pair of extreme values starts a room, or is refused with both values. Limits between two
//! options are tested on both of their sides.

use hubbub_testing::{Ended, Program, text};

const LEAST_MEMORY: &str = "1MiB";
const MOST_PAYLOAD: &str = "256MiB";
/// Three quarters of [`MUCH_MEMORY`].
const LARGE_OUTBOX: &str = "3GiB";
const MUCH_MEMORY: &str = "4GiB";

/// Every option with its lowest and highest values, or with two that are far apart if it has no such values.
const ENDS: [[&str; 3]; 12] = [
    ["--port", "0", "0"],
    ["--listen", "127.0.0.1", "0.0.0.0"],
    ["--max-payload", "1", MOST_PAYLOAD],
    ["--max-peers", "1", "100"],
    ["--outbox", "1", LARGE_OUTBOX],
    ["--memory-limit", LEAST_MEMORY, "18446744073709551614"],
    ["--messages-per-second", "1", "4294967295"],
    ["--bytes-per-second", "2KiB", "4294967295"],
    ["--write-timeout", "1ns", "1year"],
    ["--join-timeout", "1ms", "1year"],
    ["--grace", "0s", "1h"],
    // With a lower level, the line is missing that tells the test that the room is up.
    ["--log", "info", "trace"],
];

/// What cannot work together.
const CONTRADICTIONS: [[(&str, &str); 2]; 3] = [
    [("--max-payload", MOST_PAYLOAD), ("--outbox", "1")],
    [
        ("--max-payload", MOST_PAYLOAD),
        ("--memory-limit", LEAST_MEMORY),
    ],
    [("--outbox", LARGE_OUTBOX), ("--memory-limit", LEAST_MEMORY)],
];

/// A value of the option that works with both of the pair, if they work with each other.
fn between<'a>(option: &str, pair: [(&'a str, &'a str); 2]) -> Option<&'a str> {
    let value = |of: &str| {
        pair.iter()
            .find(|(option, _)| *option == of)
            .map(|(_, value)| *value)
    };
    match option {
        "--port" => Some("0"),
        "--listen" => Some("127.0.0.1"),
        "--log" => Some("info"),
        "--max-payload" => Some("1"),
        "--outbox" => Some(value("--max-payload").unwrap_or("64KiB")),
        "--memory-limit" => Some(MUCH_MEMORY),
        _ => None,
    }
}

#[test]
fn each_pair_of_values_at_their_ends_works_together_or_is_refused_with_both() {
    for (at, [first, first_ends @ ..]) in ENDS.iter().enumerate() {
        for [second, second_ends @ ..] in &ENDS[at + 1..] {
            for one in first_ends {
                for other in second_ends {
                    let pair = [(*first, *one), (*second, *other)];
                    check(pair);
                }
            }
        }
    }
}

#[track_caller]
fn check(pair: [(&str, &str); 2]) {
    let mut words: Vec<&str> = Vec::new();
    for [option, ..] in ENDS {
        let given = pair.iter().find(|(name, _)| *name == option);
        let value = given.map(|(_, value)| *value);
        if let Some(value) = value.or_else(|| between(option, pair)) {
            words.extend([option, value]);
        }
    }
    if !CONTRADICTIONS.contains(&pair) {
        Program::start(&words).port();
        return;
    }
    let (status, told) = refusal(&words);
    assert_eq!(status, Some(2), "{pair:?}: {told}");
    for (option, value) in pair {
        let both = format!("{option} {value}");
        assert!(told.contains(&both), "no {both} in {told}");
    }
}

/// How the program ends, and the first line of what it says.
fn refusal(words: &[&str]) -> (Option<i32>, String) {
    let Ended { status, stderr, .. } = Program::start(words).end();
    assert!(!stderr.contains("panicked"), "{stderr}");
    (
        status.code(),
        stderr.lines().next().unwrap_or_default().to_owned(),
    )
}

/// Each with the last values that work together, and then with the first value that does not.
#[test]
fn limits_between_two_options_are_where_the_refusal_says() {
    for (fits, too_much) in [
        (
            "--max-payload 65535KiB --outbox 64MiB",
            "--max-payload 67107841 --outbox 64MiB",
        ),
        (
            "--memory-limit 409604KiB --max-payload 100MiB --outbox 100MiB",
            "--memory-limit 419434495 --max-payload 100MiB --outbox 100MiB",
        ),
        (
            "--outbox 1MiB --max-payload 1MiB",
            "--outbox 1048575 --max-payload 1MiB",
        ),
        (
            "--max-payload 4MiB --outbox 4MiB",
            "--max-payload 4194305 --outbox 4MiB",
        ),
        ("--outbox 192MiB", "--outbox 201326593"),
        (
            "--memory-limit 8MiB --outbox 6MiB",
            "--memory-limit 8388607 --outbox 6MiB",
        ),
    ] {
        let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
        Program::with(&words(fits), &[]).port();
        let (status, told) = refusal(&words(too_much));
        assert_eq!(status, Some(2), "{too_much}: {told}");
        let [option, value, ..] = words(too_much)[..] else {
            unreachable!()
        };
        assert!(told.contains(&format!("{option} {value}")), "{told}");
        // The value that fits is the one that the message suggests.
        let [option, value, ..] = words(fits)[..] else {
            unreachable!()
        };
        let advice = format!("{option} {value} or");
        assert!(told.contains(&advice), "no {advice} in {told}");
    }
}

#[test]
fn the_longest_text_arrives_where_everything_has_just_room_for_it() {
    const LONGEST: usize = 255 * 1024;
    let options = "--max-payload 255KiB --outbox 255KiB --memory-limit 1MiB";
    let mut program = Program::with(&options.split(' ').collect::<Vec<_>>(), &[]);
    let room = program.room();
    let name = "x".repeat(64);
    let mut speaker = room.member(&name);
    for _ in 0..3 {
        let frame = text(&name, [b'x'; LONGEST]);
        for piece in frame.chunks(10_000) {
            speaker.send(piece);
        }
        room.hears(&frame);
    }
}

/// The longest text that passes. A text that is a byte longer does not.
#[test]
fn what_nobody_gave_follows_what_somebody_did() {
    for (options, longest) in [
        ("", 1024 * 1024),
        ("--memory-limit 1MiB", 255 * 1024),
        ("--memory-limit 4MiB", 1023 * 1024),
        ("--outbox 100KiB", 100 * 1024),
        // Two such texts fit into no outbox of 4 MiB.
        ("--max-payload 5MiB", 5 * 1024 * 1024),
    ] {
        let words: Vec<_> = options.split_whitespace().collect();
        let mut program = Program::with(&words, &[]);
        let room = program.room();
        let mut speaker = room.member("speaker");
        speaker.send(text("speaker", vec![b'x'; longest + 1]));
        speaker.expect(text(
            "server",
            format!(
                "your text of {} bytes was not sent: {longest} bytes is the most",
                longest + 1
            ),
        ));
        let frame = text("speaker", vec![b'x'; longest]);
        speaker.send(&frame);
        room.hears(&frame);
    }
}

#[test]
fn a_refusal_says_of_each_value_where_it_came_from() {
    let Ended { status, stderr, .. } =
        Program::with(&["--max-payload", "100MiB"], &[("HUBBUB_OUTBOX", "100MiB")]).end();
    assert_eq!(status.code(), Some(2), "{stderr}");
    for words in [
        "--max-payload 100MiB",
        "--memory-limit 256MiB (the default)",
    ] {
        assert!(stderr.contains(words), "no {words} in {stderr}");
    }
    let variable = [("HUBBUB_MAX_PAYLOAD", "8MiB")];
    let Ended { stderr, .. } = Program::with(&["--outbox", "4MiB"], &variable).end();
    for words in ["HUBBUB_MAX_PAYLOAD=8MiB", "--outbox 4MiB"] {
        assert!(stderr.contains(words), "no {words} in {stderr}");
    }
}
