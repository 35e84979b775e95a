//! The options of a cluster, and what is said where they cannot be used.

use hubbub_testing::{Engines, Program, run};

#[track_caller]
fn assert_refused(options: &[&str], words: &[&str]) {
    let ended = run(options);
    assert!(!ended.status.success(), "{options:?}");
    for word in words {
        assert!(
            ended.stderr.contains(word),
            "no {word:?} in {}",
            ended.stderr
        );
    }
}

#[test]
fn what_cannot_work_together_is_refused_with_the_numbers() {
    let engine = ["--cluster", "nats://127.0.0.1:1"];
    let with = |more: &[&'static str]| [&engine[..], more].concat();
    assert_refused(
        &with(&["--history", "/tmp"]),
        &["--history", "--cluster", "cannot be used with"],
    );
    assert_refused(
        &with(&["--max-payload", "509KiB"]),
        &["509KiB", "508KiB", "512KiB"],
    );
    assert_refused(&with(&["--keep", "59min"]), &["59min", "1h"]);
    assert_refused(&with(&["--keep-bytes", "63MiB"]), &["63MiB", "64MiB"]);
    assert_refused(&with(&["--cluster-node-timeout", "19s"]), &["19s", "20s"]);
    assert_refused(&with(&["--cluster-replicas", "0"]), &["0", "1..=5"]);
    assert_refused(&with(&["--cluster-replicas", "6"]), &["6", "1..=5"]);
    assert_refused(&with(&["--cluster-name", "a.b"]), &["a.b"]);
    assert_refused(&["--cluster-name", "lobby"], &["lobby", "--cluster URL"]);
    assert_refused(
        &["--cluster", "localhost:4222"],
        &["localhost:4222", "nats://"],
    );
}

#[test]
fn values_at_their_bounds_are_taken() {
    let engines = Engines::start(1);
    let urls = engines.urls();
    let with = ["--cluster", &urls, "--cluster-replicas", "1"];
    let bounds: [&[&str]; 4] = [
        &["--cluster-name", "a", "--max-payload", "508KiB"],
        &["--cluster-name", "b", "--keep", "1h"],
        &["--cluster-name", "c", "--keep-bytes", "64MiB"],
        &["--cluster-name", "d", "--cluster-node-timeout", "20s"],
    ];
    for more in bounds {
        let mut program = Program::with(&[&with[..], more].concat(), &[]);
        program.port();
    }
}

#[test]
fn without_engines_the_server_waits_and_obeys() {
    let mut program = Program::with(&["--cluster", "nats://127.0.0.1:1"], &[]);
    let line = program.line_with("no engine");
    assert!(line.contains("WARN"), "{line}");
    program.signal("TERM");
    assert!(program.end().status.success());
}

#[test]
fn engines_that_cannot_be_used_are_one_line_and_status_1() {
    let engines = Engines::start(1);
    let ended = Program::with(&["--cluster", &engines.urls()], &[]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("--cluster-replicas 1"),
        "{}",
        ended.stderr
    );
}
