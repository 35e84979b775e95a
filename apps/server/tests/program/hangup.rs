//! SIGHUP without a terminal: what was read from files is read again, and nobody is dropped.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use hubbub_testing::{Ended, Program, Room, run, text};

use crate::terminal::without_terminal;

/// A file with a message of the day, which is removed in the end.
struct Motd(PathBuf);

impl Motd {
    fn saying(words: impl AsRef<[u8]>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hubbub-motd-{}-{count}", std::process::id());
        let motd = Self(env::temp_dir().join(name));
        motd.write(words);
        motd
    }

    fn write(&self, words: impl AsRef<[u8]>) {
        fs::write(&self.0, words).unwrap();
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn start(&self, more: &[&str]) -> Program {
        without_terminal(&[&["--motd", self.path()], more].concat())
    }
}

impl Drop for Motd {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn the_message_of_the_day_is_read_again_and_told_to_programs_of_ours() {
    let motd = Motd::saying("Be kind.\n");
    let mut program = motd.start(&[]);
    let room = program.room();
    let mut ada = room.member("ada");
    let mut bob = room.ours("bob");
    assert_eq!(bob.expect_notice("motd"), "Be kind.");
    motd.write("Be quick.\r\n");
    program.signal("HUP");
    assert_eq!(bob.expect_notice("motd"), "Be quick.");
    program.line_with("message of the day changed");
    program.signal("HUP");
    program.line_with("message of the day unchanged");
    bob.says(1, "hi");
    bob.expect_ack(1);
    // A plain member hears of the texts alone.
    ada.expect(hubbub_testing::join("bob"));
    ada.expect(text("bob", "hi"));
    program.signal("TERM");
    let log = program.end().stderr;
    assert!(
        !log.contains("Be kind") && !log.contains("Be quick"),
        "{log}"
    );
}

#[test]
fn what_cannot_be_used_leaves_the_message_as_it_was_and_is_one_line() {
    let motd = Motd::saying("Be kind.");
    let mut program = motd.start(&[]);
    let room = program.room();
    let too_long = "x".repeat(4097);
    let bad: [(&[u8], &str); 3] = [
        (too_long.as_bytes(), "4096 bytes"),
        (b"caf\xe9", "UTF-8"),
        (b"one\n\x1b[2J", "line 2"),
    ];
    for (words, why) in bad {
        motd.write(words);
        program.signal("HUP");
        let line = program.line_with("message of the day");
        assert!(line.contains("WARN") && line.contains(why), "{line}");
    }
    fs::remove_file(&motd.0).unwrap();
    program.signal("HUP");
    let line = program.line_with("message of the day");
    assert!(
        line.contains("WARN") && line.contains("No such file"),
        "{line}"
    );
    make_fifo(&motd);
    program.signal("HUP");
    let line = program.line_with("message of the day");
    assert!(line.contains("not a regular file"), "{line}");
    let mut bob = room.ours("bob");
    assert_eq!(bob.expect_notice("motd"), "Be kind.");
}

fn make_fifo(motd: &Motd) {
    let made = Command::new("mkfifo").arg(&motd.0).status().unwrap();
    assert!(made.success());
}

#[test]
fn an_empty_file_is_no_message_and_a_later_one_is_told() {
    let motd = Motd::saying("\n");
    let mut program = motd.start(&["--plain-motd"]);
    let room = program.room();
    let mut ada = room.member("ada");
    motd.write("Be kind.");
    program.signal("HUP");
    ada.expect(text("server", "Be kind."));
    room.hears(text("server", "Be kind."));
    motd.write("");
    program.signal("HUP");
    program.line_with("message of the day changed bytes=0");
    let bob = Room::unwatched_at(room.address()).ours("bob");
    drop(bob);
}

#[test]
fn without_files_a_line_says_that_there_is_nothing_to_read() {
    let mut program = without_terminal(&[]);
    let room = program.room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    program.signal("HUP");
    program.line_with("nothing to read again");
    alice.send(text("alice", "still here"));
    bob.expect(text("alice", "still here"));
    program.signal("TERM");
    assert_eq!(program.end().status.code(), Some(0));
}

#[test]
fn a_storm_of_them_drops_nobody_and_the_last_one_counts() {
    let motd = Motd::saying("0");
    let mut program = motd.start(&[]);
    let room = program.room();
    let mut bob = room.ours("bob");
    assert_eq!(bob.expect_notice("motd"), "0");
    for number in 1..=5 {
        motd.write(number.to_string());
        let script = format!("for i in $(seq 200); do kill -HUP {}; done", program.id());
        assert!(
            Command::new("sh")
                .args(["-c", &script])
                .status()
                .unwrap()
                .success()
        );
    }
    while bob.expect_notice("motd") != "5" {}
    bob.says(1, "hi");
    bob.expect_ack(1);
    program.signal("TERM");
    assert_eq!(program.end().status.code(), Some(0));
}

#[test]
fn a_file_that_cannot_be_used_at_the_start_is_one_line_and_status_1() {
    let long = Motd::saying("");
    let file = fs::File::options().write(true).open(&long.0).unwrap();
    file.set_len(1 << 30).unwrap();
    let fifo = Motd::saying("");
    fs::remove_file(&fifo.0).unwrap();
    make_fifo(&fifo);
    for (file, why) in [
        ("/does/not/exist", "No such file"),
        ("/", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        (fifo.path(), "not a regular file"),
        (long.path(), "4096 bytes"),
    ] {
        let Ended { status, stderr, .. } = run(&["--port", "0", "--motd", file]);
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(file) && stderr.contains(why), "{stderr}");
    }
}

#[test]
fn the_variables_of_the_message_of_the_day_count() {
    let motd = Motd::saying("Be kind.");
    for (plain, is_told) in [("true", true), ("false", false), ("", false)] {
        let variables = [("HUBBUB_MOTD", motd.path()), ("HUBBUB_PLAIN_MOTD", plain)];
        let mut program = Program::with(&[], &variables);
        let room = Room::unwatched_at(program.address());
        let [mut ada, mut bob] = [room.connect(), room.connect()];
        ada.send(hubbub_testing::join("ada"));
        if is_told {
            ada.expect(text("server", "Be kind."));
        }
        program.line_with("joined");
        bob.send(hubbub_testing::join("bob"));
        ada.expect(hubbub_testing::join("bob"));
    }
    for (variable, bad) in [("HUBBUB_PLAIN_MOTD", "maybe"), ("HUBBUB_LOG_FORMAT", "xml")] {
        let Ended { status, stderr, .. } = Program::with(&[], &[(variable, bad)]).end();
        assert_eq!(status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(variable) && stderr.contains(bad),
            "{stderr}"
        );
    }
}
