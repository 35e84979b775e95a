//! Programs of others that come in through a TLS wrapper, as the README shows it, and what `openssl` can do besides.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use flume::Receiver;
use hubbub_testing::tls::{Authority, Directory};
use hubbub_testing::{DEADLINE, Program, Room, Stranger, join, leave, shown, text};

/// A server with a right certificate for `localhost`.
struct House {
    program: Program,
    room: Room,
    /// The certificate of the authority that vouches for it.
    root: PathBuf,
    _directory: Directory,
}

impl House {
    fn open() -> Self {
        let (directory, authority) = (Directory::new(), Authority::new());
        let root = authority.write_root(directory.as_ref());
        let [cert, key] = authority
            .certificate("localhost")
            .write(directory.as_ref(), "server")
            .map(|path| path.to_str().unwrap().to_owned());
        let mut program = Program::with(&["--tls", "--tls-cert", &cert, "--tls-key", &key], &[]);
        let room = Room::secure_at(program.address());
        Self {
            program,
            room,
            root,
            _directory: directory,
        }
    }

    fn place(&mut self) -> String {
        format!("localhost:{}", self.program.port())
    }

    /// `openssl s_client` to this server, which believes the authority.
    fn openssl(&mut self, options: &[&str]) -> Typed {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &self.place(), "-CAfile"]);
        command
            .arg(&self.root)
            .args(["-verify_return_error", "-verify_hostname", "localhost"]);
        Typed::start(command.args(options))
    }
}

/// A program whose user is the test.
struct Typed {
    child: Child,
    keyboard: Option<ChildStdin>,
    screen: Receiver<Vec<u8>>,
    seen: Vec<u8>,
}

impl Typed {
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let name = command.get_program().display().to_string();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; `just setup` installs it"));
        let (show, screen) = flume::unbounded();
        let show_errors = show.clone();
        let keyboard = child.stdin.take();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        thread::spawn(move || pass_on(out, &show));
        thread::spawn(move || pass_on(err, &show_errors));
        Self {
            child,
            keyboard,
            screen,
            seen: Vec::new(),
        }
    }

    fn types(&mut self, bytes: impl AsRef<[u8]>) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(bytes.as_ref()).unwrap();
    }

    /// Waits until this is shown.
    #[track_caller]
    fn shows(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        while !self.seen.windows(bytes.len()).any(|part| part == bytes) {
            match self.screen.recv_timeout(DEADLINE) {
                Ok(more) => self.seen.extend(more),
                Err(end) => panic!("{end}: no {} in {}", shown(bytes), shown(&self.seen)),
            }
        }
    }
}

impl Typed {
    /// Closes its input, and takes all that it shows until it has ended.
    #[track_caller]
    fn closes(&mut self) -> String {
        self.keyboard = None;
        loop {
            match self.screen.recv_timeout(DEADLINE) {
                Ok(more) => self.seen.extend(more),
                Err(flume::RecvTimeoutError::Disconnected) => break,
                Err(end) => panic!("{end}: it does not end, after {}", shown(&self.seen)),
            }
        }
        String::from_utf8_lossy(&self.seen).into_owned()
    }
}

