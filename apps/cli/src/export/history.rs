//! History: the database of a server, read without changing anything, while the server runs or not.
//!
//! It reads a page at a time, each in a transaction of its own: one long transaction would keep the server from giving
//! room free that it has written.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode as Code, OpenFlags, Row};

use crate::status::{Failure, Status};

/// The file in the directory.
const DATABASE: &str = "history.db";

/// The version of the database that is understood.
const VERSION: i64 = 1;

/// What the server marks its databases with: "hubb".
const APPLICATION: i64 = 0x6875_6262;

/// The most messages in a page, and the most bytes of them, apart from a single message that has more.
const PAGE_ROWS: usize = 1000;
const PAGE_BYTES: usize = 1024 * 1024;

/// How long the server may hold a lock that keeps us from reading. It does so only when it is started anew.
const BUSY: Duration = Duration::from_secs(5);

/// A message that was kept.
pub(super) struct Kept {
    /// When it was said, in milliseconds since the beginning of 1970.
    pub(super) ms: i64,
    /// Who said it.
    pub(super) name: String,
    /// What was said.
    pub(super) text: Vec<u8>,
    /// Its place in the log, as members are told it.
    pub(super) seq: String,
    /// The name that its sender gave it, if that was no plain client.
    pub(super) id: Option<String>,
}

/// A database that is being read.
pub(super) struct History {
    connection: Connection,
    path: PathBuf,
    /// Whether nobody had it open at the beginning, so that it was opened without regard for others.
    is_alone: bool,
    /// The number of the last message that was read.
    last: i64,
}

impl History {
    /// Opens the database in a directory.
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(DATABASE);
        let refuse = |words: String| Err(Failure::new(Status::BadFile, words));
        let path = match path.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let dir = dir.display();
                return refuse(format!(
                    "there is no history in {dir}: it has no {DATABASE}; give the directory of the server's --history"
                ));
            }
            Err(error) => return refuse(format!("cannot read {}: {error}", path.display())),
        };
        // Whoever has it open has this file too. SQLite would make one, which may belong to a user who is not the
        // server's, or for which there may be no right.
        let is_alone = !has_readers(&path);
        let mut history = match connect(&path, is_alone) {
            Ok(connection) => Self {
                connection,
                path,
                is_alone,
                last: i64::MIN,
            },
            Err(error) => return Err(explain(&path, &error)),
        };
        match history.check() {
            Ok(None) => Ok(history),
            Ok(Some(words)) => refuse(words),
            Err(error) => Err(explain(&history.path, &error)),
        }
    }

    /// Says why this is not a database that is understood, if it is not.
    fn check(&mut self) -> rusqlite::Result<Option<String>> {
        let number = |pragma| {
            self.connection
                .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
        };
        let path = self.path.display();
        if number("application_id")? != APPLICATION {
            return Ok(Some(format!("{path} is not a history of hubbub-server")));
        }
        let version = number("user_version")?;
        Ok((version != VERSION).then(|| {
            format!(
                "{path} has version {version}, and this program knows version {VERSION}; use the one that came with \
                 the server"
            )
        }))
    }

    /// The next messages that were said at this time or later, the oldest first. None at the end.
    pub(super) fn next_page(&mut self, since: i64) -> Result<Vec<Kept>, Failure> {
        let page = self
            .read(since)
            .map_err(|error| explain(&self.path, &error))?;
        if self.is_alone && has_readers(&self.path) {
            let words = format!(
                "a server has begun to use {} meanwhile; try again",
                self.path.display()
            );
            return Err(Failure::new(Status::CutOff, words));
        }
        Ok(page)
    }

    fn read(&mut self, since: i64) -> rusqlite::Result<Vec<Kept>> {
        let mut messages = self.connection.prepare(
            "SELECT seq, messages.time, name, text, generation, count, session, messages.number
             FROM messages LEFT JOIN starts ON starts.number = messages.start
             WHERE seq > ?1 AND messages.time >= ?2 ORDER BY seq LIMIT ?3",
        )?;
        let mut rows = messages.query((self.last, since, PAGE_ROWS as i64))?;
        let (mut page, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let kept = kept(row)?;
            bytes += kept.text.len();
            if bytes > PAGE_BYTES && !page.is_empty() {
                break;
            }
            self.last = row.get(0)?;
            page.push(kept);
        }
        Ok(page)
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let generation: Option<String> = row.get(4)?;
    let (count, number): (i64, Option<i64>) = (row.get(5)?, row.get(7)?);
    let session: Option<String> = row.get(6)?;
    let own = session.zip(number);
    Ok(Kept {
        ms: row.get(1)?,
        name: row.get(2)?,
        text: row.get(3)?,
        seq: format!(
            "{}-{count}",
            generation.as_deref().unwrap_or("0000000000000000")
        ),
        id: own.map(|(session, number)| format!("{session}-{}", number.cast_unsigned())),
    })
}

/// Whether somebody has the database open, or did when the machine or the server crashed.
fn has_readers(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    Path::new(&log).exists()
}

fn connect(path: &Path, is_alone: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri(path, is_alone), flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// The path as SQLite takes it with options. `immutable` is for what nobody changes meanwhile.
fn uri(path: &Path, is_alone: bool) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        // Writing to a String cannot fail.
        let _ = match byte {
            b'/' | b'.' | b'-' | b'_' => write!(uri, "{}", char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => write!(uri, "{}", char::from(*byte)),
            byte => write!(uri, "%{byte:02x}"),
        };
    }
    uri + if is_alone { "?immutable=1" } else { "" }
}

fn explain(path: &Path, error: &rusqlite::Error) -> Failure {
    let path = path.display();
    let words = match error.sqlite_error_code() {
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
            format!(
                "{path} is damaged ({error}); save what can be read: sqlite3 {path} .recover | sqlite3 new.db"
            )
        }
        Some(Code::CannotOpen | Code::ReadOnly) => format!(
            "cannot read {path}: {error}; a server that crashed has left it half written, so start that server once, \
             or copy the directory to where you may write"
        ),
        _ => format!("cannot read {path}: {error}"),
    };
    Failure::new(Status::BadFile, words)
}
