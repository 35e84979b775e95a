//! `hubbub export`: what a real server has kept, in words and for programs, while the server runs and after that.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use hubbub_server::{History, HistorySync, Settings};
use hubbub_testing::{Offer, Room, leave, text};
use tempfile::TempDir;

/// A server with a history in this directory.
fn room(dir: &Path) -> Room {
    let history = History {
        dir: dir.to_owned(),
        keep: Duration::from_secs(3600),
        keep_bytes: 1 << 30,
        sync: HistorySync::Normal,
    };
    Room::with(Settings {
        history: Some(history),
        ..Settings::default()
    })
}

/// The history of a room that has ended, in which alice said three things and a plain peer one that is not UTF-8.
fn history() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let room = room(dir.path());
    talk(&room);
    room.stop();
    dir
}

fn talk(room: &Room) {
    let odd = text("bob", [0xff, b'x']);
    let mut bob = room.member("bob");
    bob.send([&odd[..], &leave("bob")].concat());
    room.hears(odd);
    room.hears(leave("bob"));
    let mut alice = room.offering(&Offer::new("alice").recent(0));
    for (count, words) in [
        (1, "Cake for all"),
        (2, "one\ntwo\u{1b}[2J"),
        (3, "STRASSE"),
    ] {
        alice.says(count, words);
    }
    alice.expect_acks_up_to(3);
}

fn export(dir: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hubbub"))
        .arg("export")
        .arg(dir)
        .args(options)
        .env("TZ", "UTC")
        .output()
        .unwrap()
}

