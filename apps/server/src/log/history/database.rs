//! The database: what it knows when it is opened, what a transaction keeps, and what goes because it is too old or too
//! much. Knows nothing of the thread.

use std::path::PathBuf;
use std::time::Duration;

use hubbub_wire::{Hex64, Hex128, Time};
use rusqlite::{CachedStatement, Connection, Result, params};

use super::super::keeping::{Counting, Order};
use super::super::sessions::{KNOWN_FOR, MAX_SESSIONS};
use super::{ms, open};
use crate::said::{Said, Seq};
use crate::settings::History;

/// The most messages that one step deletes, and the most bytes of them apart from a single message that has more. A
/// step takes less time than anybody notices, and the room may wait for it.
const SWEEP_ROWS: usize = 200;
const SWEEP_BYTES: usize = 1024 * 1024;

/// How many of the last starts are known although nothing was said in them. Somebody may have been there and come back.
/// A server that is started anew all the time does not fill the disk.
const QUIET_STARTS: i64 = 1000;

/// One start of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) number: i64,
    pub(crate) generation: u64,
    /// The number of the last message before it.
    pub(crate) before: i64,
}

/// What is known when the database is opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) room: Hex128,
    pub(crate) time: Time,
    pub(crate) newest: Option<Seq>,
    pub(crate) sessions: Vec<Counting>,
}

#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) connection: Connection,
    pub(crate) room: Hex128,
    /// In order. The last is this one.
    pub(crate) starts: Vec<Start>,
    /// The highest number of a message that was deleted.
    pub(crate) deleted: i64,
    /// The time of the oldest message.
    oldest: Option<i64>,
    sessions: usize,
    /// How many messages there are, with those in holes.
    pub(crate) rows: u64,
    keep: Duration,
    keep_bytes: u64,
    page_bytes: u32,
    /// How many bytes it takes after the last transaction, without its pages that are free.
    bytes: u64,
}

impl Database {
    /// Opens the database, or makes it for the room `room`, and notes this start.
    pub(crate) fn open(
        history: &History,
        room: Hex128,
        generation: u64,
        now: Time,
    ) -> std::result::Result<(Self, Opened), String> {
        let connection = open::connect(history)?;
        let path: PathBuf = history.dir.join(open::DATABASE);
        Self::begin(connection, history, room, generation, now)
            .map_err(|error| open::explain(&path, &error))
    }

