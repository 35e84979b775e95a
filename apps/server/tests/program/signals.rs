//! SIGTERM, SIGINT and SIGHUP with a terminal: the first signal stops the server in good order, and the second stops it
//! at once, except for SIGHUP, which comes twice when a terminal goes away.

use std::process::Command;
use std::time::{Duration, Instant};

use hubbub_testing::{Ended, Peer, Program, Room, join, server, text};

use crate::terminal::on_terminal;

/// Less than the outbox of 4 MiB, so that nobody is dropped, but more than the sockets take.
const COUNT: usize = 60;
static PAYLOAD: [u8; 65536] = [b'x'; 65536];

/// Makes as much wait for each member that does not read as the server allows.
fn fill(room: &Room, bob: &mut Peer) {
    for _ in 0..COUNT {
        bob.send(text("bob", PAYLOAD));
        room.hears(text("bob", PAYLOAD));
    }
}

#[test]
fn sigterm_sigint_and_sighup_write_what_is_queued_and_exit_0() {
    for signals in [
        &["TERM"][..],
        &["INT"],
        &["HUP"],
        &["HUP", "HUP"],
        &["TERM", "HUP"],
    ] {
        let (mut program, _terminal) = on_terminal();
        let room = program.room();
        let mut late = room.narrow_member("late");
        let mut bob = room.member("bob");
        late.expect(join("bob"));
        let mut stranger = room.connect();
        fill(&room, &mut bob);
        for signal in signals {
            program.signal(signal);
            // Bob has nothing to read, so his end shows that the signal has arrived.
            bob.expect_closed();
        }
        for _ in 0..COUNT {
            late.expect(text("bob", PAYLOAD));
        }
        late.expect_closed();
        stranger.expect_closed();
        let Ended { status, stderr, .. } = program.end();
        assert_eq!(status.code(), Some(0), "{signals:?}: {stderr}");
    }
}

#[test]
fn a_signal_to_an_empty_room_exits_0() {
    for signal in ["TERM", "INT", "HUP"] {
        let (mut program, _terminal) = on_terminal();
        program.port();
        program.signal(signal);
        let Ended { status, stderr, .. } = program.end();
        assert_eq!(status.code(), Some(0), "SIG{signal}: {stderr}");
    }
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    // How long the server waits by default for readers that stall.
    const DRAIN: Duration = Duration::from_secs(5);
    for [first, second] in [
        ["TERM", "TERM"],
        ["INT", "INT"],
        ["INT", "TERM"],
        ["HUP", "TERM"],
    ] {
        let (mut program, _terminal) = on_terminal();
        let room = program.room();
        let stalled = room.narrow_member("stalled");
        let mut bob = room.member("bob");
        fill(&room, &mut bob);
        let since = Instant::now();
        program.signal(first);
        bob.expect_closed();
        program.signal(second);
        let Ended { status, stderr, .. } = program.end();
        let took = since.elapsed();
        assert!(
            took < DRAIN,
            "took {took:?} after SIG{first}, SIG{second}: {stderr}"
        );
        // The end was not orderly: some texts were lost.
        assert_ne!(status.code(), Some(0), "SIG{first}, SIG{second}: {stderr}");
        drop(stalled);
    }
}

#[test]
fn a_terminal_that_goes_away_stops_the_server_in_good_order() {
    let (mut program, terminal) = on_terminal();
    let mut alice = program.room().member("alice");
    drop(terminal);
    alice.expect_closed();
    assert_eq!(program.end().status.code(), Some(0));
}

/// The program as it runs under `nohup`.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_was_started_to_outlive_its_terminal_does() {
    let mut command = Command::new("sh");
    let script = "trap '' HUP; exec \"$0\" --port 0 --listen 127.0.0.1";
    command.args(["-c", script]).arg(server().get_program());
    let mut program = Program::run(command);
    let room = program.room();
    program.signal("HUP");
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", "still here"));
    bob.expect(text("alice", "still here"));
    program.signal("TERM");
    assert_eq!(program.end().status.code(), Some(0));
}
