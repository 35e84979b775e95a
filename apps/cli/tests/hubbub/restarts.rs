//! `tail --json --state` into a file, while server and tail are killed at random: every message stands there once.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use hubbub_testing::{DEADLINE, HeldPort, Program, server, until};

use crate::program::{Hubbub, at};

/// The longest time from a start to a kill. A tail has caught up before, and a server has begun to say what was missed.
const LONGEST: Duration = Duration::from_millis(150);

struct Scene {
    port: HeldPort,
    dir: tempfile::TempDir,
    server: Option<Program>,
    tail: Option<Hubbub>,
    said: usize,
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self {
            port: HeldPort::new(),
            dir: tempfile::tempdir().unwrap(),
            server: None,
            tail: None,
            said: 0,
        };
        scene.serve();
        scene.follow();
        // From here on it has a place.
        until("the state is kept", || {
            fs::read_to_string(scene.path("state")).is_ok_and(|state| state.contains("seen"))
        });
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn serve(&mut self) {
        let mut command = server();
        let port = self.port.number().to_string();
        command
            .args(["--listen", "127.0.0.1", "--port", &port, "--history"])
            .arg(self.path("history"));
        let mut program = Program::run(command);
        program.port();
        self.server = Some(program);
    }

    fn follow(&mut self) {
        let out = File::options()
            .create(true)
            .append(true)
            .open(self.path("out"))
            .unwrap();
        let (address, state) = (at(self.port.number()), self.path("state"));
        let state = state.to_str().unwrap();
        self.tail = Some(Hubbub::start_into(
            out,
            &[
                "tail",
                &address,
                "--username",
                "logger",
                "--json",
                "--state",
                state,
            ],
        ));
    }

    /// Says some numbers, while something is killed and started again.
    fn round(&mut self, rng: &mut Rng) {
        let (name, address) = (format!("ci-{}", self.said), at(self.port.number()));
        let room = [&address, "--username", &name];
        let mut sending =
            Hubbub::start(&[&["send", "--lines", "--require-ack"][..], &room].concat());
        for _ in 0..rng.usize(1..20) {
            self.said += 1;
            sending.write(format!("number {}\n", self.said).as_bytes());
        }
        sending.stdin = None;
        let (kills_server, kills_tail) =
            [(true, false), (false, true), (true, true)][rng.usize(..3)];
        if kills_server {
            // One that never got into the room does not come back.
            self.room_has(&name);
        }
        thread::sleep(LONGEST.mul_f64(rng.f64()));
        if kills_tail {
            self.tail.take().unwrap().kill();
        }
        if kills_server {
            self.server.take().unwrap().signal("KILL");
            self.serve();
        }
        if kills_tail {
            self.follow();
        }
        sending.ends(0, "");
    }

    /// Waits until somebody of this name has come, as far as the server's own log tells.
    fn room_has(&mut self, name: &str) {
        let server = self.server.as_mut().unwrap();
        let name = format!("name=\"{name}\"");
        while !server.line_with("joined").contains(&name) {}
    }

    /// What the file has, in order.
    fn numbers(&self) -> Vec<usize> {
        let out = fs::read_to_string(self.path("out")).unwrap_or_default();
        let texts = out.lines().filter(|line| line.contains(r#""type":"text""#));
        let number = |line: &str| {
            let (_, rest) = line.split_once(r#""text":"number "#).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        texts.map(number).collect()
    }
}

fn restart(times: usize) {
    let seed = env::var("SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut scene = Scene::new();
    for _ in 0..times {
        scene.round(&mut rng);
    }
    let wanted: Vec<usize> = (1..=scene.said).collect();
    let deadline = std::time::Instant::now() + DEADLINE;
    while scene.numbers() != wanted && std::time::Instant::now() < deadline {
        if scene.tail.as_mut().unwrap().has_ended() {
            scene.follow();
        }
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(scene.numbers(), wanted, "SEED={seed}");
    check_lines(&scene.path("out"));
    println!("{times} restarts, {} messages, each once", scene.said);
}

/// Every line is whole.
fn check_lines(out: &Path) {
    for line in fs::read_to_string(out).unwrap().lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
}

#[test]
fn every_message_is_printed_once_through_twelve_restarts() {
    restart(12);
}

#[test]
#[ignore = "takes minutes: run it by `just restarts`"]
fn every_message_is_printed_once_through_a_hundred_restarts() {
    restart(100);
}

/// What a kill leaves behind at its worst moments, made by hand: between printing and noting, and in the middle of
/// printing.
#[test]
fn a_kill_between_the_output_and_the_state_is_seen_in_the_file() {
    let mut scene = Scene::new();
    let say = |words: &str| {
        let ended = crate::program::send(
            words.as_bytes(),
            &["send", &at(scene.port.number()), "--username", "ci"],
        );
        assert_eq!(ended.status, Some(0), "{ended:?}");
    };
    // What is printed without a place would move the end of the file later.
    let has_left = |times| {
        until("who spoke has left", || {
            let out = fs::read_to_string(scene.dir.path().join("out")).unwrap();
            out.matches(r#""type":"leave""#).count() == times
        });
    };
    let size = || fs::metadata(scene.dir.path().join("out")).unwrap().len();
    say("number 1");
    has_left(1);
    until("it is printed and noted", || {
        scene.numbers() == [1]
            && !fs::read_to_string(scene.path("state"))
                .unwrap()
                .contains("writing")
    });
    // As it was before.
    let (before, begin) = (fs::read_to_string(scene.path("state")).unwrap(), size());
    say("number 2");
    has_left(2);
    until("it is printed and noted", || {
        let state = fs::read_to_string(scene.path("state")).unwrap();
        scene.numbers() == [1, 2] && !state.contains("writing") && state != before
    });
    let end = size();
    let after = fs::read_to_string(scene.path("state")).unwrap();
    scene.tail.take().unwrap().kill();
    let printed = fs::read(scene.path("out")).unwrap();
    let seen = |state: &str| {
        let (_, rest) = state.split_once(r#""seen":"#).unwrap();
        rest.split_once('}').unwrap().0.to_owned() + "}"
    };
    let found = fs::metadata(scene.path("out")).unwrap();
    use std::os::unix::fs::MetadataExt;
    let writing = format!(
        r#","writing":{{"output":{{"device":{},"inode":{},"length":{begin}}},"end":{end},"seen":{}}}}}"#,
        found.dev(),
        found.ino(),
        seen(&after)
    );
    let noted = before.strip_suffix('}').unwrap().to_owned() + &writing;
    for length in [begin, begin + 1, end - 1, end] {
        let length = usize::try_from(length).unwrap();
        // The same file, since its number is noted.
        let mut out = File::options()
            .write(true)
            .truncate(true)
            .open(scene.path("out"))
            .unwrap();
        std::io::Write::write_all(&mut out, &printed[..length]).unwrap();
        fs::write(scene.path("state"), &noted).unwrap();
        scene.follow();
        until("it is printed and noted", || {
            let out = fs::read_to_string(scene.path("out")).unwrap();
            // It prints who is here when it has come back.
            let is_back = out.matches(r#""type":"present""#).count() == 2;
            let state = fs::read_to_string(scene.path("state")).unwrap();
            is_back && seen(&state) == seen(&after) && scene.numbers().ends_with(&[2])
        });
        let tail = scene.tail.take().unwrap();
        tail.signal("TERM");
        tail.ends(0, "");
        assert_eq!(
            scene.numbers(),
            [1, 2],
            "{length} of {end} bytes were printed"
        );
        check_lines(&scene.path("out"));
    }
}
