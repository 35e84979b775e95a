//! A directory for a history, the program on it, and what its database has.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hubbub_testing::{Peer, Program, Room, server};
use rusqlite::{Connection, OpenFlags};

/// A directory that is gone after the test.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("hubbub-history-{:016x}", fastrand::u64(..)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The path of something in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// The program with its history in it.
    pub(crate) fn serve(&self, options: &[&str]) -> Program {
        let history = self.path("room");
        Program::with(&[&["--history", &history], options].concat(), &[])
    }

    /// The program with its history in it, and ada and bob in its room.
    pub(crate) fn talk(&self, options: &[&str]) -> (Program, Room, [Peer; 2]) {
        let mut program = self.serve(options);
        let room = program.room();
        let members = room.members(["ada", "bob"]);
        (program, room, members)
    }

    /// The program, with the directory as a file system of its own, of which only the program knows. `how` are the
    /// options of `mount`.
    pub(crate) fn serve_on_its_own_disk(&self, how: &str) -> Program {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        let script = format!(r#"mount -t tmpfs -o {how} none "$0" && exec "$@""#);
        command.arg(script).arg(&self.0).arg(server().get_program());
        command.args(["--port", "0", "--listen", "127.0.0.1", "--history"]);
        command.arg(self.path("room"));
        Program::run(command)
    }

    /// The directory as a program sees it that has a file system of its own there.
    pub(crate) fn as_seen_by(&self, program: &Program) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", program.id()));
        root.join(self.0.strip_prefix("/").unwrap())
    }

    /// What the database has.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Row> {
        rows(&self.0.join("room/history.db")).unwrap()
    }

    /// A connection that can write, as somebody with `sqlite3` has it.
    pub(crate) fn other(&self) -> Connection {
        Connection::open(self.path("room/history.db")).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Plays a scene that is `None` where this computer was too busy for it, until it is not.
#[track_caller]
pub(crate) fn in_time(scene: impl Fn() -> Option<()>) {
    let played = (0..20).find_map(|_| scene());
    played.expect("this computer was too busy for it, twenty times");
}

/// Whether there is time enough left until a server gives up a disk that somebody has locked since then.
pub(crate) fn is_early(locked: Instant) -> bool {
    locked.elapsed() < Duration::from_secs(1)
}

/// A message in the database.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) name: String,
    pub(crate) text: Vec<u8>,
}

/// What a database has.
///
/// # Errors
///
/// It cannot be read, as a copy that was made while something was written.
pub(crate) fn rows(database: &Path) -> rusqlite::Result<Vec<Row>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let connection = Connection::open_with_flags(database, flags)?;
    let mut rows = connection.prepare("SELECT seq, name, text FROM messages ORDER BY seq")?;
    let rows = rows.query_map([], |row| {
        Ok(Row {
            seq: row.get(0)?,
            name: row.get(1)?,
            text: row.get(2)?,
        })
    });
    rows?.collect()
}
