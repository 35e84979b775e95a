//! Disks that are slow or full: the room goes on, and so does keeping when the disk lets it.

use std::fs;
use std::time::Instant;

use hubbub_testing::{text, until};

use crate::directory::{Directory, in_time, is_early, rows};

#[test]
fn a_slow_disk_holds_the_room_up_for_two_seconds_at_most_and_gets_everything_later() {
    in_time(|| {
        let directory = Directory::new();
        let (mut program, _room, [mut ada, mut bob]) = directory.talk(&[]);
        let other = directory.other();
        let locked = Instant::now();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        ada.send(text("ada", "waits"));
        ada.wait_until_taken();
        is_early(locked).then_some(())?;
        bob.expect_nothing_yet();
        bob.expect(text("ada", "waits"));
        assert!(
            program
                .line_with("ERROR")
                .contains("keeping messages has stopped: database is locked")
        );
        // Nobody waits any more.
        for word in ["not", "any", "more"] {
            ada.send(text("ada", word));
            bob.expect(text("ada", word));
        }
        other.execute_batch("COMMIT").unwrap();
        program.line_with("messages are kept again");
        let said = || -> Vec<_> { directory.rows().into_iter().map(|row| row.text).collect() };
        until("the disk has everything", || said().len() == 4);
        assert_eq!(said(), [&b"waits"[..], b"not", b"any", b"more"]);
        ada.send(text("ada", "kept"));
        bob.expect(text("ada", "kept"));
        assert_eq!(directory.rows().len(), 5);
        Some(())
    });
}

#[test]
fn nobody_goes_for_texts_that_wait_for_a_slow_disk() {
    let directory = Directory::new();
    // A quarter of this is for texts that wait.
    let mut program = directory.serve(&["--memory-limit", "4MiB"]);
    let room = program.room();
    let [mut ada, mut bob, mut carol] = room.members(["ada", "bob", "carol"]);
    let other = directory.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let long = text("ada", vec![b'a'; 300_000]);
    let half = text("bob", vec![b'b'; 200_000]);
    ada.send(long.repeat(4));
    ada.wait_until_taken();
    for part in half.chunks(20_000).take(9) {
        bob.send(part);
        bob.wait_until_taken();
    }
    program.line_with("keeping messages has stopped");
    for _ in 0..4 {
        carol.expect(&long);
    }
    bob.send(&half[9 * 20_000..]);
    carol.expect(&half);
    ada.expect(&half);
}

#[test]
fn a_flood_that_was_kept_at_once_reaches_who_reads_at_its_pace() {
    in_time(|| {
        let directory = Directory::new();
        let (_program, _room, [mut ada, mut bob]) = directory.talk(&["--outbox", "1MiB"]);
        let flood = text("ada", vec![b'a'; 10_000]).repeat(350);
        let other = directory.other();
        let locked = Instant::now();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        ada.send(&flood);
        ada.wait_until_taken();
        // If the disk were given up, the flood would come before anybody reads it.
        is_early(locked).then_some(())?;
        other.execute_batch("COMMIT").unwrap();
        bob.expect(&flood);
        Some(())
    });
}

/// How large the full disk is.
const SIZE: &str = "size=8m";

/// What fills a part of it until somebody makes room.
const FILLER: usize = 7 * 1024 * 1024 + 512 * 1024;

#[test]
fn on_a_full_disk_the_room_goes_on_and_keeping_resumes_when_there_is_room() {
    let directory = Directory::new();
    let mut program = directory.serve_on_its_own_disk(SIZE);
    let room = program.room();
    let [mut ada, mut bob] = room.members(["ada", "bob"]);
    let seen = directory.as_seen_by(&program);
    let filler = seen.join("filler");
    fs::write(&filler, vec![b'x'; FILLER]).unwrap();
    let mut said = 0;
    let mut say = |count: usize| {
        for _ in 0..count {
            let words = text("ada", format!("{said} {}", ".".repeat(10_000)));
            ada.send(&words);
            bob.expect(&words);
            said += 1;
        }
        said
    };
    // More than the disk has, and less than memory keeps.
    say(90);
    let line = program.line_with("ERROR");
    assert!(
        line.contains("keeping messages has stopped: database or disk is full"),
        "{line}"
    );
    fs::remove_file(&filler).unwrap();
    program.line_with("messages are kept again");
    // SQLite itself cannot reach this file system from here.
    let kept = || {
        for file in ["history.db", "history.db-wal"] {
            fs::copy(seen.join("room").join(file), directory.path(file)).unwrap();
        }
        rows(directory.path("history.db").as_ref())
    };
    until("the disk has everything that memory had", || {
        kept().is_ok_and(|rows| rows.iter().map(|row| row.seq).eq(1..=90))
    });
}

#[test]
fn what_is_too_old_goes_by_itself() {
    let directory = Directory::new();
    let (_program, _room, [mut ada, mut bob]) = directory.talk(&["--keep", "2s"]);
    ada.send(text("ada", "gone soon"));
    bob.expect(text("ada", "gone soon"));
    until("it is gone", || directory.rows().is_empty());
}
