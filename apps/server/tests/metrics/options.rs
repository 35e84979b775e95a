//! Where the metrics are shown.

use std::net::{SocketAddr, TcpListener, TcpStream};

use hubbub_testing::{Program, run};

use crate::watched::Watched;

#[test]
fn a_port_alone_is_a_port_of_loopback_and_the_log_says_which() {
    let mut program = Program::with(&["--metrics", "0"], &[]);
    let line = program.line_with("metrics are on");
    assert!(line.contains("address=127.0.0.1:"), "{line}");
    assert!(!line.contains(":0\n"), "{line}");
    let program = Program::with(&["--metrics", "127.0.0.2:0"], &[]);
    let watched = Watched::of(program);
    let port = watched.metrics.port();
    assert!(TcpStream::connect(SocketAddr::from(([127, 0, 0, 2], port))).is_ok());
    assert!(TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err());
}

#[test]
fn without_the_option_nothing_is_shown() {
    let mut program = Program::with(&[], &[]);
    program.port();
    program.signal("TERM");
    let ended = program.end();
    assert!(!ended.stderr.contains("metrics"), "{}", ended.stderr);
}

#[test]
fn the_variable_is_the_option() {
    let program = Program::with(&[], &[("HUBBUB_METRICS", "0")]);
    assert_eq!(Watched::of(program).page().value("hubbub_members"), 0.0);
}

#[test]
fn an_address_that_cannot_be_used_is_one_line_and_status_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (address, why) in [
        (&*taken, "it is in use; choose another port"),
        ("192.0.2.1:9180", "that is no address of this machine"),
    ] {
        let ended = run(&["--port", "0", "--metrics", address]);
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        let line = format!("the metrics on {address}: {why}");
        assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    }
}

#[test]
fn what_is_no_address_with_a_port_is_refused() {
    for bad in ["localhost:9180", "127.0.0.1", "65536", "::1", ":9180", "-1"] {
        let ended = run(&[&format!("--metrics={bad}")]);
        assert_eq!(ended.status.code(), Some(2), "{bad}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("give a port of loopback"),
            "{bad}: {}",
            ended.stderr
        );
    }
}
