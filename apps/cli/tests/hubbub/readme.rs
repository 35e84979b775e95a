//! What the README has its readers type does what it says.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hubbub_testing::{Processes, Room, join, text, until};

const README: &str = include_str!("../../../../README.md");

/// A block of commands in its shell. All of it ends when dropped.
struct Shell(Child);

impl Shell {
    /// Runs the block with these words for this room, in this directory.
    fn run(words: &str, room: &Room, dir: &Path) -> Self {
        let mut blocks = README.split("```sh\n").skip(1);
        let block = blocks.find_map(|block| {
            let (commands, _) = block.split_once("```")?;
            commands.contains(words).then_some(commands)
        });
        let block = block.unwrap_or_else(|| panic!("no commands with {words:?} in the README"));
        let commands = block.replace("localhost", &room.address().to_string());
        assert_ne!(commands, block);
        let program = Path::new(env!("CARGO_BIN_EXE_hubbub"));
        let path = format!(
            "{}:{}",
            program.parent().unwrap().display(),
            env::var("PATH").unwrap()
        );
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &commands])
            .env("PATH", path)
            .current_dir(dir);
        Self(shell.stdin(Stdio::null()).process_group(0).spawn().unwrap())
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // The shell and all that it started. A shell that has ended by itself has no group any more.
        if self.0.try_wait().unwrap().is_none() {
            let group = format!("kill -s KILL -- -{}", self.0.id());
            let _ = Command::new("sh").args(["-c", &group]).status();
        }
        let _ = self.0.wait();
    }
}

#[test]
fn one_message_from_a_pipe_arrives() {
    let (room, dir) = (Room::open(), tempfile::tempdir().unwrap());
    let mut shell = Shell::run("--username ci", &room, dir.path());
    room.hears(text("ci", "build 42 failed"));
    assert!(shell.0.wait().unwrap().success());
}

/// Whether this process has the file open, behind its last byte.
fn is_at_end(process: u32, file: &Path) -> bool {
    let of = |kind: &str| format!("/proc/{process}/{kind}");
    let Ok(descriptors) = fs::read_dir(of("fd")) else {
        return false;
    };
    let open = descriptors.flatten().find(|open| {
        let target = fs::read_link(open.path());
        target.is_ok_and(|target| target == fs::canonicalize(file).unwrap())
    });
    let position = open.and_then(|open| {
        let found = fs::read_to_string(of("fdinfo") + "/" + open.file_name().to_str()?).ok()?;
        found
            .lines()
            .next()?
            .strip_prefix("pos:")?
            .trim()
            .parse()
            .ok()
    });
    position == Some(fs::metadata(file).unwrap().len())
}

#[test]
fn a_log_file_speaks_into_the_room() {
    let (room, dir) = (Room::open(), tempfile::tempdir().unwrap());
    let mut log = File::create(dir.path().join("build.log")).unwrap();
    writeln!(log, "before").unwrap();
    let shell = Shell::run("build.log", &room, dir.path());
    room.hears(join("build"));
    until("tail is at the end of the log", || {
        let tails = Processes::of(shell.0.id()).named("tail");
        tails
            .iter()
            .any(|tail| is_at_end(*tail, &dir.path().join("build.log")))
    });
    writeln!(log, "compiled").unwrap();
    writeln!(log, "linked").unwrap();
    let lines = [room.next_heard(), room.next_heard()];
    // What was there before is not said, wherever `tail` began.
    assert_eq!(lines, [text("build", "compiled"), text("build", "linked")]);
    drop(shell);
}

#[test]
fn a_bot_answers() {
    let (room, dir) = (Room::open(), tempfile::tempdir().unwrap());
    let shell = Shell::run("!time", &room, dir.path());
    let mut bob = room.member("bob");
    loop {
        bob.send(text("bob", "!time"));
        room.hears(text("bob", "!time"));
        let answer = String::from_utf8(room.next_heard()).unwrap();
        if answer.starts_with("CHAT/1.0 TEXT\r\nUsername: clock\r\n") {
            let (_, words) = answer.split_once("\r\n\r\n").unwrap();
            assert!(words.contains(':') && words.contains("20"), "{words}");
            break;
        }
    }
    drop(shell);
}
