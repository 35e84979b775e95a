//! The options of a cluster, and what is said where they cannot be used.

use std::fs;

use hubbub_testing::tls::{Authority, Directory};
use hubbub_testing::{Engines, Program, run, server};

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
    assert_refused(&with(&["--cluster-node-timeout", "29s"]), &["29s", "30s"]);
    assert_refused(&with(&["--cluster-replicas", "0"]), &["0", "1..=5"]);
    assert_refused(&with(&["--cluster-replicas", "6"]), &["6", "1..=5"]);
    assert_refused(&with(&["--cluster-name", "a.b"]), &["a.b"]);
    assert_refused(&["--cluster-name", "lobby"], &["lobby", "--cluster URL"]);
    assert_refused(
        &["--cluster", "nats://a,localhost:4222"],
        &["URL 2 of --cluster", "nats://HOST:PORT"],
    );
    assert_refused(
        &["--cluster", "nats://a,tls://b"],
        &["--cluster", "tls:// in all"],
    );
    assert_refused(
        &with(&["--cluster-ca", "some.pem"]),
        &["some.pem", "tls://HOST:PORT"],
    );
    assert_refused(
        &["--cluster", "nats://me@a", "--cluster-creds", "some.creds"],
        &[
            "--cluster-creds some.creds",
            "--cluster",
            "one or the other",
        ],
    );
}

#[test]
fn what_may_be_a_secret_is_never_shown() {
    let lists = [
        "nats://me:secret@a b",
        "nats://me:se,cret@a",
        "nats://me:secret",
        "nats://secret@",
        "me:secret@a",
        "nats://me:secret@a,tls://me:secret@b",
    ];
    for list in lists {
        let on_the_line = run(&["--cluster", list]);
        let in_a_variable = server().env("HUBBUB_CLUSTER", list).output().unwrap();
        assert!(
            !on_the_line.status.success() && !in_a_variable.status.success(),
            "{list}"
        );
        let in_a_variable = String::from_utf8(in_a_variable.stderr).unwrap();
        assert!(
            in_a_variable.contains("of HUBBUB_CLUSTER "),
            "{in_a_variable}"
        );
        for words in [on_the_line.stderr, in_a_variable] {
            assert!(
                !words.contains("secret") && !words.contains("cret@"),
                "{words}"
            );
        }
    }
    // A blank after the comma is easily written.
    let ended = run(&["--cluster", "nats://me:secret@a,", "nats://me:secret@b"]);
    assert!(
        !ended.status.success() && !ended.stderr.contains("secret"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("nats://...@b"), "{}", ended.stderr);
    let help = server()
        .arg("--help")
        .env("HUBBUB_CLUSTER", "nats://me:secret@a")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(
        help.contains("HUBBUB_CLUSTER") && !help.contains("secret"),
        "{help}"
    );
}

#[test]
fn neither_the_log_nor_the_error_shows_a_password_that_is_wrong() {
    let engines = Engines::with(1, "authorization { user: me, password: right }");
    let url = engines.url(0).replace("//", "//me:secret@");
    let ended = Program::with(&["--cluster", &url, "--log", "trace"], &[]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("authorization violation"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains(&engines.url(0)), "{}", ended.stderr);
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
}

#[test]
fn files_that_cannot_be_used_and_certificates_that_are_not_believed_end_the_server() {
    let directory = Directory::new();
    let (none, broken) = (directory.of("none"), directory.of("broken"));
    fs::write(&broken, "words").unwrap();
    let url = "tls://127.0.0.1:1";
    for (option, file) in [
        ("--cluster-ca", &none),
        ("--cluster-ca", &broken),
        ("--cluster-creds", &none),
        ("--cluster-creds", &broken),
    ] {
        let ended = Program::with(&["--cluster", url, option, file], &[]).end();
        assert_eq!(ended.status.code(), Some(1));
        let is_said = ended.stderr.contains(file) && ended.stderr.contains("cannot be used");
        assert!(
            is_said && ended.stderr.lines().count() < 3,
            "{}",
            ended.stderr
        );
    }
    let certificate = Authority::new().certificate("127.0.0.1");
    let [chain, key] = ["engine.pem", "engine.key"].map(|name| directory.of(name));
    fs::write(&chain, certificate.chain).unwrap();
    fs::write(&key, certificate.key).unwrap();
    let lines = format!("tls {{ cert_file: {chain:?}, key_file: {key:?} }}");
    let engines = Engines::with(1, &lines);
    let url = engines.url(0).replace("nats://", "tls://");
    let ended = Program::with(&["--cluster", &url], &[]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("--cluster-ca FILE"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_log_says_once_why_engines_cannot_be_reached_again() {
    let mut engines = Engines::start(1);
    let urls = engines.urls();
    let mut program = Program::with(&["--cluster", &urls, "--cluster-replicas", "1"], &[]);
    // From here on it reads, and so notices that the engine is away however soon it comes back.
    program.line_with("this node has its place in the room");
    engines.kill(0);
    let line = program.line_with("no engine can be reached");
    assert!(line.contains("WARN") && line.contains("refused"), "{line}");
    assert!(line.contains(&urls), "{line}");
    engines.begin(0);
    program.line_with("the engine is back");
    program.signal("TERM");
    let ended = program.end();
    assert!(ended.status.success());
    let told = ended.stderr.matches("no engine can be reached").count();
    assert_eq!(told, 1, "{}", ended.stderr);
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
        &["--cluster-name", "d", "--cluster-node-timeout", "30s"],
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
    assert!(
        line.contains("WARN") && line.contains("nats://127.0.0.1:1 ("),
        "{line}"
    );
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
