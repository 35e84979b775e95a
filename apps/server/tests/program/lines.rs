//! What the program writes on stderr: who came and went, but never what was said, and nothing that a peer has forged.

use hubbub_testing::{Program, join, leave, text};

#[test]
fn who_joined_and_left_is_written_and_what_was_said_is_not_at_any_level() {
    for level in ["info", "debug", "trace"] {
        let listen = ["--port", "0", "--listen", "127.0.0.1"];
        let mut program = Program::start(&[&listen[..], &["--log", level]].concat());
        let room = program.room();
        let [mut alice, mut bob] = room.members(["alice", "bob"]);
        alice.send(text("alice", "the secret word is xyzzy"));
        bob.expect(text("alice", "the secret word is xyzzy"));
        alice.send(text("bob", "forged xyzzy"));
        alice.send("CHAT/1.0 WAVE\r\nUsername: alice\r\nMsg-len: 5\r\n\r\nxyzzy");
        alice.send("CHAT/1.0 TEXT\r\nUsername: alice\r\nxyzzy\r\n\r\nxyzzy\r\n");
        alice.send(leave("alice"));
        bob.expect(leave("alice"));
        program.signal("TERM");
        let log = program.end().stderr;
        assert!(has_line_with(&log, "joined", "alice"), "{level}: {log}");
        assert!(has_line_with(&log, "left", "alice"), "{level}: {log}");
        assert!(!log.contains("xyzzy"), "{level}: {log}");
    }
}

#[test]
fn a_name_that_is_taken_and_a_forged_one_are_written() {
    let mut program = Program::start(&["--port", "0", "--listen", "127.0.0.1"]);
    let room = program.room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    let mut second = room.connect();
    second.send(join("alice"));
    second.expect_notice();
    second.expect_closed();
    alice.send([text("mallory", "hi"), text("alice", "me")].concat());
    bob.expect(text("alice", "me"));
    program.signal("TERM");
    let log = program.end().stderr;
    assert!(has_line_with(&log, "refused", "alice"), "{log}");
    assert!(log.contains("mallory"), "{log}");
}

/// Names may contain characters that change the direction of a line, end it for some readers, or are invisible.
#[test]
fn names_are_escaped_in_every_line() {
    let name = "x\u{202e}y\u{2066}z\u{2028}\u{200b}\u{feff}";
    let mut program = Program::start(&["--port", "0", "--listen", "127.0.0.1"]);
    let room = program.room();
    let [mut alice, mut odd] = room.members(["alice", name]);
    let mut second = room.connect();
    second.send(join(name));
    second.expect_notice();
    alice.send(text(name, "forged"));
    odd.send(text(name, "hello"));
    alice.expect(text(name, "hello"));
    odd.send(leave(name));
    alice.expect(leave(name));
    program.signal("TERM");
    let log = program.end().stderr;
    assert!(has_line_with(&log, "joined", "202e"), "{log}");
    assert!(has_line_with(&log, "left", "202e"), "{log}");
    for (at, character) in log.char_indices() {
        let plain = character == '\n' || (' '..='~').contains(&character);
        assert!(plain, "{character:?} at {at} in {log}");
    }
}

#[test]
fn a_name_cannot_forge_a_field_or_a_line() {
    let forged = "eve\" name=\"alice";
    let mut program = Program::start(&["--port", "0", "--listen", "127.0.0.1"]);
    let room = program.room();
    let _eve = room.member(forged);
    program.signal("TERM");
    let log = program.end().stderr;
    let line = log.lines().find(|line| line.contains("eve")).unwrap();
    assert!(!line.contains(forged), "the quotes are not escaped: {line}");
}

#[test]
fn where_a_peer_comes_from_is_written_once_when_it_joins_is_refused_or_goes_without_a_join() {
    let mut program = Program::start(&["--port", "0", "--listen", "127.0.0.1"]);
    let room = program.room();
    let alice = room.member("alice");
    let [mut refused, mut half] = [room.connect(), room.connect()];
    let origins = [&alice, &refused, &half].map(|peer| peer.local_address().to_string());
    refused.send(join("alice"));
    refused.expect_notice();
    refused.expect_closed();
    half.send("CHAT/1.0 JOIN");
    half.finish_sending();
    half.expect_closed();
    drop(alice);
    room.hears(leave("alice"));
    program.signal("TERM");
    let log = program.end().stderr;
    for (origin, word) in origins.iter().zip(["joined", "refused", "without a join"]) {
        assert!(has_line_with(&log, word, origin), "{word}: {log}");
        assert_eq!(log.matches(origin).count(), 1, "{log}");
    }
}

#[test]
fn who_connects_and_says_nothing_is_not_written_but_for_those_who_debug() {
    for (level, is_written) in [("info", false), ("debug", true)] {
        let listen = ["--port", "0", "--listen", "127.0.0.1"];
        let mut program = Program::start(&[&listen[..], &["--log", level]].concat());
        let room = program.room();
        let probe = room.connect();
        let origin = probe.local_address().to_string();
        drop(probe);
        let mut reset = room.connect();
        reset.finish_sending();
        reset.expect_closed();
        let _accepted_after_them = room.member("alice");
        program.signal("TERM");
        let log = program.end().stderr;
        assert_eq!(log.contains(&origin), is_written, "{log}");
    }
}

#[test]
fn lines_about_one_address_that_comes_again_and_again_are_thinned_and_counted() {
    const VISITS: usize = 300;
    let mut program = Program::start(&["--port", "0", "--listen", "127.0.0.1"]);
    let room = program.room();
    for _ in 0..VISITS {
        let mut guest = room.connect();
        guest.send([join("guest"), leave("guest")].concat());
        guest.expect_closed();
    }
    program.signal("TERM");
    let log = program.end().stderr;
    let [joined, left] = ["joined", "left "].map(|word| {
        let is_it = |line: &&str| line.contains(word) && line.contains("guest");
        log.lines().filter(is_it).count()
    });
    // One more for each second, on a slow machine.
    assert!((50..VISITS / 2).contains(&joined), "{joined} in {log}");
    assert_eq!(joined, left, "{log}");
    let counts = log.lines().filter_map(|line| line.split_once("left_out="));
    let left_out: usize = counts
        .map(|(_, count)| {
            let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().unwrap()
        })
        .sum();
    assert_eq!(joined + left_out, VISITS, "{log}");
}

fn has_line_with(log: &str, word: &str, name: &str) -> bool {
    log.lines()
        .any(|line| line.contains(word) && line.contains(name))
}