    fn begin(
        mut connection: Connection,
        history: &History,
        room: Hex128,
        generation: u64,
        now: Time,
    ) -> Result<(Self, Opened)> {
        let page_bytes: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO room SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM room)",
            [room.to_string()],
        )?;
        let (id, deleted): (String, i64) =
            transaction.query_row("SELECT id, deleted FROM room", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let newest: Option<(i64, i64, Seq)> = optional(transaction.query_row(
            "SELECT messages.seq, messages.time, generation, count FROM messages
             JOIN starts ON starts.number = messages.start ORDER BY messages.seq DESC LIMIT 1",
            [],
            |row| {
                let (generation, count): (String, i64) = (row.get(2)?, row.get(3)?);
                let place = Seq {
                    generation: Hex64::parse(&generation).map_or(0, |generation| generation.0),
                    count: count.unsigned_abs(),
                };
                Ok((row.get(0)?, row.get(1)?, place))
            },
        ))?;
        let before = newest.map_or(deleted, |(seq, ..)| seq.max(deleted));
        transaction.execute(
            "INSERT INTO starts (generation, before, time) VALUES (?1, ?2, ?3)",
            params![Hex64(generation).to_string(), before, ms(now)],
        )?;
        forget_starts(&transaction, deleted)?;
        let forgotten = now.unix_ms().saturating_sub(KNOWN_FOR);
        transaction.execute(
            "DELETE FROM sessions WHERE heard < ?1",
            [ms(Time::from_unix_ms(forgotten))],
        )?;
        transaction.commit()?;
        let sessions = read_sessions(&connection)?;
        let database = Self {
            room: Hex128::parse(&id).unwrap_or(room),
            starts: read_starts(&connection)?,
            deleted,
            oldest: read_oldest(&connection)?,
            sessions: sessions.len(),
            rows: open::count(&connection)?,
            keep: history.keep,
            keep_bytes: history.keep_bytes,
            page_bytes,
            bytes: used_bytes(&connection, page_bytes),
            connection,
        };
        let opened = Opened {
            room: database.room,
            time: Time::from_unix_ms(newest.map_or(0, |(_, time, _)| time.unsigned_abs())),
            newest: newest.map(|(_, _, place)| place),
            sessions,
        };
        Ok((database, opened))
    }

    /// Keeps all of these or nothing. Returns how many messages that are.
    pub(crate) fn keep(&mut self, orders: &[Order]) -> Result<u64> {
        let start = self.start();
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut sessions = self.sessions;
        let mut oldest = self.oldest;
        let mut kept = 0;
        {
            let mut keeper = Keeper::new(&transaction, start)?;
            for order in orders {
                match order {
                    Order::Keep { said, key } => {
                        keeper.said(said)?;
                        kept += said.count();
                        if let (Some(key), Some(last)) = (*key, said.last_own()) {
                            sessions += keeper.counted(&Counting {
                                key,
                                count: last.count,
                                place: said.last(),
                                heard: said.time,
                            })?;
                        }
                        oldest.get_or_insert(ms(said.time));
                    }
                    Order::CatchUp { said, counted } => {
                        for said in said {
                            keeper.said(said)?;
                            kept += said.count();
                            oldest.get_or_insert(ms(said.time));
                        }
                        for counting in counted {
                            sessions += keeper.counted(counting)?;
                        }
                    }
                    Order::Recall { .. } => {}
                }
            }
        }
        let bytes = used_bytes(&transaction, self.page_bytes);
        let rows = open::count(&transaction)?;
        transaction.commit()?;
        (self.sessions, self.oldest, self.rows) = (sessions, oldest, rows);
        self.bytes = bytes;
        Ok(kept)
    }

    fn start(&self) -> Start {
        let none = Start {
            number: 0,
            generation: 0,
            before: 0,
        };
        self.starts.last().copied().unwrap_or(none)
    }

    /// How long it is until something has to be deleted. `None` if there is nothing.
    pub(crate) fn sweep_in(&self, now: Time) -> Option<Duration> {
        if self.sessions > MAX_SESSIONS || self.is_too_large() {
            return Some(Duration::ZERO);
        }
        let oldest = u64::try_from(self.oldest?).unwrap_or(0);
        let age = Duration::from_millis(now.unix_ms().saturating_sub(oldest));
        // A millisecond more, since it has to be older than this.
        Some((self.keep + Duration::from_millis(1)).saturating_sub(age))
    }

    fn is_too_large(&self) -> bool {
        self.oldest.is_some() && self.bytes > self.keep_bytes
    }

    /// How many bytes the database takes, without its pages that are free.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Deletes a few of what is too old or too much.
    pub(crate) fn sweep(&mut self, now: Time) -> Result<()> {
        if self.sweep_in(now) != Some(Duration::ZERO) {
            return Ok(());
        }
        let is_too_large = self.is_too_large();
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut last = None;
        {
            let mut oldest = transaction
                .prepare("SELECT seq, time, length(text) FROM messages ORDER BY seq LIMIT ?1")?;
            let mut rows = oldest.query([SWEEP_ROWS as i64])?;
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                let (seq, time, len): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                bytes += usize::try_from(len).unwrap_or(0);
                let age = now
                    .unix_ms()
                    .saturating_sub(u64::try_from(time).unwrap_or(0));
                let is_old = Duration::from_millis(age) > self.keep;
                if !(is_old || is_too_large) || (bytes > SWEEP_BYTES && last.is_some()) {
                    break;
                }
                last = Some(seq);
            }
        }
        if let Some(last) = last {
            transaction.execute("DELETE FROM messages WHERE seq <= ?1", [last])?;
            transaction.execute("UPDATE room SET deleted = ?1", [last])?;
        }
        let mut forgotten = 0;
        if self.sessions > MAX_SESSIONS {
            forgotten = transaction.execute(
                "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions ORDER BY heard LIMIT ?1)",
                [SWEEP_ROWS as i64],
            )?;
        }
        let bytes = used_bytes(&transaction, self.page_bytes);
        let rows = open::count(&transaction)?;
        transaction.commit()?;
        (self.bytes, self.rows) = (bytes, rows);
        self.sessions = self.sessions.saturating_sub(forgotten);
        self.deleted = last.unwrap_or(self.deleted);
        self.oldest = read_oldest(&self.connection)?;
        Ok(())
    }

    /// The number of a place. `None` if this room never gave it.
    pub(crate) fn number_of(&self, place: Seq) -> Option<i64> {
        let at = self
            .starts
            .iter()
            .position(|start| start.generation == place.generation)?;
        let count = i64::try_from(place.count).unwrap_or(i64::MAX);
        let number = self.starts[at].before.saturating_add(count);
        // What lies beyond the end of an earlier start was never heard by anybody who is to be believed.
        Some(
            self.starts
                .get(at + 1)
                .map_or(number, |next| number.min(next.before)),
        )
    }
}

