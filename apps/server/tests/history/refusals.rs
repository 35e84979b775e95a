//! Histories that cannot be used: the program says so in one line, says what to do, and ends.

use std::fs;

use hubbub_testing::{Ended, text};

use crate::directory::Directory;

/// The one line of a program that did not start.
#[track_caller]
fn refusal(ended: &Ended) -> &str {
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    &ended.stderr
}

/// Starts on the directory, says something and stops.
fn used() -> Directory {
    let directory = Directory::new();
    let (program, _room, [mut ada, mut bob]) = directory.talk(&[]);
    ada.send(text("ada", "hello"));
    bob.expect(text("ada", "hello"));
    program.signal("TERM");
    assert!(program.end().status.success());
    directory
}

#[test]
fn a_damaged_history_is_refused_with_what_to_do() {
    let directory = used();
    let path = directory.path("room/history.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..8192].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    let ended = directory.serve(&[]).end();
    let refusal = refusal(&ended);
    assert!(
        refusal.contains("is damaged")
            && refusal.contains("move it away")
            && refusal.contains(".recover"),
        "{refusal}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes, "it is not touched");
    // This is what it said.
    fs::rename(&path, directory.path("room/old.db")).unwrap();
    let mut program = directory.serve(&[]);
    program.port();
}

#[test]
fn a_history_of_a_newer_server_is_refused() {
    let directory = used();
    directory
        .other()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let ended = directory.serve(&[]).end();
    assert!(
        refusal(&ended).contains("has version 99, and this server knows version 1"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_history_that_another_server_uses_is_refused() {
    let directory = Directory::new();
    let mut first = directory.serve(&[]);
    first.port();
    let ended = directory.serve(&[]).end();
    assert!(
        refusal(&ended).contains("another server keeps its history in "),
        "{}",
        ended.stderr
    );
    // Also a server that is killed lets go of it.
    drop(first);
    directory.serve(&[]).port();
}

#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    let directory = Directory::new();
    let ended = directory.serve_on_its_own_disk("ro").end();
    assert!(
        refusal(&ended).contains("cannot keep a history in "),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("Read-only file system"),
        "{}",
        ended.stderr
    );
    let directory = Directory::new();
    fs::write(directory.path("room"), "a file").unwrap();
    let ended = directory.serve(&[]).end();
    assert!(
        refusal(&ended).contains("cannot keep a history in "),
        "{}",
        ended.stderr
    );
}
