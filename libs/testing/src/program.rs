//! The program `hubbub-server` in its own process, as a user or a service manager runs it: its log lines, its signals,
//! and how it ends. Benches use it too, to measure a program from outside.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use flume::{Receiver, RecvTimeoutError};

use crate::{DEADLINE, HeldPort, Room, until};

/// Words of the lines that a program writes when something goes wrong.
pub const TROUBLE: &[&str] = &[" WARN ", "ERROR", "panicked"];

/// The variable that names another server to test, by the words of its command with blanks between them: one that is
/// built for another machine, perhaps, after the emulator that it needs. Then [`Room`] starts it too, for each room.
pub const OTHER_SERVER: &str = "HUBBUB_TEST_SERVER";

/// A running program. It is killed when dropped.
pub struct Program {
    pub(crate) child: Child,
    lines: Receiver<String>,
    log: String,
    /// Where it listens, once it has said so.
    port: Option<u16>,
}

/// What is left of a program that has ended.
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

/// The other server that is to be tested, if there is one.
pub(crate) fn other_server() -> Option<Command> {
    let words = env::var(OTHER_SERVER).ok()?;
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next()?);
    command.args(words);
    Some(command)
}

/// The built `hubbub-server`, for a test that sets arguments and variables itself.
#[track_caller]
pub fn server() -> Command {
    if let Some(other) = other_server() {
        return other;
    }
    // Tests and benches are in `deps`, and cargo puts programs next to that directory.
    let test = env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("hubbub-server");
    assert!(
        program.exists(),
        "there is no {}: run `just test`, or `cargo build -p hubbub-server` before this test",
        program.display()
    );
    Command::new(program)
}

/// Runs the server with these arguments to its end.
#[track_caller]
pub fn run(arguments: &[&str]) -> Ended {
    Program::start(arguments).end()
}

impl Program {
    /// The server with these arguments and no others.
    #[track_caller]
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = server();
        command.args(arguments);
        Self::run(command)
    }

    /// The server on a free port of loopback, with these additional options and variables.
    #[track_caller]
    pub fn with(options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = server();
        command.args(["--port", "0", "--listen", "127.0.0.1"]);
        command.args(options).envs(variables.iter().copied());
        Self::run(command)
    }

    /// The server on a port that the test has held for it, once it listens there.
    #[track_caller]
    pub fn on(port: &HeldPort) -> Self {
        let port = port.number().to_string();
        let mut program = Self::start(&["--port", &port, "--listen", "127.0.0.1"]);
        program.port();
        program
    }

    /// The server with a socket that somebody else has opened, passed `count` times as a service manager passes
    /// sockets.
    #[track_caller]
    pub fn passed(socket: impl Into<Stdio>, count: usize, options: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = "exec 3<&0 4<&0 </dev/null; export LISTEN_FDS=$1 LISTEN_PID=$$; shift; exec \"$0\" \"$@\"";
        command.args(["-c", script]).arg(server().get_program());
        command.arg(count.to_string()).args(options);
        Self::run_from(socket, command)
    }

    /// Any program, whose lines on stderr are read as they come.
    #[track_caller]
    pub fn run(command: Command) -> Self {
        Self::run_from(Stdio::null(), command)
    }

    /// The same with this stdin.
    #[track_caller]
    pub fn run_from(stdin: impl Into<Stdio>, command: Command) -> Self {
        let mut program = Self::begin(stdin.into(), command, Stdio::piped());
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

    /// Any program with a stderr that the caller handles, so that none of its lines is seen here.
    #[track_caller]
    pub fn run_into(command: Command, stderr: impl Into<Stdio>) -> Self {
        Self::begin(Stdio::null(), command, stderr.into())
    }

    #[track_caller]
    fn begin(stdin: Stdio, mut command: Command, stderr: Stdio) -> Self {
        let child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self {
            child,
            lines: flume::bounded(0).1,
            log: String::new(),
            port: None,
        }
    }

    /// Waits for a line with this word on stderr.
    #[track_caller]
    pub fn line_with(&mut self, word: &str) -> String {
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

    /// From now on, lines with one of these words go to the stderr of the test, and none is kept.
    pub fn show(&mut self, words: &'static [&'static str]) {
        let lines = std::mem::replace(&mut self.lines, flume::bounded(0).1);
        thread::spawn(move || {
            let is_shown = |line: &String| words.iter().any(|word| line.contains(word));
            lines
                .into_iter()
                .filter(is_shown)
                .for_each(|line| eprint!("{line}"));
        });
    }

    /// The port in the line that says where the program listens.
    #[track_caller]
    pub fn port(&mut self) -> u16 {
        if let Some(port) = self.port {
            return port;
        }
        let port = port_in(&self.line_with("listening"));
        self.port = Some(port);
        port
    }

    /// Where it listens on IPv4 loopback.
    #[track_caller]
    pub fn address(&mut self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), self.port())
    }

    /// The room, reached over IPv4 loopback.
    #[track_caller]
    pub fn room(&mut self) -> Room {
        Room::at(self.address())
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its name: `TERM`, `INT`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Whether the process has ended by now.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until the process has ended, whatever it wrote.
    #[track_caller]
    pub fn status(&mut self) -> ExitStatus {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Waits for the program to end by itself.
    #[track_caller]
    pub fn end(mut self) -> Ended {
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
        // This fails if the program has ended, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a process a signal by its name.
#[track_caller]
pub fn signal(name: &str, process: u32) {
    let command = format!("kill -{name} {process}");
    let status = Command::new("sh").args(["-c", &command]).status().unwrap();
    assert!(status.success(), "{command}: {status}");
}

/// The port after the last colon of a line.
#[track_caller]
pub fn port_in(line: &str) -> u16 {
    let digits = line.rsplit(':').next().unwrap();
    let end = digits.find(|character: char| !character.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())]
        .parse()
        .unwrap_or_else(|_| panic!("no port in {line:?}"))
}
