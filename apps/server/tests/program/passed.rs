//! A socket that a service manager has opened: it is used, a restart refuses nobody, and what cannot be used is
//! refused.

use std::fs::File;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use hubbub_testing::{Ended, Peer, Program, Room, join, server, text};

/// A socket as a socket unit opens it.
fn socket() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn passed(socket: impl Into<OwnedFd>, options: &[&str]) -> Program {
    Program::passed(socket.into(), 1, options)
}

#[test]
fn a_passed_socket_is_used_instead_of_one_of_our_own() {
    let socket = socket();
    let address = socket.local_addr().unwrap();
    let mut program = passed(socket, &[]);
    assert_eq!(program.address(), address);
    let room = program.room();
    let [mut alice, mut bob] = room.members(["alice", "bob"]);
    alice.send(text("alice", "hi"));
    bob.expect(text("alice", "hi"));
}

#[test]
fn across_a_restart_no_connection_is_refused_and_who_came_meanwhile_is_let_in() {
    let socket = socket();
    let address = socket.local_addr().unwrap();
    let mut first = passed(socket.try_clone().unwrap(), &[]);
    let mut alice = first.room().member("alice");
    first.signal("TERM");
    alice.expect_closed();
    assert_eq!(first.end().status.code(), Some(0));
    let mut waiting: Vec<Peer> = (0..20).map(|_| Peer::connect(address)).collect();
    waiting[0].send(join("bob"));
    let mut second = passed(socket, &[]);
    assert_eq!(second.address(), address);
    second.line_with("bob");
    waiting[1].send(join("carol"));
    waiting[0].expect(join("carol"));
}

#[test]
fn an_option_that_says_where_to_listen_is_refused_together_with_a_passed_socket() {
    for (option, value) in [("--port", "9000"), ("--listen", "127.0.0.1")] {
        let Ended { status, stderr, .. } = passed(socket(), &[option, value]).end();
        assert_eq!(status.code(), Some(2), "{stderr}");
        let given = format!("{option} {value} cannot be used");
        assert!(stderr.contains(&given), "no {given} in {stderr}");
        assert!(stderr.contains("passed a socket"), "{stderr}");
    }
    let mut command = std::process::Command::new("sh");
    let script = "exec 3<&0; LISTEN_FDS=1 LISTEN_PID=$$ HUBBUB_PORT=9000 exec \"$0\"";
    command.args(["-c", script]).arg(server().get_program());
    let Ended { status, stderr, .. } = Program::run_from(OwnedFd::from(socket()), command).end();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("HUBBUB_PORT=9000 cannot be used"),
        "{stderr}"
    );
}

#[test]
fn what_is_no_tcp_socket_that_listens_is_refused_in_one_line() {
    let directory = std::env::temp_dir().join(format!("hubbub-passed-{}", std::process::id()));
    let _ = std::fs::remove_file(&directory);
    let there = socket();
    let connected = TcpStream::connect(there.local_addr().unwrap()).unwrap();
    let unix = UnixListener::bind(&directory).unwrap();
    std::fs::remove_file(&directory).unwrap();
    let wrong: [(&str, OwnedFd); 4] = [
        ("tcp socket", UdpSocket::bind("127.0.0.1:0").unwrap().into()),
        ("tcp socket", unix.into()),
        ("not a socket", File::open("/dev/null").unwrap().into()),
        ("Accept=no", connected.into()),
    ];
    for (why, socket) in wrong {
        let Ended { status, stderr, .. } = passed(socket, &[]).end();
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(why), "no {why} in {stderr}");
    }
}

#[test]
fn one_socket_is_taken_and_two_are_refused() {
    passed(socket(), &[]).port();
    let two = Program::passed(OwnedFd::from(socket()), 2, &[]);
    let Ended { status, stderr, .. } = two.end();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("2 sockets were passed"), "{stderr}");
}

#[test]
fn sockets_that_were_passed_to_another_process_are_not_ours() {
    let variables = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    let mut program = Program::with(&[], &variables);
    Room::at(program.address());
}
