//! The program `hubbub` in its own process.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use flume::Receiver;
use hubbub_testing::{DEADLINE, Peer, ScriptedServer, join, signal, until};

/// A running program. It is killed when dropped.
pub(crate) struct Hubbub {
    child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    pub(crate) lines: Receiver<String>,
    errors: Receiver<String>,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A state directory in which nothing is.
const NO_STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/no-state");

pub(crate) fn hubbub(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub"));
    command
        .args(arguments)
        .env("TZ", "UTC")
        .env("XDG_STATE_HOME", NO_STATE);
    command
}

/// Where a server on loopback is.
pub(crate) fn at(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// Takes the next connection of a plain server: the JOIN, and the offer that means nothing to it.
#[track_caller]
pub(crate) fn accept(server: &ScriptedServer, name: &str) -> Peer {
    let mut peer = server.accept();
    peer.expect(join(name));
    let offer = peer.head();
    assert!(offer.contains("Offer: 1"), "{offer}");
    peer
}

impl Hubbub {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = hubbub(arguments);
        command.stdout(Stdio::piped());
        Self::run(command)
    }

    /// Prints to the end of a file.
    pub(crate) fn start_into(file: File, arguments: &[&str]) -> Self {
        let mut command = hubbub(arguments);
        command.stdout(file);
        Self::run(command)
    }

    /// Any command, whose stdin and stderr are held.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = child
            .stdout
            .take()
            .map_or_else(|| flume::bounded(0).1, lines_of);
        Self {
            stdin: child.stdin.take(),
            lines,
            errors: lines_of(child.stderr.take().unwrap()),
            child,
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).unwrap()
    }

    /// Waits for a line on stdout with these words.
    #[track_caller]
    pub(crate) fn line_with(&self, words: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Waits for a line on stderr with these words.
    #[track_caller]
    pub(crate) fn error_with(&self, words: &str) {
        while !self.errors.recv_timeout(DEADLINE).unwrap().contains(words) {}
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes stdin, and waits for the end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        self.stdin = None;
        let mut status = None;
        until("hubbub ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let text = |lines: &Receiver<String>| lines.iter().map(|line| line + "\n").collect();
        Ended {
            status: status.unwrap().code(),
            stdout: text(&self.lines),
            stderr: text(&self.errors),
        }
    }

    /// The same, and fails unless it ended with this status and these words on stderr.
    #[track_caller]
    pub(crate) fn ends(self, status: i32, words: &str) -> Ended {
        let ended = self.end();
        assert_eq!(ended.status, Some(status), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
        ended
    }
}

impl Drop for Hubbub {
    fn drop(&mut self) {
        // This fails if it has ended, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = flume::unbounded();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    lines
}

/// Sends this, closes stdin and waits for the end.
#[track_caller]
pub(crate) fn send(stdin: &[u8], arguments: &[&str]) -> Ended {
    let mut program = Hubbub::start(arguments);
    program.write(stdin);
    program.end()
}