/// How many bytes a database takes, without its pages that are free. Within a transaction this needs no lock of its
/// own.
fn used_bytes(connection: &Connection, page_bytes: u32) -> u64 {
    let count = |pragma| {
        let count: Result<u32> = connection.pragma_query_value(None, pragma, |row| row.get(0));
        count.unwrap_or(0)
    };
    let used = count("page_count").saturating_sub(count("freelist_count"));
    u64::from(used) * u64::from(page_bytes)
}

/// The statements of a transaction, which SQLite need not read anew for each.
struct Keeper<'a> {
    start: Start,
    message: CachedStatement<'a>,
    known: CachedStatement<'a>,
    new: CachedStatement<'a>,
}

impl<'a> Keeper<'a> {
    fn new(connection: &'a Connection, start: Start) -> Result<Self> {
        Ok(Self {
            start,
            message: connection
                .prepare_cached("INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?,
            known: connection.prepare_cached(
                "UPDATE sessions SET count = ?2, place = ?3, heard = ?4 WHERE key = ?1",
            )?,
            new: connection.prepare_cached("INSERT INTO sessions VALUES (?1, ?2, ?3, ?4)")?,
        })
    }

    fn said(&mut self, said: &Said) -> Result<()> {
        for (seq, own, payload) in said.iter() {
            let count = i64::try_from(seq.count).unwrap_or(i64::MAX);
            self.message.execute(params![
                self.start.before.saturating_add(count),
                self.start.number,
                count,
                ms(said.time),
                said.name.as_str(),
                own.map(|own| own.session.to_string()),
                own.map(|own| own.count.cast_signed()),
                payload.as_bytes(),
            ])?;
        }
        Ok(())
    }

    /// Returns how many sessions are new.
    fn counted(&mut self, counting: &Counting) -> Result<usize> {
        let Counting {
            key,
            count,
            place,
            heard,
        } = *counting;
        let values = params![
            key.0.cast_signed(),
            count.cast_signed(),
            place.to_string(),
            ms(heard)
        ];
        match self.known.execute(values)? {
            0 => self.new.execute(values),
            _ => Ok(0),
        }
    }
}

/// A row that may be missing.
pub(crate) fn optional<T>(row: Result<T>) -> Result<Option<T>> {
    match row {
        Ok(row) => Ok(Some(row)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets go of starts whose places need not be understood any more: those whose messages are gone, and those in which
/// nothing was said, apart from the last ones.
fn forget_starts(connection: &Connection, deleted: i64) -> Result<usize> {
    connection.execute(
        "WITH ended AS (
            SELECT number, before, lead(before) OVER (ORDER BY number) AS end FROM starts
        )
        DELETE FROM starts WHERE number IN (
            SELECT number FROM ended WHERE end < ?1
            OR (end = before AND number < (SELECT max(number) FROM starts) - ?2)
        )",
        [deleted, QUIET_STARTS],
    )
}

/// The time of the oldest message.
fn read_oldest(connection: &Connection) -> Result<Option<i64>> {
    optional(connection.query_row(
        "SELECT time FROM messages ORDER BY seq LIMIT 1",
        [],
        |row| row.get(0),
    ))
}

fn read_starts(connection: &Connection) -> Result<Vec<Start>> {
    let mut starts =
        connection.prepare("SELECT number, generation, before FROM starts ORDER BY number")?;
    let starts = starts.query_map([], |row| {
        let generation: String = row.get(1)?;
        Ok(Start {
            number: row.get(0)?,
            generation: Hex64::parse(&generation).map_or(0, |id| id.0),
            before: row.get(2)?,
        })
    })?;
    starts.collect()
}

/// The sessions that were heard last.
fn read_sessions(connection: &Connection) -> Result<Vec<Counting>> {
    let mut sessions = connection
        .prepare("SELECT key, count, place, heard FROM sessions ORDER BY heard DESC LIMIT ?1")?;
    let sessions = sessions.query_map([MAX_SESSIONS as i64], |row| {
        let (key, count): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (place, heard): (String, i64) = (row.get(2)?, row.get(3)?);
        let nowhere = Seq {
            generation: 0,
            count: 0,
        };
        Ok(Counting {
            key: Hex64(key.cast_unsigned()),
            count: count.cast_unsigned(),
            place: Seq::parse(&place).unwrap_or(nowhere),
            heard: Time::from_unix_ms(heard.unsigned_abs()),
        })
    })?;
    sessions.collect()
}