#[track_caller]
fn exported(dir: &Path, options: &[&str]) -> String {
    let output = export(dir, options);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refusal(dir: &Path, options: &[&str], status: i32) -> String {
    let output = export(dir, options);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert_eq!(output.stdout, b"", "{stderr}");
    stderr
}

/// The lines without the time, which begins each of them.
fn without_time(lines: &str) -> Vec<&str> {
    let after = |line| match line {
        line if str::starts_with(line, "20") => &line["2026-11-26 03:00:00 ".len()..],
        line => line,
    };
    lines.lines().map(after).collect()
}

const ALL: [&str; 5] = [
    "bob: \u{fffd}x",
    "alice: Cake for all",
    "alice: one",
    "    two\u{fffd}[2J",
    "alice: STRASSE",
];

#[test]
fn everything_that_was_kept_is_printed_for_people() {
    assert_eq!(without_time(&exported(history().path(), &[])), ALL);
}

#[test]
fn a_server_that_runs_is_not_disturbed() {
    let dir = tempfile::tempdir().unwrap();
    let room = room(dir.path());
    talk(&room);
    assert_eq!(without_time(&exported(dir.path(), &[])), ALL);
    let mut carol = room.offering(&Offer::new("carol").recent(0));
    carol.says(1, "still here");
    carol.expect_ack(1);
    assert!(exported(dir.path(), &[]).ends_with(" carol: still here\n"));
    room.stop();
}

#[test]
fn programs_get_the_lines_of_tail() {
    let dir = history();
    let lines = exported(dir.path(), &["--json"]);
    let lines: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    let room = room(dir.path());
    let offer = Offer::new("dave").recent(3);
    let dave = room.offering(&offer);
    for (line, frame) in lines[1..].iter().zip(&dave.past) {
        for (field, header) in [
            ("time", "Time"),
            ("id", "Id"),
            ("seq", "Seq"),
            ("from", "Username"),
        ] {
            assert_eq!(
                line[field].as_str(),
                frame.header(header),
                "{field} of {line}"
            );
        }
        assert_eq!(
            (&line["type"], &line["past"]),
            (&"text".into(), &true.into())
        );
    }
    assert_eq!(dave.past.len(), 3);
    assert_eq!(lines[2]["text"], "one\ntwo\u{1b}[2J");
    assert_eq!(
        (&lines[0]["text"], &lines[0]["text_base64"]),
        (&().into(), &"/3g=".into())
    );
    assert_eq!(
        lines[0]["id"], lines[0]["seq"],
        "a plain client gives no name"
    );
    room.stop();
}

#[test]
fn words_are_found_in_any_order_in_capitals_or_not_and_in_names() {
    let dir = history();
    let found = |words| without_time_owned(&exported(dir.path(), &["--find", words]));
    assert_eq!(found("ALL cake"), ALL[1..2]);
    assert_eq!(found("alice STRA\u{df}e"), ALL[4..]);
    assert_eq!(found("bob"), ALL[..1]);
    assert_eq!(found("cake bob"), [""; 0]);
    assert!(refusal(dir.path(), &["--find", " "], 2).contains("no word"));
}

fn without_time_owned(lines: &str) -> Vec<String> {
    without_time(lines)
        .into_iter()
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn what_was_said_before_a_day_or_a_moment_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    room(dir.path()).stop();
    let database = rusqlite::Connection::open(dir.path().join("history.db")).unwrap();
    // 2026-11-01 in a zone that is an hour ahead of UTC begins at this moment.
    let midnight: i64 = 1_793_487_600_000;
    for (seq, ms) in [(1, midnight - 1), (2, midnight), (3, midnight + 3_600_000)] {
        let values = (seq, ms, format!("m{seq}"));
        database
            .execute(
                "INSERT INTO messages VALUES (?1, 1, ?1, ?2, 'eve', NULL, NULL, CAST(?3 AS BLOB))",
                values,
            )
            .unwrap();
    }
    drop(database);
    let since = |date: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_hubbub"))
            .args(["export", "--since", date])
            .arg(dir.path())
            .env("TZ", "CET-1")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let second = "2026-11-01 00:00:00 eve: m2\n";
    let third = "2026-11-01 01:00:00 eve: m3\n";
    assert_eq!(since("2026-11-01"), format!("{second}{third}"));
    assert_eq!(since("2026-11-01T00:00:00Z"), third);
    assert_eq!(since("2026-11-02"), "");
    for date in ["yesterday", "2026-13-01", "2026-11-01 later"] {
        let words = refusal(dir.path(), &["--since", date], 2);
        assert!(words.contains("2026-11-01T08:00:00Z"), "{words}");
    }
}

#[test]
fn thousands_of_messages_come_in_order() {
    let dir = tempfile::tempdir().unwrap();
    room(dir.path()).stop();
    let mut database = rusqlite::Connection::open(dir.path().join("history.db")).unwrap();
    let all = database.transaction().unwrap();
    for seq in 1..=2500 {
        // The longest are a third of what is read at a time.
        let len = if seq % 500 == 0 { 400_000 } else { 1 };
        all.execute(
            "INSERT INTO messages VALUES (?1, 1, ?1, 0, ?2, NULL, NULL, zeroblob(?3))",
            (seq, seq.to_string(), len),
        )
        .unwrap();
    }
    all.commit().unwrap();
    drop(database);
    let lines = exported(dir.path(), &["--json"]);
    let from = |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["from"].clone();
    let names: Vec<_> = lines.lines().map(from).collect();
    let wanted: Vec<serde_json::Value> = (1..=2500).map(|seq| seq.to_string().into()).collect();
    assert!(names == wanted, "{} lines", names.len());
}

#[test]
fn a_directory_that_nobody_may_write_to_is_read_and_stays_as_it_is() {
    let dir = history();
    let names = || {
        let entries = fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    for name in &before {
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o444)).unwrap();
    }
    let mut program = Command::new(env!("CARGO_BIN_EXE_hubbub"));
    // Root may write everywhere, so somebody else reads it.
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        program.uid(65_534).gid(65_534);
    }
    let output = program.arg("export").arg(dir.path()).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        without_time(&stdout),
        ALL,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(names(), before);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    exported(dir.path(), &[]);
    assert_eq!(
        names(),
        before,
        "nothing is left in a directory that can be written to"
    );
}

#[test]
fn what_is_no_history_is_refused_with_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let words = refusal(empty.path(), &[], 78);
    assert!(
        words.starts_with("hubbub: there is no history in ") && words.contains("--history"),
        "{words}"
    );
    let missing = empty.path().join("missing");
    assert!(refusal(&missing, &[], 78).contains("there is no history in "));

    let dir = history();
    let file = dir.path().join("history.db");
    let set = |pragma, value: i64| {
        let database = rusqlite::Connection::open(&file).unwrap();
        database.pragma_update(None, pragma, value).unwrap();
    };
    set("user_version", 99);
    let words = refusal(dir.path(), &[], 78);
    assert!(
        words.contains("has version 99, and this program knows version 1"),
        "{words}"
    );
    set("application_id", 7);
    let words = refusal(dir.path(), &[], 78);
    assert!(
        words.contains("is not a history of hubbub-server"),
        "{words}"
    );
    fs::write(&file, "hello".repeat(1000)).unwrap();
    let words = refusal(dir.path(), &[], 78);
    assert!(
        words.contains("is damaged") && words.contains(".recover"),
        "{words}"
    );
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let dir = history();
    let script = format!(
        "'{}' export '{}' | true; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_hubbub"),
        dir.path().display()
    );
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}
