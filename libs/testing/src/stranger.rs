//! Runs a program that somebody else could have written: types for its user, and waits for what it shows. The programs
//! are in `libs/testing/strangers/`, and the example in `libs/wire/examples/python/`. Every wait has a deadline and
//! fails with what was shown so far.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use flume::{Receiver, RecvTimeoutError};

use crate::DEADLINE;

/// A running program. It is killed when dropped.
pub struct Stranger {
    child: Child,
    keyboard: Option<ChildStdin>,
    screen: Receiver<String>,
    shown: Vec<String>,
}

impl Stranger {
    /// Starts one of the programs by the name of its file.
    #[track_caller]
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/strangers"));
        Self::start_file(&directory.join(program), arguments)
    }

    /// Starts the example of the wire library under this name.
    #[track_caller]
    pub fn example(name: &str, port: u16) -> Self {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../wire/examples/python");
        let program = Path::new(directory).join("remember.py");
        let mut example = Self::start_file(&program, &["127.0.0.1", &port.to_string(), name]);
        example.shows("connecting 1");
        example
    }

    #[track_caller]
    fn start_file(program: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new("python3")
            .arg(program)
            .args(arguments)
            .env("PYTHONUTF8", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| match error.kind() {
                ErrorKind::NotFound => panic!("python3 is missing; `just setup` installs it"),
                _ => panic!("cannot start python3: {error}"),
            });
        let keyboard = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (show, screen) = flume::unbounded();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = show.send(line);
            }
        });
        let shown = vec![format!("({} {})", program.display(), arguments.join(" "))];
        Self {
            child,
            keyboard,
            screen,
            shown,
        }
    }

    /// Takes the next line, and it must be this one.
    #[track_caller]
    pub fn shows(&mut self, line: &str) {
        let next = self.next_line();
        assert_eq!(next.as_deref(), Some(line), "shown: {:#?}", self.shown);
    }

    /// Waits for this line, and skips what is shown before it.
    #[track_caller]
    pub fn shows_at_last(&mut self, line: &str) {
        while let Some(next) = self.next_line() {
            if next == line {
                return;
            }
        }
        panic!("it never shows {line:?}, but {:#?}", self.shown);
    }

    /// Takes the next line, which must begin like this, and returns the rest of it.
    #[track_caller]
    pub fn shows_with(&mut self, beginning: &str) -> String {
        let line = self.next_line().unwrap_or_default();
        match line.strip_prefix(beginning) {
            Some(rest) => rest.to_owned(),
            None => panic!("no line begins with {beginning:?}: {:#?}", self.shown),
        }
    }

    /// The number after `word` in the next line.
    #[track_caller]
    pub fn shows_number(&mut self, word: &str) -> u16 {
        let line = self.next_line().unwrap_or_default();
        let number = line
            .strip_prefix(word)
            .and_then(|rest| rest.trim().parse().ok());
        number.unwrap_or_else(|| panic!("no {word} and number: {:#?}", self.shown))
    }

    /// Types a line.
    #[track_caller]
    pub fn types(&mut self, line: &str) {
        let keyboard = self.keyboard.as_mut().expect("its window is closed");
        if let Err(error) = writeln!(keyboard, "{line}") {
            panic!("it takes no keys: {error}; shown: {:#?}", self.shown);
        }
    }

    /// Closes its window.
    pub fn close(&mut self) {
        self.keyboard = None;
    }

    /// Waits until it has ended well, without showing more.
    #[track_caller]
    pub fn ends(&mut self) {
        let next = self.next_line();
        assert_eq!(next, None, "shown: {:#?}", self.shown);
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}, shown: {:#?}", self.shown);
    }

    /// The next line, or `None` when it shows nothing more for ever.
    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        match self.screen.recv_timeout(DEADLINE) {
            Ok(line) => {
                self.shown.push(line.clone());
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing more is shown: {:#?}", self.shown),
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        // This fails if the program has ended, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
