//! Stderr may be read by nobody, take nothing, or be a terminal: the log never stops the room, and counts the lines
//! that it loses.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, Write, pipe};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use hubbub_testing::{Ended, Program, Room, join, leave, port_in, server, text};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// More lines than the pipe and the program's buffer take. A line has about 75 bytes.
const LINES: usize = 20_000;

fn command(options: &[&str]) -> Command {
    let mut command = server();
    command.args(["--port", "0", "--listen", "127.0.0.1"]);
    command.args(options);
    command
}

/// A room that logs much, and whose stderr was read to its first line and no further.
fn unread() -> (Program, Room, BufReader<PipeReader>) {
    let (stderr, writer) = pipe().unwrap();
    let program = Program::run_into(command(&["--log", "debug"]), writer);
    // One byte at a time, so that nothing after the line is taken.
    let mut first = BufReader::with_capacity(1, stderr);
    let mut line = String::new();
    while !line.contains("listening") {
        line.clear();
        first.read_line(&mut line).unwrap();
    }
    let stderr = BufReader::new(first.into_inner());
    let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port_in(&line));
    (program, Room::unwatched_at(address), stderr)
}

/// Makes the server write more lines than fit anywhere unread. Returns when it has written them.
fn flood(room: &Room) {
    let mut sender = room.connect();
    let mut witness = room.connect();
    sender.send(join("sender"));
    witness.send(join("witness"));
    for _ in 0..LINES / 100 {
        // Each of these is a line.
        sender.send(join("again").repeat(100));
    }
    sender.send(leave("sender"));
    loop {
        if witness.frame() == leave("sender") {
            break;
        }
    }
    witness.send(leave("witness"));
    witness.expect_closed();
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody() {
    let (mut program, room, _unread) = unread();
    flood(&room);
    let room = Room::at(room.address());
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", "hello?"));
    bob.expect(text("alice", "hello?"));
    program.signal("TERM");
    assert_eq!(program.status().code(), Some(0));
}

#[test]
fn lines_that_could_not_be_written_are_counted_when_somebody_reads_again() {
    let (mut program, room, mut stderr) = unread();
    flood(&room);
    let (mut written, mut lost, mut joined) = (0, 0, 0);
    let mut line = String::new();
    let mut stopping = false;
    loop {
        line.clear();
        if stderr.read_line(&mut line).unwrap() == 0 {
            break;
        }
        let (first, rest) = line.split_at(line.len().min("hubbub-server: ".len()));
        if first == "hubbub-server: " {
            assert!(rest.contains("lines of the log were dropped"), "{line}");
            let number = rest.split(' ').next().unwrap();
            lost += number.parse::<usize>().unwrap();
            if !std::mem::replace(&mut stopping, true) {
                program.signal("TERM");
            }
        } else {
            written += usize::from(line.contains("second join ignored"));
            joined += usize::from(line.contains("joined"));
        }
    }
    assert_eq!(program.status().code(), Some(0));
    assert!(lost > 0, "nothing was lost");
    assert_eq!(joined, 2);
    // Besides lines of the flood, at most those about the two leavers and the end of the program are lost.
    let all = written + lost;
    assert!((LINES..LINES + 5).contains(&all), "{written} and {lost}");
}

#[test]
fn a_stderr_that_takes_nothing_costs_nothing_but_the_log() {
    let closed = || OwnedFd::from(pipe().unwrap().1).into();
    let full = || {
        File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
            .into()
    };
    for (kind, stderr) in [("closed", &closed as &dyn Fn() -> Stdio), ("full", &full)] {
        // A program that cannot start says so in vain, and by its exit status.
        let mut command = server();
        // This address is reserved for documentation, and no machine has it.
        command.args(["--port", "0", "--listen", "192.0.2.1"]);
        let mut program = Program::run_into(command, stderr());
        assert_eq!(program.status().code(), Some(1), "{kind}");
        for (option, status) in [("--volume", 2), ("--help", 0), ("--version", 0)] {
            let mut command = server();
            command.arg(option);
            let mut program = Program::run_into(command, stderr());
            assert_eq!(program.status().code(), Some(status), "{kind}: {option}");
        }
    }
}

#[test]
fn a_pipe_that_is_full_from_the_start_delays_an_error_and_no_more() {
    const PIPE: usize = 64 * 1024;
    let (_unread, mut stderr) = pipe().unwrap();
    stderr.write_all(&[b'x'; PIPE]).unwrap();
    let mut command = server();
    command.args(["--port", "0", "--listen", "192.0.2.1"]);
    let mut program = Program::run_into(command, stderr);
    assert_eq!(program.status().code(), Some(1));
}

#[test]
fn help_and_version_into_a_pipe_that_nobody_reads_any_more_are_no_panic() {
    for option in ["--help", "--version"] {
        let mut command = Command::new("sh");
        let script = "\"$0\" \"$1\" | true";
        command
            .args(["-c", script])
            .arg(server().get_program())
            .arg(option);
        let Ended { stderr, .. } = Program::run(command).end();
        assert_eq!(stderr, "", "{option}");
    }
}

#[test]
fn all_lines_of_a_room_that_ends_in_order_are_out() {
    let mut program = Program::with(&["--log", "debug"], &[]);
    let room = program.room();
    let mut alice = room.member("alice");
    alice.send(join("again").repeat(1000));
    alice.send(leave("alice"));
    room.hears(leave("alice"));
    program.signal("TERM");
    let Ended { stderr, .. } = program.end();
    assert_eq!(stderr.matches("second join ignored").count(), 1000);
    assert!(
        stderr.lines().last().unwrap().contains("stopped"),
        "{stderr}"
    );
}

#[test]
fn a_terminal_gets_colours_unless_it_or_its_user_wants_none() {
    for (variable, value, coloured) in [
        ("TERM", "xterm", true),
        ("TERM", "dumb", false),
        ("NO_COLOR", "1", false),
    ] {
        let line = first_line_on_a_terminal(variable, value);
        assert_eq!(
            line.contains('\u{1b}'),
            coloured,
            "{variable}={value}: {line:?}"
        );
        assert!(line.contains("listening"), "{line:?}");
    }
}

/// The first bytes that the program writes to a terminal.
fn first_line_on_a_terminal(variable: &str, value: &str) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(path).unwrap();
    let mut command = command(&[]);
    for other in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(other);
    }
    command.env("TERM", "xterm").env(variable, value);
    let _program = Program::run_into(command, terminal);
    let mut line = String::new();
    BufReader::new(File::from(ours))
        .read_line(&mut line)
        .unwrap();
    line
}
