//! The program `hubbub-server` in a process of its own, as a person or a service manager runs it: its lines, its
//! signals, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use flume::{Receiver, RecvTimeoutError};

use super::{DEADLINE, Room, until};

/// A running server. Killed when dropped.
pub(crate) struct Program {
    pub(super) child: Child,
    lines: Receiver<String>,
    log: String,
}

/// What a program that has ended leaves behind.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    #[track_caller]
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub-server"));
        command.args(arguments);
        Self::run(command)
    }

    #[track_caller]
    pub(crate) fn run(command: Command) -> Self {
        let mut program = Self::run_into(command, Stdio::piped());
        let mut stderr = BufReader::new(program.child.stderr.take().unwrap());
        let (send, lines) = flume::unbounded();
        thread::spawn(move || {
            let mut line = Vec::new();
            while stderr.read_until(b'\n', &mut line).unwrap() > 0 {
                let _ = send.send(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
        });
        program.lines = lines;
        program
    }

    /// The program with a stderr that is the caller's: no line of it is seen here.
    #[track_caller]
    pub(crate) fn run_into(mut command: Command, stderr: impl Into<Stdio>) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let (lines, log) = (flume::bounded(0).1, String::new());
        Self { child, lines, log }
    }

    /// Waits until the process has ended, whatever it wrote.
    #[track_caller]
    pub(crate) fn status(&mut self) -> ExitStatus {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Waits for a line with this word on stderr.
    #[track_caller]
    pub(crate) fn line_with(&mut self, word: &str) -> String {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => {
                    self.log.push_str(&line);
                    if line.contains(word) {
                        return line;
                    }
                }
                Err(end) => panic!("{end:?}: no line with {word:?} in\n{}", self.log),
            }
        }
    }

    /// A room of the program's own on a free port of loopback, with these options and variables beside.
    #[track_caller]
    pub(crate) fn with(options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub-server"));
        command.args(["--port", "0", "--listen", "127.0.0.1"]);
        command.args(options).envs(variables.iter().copied());
        Self::run(command)
    }

    /// The port that the line tells which says where the server listens.
    #[track_caller]
    pub(crate) fn port(&mut self) -> u16 {
        port_in(&self.line_with("listening"))
    }

    /// Where it listens on IPv4 loopback.
    #[track_caller]
    pub(crate) fn address(&mut self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port())
    }

    /// The room, reached over IPv4 loopback.
    #[track_caller]
    pub(crate) fn room(&mut self) -> Room {
        Room::at(self.address())
    }

    /// Sends a signal by its name: `TERM`, `INT`.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status().unwrap();
        assert!(status.success(), "{command}");
    }

    /// Waits for the program to end by itself.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => self.log.push_str(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("still running:\n{}", self.log),
            }
        }
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().unwrap();
        pipe.read_to_string(&mut stdout).unwrap();
        Ended {
            status: self.child.wait().unwrap(),
            stdout,
            stderr: std::mem::take(&mut self.log),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails when the program has ended, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port behind the last colon of a line.
#[track_caller]
pub(crate) fn port_in(line: &str) -> u16 {
    let digits = line.rsplit(':').next().unwrap();
    let end = digits.find(|character: char| !character.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())]
        .parse()
        .unwrap_or_else(|_| panic!("no port in {line:?}"))
}

/// Runs the program to its end.
#[track_caller]
pub(crate) fn run(arguments: &[&str]) -> Ended {
    Program::start(arguments).end()
}
