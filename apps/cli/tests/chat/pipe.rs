//! In a pipe: lines in, lines out.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use hubbub_testing::{
    DEADLINE, HeldPort, Program, Room, ScriptedServer, join, leave, signal, text, until,
};

struct Pipe {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: flume::Receiver<String>,
    stderr: flume::Receiver<String>,
}

impl Pipe {
    fn chat(address: &str, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hubbub"))
            .args(["chat", address, "--username", "alice"])
            .args(options)
            .env("TZ", "UTC")
            .env("XDG_STATE_HOME", crate::NO_STATE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take(),
            stdout: lines_of(child.stdout.take().unwrap()),
            stderr: lines_of(child.stderr.take().unwrap()),
            child,
        }
    }

    fn says(&mut self, lines: impl AsRef<[u8]>) {
        self.stdin
            .as_mut()
            .unwrap()
            .write_all(lines.as_ref())
            .unwrap();
    }

    /// The next line without its time.
    #[track_caller]
    fn line(&self) -> String {
        let line = self.whole_line();
        line["2026-11-26 03:00:00 ".len()..].trim_end().to_owned()
    }

    #[track_caller]
    fn whole_line(&self) -> String {
        self.stdout.recv_timeout(DEADLINE).unwrap()
    }

    /// Ends the input, and waits for the end. Returns status, the rest of stdout, and the rest of stderr.
    fn ends(mut self) -> (Option<i32>, String, String) {
        self.stdin = None;
        self.ends_by_itself()
    }

    /// The same where the input goes on.
    fn ends_by_itself(mut self) -> (Option<i32>, String, String) {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let rest = |lines: &flume::Receiver<String>| lines.iter().collect();
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        (status.unwrap().code(), stdout, stderr)
    }
}

fn lines_of(output: impl Read + Send + 'static) -> flume::Receiver<String> {
    let (send, lines) = flume::unbounded();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        while output.read_line(&mut line).unwrap() > 0 {
            let _ = send.send(std::mem::take(&mut line));
        }
    });
    lines
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_line_is_said_and_what_others_say_is_a_line() {
    let room = Room::open();
    let mut pipe = Pipe::chat(&room.address().to_string(), &[]);
    room.hears(join("alice"));
    pipe.says("one\r\n\ntwo\n");
    room.hears(text("alice", "one"));
    room.hears(text("alice", "two"));
    let mut bob = room.member("bob");
    bob.send(text("bob", "hi\nthere\u{1b}[2J"));
    assert_eq!(pipe.line(), "bob: hi");
    assert_eq!(pipe.whole_line(), "    there\u{fffd}[2J\n");
    pipe.says("last without an end");
    let (status, stdout, stderr) = pipe.ends();
    room.hears(text("alice", "last without an end"));
    room.hears(leave("alice"));
    assert_eq!((status, &*stdout), (Some(0), ""), "{stderr}");
    assert!(
        stderr.contains("hubbub: bob joined\n") && !stderr.contains('\u{1b}'),
        "{stderr}"
    );
}

#[test]
fn the_end_of_the_input_comes_after_everything_has_arrived() {
    let room = Room::open();
    let mut pipe = Pipe::chat(&room.address().to_string(), &[]);
    let lines: String = (0..500).map(|n| format!("line {n}\n")).collect();
    pipe.says(lines);
    let (status, _, stderr) = pipe.ends();
    assert_eq!(status, Some(0), "{stderr}");
    for n in 0..500 {
        room.hears(text("alice", format!("line {n}")));
    }
    room.hears(leave("alice"));
}

#[test]
fn a_program_begins_with_what_comes_unless_it_asks_for_more() {
    let room = Room::open();
    let mut bob = room.member("bob");
    bob.send(text("bob", "before"));
    room.hears(text("bob", "before"));
    let address = room.address().to_string();
    assert_eq!(Pipe::chat(&address, &[]).ends().1, "");
    room.hears(leave("alice"));
    let pipe = Pipe::chat(&address, &["--recent", "5"]);
    assert_eq!(pipe.line(), "bob: before");
    assert_eq!(pipe.ends().0, Some(0));
}

#[test]
fn sigterm_leaves_with_0() {
    let room = Room::open();
    let pipe = Pipe::chat(&room.address().to_string(), &[]);
    room.hears(join("alice"));
    signal("TERM", pipe.child.id());
    room.hears(leave("alice"));
    assert_eq!(pipe.ends().0, Some(0));
}