fn pass_on(mut from: impl Read, show: &flume::Sender<Vec<u8>>) {
    let mut piece = [0; 4096];
    while let Ok(len @ 1..) = from.read(&mut piece) {
        if show.send(piece[..len].to_vec()).is_err() {
            return;
        }
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `-crlf` ends each typed line as the protocol wants it, and `-quiet` leaves no letter that is a command.
#[test]
fn a_person_joins_and_speaks_by_hand_through_openssl() {
    let mut house = House::open();
    let mut alice = house.room.member("alice");
    let mut openssl = house.openssl(&["-quiet", "-crlf"]);
    openssl.types("CHAT/1.0 JOIN\nUsername: Q\n\n");
    house.room.hears(join("Q"));
    alice.expect(join("Q"));
    openssl.types("CHAT/1.0 TEXT\nUsername: Q\nMsg-len: 2\n\nhi");
    alice.expect(text("Q", "hi"));
    alice.send(text("alice", "hello, you"));
    openssl.shows(text("alice", "hello, you"));
    openssl.types("CHAT/1.0 LEAVE\nUsername: Q\n\n");
    alice.expect(leave("Q"));
    assert!(openssl.child.wait().unwrap().success());
}

#[test]
fn openssl_sees_that_it_is_the_right_server() {
    let mut house = House::open();
    let mut right = house.openssl(&[]);
    right.shows("Verify return code: 0 (ok)");
    let mut wrong = house.openssl(&["-verify_hostname", "elsewhere.test"]);
    wrong.shows("hostname mismatch");
    assert!(!wrong.child.wait().unwrap().success());
}

#[test]
fn there_is_no_older_tls_and_nothing_is_negotiated_anew() {
    let mut house = House::open();
    for version in ["-tls1_2", "-tls1_1", "-tls1"] {
        // The oldest are not offered unless openssl is told to.
        let mut old = house.openssl(&[version, "-cipher", "ALL:@SECLEVEL=0"]);
        old.shows("SSL alert number");
        assert!(!old.child.wait().unwrap().success());
    }
    let mut new = house.openssl(&["-tls1_3"]);
    new.shows("Secure Renegotiation IS NOT supported");
    // What openssl calls K is a change of keys on both sides. R is a renegotiation, which it finds impossible by
    // itself.
    new.types("CHAT/1.0 JOIN\r\nUsername: key\r\n\r\n");
    house.room.hears(join("key"));
    new.types("K\n");
    new.shows("KEYUPDATE");
    let mut alice = house.room.member("alice");
    alice.send(text("alice", "with new keys"));
    new.shows(text("alice", "with new keys"));
    new.types("R\n");
    new.shows("RENEGOTIATING");
    house.room.hears(leave("key"));
}

#[test]
fn a_session_is_not_resumed_and_nothing_is_said_early() {
    let mut house = House::open();
    let mut openssl = house.openssl(&[]);
    openssl.shows("Early data was not sent");
    openssl.types("CHAT/1.0 JOIN\r\nUsername: new\r\n\r\n");
    house.room.hears(join("new"));
    let mut alice = house.room.member("alice");
    alice.send(text("alice", "so that it would have come"));
    openssl.shows(text("alice", "so that it would have come"));
    // It keeps some of its own words until its end.
    let seen = openssl.closes().to_lowercase();
    assert!(!seen.contains("session ticket"), "{seen}");
}

#[test]
fn a_plain_program_of_somebody_else_comes_in_through_socat() {
    let mut house = House::open();
    let mut alice = house.room.member("alice");
    let mut command = Command::new("socat");
    command.args(["-dd", "TCP-LISTEN:0,bind=127.0.0.1,fork"]);
    command.arg(format!(
        "OPENSSL:{},cafile={}",
        house.place(),
        house.root.display()
    ));
    let mut socat = command
        .stderr(Stdio::piped())
        .spawn()
        .expect("socat; `just setup` installs it");
    let lines = BufReader::new(socat.stderr.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let listening = lines.find_map(|line| {
        let (_, place) = line.split_once("listening on AF=2 127.0.0.1:")?;
        Some(place.trim().to_owned())
    });
    let port = listening.expect("a line that says where it listens");
    thread::spawn(move || lines.for_each(drop));

    let mut stranger = Stranger::start("wild_client.py", &[&port, "carol", "exact"]);
    stranger.shows("joined");
    alice.expect(join("carol"));
    alice.send(text("alice", "welcome"));
    stranger.shows("alice: welcome");
    stranger.types("thanks");
    alice.expect(text("carol", "thanks"));
    socat.kill().unwrap();
    socat.wait().unwrap();
}
