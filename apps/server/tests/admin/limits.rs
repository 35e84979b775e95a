//! What an administrator cannot do, whatever it sends or leaves undone.

use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{Program, join, text};

use crate::desk::{Desk, Directory};

/// As the head of the server's `admin` says.
const MOST: usize = 4;

#[test]
fn four_are_served_at_a_time_and_one_more_when_one_has_gone() {
    let directory = Directory::new();
    let _room = directory.room();
    let mut desks: Vec<Desk> = (0..MOST).map(|_| directory.desk()).collect();
    for desk in &mut desks {
        desk.does("bans");
    }
    let mut fifth = directory.desk();
    let answer = fifth.answer();
    assert_eq!(answer.end, "no");
    assert!(
        answer.words.contains("4 administrators are connected"),
        "{}",
        answer.words
    );
    fifth.expect_closed();
    desks.pop();
    hubbub_testing::until("there is room again", || {
        let mut desk = directory.desk();
        desk.try_send("bans\n");
        desk.answer().end == "ok"
    });
}

#[test]
fn whoever_says_nothing_is_cut_off_and_the_others_are_served_meanwhile() {
    let directory = Directory::new();
    let room = directory.room();
    let mut idle = directory.desk();
    let mut half = directory.desk();
    half.send("wh");
    let began = Instant::now();
    let mut busy = directory.desk();
    busy.does("who");
    let mut bob = room.member("bob");
    bob.send(text("bob", "hello"));
    room.hears(text("bob", "hello"));
    idle.expect_closed();
    half.expect_closed();
    let took = began.elapsed().as_secs();
    assert!((9..20).contains(&took), "{took} s");
}

#[test]
fn whoever_does_not_read_is_cut_off_and_the_room_goes_on() {
    let directory = Directory::new();
    let room = directory.room();
    let _crowd: Vec<_> = (0..200).map(|n| room.member(&format!("{n:064}"))).collect();
    let mut deaf = Desk::silent(&directory.socket());
    let asked = "who\n".repeat(200);
    deaf.send(asked);
    let mut bob = room.member("bob");
    bob.send(text("bob", "hello"));
    room.hears(text("bob", "hello"));
    directory.desk().does("who");
    hubbub_testing::until("it is cut off", || {
        // The system says so to whoever writes.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| deaf.send("who\n"))).is_err()
    });
}

#[test]
fn a_request_of_a_megabyte_is_refused_and_the_next_one_is_served() {
    let directory = Directory::new();
    let _room = directory.room();
    let mut desk = directory.desk();
    let words = desk.fails("bad", &format!("say\t{}", "x".repeat(1 << 20)));
    assert!(words.contains("16384 bytes at most"), "{words}");
    desk.does("who");
    // The longest text is taken, and one with a byte more is not.
    desk.does(&format!("say\t{}", "x".repeat(4096)));
    let words = desk.fails("bad", &format!("say\t{}", "x".repeat(4097)));
    assert!(words.contains("longer than 4096 bytes"), "{words}");
}

#[test]
fn whatever_bytes_come_the_answer_is_one_line_or_the_end() {
    let directory = Directory::new();
    let room = directory.room();
    fastrand::seed(7);
    for _ in 0..50 {
        let mut desk = directory.desk();
        let len = fastrand::usize(1..2000);
        let bytes: Vec<u8> = (0..len).map(|_| fastrand::u8(..)).collect();
        desk.send(&bytes);
        desk.send("\nwho\n");
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() + 1;
        for _ in 0..lines {
            assert_eq!(desk.answer().end, "bad");
        }
        assert_eq!(desk.answer().end, "ok");
    }
    let mut chat = directory.desk();
    chat.send(join("bob"));
    assert_eq!(chat.answer().end, "bad");
    room.member("bob");
}

#[test]
fn a_server_that_stops_waits_for_no_administrator() {
    let directory = Directory::new();
    let mut program: Program = directory.program(&[]);
    let _idle = directory.desk();
    let mut desk = directory.desk();
    desk.does("who");
    let began = Instant::now();
    program.signal("TERM");
    assert!(program.status().success());
    assert!(began.elapsed().as_secs() < 5);
    desk.expect_closed();
    assert!(!directory.socket().exists());
}

#[test]
fn while_descriptors_are_used_up_who_is_connected_is_served_and_it_is_written_once() {
    // The next three attempts to accept. This has to wait, since it checks that something does not happen.
    const WHILE: Duration = Duration::from_millis(2200);
    let directory = Directory::new();
    let mut program = directory.program(&[]);
    let mut desk = directory.desk();
    desk.does("who");
    let [_, hard] = program.descriptor_limits();
    program.limit_descriptors("0");
    let mut late = Desk::silent(&directory.socket());
    program.line_with("cannot accept an administrator");
    let began = Instant::now();
    while began.elapsed() < WHILE {
        desk.does("who");
        thread::sleep(Duration::from_millis(50));
    }
    program.limit_descriptors(&hard);
    assert_eq!(late.line(), "hubbub-admin 1");
    late.does("who");
    program.signal("TERM");
    let log = program.end().stderr;
    assert_eq!(log.matches("cannot accept").count(), 1, "{log}");
}
