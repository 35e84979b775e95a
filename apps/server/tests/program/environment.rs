//! The options as variables of the environment, for service managers and containers.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use hubbub_testing::{Ended, MIB, Peer, Program, Room, join, leave, run, server, shown, text};

/// Every option with its variable, a good value and a bad one.
const OPTIONS: [[&str; 4]; 15] = [
    ["--port", "HUBBUB_PORT", "0", "chat"],
    ["--listen", "HUBBUB_LISTEN", "127.0.0.1", "nowhere"],
    ["--max-payload", "HUBBUB_MAX_PAYLOAD", "64KiB", "much"],
    ["--max-peers", "HUBBUB_MAX_PEERS", "50", "everybody"],
    [
        "--max-peers-per-address",
        "HUBBUB_MAX_PEERS_PER_ADDRESS",
        "40",
        "everybody",
    ],
    [
        "--visits-per-minute",
        "HUBBUB_VISITS_PER_MINUTE",
        "60",
        "many",
    ],
    ["--outbox", "HUBBUB_OUTBOX", "1MiB", "plenty"],
    ["--memory-limit", "HUBBUB_MEMORY_LIMIT", "16MiB", "some"],
    [
        "--messages-per-second",
        "HUBBUB_MESSAGES_PER_SECOND",
        "50",
        "many",
    ],
    [
        "--bytes-per-second",
        "HUBBUB_BYTES_PER_SECOND",
        "256KiB",
        "some",
    ],
    ["--write-timeout", "HUBBUB_WRITE_TIMEOUT", "500ms", "soon"],
    ["--text-timeout", "HUBBUB_TEXT_TIMEOUT", "10s", "later"],
    ["--join-timeout", "HUBBUB_JOIN_TIMEOUT", "2min", "later"],
    ["--grace", "HUBBUB_GRACE", "0s", "later"],
    ["--log", "HUBBUB_LOG", "debug", "loud"],
];

fn with_variable(variable: &str, value: &str) -> Program {
    let mut command = server();
    command.env(variable, value);
    Program::run(command)
}

#[test]
fn help_shows_each_option_with_its_variable_in_groups_and_two_examples() {
    let Ended { stdout, .. } = run(&["--help"]);
    // Lines may be folded to the width of the terminal.
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for [option, variable, ..] in OPTIONS {
        let described = words
            .split(" --")
            .find(|part| part.starts_with(&option[2..]));
        let described = described.unwrap_or_else(|| panic!("no {option} in\n{stdout}"));
        let shown = described.contains(&format!("[env: {variable}="));
        assert!(shown, "no {variable} beside {option} in\n{stdout}");
    }
    for group in ["Options:", "Where:", "Bounds:"] {
        assert!(stdout.lines().any(|line| line == group), "{stdout}");
    }
    let (_, examples) = stdout.split_once("\nExamples:\n").unwrap();
    assert_eq!(examples.matches("hubbub-server").count(), 2, "{examples}");
}

#[test]
fn a_bad_value_of_a_variable_is_told_with_its_option_and_status_2() {
    for [option, variable, _, bad] in OPTIONS {
        let Ended { status, stderr, .. } = with_variable(variable, bad).end();
        assert_eq!(status.code(), Some(2), "{variable}={bad}: {stderr}");
        let first = stderr.lines().next().unwrap_or_default();
        for word in [variable, option, bad] {
            assert!(first.contains(word), "no {word} in {stderr}");
        }
    }
}

#[test]
fn a_bad_argument_is_not_blamed_on_the_variable_beside_it() {
    for [option, variable, good, bad] in OPTIONS {
        let mut command = server();
        command.args([option, bad]).env(variable, good);
        let Ended { status, stderr, .. } = Program::run(command).end();
        assert_eq!(status.code(), Some(2), "{option} {bad}: {stderr}");
        assert!(
            stderr.contains(option) && !stderr.contains(variable),
            "{stderr}"
        );
    }
}

#[test]
fn a_variable_that_is_no_text_is_told_by_its_name() {
    let mut command = server();
    command.env("HUBBUB_OUTBOX", OsStr::from_bytes(b"4MiB\xff"));
    let Ended { status, stderr, .. } = Program::run(command).end();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("HUBBUB_OUTBOX is not UTF-8"), "{stderr}");
}

#[test]
fn empty_variables_are_as_if_they_were_not_set() {
    let empty = OPTIONS.map(|[_, variable, ..]| (variable, ""));
    let mut program = Program::with(&[], &empty);
    program.room();
}

/// Kubernetes sets this in every pod of a namespace that has a service named hubbub.
#[test]
fn a_port_that_tells_of_a_service_is_ignored_and_a_line_says_so() {
    for value in ["tcp://10.96.0.7:8765", "udp://10.96.0.7:8765"] {
        let mut program = Program::with(&[], &[("HUBBUB_PORT", value)]);
        let line = program.line_with("HUBBUB_PORT");
        assert!(line.contains(value) && line.contains("ignored"), "{line}");
        program.room();
        // Without another port it is the default one. The address is reserved for documentation, and no machine has it.
        let mut command = server();
        command.args(["--listen", "192.0.2.1"]);
        command.env("HUBBUB_PORT", value);
        let Ended { status, stderr, .. } = Program::run(command).end();
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("port 8765"), "{stderr}");
    }
    // For another variable it is a bad value.
    let Ended { status, .. } = with_variable("HUBBUB_MAX_PEERS", "tcp://10.96.0.7:8765").end();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn an_argument_counts_and_the_variable_beside_it_does_not() {
    let mut command = server();
    for [option, variable, good, bad] in OPTIONS {
        command.args([option, good]).env(variable, bad);
    }
    Program::run(command).port();
}

