//! The values that the options take: units, and each bound on both of its sides.

use hubbub_testing::{Ended, Peer, Program, join, text};

#[test]
fn values_at_their_bounds_are_taken() {
    let good = [
        ["--max-payload", "1"],
        ["--max-payload", "256MiB"],
        ["--max-payload", "268435456"],
        ["--memory-limit", "1MiB"],
        ["--memory-limit", "1048576"],
        ["--memory-limit", "18446744073709551614"],
        ["--outbox", "1"],
        ["--bytes-per-second", "2KiB"],
        ["--bytes-per-second", "0"],
        ["--max-peers", "1"],
        ["--max-peers-per-address", "1"],
        ["--visits-per-minute", "0"],
        ["--visits-per-minute", "4294967295"],
        ["--write-timeout", "1ms"],
        ["--write-timeout", "1ns"],
        ["--text-timeout", "1ms"],
        ["--join-timeout", "1s"],
        ["--join-timeout", "1h 30min"],
        ["--join-timeout", "1year"],
        ["--grace", "0s"],
        ["--grace", "1h"],
        ["--write-timeout", "1year"],
    ];
    for [option, value] in good {
        // An option with which it must agree.
        let others: &[&str] = match option {
            "--max-payload" => &["--memory-limit", "2GiB"],
            _ => &[],
        };
        let mut program = Program::with(&[&[option, value], others].concat(), &[]);
        // It still lets a member in, so no time was too long to be added.
        Peer::connect(program.address()).send(join("alice"));
        program.line_with("joined");
    }
}

#[test]
fn values_beyond_their_bounds_are_refused_with_the_bound() {
    let bad = [
        ["--max-payload", "0", "at least 1 byte"],
        ["--max-payload", "268435457", "256"],
        ["--max-payload", "257MiB", "256"],
        ["--memory-limit", "1048575", "1"],
        ["--memory-limit", "0", "at least 1 byte"],
        ["--outbox", "0", "at least 1 byte"],
        ["--max-peers", "0", "1"],
        ["--outbox", "18446744073709551615", "less than"],
        ["--memory-limit", "99999999999999MiB", "less than"],
        ["--bytes-per-second", "2047", "2KiB is the least"],
        ["--bytes-per-second", "1", "2KiB is the least"],
        ["--max-peers-per-address", "0", "1"],
        ["--write-timeout", "0s", "above 0"],
        ["--write-timeout", "1year 1s", "1year"],
        ["--join-timeout", "500000000000years", "1year"],
        ["--join-timeout", "99999999999999999999s", "1year"],
        ["--text-timeout", "0s", "above 0"],
        ["--text-timeout", "1year 1s", "1year"],
        ["--join-timeout", "0ms", "above 0"],
        ["--grace", "1h 1ms", "1h"],
        ["--join-timeout", "30", "30s"],
        ["--outbox", "5 parsecs", "64KiB"],
    ];
    for [option, value, bound] in bad {
        let Ended { status, stderr, .. } = Program::with(&[option, value], &[]).end();
        assert_eq!(status.code(), Some(2), "{option} {value}: {stderr}");
        let first = stderr.lines().next().unwrap_or_default();
        for word in [option, value] {
            assert!(first.contains(word), "no {word} in {first}");
        }
        let reason = first.rsplit(':').next().unwrap();
        assert!(reason.contains(bound), "no {bound} in {first}");
    }
}

#[test]
fn sizes_take_units_of_1000_and_of_1024() {
    for (value, bytes) in [
        ("1kB", 1000),
        ("1KiB", 1024),
        ("1.5KiB", 1536),
        ("1001", 1001),
    ] {
        let mut program = Program::with(&["--max-payload", value], &[]);
        let room = program.room();
        let mut alice = room.member("alice");
        alice.send(text("alice", vec![b'x'; bytes]));
        room.hears(text("alice", vec![b'x'; bytes]));
        alice.send(text("alice", vec![b'x'; bytes + 1]));
        let told = alice.expect_notice();
        assert!(told.contains(&format!("{bytes} bytes")), "{value}: {told}");
    }
}
