//! The forms of the log: for the journal, which adds the time itself, and JSON.

use std::io::{BufRead, BufReader, pipe};
use std::os::fd::AsFd;

use hubbub_testing::{Ended, Program, leave, server, text};
use rustix::fs::fstat;
use serde_json::Value;

/// The lines of a server from its start to its end, with this in `JOURNAL_STREAM`. `{}` stands for what stderr is.
fn lines_with(options: &[&str], journal: &str) -> Vec<String> {
    let (stderr, writer) = pipe().unwrap();
    let stat = fstat(writer.as_fd()).unwrap();
    let journal = journal.replace("{}", &format!("{}:{}", stat.st_dev, stat.st_ino));
    let mut command = server();
    command.args(["--port", "0", "--listen", "127.0.0.1"]);
    command.args(options).env("JOURNAL_STREAM", journal);
    let program = Program::run_into(command, writer);
    let mut lines = Vec::new();
    for line in BufReader::new(stderr).lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line.contains("listening")) {
            program.signal("TERM");
        }
    }
    lines
}

#[test]
fn the_journal_gets_levels_as_it_wants_them_and_no_time() {
    let lines = lines_with(&[], "{}");
    let starts = lines.iter().map(|line| line.split(' ').next().unwrap());
    let starts: Vec<&str> = starts.collect();
    assert_eq!(starts, ["<6>listening", "<6>stopping", "<6>stopped"]);
}

#[test]
fn a_variable_that_names_something_else_than_stderr_is_not_believed() {
    for journal in ["", "8:1", "{}0", "nonsense"] {
        let lines = lines_with(&[], journal);
        assert_eq!(lines.len(), 3);
        for line in lines {
            assert!(line.starts_with("20") && line.contains(" INFO "), "{line}");
        }
    }
}

#[test]
fn json_has_one_object_a_line_with_the_time_first_unless_the_journal_adds_it() {
    for (journal, prefix, has_time) in [("", "", true), ("{}", "<6>", false)] {
        let lines = lines_with(&["--log-format", "json"], journal);
        assert_eq!(lines.len(), 3, "{lines:?}");
        for (line, message) in lines.iter().zip(["listening", "stopping", "stopped"]) {
            let object: Value = serde_json::from_str(line.strip_prefix(prefix).unwrap()).unwrap();
            assert_eq!(object["level"], "INFO");
            assert_eq!(object["message"], message);
            assert_eq!(object["time"].is_string(), has_time, "{line}");
        }
    }
}

#[test]
fn names_and_numbers_are_values_of_json_and_no_text_is_in_it() {
    let name = "eve\", \"peer\": 7, \u{202e}";
    let mut program = Program::with(&["--log-format", "json", "--log", "trace"], &[]);
    let room = program.room();
    let mut eve = room.member(name);
    eve.send(text(name, "the secret word is xyzzy"));
    room.hears(text(name, "the secret word is xyzzy"));
    eve.send(leave(name));
    room.hears(leave(name));
    program.signal("TERM");
    let Ended { stderr, .. } = program.end();
    assert!(!stderr.contains("xyzzy"), "{stderr}");
    assert!(
        stderr
            .bytes()
            .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
    );
    let objects: Vec<Value> = stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let joined = objects
        .iter()
        .find(|object| object["message"] == "joined" && object["name"] == name)
        .unwrap_or_else(|| panic!("{stderr}"));
    assert!(
        joined["peer"].is_u64() && joined["members"] == 2,
        "{joined}"
    );
}

#[test]
fn an_error_at_the_start_is_in_the_form_of_the_log() {
    let bad = ["--motd", "/does/not/exist"];
    let mut command = server();
    command.args(bad).args(["--log-format", "json"]);
    let Ended { stderr, .. } = Program::run(command).end();
    let object: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(object["level"], "ERROR");
    assert!(object["message"].as_str().unwrap().contains(bad[1]));
    let lines = lines_with(&bad, "{}");
    let start = "<3>hubbub-server: the message of the day in ";
    assert!(lines[0].starts_with(start), "{lines:?}");
}
