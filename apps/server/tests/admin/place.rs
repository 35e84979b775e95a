//! The socket: where it is, who may use it, and what is there already.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use hubbub_testing::{Ended, Program, run, until};

use crate::desk::{Desk, Directory};

fn ended_at(path: &str) -> Ended {
    run(&["--port", "0", "--listen", "127.0.0.1", "--admin", path])
}

#[track_caller]
fn is_refused(path: &str, word: &str) {
    let Ended { status, stderr, .. } = ended_at(path);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("cannot make the socket") && stderr.contains(word),
        "{stderr}"
    );
}

#[test]
fn nobody_but_its_owner_may_use_the_socket_whatever_the_umask_and_at_the_end_it_is_gone() {
    let directory = Directory::new();
    for umask in ["000", "077", "777"] {
        let socket = directory.text("admin");
        let mut command = std::process::Command::new("sh");
        let script = format!("umask {umask}; exec \"$@\"");
        command
            .args(["-c", &script, "sh"])
            .arg(hubbub_testing::server().get_program());
        command.args(["--port", "0", "--listen", "127.0.0.1", "--admin", &socket]);
        let mut program = Program::run(command);
        program.port();
        let metadata = fs::metadata(directory.socket()).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{umask}");
        directory.desk().does("who");
        let others: Vec<_> = fs::read_dir(directory.path(".")).unwrap().collect();
        assert_eq!(others.len(), 1, "{others:?}");
        program.signal("TERM");
        assert!(program.status().success());
        assert!(!directory.socket().exists());
    }
}

#[test]
fn a_socket_that_a_killed_server_left_is_replaced() {
    let directory = Directory::new();
    let program = directory.program(&[]);
    let before = fs::metadata(directory.socket()).unwrap();
    program.signal("KILL");
    drop(program);
    assert!(directory.socket().exists());
    let _program = directory.program(&[]);
    directory.desk().does("who");
    let after = fs::metadata(directory.socket()).unwrap();
    assert_ne!(
        (before.ino(), before.ctime_nsec()),
        (after.ino(), after.ctime_nsec())
    );
}

#[test]
fn a_path_at_which_somebody_listens_or_something_else_lies_is_left_alone() {
    let directory = Directory::new();
    let _first = directory.program(&[]);
    is_refused(&directory.text("admin"), "another program listens there");
    directory.desk().does("who");
    fs::write(directory.path("file"), "mine").unwrap();
    is_refused(&directory.text("file"), "another kind of file");
    assert_eq!(fs::read_to_string(directory.path("file")).unwrap(), "mine");
    symlink("admin", directory.path("link")).unwrap();
    is_refused(&directory.text("link"), "another kind of file");
    is_refused(&directory.text("."), "another kind of file");
    is_refused(&directory.text("nowhere/admin"), "No such file");
}

#[test]
fn a_listener_that_never_accepts_counts_as_one() {
    let directory = Directory::new();
    let listener = UnixListener::bind(directory.socket()).unwrap();
    let mut waiting = Vec::new();
    // As many as its queue takes.
    loop {
        let socket =
            socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let path = socket2::SockAddr::unix(directory.socket()).unwrap();
        if socket.connect(&path).is_err() {
            break;
        }
        waiting.push(socket);
    }
    is_refused(&directory.text("admin"), "another program listens there");
    drop(listener);
    drop(waiting);
    let _program = directory.program(&[]);
}

#[test]
fn the_longest_path_that_the_system_takes_works_and_a_longer_one_is_refused() {
    let directory = Directory::new();
    let room = 107 - directory.text("").len();
    let longest = directory.text(&"x".repeat(room));
    assert_eq!(longest.len(), 107);
    let mut program = Program::with(&["--admin", &longest], &[]);
    program.port();
    Desk::connect(longest.as_ref()).does("who");
    is_refused(&format!("{longest}x"), "too long for a socket");
    // A directory leaves room for the private one that is made in it.
    for (len, is_fine) in [(95, true), (96, false)] {
        let dir = directory.text(&"d".repeat(len - directory.text("").len()));
        assert_eq!(dir.len(), len);
        fs::create_dir(&dir).unwrap();
        let path = format!("{dir}/a");
        if is_fine {
            let mut program = Program::with(&["--admin", &path], &[]);
            program.port();
        } else {
            is_refused(&path, "too long for a socket");
        }
    }
}

#[test]
fn of_two_servers_that_begin_at_once_with_a_stale_socket_one_gets_it() {
    let directory = Directory::new();
    for _ in 0..5 {
        let _ = fs::remove_file(directory.socket());
        drop(UnixListener::bind(directory.socket()).unwrap());
        let socket = directory.text("admin");
        let start =
            || Program::start(&["--port", "0", "--listen", "127.0.0.1", "--admin", &socket]);
        let mut programs: Vec<Program> = (0..3).map(|_| start()).collect();
        let mut over = 0;
        until("two of them have ended", || {
            over = programs
                .iter_mut()
                .map(Program::has_ended)
                .filter(|ended| *ended)
                .count();
            over >= 2
        });
        assert_eq!(over, 2);
        directory.desk().does("who");
    }
}

#[test]
fn at_the_end_a_socket_of_somebody_else_at_the_path_stays() {
    let directory = Directory::new();
    let mut program = directory.program(&[]);
    fs::remove_file(directory.socket()).unwrap();
    let _other = UnixListener::bind(directory.socket()).unwrap();
    program.signal("TERM");
    assert!(program.status().success());
    assert!(directory.socket().exists());
}
