//! What the README has its readers type does what it says.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hubbub_testing::{Processes, Program, Room, join, text, until};

const README: &str = include_str!("../../../../README.md");

/// The block of commands in the README that holds these words.
pub(crate) fn block_with(words: &str) -> &'static str {
    let mut blocks = README.split("```sh\n").skip(1);
    let block = blocks.find_map(|block| {
        let (commands, _) = block.split_once("```")?;
        commands.contains(words).then_some(commands)
    });
    block.unwrap_or_else(|| panic!("no commands with {words:?} in the README"))
}

/// A block of commands in its shell. All of it ends when dropped.
struct Shell(Child);

impl Shell {
    /// Runs the block with these words for this room, in this directory.
    fn run(words: &str, room: &Room, dir: &Path) -> Self {
        let block = block_with(words);
        let commands = block.replace("localhost", &room.address().to_string());
        assert_ne!(commands, block);
        Self::type_in(&commands, dir)
    }

    /// Runs these commands in this directory.
    fn type_in(commands: &str, dir: &Path) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_hubbub"));
        let path = format!(
            "{}:{}",
            program.parent().unwrap().display(),
            env::var("PATH").unwrap()
        );
        let mut shell = Command::new("sh");
        shell
            .args(["-c", commands])
            .env("PATH", path)
            .env("XDG_STATE_HOME", dir)
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

#[test]
fn an_invitation_to_a_private_room_leads_into_it() {
    let dir = tempfile::tempdir().unwrap();
    let room = format!("{}/room", dir.path().display());
    let start = block_with("--make-password").trim();
    let options: Vec<String> = start
        .strip_prefix("hubbub-server ")
        .unwrap()
        .split(' ')
        .map(|option| match option.strip_prefix("room") {
            Some(rest) => format!("{room}{rest}"),
            None => option.to_owned(),
        })
        .collect();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let mut server = Program::with(&options, &[]);
    server.port();
    let invite = block_with(">invitation");
    let mut shell = Shell::type_in(invite, dir.path());
    assert!(shell.0.wait().unwrap().success());
    let link = fs::read_to_string(dir.path().join("invitation")).unwrap();
    assert!(link.starts_with("chats://localhost:"), "{link}");
    let enter = "hubbub who --invitation invitation --username alice >here";
    let mut shell = Shell::type_in(enter, dir.path());
    assert!(shell.0.wait().unwrap().success());
    let here = fs::read_to_string(dir.path().join("here")).unwrap();
    assert_eq!(here, "alice\n");
}
