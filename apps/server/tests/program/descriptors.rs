//! The program and the limit on open files, which is raised at start, respected by `--max-peers`, and used up.

use std::process::Command;
use std::thread;
use std::time::Duration;

use hubbub_testing::{Ended, Peer, Program, Room, join, server, text};

/// How many descriptors the program keeps for itself.
pub(crate) const RESERVED: usize = 96;

/// Starts the program under these limits on open files, set by a shell.
fn under(limits: &str, options: &[&str]) -> Program {
    let mut command = Command::new("sh");
    let script = format!("{limits} && exec \"$0\" --port 0 --listen 127.0.0.1 \"$@\"");
    command.args(["-c", &script]).arg(server().get_program());
    command.args(options);
    Program::run(command)
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one_at_start() {
    let mut program = under("ulimit -S -n 100 && ulimit -H -n 300", &[]);
    program.port();
    assert_eq!(program.descriptor_limits(), ["300", "300"]);
}

#[test]
fn max_peers_may_be_all_that_there_are_descriptors_for_and_not_one_more() {
    let limit = "ulimit -n 200";
    let possible = (200 - RESERVED).to_string();
    under(limit, &["--max-peers", &possible]).port();
    let more = (200 - RESERVED + 1).to_string();
    let Ended { status, stderr, .. } = under(limit, &["--max-peers", &more]).end();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for word in ["--max-peers", &more, &possible, "ulimit -n"] {
        assert!(stderr.contains(word), "no {word} in {stderr}");
    }
}

#[test]
fn by_itself_the_program_serves_as_many_as_there_are_descriptors_for() {
    let limit = format!("ulimit -n {}", RESERVED + 2);
    let mut program = under(&limit, &["--max-payload", "10"]);
    let room = Room::unwatched_at(program.address());
    let _two = ["alice", "bob"].map(|name| room.knock(name, 10).unwrap());
    let told = room.knock("carol", 10).err().unwrap();
    assert!(told.contains("full") && told.contains('2'), "{told}");
}

#[test]
fn a_full_room_is_written_once_each_time_that_it_becomes_full() {
    let mut program = Program::with(&["--max-peers", "1", "--max-payload", "10"], &[]);
    let room = Room::unwatched_at(program.address());
    for name in ["alice", "bob"] {
        let member = loop {
            if let Ok(member) = room.knock(name, 10) {
                break member;
            }
        };
        (0..3).for_each(|_| assert!(room.knock("carol", 10).is_err()));
        drop(member);
        program.line_with("left");
    }
    program.signal("TERM");
    let log = program.end().stderr;
    // A place is free a little after its LEAVE. A peer that knocks before that finds the room still full.
    assert_eq!(count(&log, "full"), 2, "{log}");
}

/// Each takes a descriptor for a second, so only a bounded number is told. The others are closed without a word.
#[test]
fn of_a_storm_at_a_full_room_32_are_told_at_a_time() {
    const TOLD_AT_ONCE: usize = 32;
    let mut program = Program::with(&["--max-peers", "1", "--max-payload", "10"], &[]);
    let room = Room::unwatched_at(program.address());
    let _alice = room.knock("alice", 10).unwrap();
    program.signal("STOP");
    let storm: Vec<Peer> = (0..TOLD_AT_ONCE + 8).map(|_| room.connect()).collect();
    program.signal("CONT");
    let mut storm = storm;
    let told = storm.iter_mut().map(Peer::expect_gone);
    let told = told.filter(|said| !said.is_empty()).count();
    assert_eq!(told, TOLD_AT_ONCE);
}

#[test]
fn when_descriptors_are_used_up_it_is_written_once_and_the_members_go_on() {
    // Time for two more attempts to accept. This has to wait, since it checks that something does not happen.
    const WHILE: Duration = Duration::from_millis(2200);
    // A busy loop takes more than that, even if it gets only a tenth of a processor.
    const AT_MOST: Duration = Duration::from_millis(200);
    let mut program = Program::with(&[], &[]);
    let room = program.room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let [_, hard] = program.descriptor_limits();
    program.limit_descriptors("0");
    let mut late = [(); 3].map(|()| Peer::connect(room.address()));
    program.line_with("cannot accept");
    let before = program.cpu_time();
    alice.send(text("alice", "still here"));
    bob.expect(text("alice", "still here"));
    thread::sleep(WHILE);
    bob.send(text("bob", "so am I"));
    alice.expect(text("bob", "so am I"));
    let ran = program.cpu_time() - before;
    assert!(ran <= AT_MOST, "{ran:?} in {WHILE:?}");

    program.limit_descriptors(&hard);
    for (number, late) in late.iter_mut().enumerate() {
        let name = format!("late {number}");
        late.send(join(&name));
        alice.expect(join(&name));
        room.hears(join(&name));
    }
    program.signal("TERM");
    let Ended { status, stderr, .. } = program.end();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert_eq!(count(&stderr, "cannot accept"), 1, "{stderr}");
}

/// Each peer that comes in takes the last descriptor, so the next attempt to accept fails.
#[test]
fn while_one_comes_for_each_that_goes_used_up_descriptors_are_written_once() {
    let mut program = Program::with(&[], &[]);
    let room = Room::unwatched_at(program.address());
    let mut alice = room.connect();
    alice.send(join("alice"));
    program.line_with("joined");
    let inside = ["first", "second", "third"];
    let inside = inside.map(|name| enter(room.connect(), name, &mut alice));
    program.limit_descriptors(&program.next_descriptor().to_string());
    let late = ["late 1", "late 2", "late 3"].map(|name| (name, room.connect()));
    program.line_with("cannot accept");
    let mut come = Vec::new();
    for ((name, peer), goes) in late.into_iter().zip(inside) {
        drop(goes);
        program.line_with("left");
        alice.frame();
        // The next attempt, within a second, lets this peer in.
        come.push(enter(peer, name, &mut alice));
    }
    program.signal("TERM");
    let log = program.end().stderr;
    assert_eq!(count(&log, "cannot accept"), 1, "{log}");
}

/// Makes the peer join, and waits until `witness` sees it.
#[track_caller]
fn enter(mut peer: Peer, name: &str, witness: &mut Peer) -> Peer {
    peer.send(join(name));
    witness.expect(join(name));
    peer
}

fn count(log: &str, word: &str) -> usize {
    log.lines().filter(|line| line.contains(word)).count()
}
