//! Opening: the directory, its lock, the database in it, and what is done when one of them cannot be used.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::settings::{History, HistorySync};

/// The file in the directory.
pub(super) const DATABASE: &str = "history.db";

/// The version of the schema below. A database of another version is not touched.
const VERSION: i64 = 1;

/// Marks a database as ours: "hubb".
const APPLICATION: i64 = 0x6875_6262;

/// How long the database waits for somebody else's lock before a transaction fails. Keeping is suspended sooner, and
/// resumes when the transaction is through.
const BUSY_MS: u64 = 10_000;

/// Messages have a number in the order of the room, `seq`, without a gap unless something was lost. A place in a start
/// of the server is the number of the last message before that start and a count.
const SCHEMA: &str = "
CREATE TABLE room (id TEXT NOT NULL, deleted INTEGER NOT NULL) STRICT;
CREATE TABLE starts (
    number INTEGER PRIMARY KEY,
    generation TEXT NOT NULL UNIQUE,
    before INTEGER NOT NULL,
    time INTEGER NOT NULL
) STRICT;
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    start INTEGER NOT NULL,
    count INTEGER NOT NULL,
    time INTEGER NOT NULL,
    name TEXT NOT NULL,
    session TEXT,
    number INTEGER,
    text BLOB NOT NULL
) STRICT;
CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    place TEXT NOT NULL,
    heard INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_time ON sessions (heard);
";

/// Makes the directory if it is missing, for this user alone, and takes it for this process.
pub(crate) fn lock(dir: &Path) -> Result<File, String> {
    let cannot = |error| format!("cannot keep a history in {}: {error}", dir.display());
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(cannot)?;
    // Also where the directory is open to others.
    let private = |name| {
        let mut options = File::options();
        options.create(true).truncate(false).write(true).mode(0o600);
        options.open(dir.join(name))
    };
    let lock = private("lock").map_err(cannot)?;
    private(DATABASE).map_err(cannot)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another server keeps its history in {}; stop it, or give this one another --history",
            dir.display()
        )),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

/// Opens the database, which has the schema above then.
pub(super) fn connect(history: &History) -> Result<Connection, String> {
    let path = history.dir.join(DATABASE);
    try_to_connect(&path, history.sync).unwrap_or_else(|error| Err(explain(&path, &error)))
}

fn try_to_connect(path: &Path, sync: HistorySync) -> rusqlite::Result<Result<Connection, String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let is_new = tables == 0 && version == 0 && application == 0;
    if !is_new && application != APPLICATION {
        let path = path.display();
        return Ok(Err(format!(
            "{path} is not a history of this server; move it away, or give another --history"
        )));
    }
    if !is_new && version != VERSION {
        let path = path.display();
        return Ok(Err(format!(
            "{path} has version {version}, and this server knows version {VERSION}; use the server that wrote it, \
             or move it away"
        )));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(
        None,
        "synchronous",
        match sync {
            HistorySync::Normal => "NORMAL",
            HistorySync::Full => "FULL",
        },
    )?;
    // What is deleted is gone.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // The thread reads little, and nothing twice.
    connection.pragma_update(None, "cache_size", -512)?;
    if is_new {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    let sound: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    Ok(if sound == "ok" {
        Ok(connection)
    } else {
        Err(damaged(path, sound.lines().next().unwrap_or_default()))
    })
}

/// How many messages there are: all numbers from the first to the last count, also those in a hole. To count the others
/// alone would read the whole database.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    let mut ends = connection.prepare_cached(
        "SELECT coalesce((SELECT max(seq) FROM messages) - (SELECT min(seq) FROM messages) + 1, 0)",
    )?;
    ends.query_row([], |row| row.get(0)).map(i64::unsigned_abs)
}

/// The same for the database in a directory, for an operator. `None` if it cannot be read.
#[cfg(feature = "admin")]
pub(crate) fn rows(dir: &Path) -> Option<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(dir.join(DATABASE), flags).ok()?;
    count(&connection).ok()
}

/// Says why the database cannot be used.
pub(super) fn explain(path: &Path, error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            damaged(path, &error.to_string())
        }
        _ => format!("cannot keep a history in {}: {error}", path.display()),
    }
}

fn damaged(path: &Path, why: &str) -> String {
    let path = path.display();
    format!(
        "{path} is damaged ({why}); move it away to begin anew, or save what can be read: \
         sqlite3 {path} .recover | sqlite3 new.db"
    )
}