#[test]
fn the_variables_of_port_and_address_count() {
    let mut command = server();
    command
        .env("HUBBUB_PORT", "0")
        .env("HUBBUB_LISTEN", "127.0.0.1");
    let line = Program::run(command).line_with("listening");
    assert!(line.contains("127.0.0.1:"), "{line}");
    assert!(!line.contains(":8765"), "{line}");
}

#[test]
fn the_variables_of_payload_and_peers_count() {
    let variables = [("HUBBUB_MAX_PAYLOAD", "10"), ("HUBBUB_MAX_PEERS", "2")];
    let mut program = Program::with(&[], &variables);
    let room = Room::unwatched_at(program.address());
    let mut alice = room.knock("alice", 10).unwrap();
    let mut bob = room.knock("bob", 10).unwrap();
    alice.expect(join("bob"));
    bob.send(text("bob", "0123456789"));
    alice.expect(text("bob", "0123456789"));
    assert!(room.knock("carol", 10).is_err());
}

#[test]
fn the_variables_of_an_address_count() {
    for variable in [
        ("HUBBUB_MAX_PEERS_PER_ADDRESS", "2"),
        ("HUBBUB_VISITS_PER_MINUTE", "2"),
    ] {
        let variables = [("HUBBUB_MAX_PAYLOAD", "10"), variable];
        let mut program = Program::with(&[], &variables);
        let room = Room::unwatched_at(program.address());
        let _in = [room.knock("alice", 10), room.knock("bob", 10)].map(Result::unwrap);
        assert!(room.knock("carol", 10).is_err(), "{variable:?}");
    }
}

/// How many bytes of bob's texts the room hears before the narrow, stalled reader is dropped. By default 4 MiB may
/// wait.
fn heard_before_a_stalled_reader_goes(variable: (&str, &str)) -> usize {
    let mut program = Program::with(&[], &[variable]);
    let room = program.room();
    let _stalled = room.narrow_member("stalled");
    let mut bob = room.member("bob");
    let frame = text("bob", [b'x'; 16 * 1024]);
    let mut sent = 0;
    loop {
        assert!(sent < 4 * MIB, "still a member with {sent} bytes unread");
        bob.send(&frame);
        sent += frame.len();
        loop {
            let heard = room.next_heard();
            if heard == leave("stalled") {
                return sent;
            }
            if heard == frame {
                break;
            }
            assert_eq!(shown(&heard), shown(&join("bob")));
        }
    }
}

#[test]
fn the_variable_of_the_outbox_counts() {
    let heard = heard_before_a_stalled_reader_goes(("HUBBUB_OUTBOX", "1MiB"));
    assert!(heard > MIB / 2, "dropped after {heard} bytes");
}

#[test]
fn the_variable_of_the_memory_limit_counts() {
    let options = ["--max-payload", "200KiB", "--outbox", "512KiB"];
    let mut program = Program::with(&options, &[("HUBBUB_MEMORY_LIMIT", "1MiB")]);
    let room = program.room();
    // A quarter of it has room for one such text, but not for two.
    let mut unfinished = ["alice", "bob"].map(|name| room.member(name));
    for (peer, name) in unfinished.iter_mut().zip(["alice", "bob"]) {
        let whole = text(name, vec![b'x'; 190 * 1024]);
        peer.try_send(&whole[..180 * 1024]);
    }
    program.line_with("--memory-limit");
}

#[test]
fn the_variable_of_the_write_deadline_counts() {
    let mut program = Program::with(&[], &[("HUBBUB_WRITE_TIMEOUT", "3s")]);
    let room = program.room();
    let _stalled = room.narrow_member("stalled");
    let mut bob = room.member("bob");
    bob.send(text("bob", vec![b'x'; MIB]).repeat(2));
    room.hears(leave("stalled"));
}

#[test]
fn the_variable_of_the_text_deadline_counts() {
    let mut program = Program::with(&[], &[("HUBBUB_TEXT_TIMEOUT", "300ms")]);
    let room = program.room();
    let mut half = room.member("half");
    half.send(&text("half", "never finished")[..50]);
    assert!(half.expect_notice().contains("300ms"));
    room.hears(leave("half"));
}

#[test]
fn the_variable_of_the_join_deadline_counts() {
    let mut program = Program::with(&[], &[("HUBBUB_JOIN_TIMEOUT", "200ms")]);
    Peer::connect(program.address()).expect_closed();
}

#[test]
fn the_variable_of_the_log_counts() {
    let mut program = Program::with(&[], &[("HUBBUB_LOG", "debug")]);
    let room = program.room();
    let mut alice = room.member("alice");
    alice.send(text("alice", "hi"));
    program.line_with("DEBUG");
}
