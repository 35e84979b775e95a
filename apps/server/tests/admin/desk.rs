//! What a test needs of an administrator: a directory, a socket in it, and one connection to that, spoken by hand.

use std::env;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use hubbub_server::Settings;
use hubbub_testing::{DEADLINE, Program, Room, until};

/// A directory that is gone after the test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("hubbub-admin-{:016x}", fastrand::u64(..)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The same as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The socket of the administrators.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path("admin")
    }

    /// A room with administrators.
    pub(crate) fn room(&self) -> Room {
        Room::with(self.settings())
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            admin: Some(self.socket()),
            ..Settings::default()
        }
    }

    /// The program with administrators, once it listens.
    pub(crate) fn program(&self, options: &[&str]) -> Program {
        let socket = self.text("admin");
        let mut program = Program::with(&[&["--admin", &socket], options].concat(), &[]);
        program.port();
        program
    }

    /// The program that keeps its bans here.
    pub(crate) fn that_keeps(&self) -> Program {
        self.program(&["--state", &self.text("state")])
    }

    pub(crate) fn desk(&self) -> Desk {
        Desk::connect(&self.socket())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A connection of an administrator.
pub(crate) struct Desk {
    stream: UnixStream,
    unread: Vec<u8>,
}

/// An answer, as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The fields of each line of data, with their escapes.
    pub(crate) rows: Vec<Vec<String>>,
    /// `ok`, `no` or `bad`.
    pub(crate) end: String,
    pub(crate) words: String,
}

impl Desk {
    #[track_caller]
    pub(crate) fn connect(path: &Path) -> Self {
        let mut desk = Self::silent(path);
        assert_eq!(desk.line(), "hubbub-admin 1");
        desk
    }

    /// A connection that has not read the greeting.
    #[track_caller]
    pub(crate) fn silent(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// The same, also if the server has ended the connection.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return String::from_utf8(line[..end].to_vec()).unwrap();
            }
            let mut chunk = [0; 4096];
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(
                read > 0,
                "closed after {:?}",
                String::from_utf8_lossy(&self.unread)
            );
            self.unread.extend_from_slice(&chunk[..read]);
        }
    }

    /// Sends a request as it stands, and reads the answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, request: &str) -> Answer {
        self.send(format!("{request}\n"));
        self.answer()
    }

    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        let mut rows = Vec::new();
        loop {
            let line = self.line();
            let (mark, rest) = line.split_once(' ').unwrap();
            if mark != "-" {
                let (end, words) = (mark.to_owned(), rest.to_owned());
                return Answer { rows, end, words };
            }
            rows.push(rest.split('\t').map(str::to_owned).collect());
        }
    }

    /// The same, which must be done.
    #[track_caller]
    pub(crate) fn does(&mut self, request: &str) -> Answer {
        let answer = self.ask(request);
        assert_eq!(answer.end, "ok", "{request}: {answer:?}");
        answer
    }

    /// The same, which must fail. Returns the words.
    #[track_caller]
    pub(crate) fn fails(&mut self, end: &str, request: &str) -> String {
        let answer = self.ask(request);
        assert_eq!(answer.end, end, "{request}: {answer:?}");
        assert_eq!(answer.rows.len(), 0);
        answer.words
    }

    /// The server ends the connection.
    #[track_caller]
    pub(crate) fn expect_closed(&mut self) {
        loop {
            match self.stream.read(&mut [0; 4096]) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
                Err(error) => panic!("not closed: {error}"),
            }
        }
    }
}

/// Waits until the room has this many members besides its watcher.
#[track_caller]
pub(crate) fn until_members(desk: &mut Desk, count: usize) {
    until("so many are here", || {
        let rows = desk.does("who").rows;
        rows.iter().filter(|row| row[0] != "watcher").count() == count
    });
}