#[test]
fn who_cannot_come_in_is_told_why_and_by_the_status() {
    let room = Room::open();
    let _alice = room.member("alice");
    let (status, stdout, stderr) = Pipe::chat(&room.address().to_string(), &[]).ends();
    assert_eq!((status, &*stdout), (Some(77), ""), "{stderr}");
    let nobody = HeldPort::new();
    let address = format!("127.0.0.1:{}", nobody.number());
    let (status, _, stderr) = Pipe::chat(&address, &[]).ends();
    assert_eq!(status, Some(69), "{stderr}");
    let words = format!("hubbub: cannot reach {address}: ");
    assert!(stderr.starts_with(&words), "{stderr}");
}

/// Stops the server, which is there and reads nothing any more.
fn stand_still(server: &Program) {
    server.signal("STOP");
    until("all threads of the server stand still", || {
        let threads = fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
        let stat =
            |thread: io::Result<fs::DirEntry>| fs::read_to_string(thread?.path().join("stat"));
        threads
            .map(stat)
            .all(|stat| stat.is_ok_and(|stat| stat.contains(") T ")))
    });
}

/// Alice is in the room, and then its server stands still.
fn alice_in_a_room_that_stands_still(port: &HeldPort) -> (Program, Room, Pipe) {
    let mut server = Program::on(port);
    let room = server.room();
    let pipe = Pipe::chat(&server.address().to_string(), &[]);
    room.hears(join("alice"));
    stand_still(&server);
    (server, room, pipe)
}

#[test]
fn what_may_not_have_arrived_at_the_end_of_the_input_is_a_failure_with_its_own_status() {
    let port = HeldPort::new();
    let (server, _room, mut pipe) = alice_in_a_room_that_stands_still(&port);
    pipe.says("too late\n");
    let (status, _, stderr) = pipe.ends();
    server.signal("CONT");
    assert_eq!(status, Some(74), "{stderr}");
    let told = [
        "not arrived yet: too late",
        "waiting until 1 message arrived",
        "1 message may not have arrived",
    ];
    assert!(told.iter().all(|words| stderr.contains(words)), "{stderr}");
}

#[test]
fn more_than_256_messages_on_their_way_make_the_input_wait_and_nothing_is_lost() {
    let port = HeldPort::new();
    let (server, room, mut pipe) = alice_in_a_room_that_stands_still(&port);
    let lines: String = (0..2000).map(|n| format!("{n}\n")).collect();
    pipe.says(lines);
    pipe.stdin = None;
    let late = "hubbub: not arrived yet: 255\n";
    let mut told = String::new();
    while !told.ends_with(late) {
        told += &pipe.stderr.recv_timeout(DEADLINE).unwrap();
    }
    server.signal("CONT");
    for n in 0..2000 {
        room.hears(text("alice", n.to_string()));
    }
    let (status, _, stderr) = pipe.ends_by_itself();
    assert_eq!(status, Some(0), "{stderr}");
    // All of the input was read only when most of it had arrived.
    told += &stderr;
    assert!(!told.contains("waiting until 2000 "), "{told}");
}

#[test]
fn a_server_that_is_gone_is_given_up_also_where_not_all_of_the_input_is_read() {
    let port = HeldPort::new();
    let (server, _room, mut pipe) = alice_in_a_room_that_stands_still(&port);
    let lines: String = (0..2000).map(|n| format!("{n}\n")).collect();
    pipe.says(lines);
    let (status, _, stderr) = pipe.ends();
    server.signal("CONT");
    assert_eq!(status, Some(74), "{stderr}");
    let words = "256 messages may not have arrived, and the rest of the input was not sent\n";
    assert!(stderr.ends_with(words), "{stderr}");
}

#[test]
fn what_listens_there_is_no_chat_server() {
    let server = ScriptedServer::start();
    let pipe = Pipe::chat(&format!("127.0.0.1:{}", server.port()), &[]);
    let mut peer = server.accept();
    peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n".repeat(1000));
    let (status, _, stderr) = pipe.ends_by_itself();
    assert_eq!(status, Some(76), "{stderr}");
    assert!(stderr.contains("not CHAT/1.0"), "{stderr}");
}

#[test]
fn a_message_of_the_day_keeps_its_lines() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("motd");
    fs::write(&file, "Welcome.\nBe kind.\n").unwrap();
    let mut server = Program::with(&["--motd", file.to_str().unwrap()], &[]);
    let (status, _, stderr) = Pipe::chat(&server.address().to_string(), &[]).ends();
    assert_eq!(status, Some(0), "{stderr}");
    let words = "hubbub: the server says: Welcome.\n    Be kind.\n";
    assert!(stderr.contains(words), "{stderr}");
}
