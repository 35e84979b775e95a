//! `kill -9` at any moment, and a stop: what anybody has heard is in the database, once and in order.

use std::thread;
use std::time::Instant;

use hubbub_testing::{Peer, leave, text};

use crate::directory::{Directory, in_time, is_early};

/// How often the program is killed.
const KILLS: usize = 12;

/// Texts that ada sends in one start at most.
const TEXTS: usize = 2000;

#[test]
fn what_anybody_has_heard_survives_kill_9_at_any_moment() {
    let directory = Directory::new();
    let mut kept = Vec::new();
    for start in 0..KILLS {
        let (program, _room, [mut ada, bob]) = directory.talk(&[]);
        let writer = thread::spawn(move || {
            for number in 0..TEXTS {
                // Some arrive alone and some together. The program may be gone already.
                let one = text("ada", format!("{start} {number}"));
                ada.try_send([one, text("ada", format!("{start} {number}+"))].concat());
            }
            ada
        });
        let kill_after = fastrand::usize(1..TEXTS);
        let heard = hear(bob, kill_after);
        drop(program);
        drop(writer.join().unwrap());
        let all: Vec<_> = directory
            .rows()
            .into_iter()
            .map(|row| String::from_utf8(row.text).unwrap())
            .collect();
        assert_eq!(all[..kept.len()], kept, "what was kept before");
        let new = &all[kept.len()..];
        assert!(
            new.len() >= heard.len(),
            "{} heard and {} kept",
            heard.len(),
            new.len()
        );
        assert_eq!(
            new[..heard.len()],
            heard,
            "what bob has heard is the beginning"
        );
        for (number, said) in new.iter().enumerate() {
            let (one, more) = (number / 2, ["", "+"][number % 2]);
            assert_eq!(*said, format!("{start} {one}{more}"));
        }
        let seqs: Vec<_> = directory.rows().iter().map(|row| row.seq).collect();
        assert!(
            seqs.iter().copied().eq(1..=all.len() as i64),
            "a number is missing: {seqs:?}"
        );
        kept = all;
    }
}

/// Reads what ada says until so many texts are there.
fn hear(mut bob: Peer, texts: usize) -> Vec<String> {
    let mut heard = Vec::new();
    while heard.len() < texts {
        let frame = String::from_utf8(bob.frame()).unwrap();
        if let Some((_, payload)) = frame.split_once("\r\n\r\n")
            && frame.starts_with("CHAT/1.0 TEXT")
        {
            heard.push(payload.to_owned());
        }
    }
    heard
}

#[test]
fn a_server_that_stops_keeps_and_delivers_what_it_has_accepted() {
    in_time(|| {
        let directory = Directory::new();
        let (mut program, _room, [mut ada, mut bob]) = directory.talk(&[]);
        let other = directory.other();
        let locked = Instant::now();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        ada.send([text("ada", "last words"), leave("ada")].concat());
        ada.wait_until_taken();
        program.signal("TERM");
        program.line_with("stopping");
        other.execute_batch("COMMIT").unwrap();
        is_early(locked).then_some(())?;
        bob.expect([text("ada", "last words"), leave("ada")].concat());
        let ended = program.end();
        assert!(ended.status.success(), "{}", ended.stderr);
        assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
        assert_eq!(directory.rows().len(), 1);
        Some(())
    });
}

#[test]
fn a_server_stops_although_its_disk_hangs_and_delivers_what_it_has_accepted() {
    let directory = Directory::new();
    let (program, _room, [mut ada, mut bob]) = directory.talk(&[]);
    let other = directory.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ada.send(text("ada", "last words"));
    ada.wait_until_taken();
    program.signal("TERM");
    bob.expect(text("ada", "last words"));
    let ended = program.end();
    assert!(
        ended.stderr.contains("keeping messages has stopped"),
        "{}",
        ended.stderr
    );
    drop(other);
    assert_eq!(directory.rows(), []);
}

#[test]
fn plain_members_get_the_same_bytes_as_without_a_history() {
    let directory = Directory::new();
    let (_program, _room, [mut ada, mut bob]) = directory.talk(&[]);
    ada.send([text("ada", "one"), text("ada", "two"), leave("ada")].concat());
    bob.expect([text("ada", "one"), text("ada", "two"), leave("ada")].concat());
    ada.expect_closed();
    let rows = directory.rows();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.seq, &row.name[..], &row.text[..]))
        .collect();
    assert_eq!(rows, [(1, "ada", &b"one"[..]), (2, "ada", b"two")]);
}
