//! The database alone, with the time given, and the thread with a lock that the test holds.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use hubbub_wire::{Hex64, Id, Payload, Token, Username};

use super::super::keeping::Counting;
use super::super::replay::Ask;
use super::super::sessions::{KNOWN_FOR, MAX_SESSIONS};
use super::database::Opened;
use super::*;
use crate::said::{Said, Seq};
use crate::settings::HistorySync;
use crate::texts::Texts;

/// A directory that is gone after the test.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let name = format!("hubbub-history-{:016x}", crate::runtime::draw());
        Self(std::env::temp_dir().join(name))
    }

    fn history(&self) -> History {
        History::new(self.0.clone())
    }

    /// Opens the history in a start of this generation.
    fn open(&self, generation: u64) -> (Database, Opened) {
        self.open_with(&self.history(), generation)
    }

    fn open_with(&self, history: &History, generation: u64) -> (Database, Opened) {
        let room = Hex128(u128::from(generation));
        open::lock(&self.0).unwrap();
        Database::open(history, room, generation, at(NOW)).unwrap()
    }

    fn refusal(&self) -> String {
        open::lock(&self.0).unwrap();
        Database::open(&self.history(), Hex128(1), 1, at(NOW)).unwrap_err()
    }

    fn file(&self) -> PathBuf {
        self.0.join("history.db")
    }

    /// Another connection, as somebody with `sqlite3` has one.
    fn other(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NOW: u64 = 1_000_000_000_000;

fn at(ms: u64) -> Time {
    Time::from_unix_ms(ms)
}

fn seq(generation: u64, count: u64) -> Seq {
    Seq { generation, count }
}

/// Texts of ada, the first of which has this place.
fn said_at(first: Seq, time: Time, own: Option<u64>, payloads: &[&[u8]]) -> Arc<Said> {
    let mut texts = Texts::default();
    for payload in payloads {
        texts.push(Payload::new(payload).unwrap());
    }
    let session = Hex64(5);
    Arc::new(Said {
        name: Arc::new(Username::new("ada", 3).unwrap()),
        first,
        time,
        own: own.map(|count| Id { session, count }),
        texts,
    })
}

fn keep(first: Seq, payloads: &[&[u8]]) -> Order {
    let said = said_at(first, at(NOW), None, payloads);
    Order::Keep { said, key: None }
}

/// A text of one letter at each of these counts.
fn letters(database: &mut Database, generation: u64, counts: impl IntoIterator<Item = u64>) {
    let orders = counts
        .into_iter()
        .map(|count| keep(seq(generation, count), &[b"x"]));
    database.keep(&orders.collect::<Vec<_>>()).unwrap();
}

/// What a replay has: the counts of its texts, whether there is more, whether something is lost.
fn recalled(database: &Database, ask: &Ask, until: Seq) -> (Vec<u64>, bool, bool) {
    let (counts, _, more, lost) = recalled_after(database, ask, until);
    (counts, more, lost)
}

/// Also the count of the place after which it is.
fn recalled_after(
    database: &Database,
    ask: &Ask,
    until: Seq,
) -> (Vec<u64>, Option<u64>, bool, bool) {
    let Ok(Answer::Recalled {
        number: 3,
        texts,
        after,
        more,
        lost,
    }) = database.recall(3, ask, until)
    else {
        panic!("no answer");
    };
    let texts = String::from_utf8(texts.unwrap_or_default()).unwrap();
    let places = texts.split("\r\nSeq: ").skip(1);
    let counts = places.map(|place| Seq::parse(place.lines().next().unwrap()).unwrap().count);
    (counts.collect(), after.map(|place| place.count), more, lost)
}

fn token(generation: u64, count: u64) -> Token<'static> {
    seq(generation, count).token().unwrap()
}

#[test]
fn a_later_start_knows_what_an_earlier_one_kept() {
    let dir = Dir::new();
    let (mut database, opened) = dir.open(1);
    assert_eq!(
        (opened.room.0, opened.newest, opened.time.unix_ms()),
        (1, None, 0)
    );
    assert!(opened.sessions.is_empty());
    let key = Some(Hex64(6));
    let said = said_at(seq(1, 1), at(NOW), Some(u64::MAX - 1), &[b"a", b"\0\xff"]);
    database.keep(&[Order::Keep { said, key }]).unwrap();
    drop(database);
    let (database, opened) = dir.open(2);
    assert_eq!(
        (opened.room.0, opened.newest, opened.time),
        (1, Some(seq(1, 2)), at(NOW))
    );
    let counting = Counting {
        key: Hex64(6),
        count: u64::MAX,
        place: seq(1, 2),
        heard: at(NOW),
    };
    assert_eq!(opened.sessions, [counting]);
    let answer = database.recall(3, &Ask::Recent(9), seq(2, 0)).unwrap();
    let Answer::Recalled { texts, .. } = answer else {
        panic!("no answer")
    };
    let frames = b"CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 1\r\nId: 0000000000000005-18446744073709551614\r\n\
                   Seq: 0000000000000001-1\r\nTime: 2001-09-09T01:46:40.000Z\r\nPast: yes\r\n\r\na\
                   CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 2\r\nId: 0000000000000005-18446744073709551615\r\n\
                   Seq: 0000000000000001-2\r\nTime: 2001-09-09T01:46:40.000Z\r\nPast: yes\r\n\r\n\0\xff";
    assert_eq!(texts.unwrap(), frames);
}

#[test]
fn an_order_is_kept_whole_or_not_at_all_and_may_be_given_again() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, [1]);
    let pages: i64 = database
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    database
        .connection
        .pragma_update(None, "max_page_count", pages + 20)
        .unwrap();
    let key = Some(Hex64(6));
    let small = Order::Keep {
        said: said_at(seq(1, 2), at(NOW), Some(7), &[b"b"]),
        key,
    };
    let orders = [small, keep(seq(1, 3), &[&[b'x'; 200_000]])];
    let error = database.keep(&orders).unwrap_err();
    assert_eq!(error.to_string(), "database or disk is full");
    assert_eq!(recalled(&database, &Ask::Recent(9), seq(1, 3)).0, [1]);
    let sessions = |database: &Database| -> i64 {
        database
            .connection
            .query_row("SELECT count(*) FROM sessions", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(sessions(&database), 0);
    database
        .connection
        .pragma_update(None, "max_page_count", pages + 100)
        .unwrap();
    database.keep(&orders).unwrap();
    assert_eq!(recalled(&database, &Ask::Recent(9), seq(1, 3)).0, [1, 2, 3]);
    assert_eq!(sessions(&database), 1);
}

#[test]
fn places_of_all_starts_are_understood() {
    let dir = Dir::new();
    letters(&mut dir.open(1).0, 1, 1..=3);
    letters(&mut dir.open(2).0, 2, 1..=2);
    let (database, _) = dir.open(3);
    let until = seq(3, 0);
    let since = |place| Ask::Since(Hex128(1), place);
    for (place, counts, lost) in [
        (token(1, 0), vec![1, 2, 3, 1, 2], false),
        (token(1, 2), vec![3, 1, 2], false),
        (token(1, 3), vec![1, 2], false),
        // A power failure has taken what came after 3.
        (token(1, 9), vec![1, 2], false),
        (token(2, 0), vec![1, 2], false),
        (token(2, 1), vec![2], false),
        (token(2, 2), vec![], false),
        (token(3, 0), vec![], false),
        (token(4, 1), vec![1, 2, 3, 1, 2], true),
        (Token::new("x").unwrap(), vec![1, 2, 3, 1, 2], true),
    ] {
        let got = recalled(&database, &since(place.clone()), until);
        assert_eq!(got, (counts, false, lost), "since {place}");
    }
    let elsewhere = Ask::Since(Hex128(2), token(1, 2));
    assert_eq!(
        recalled(&database, &elsewhere, until),
        (vec![1, 2, 3, 1, 2], false, false)
    );
    let before = |place, most| Ask::Before(place, most);
    assert_eq!(
        recalled(&database, &before(token(2, 2), 2), until),
        (vec![3, 1], true, false)
    );
    assert_eq!(
        recalled(&database, &before(token(2, 2), 4), until),
        (vec![1, 2, 3, 1], false, false)
    );
    assert_eq!(
        recalled(&database, &before(token(1, 1), 4), until),
        (vec![], false, false)
    );
    assert_eq!(
        recalled(&database, &before(token(4, 1), 4), until),
        (vec![], false, true)
    );
    assert_eq!(
        recalled(&database, &Ask::Recent(2), seq(2, 1)),
        (vec![3, 1], true, false)
    );
    assert_eq!(
        recalled(&database, &Ask::Recent(0), until),
        (vec![], true, false)
    );
}

#[test]
fn a_replay_stops_at_a_hole_and_says_so() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, (1..=3).chain(6..=8));
    let (until, since) = (seq(1, 8), |count| Ask::Since(Hex128(1), token(1, count)));
    for (seen, counts, lost) in [
        (2, vec![6, 7, 8], true),
        (3, vec![6, 7, 8], true),
        (4, vec![6, 7, 8], true),
        (5, vec![6, 7, 8], false),
        (6, vec![7, 8], false),
    ] {
        let got = recalled(&database, &since(seen), until);
        // Only who has not seen 3 has more to ask for.
        assert_eq!(got, (counts, seen == 2, lost), "since {seen}");
    }
    let before = |count, most| Ask::Before(token(1, count), most);
    assert_eq!(
        recalled(&database, &before(8, 1), until),
        (vec![7], true, false)
    );
    assert_eq!(
        recalled(&database, &before(8, 2), until),
        (vec![6, 7], true, true)
    );
    assert_eq!(
        recalled(&database, &before(8, 3), until),
        (vec![6, 7], true, true)
    );
    // Who has 6 from memory does not know that 5 is lost, and 5 may have been there while it was not.
    for (count, most, wanted) in [
        (7, 9, (vec![6], None, true, true)),
        (6, 9, (vec![1, 2, 3], Some(3), false, false)),
        (6, 2, (vec![2, 3], Some(3), true, false)),
        (5, 9, (vec![1, 2, 3], Some(3), false, false)),
        (4, 9, (vec![1, 2, 3], None, false, false)),
    ] {
        let got = recalled_after(&database, &before(count, most), until);
        assert_eq!(got, wanted, "{most} before {count}");
    }
    assert_eq!(
        recalled(&database, &Ask::Recent(9), until),
        (vec![6, 7, 8], true, true)
    );
    assert_eq!(
        recalled(&database, &Ask::Recent(2), until),
        (vec![7, 8], true, false)
    );
    // A hole at the end.
    for (seen, counts) in [(8, vec![]), (7, vec![8])] {
        let got = recalled(&database, &since(seen), seq(1, 9));
        assert_eq!(got, (counts, false, true));
    }
}

#[test]
fn rows_are_counted_with_those_in_holes_also_after_a_restart_and_a_sweep() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    assert_eq!(database.rows, 0);
    letters(&mut database, 1, (1..=3).chain(6..=7));
    assert_eq!(database.rows, 7);
    drop(database);
    let (mut database, _) = dir.open(2);
    assert_eq!(database.rows, 7);
    let later = NOW + 10_000;
    let said = said_at(seq(2, 3), at(later), None, &[b"x", b"x"]);
    let kept = database.keep(&[Order::Keep { said, key: None }]);
    assert_eq!((kept, database.rows), (Ok(2), 11));
    let keep = u64::try_from(dir.history().keep.as_millis()).unwrap();
    database.sweep(at(later + keep)).unwrap();
    assert_eq!(database.rows, 2);
}

#[test]
fn who_has_seen_what_is_lost_is_told_what_is_kept_before_it() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, (1..=3).chain(6..=306));
    let since = |count| Ask::Since(Hex128(1), token(1, count));
    for (seen, kept) in [
        (2, Some(2)),
        (3, Some(3)),
        (5, Some(3)),
        (6, Some(6)),
        (106, None),
    ] {
        let answer = database.recall(3, &since(seen), seq(1, 306)).unwrap();
        let Answer::Recalled { after, .. } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(after, kept.map(|count| seq(1, count)), "since {seen}");
    }
}

#[test]
fn a_replay_is_as_long_as_one_from_memory() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, 1..=300);
    let until = seq(1, 300);
    let (counts, more, lost) = recalled(&database, &Ask::Since(Hex128(1), token(1, 0)), until);
    assert_eq!(
        (counts.len(), counts[0], more, lost),
        (200, 101, true, false)
    );
    let (counts, ..) = recalled(&database, &Ask::Before(token(1, 101), 200), until);
    assert_eq!((counts.len(), counts[0]), (100, 1));
}

#[test]
fn whether_something_is_kept_after_a_place_is_told_without_it() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, (1..=3).chain(6..=8));
    for (seen, until, wanted) in [
        (2, 5, (vec![], Some(2), true, false)),
        (3, 5, (vec![], Some(3), false, true)),
        (4, 5, (vec![], Some(3), false, true)),
        (5, 5, (vec![], Some(3), false, false)),
        (4, 6, (vec![], Some(3), true, false)),
    ] {
        let whether = Ask::Whether(Hex128(1), token(1, seen));
        let got = recalled_after(&database, &whether, seq(1, until));
        assert_eq!(got, wanted, "from {seen} to {until}");
    }
    let unknown = Ask::Whether(Hex128(1), token(4, 1));
    let got = recalled_after(&database, &unknown, seq(1, 5));
    assert_eq!(got, (vec![], None, false, true));
    let elsewhere = Ask::Whether(Hex128(2), token(1, 5));
    let got = recalled_after(&database, &elsewhere, seq(1, 5));
    assert_eq!(got, (vec![], None, true, false));
}

#[test]
fn what_came_before_a_place_that_was_lost_ends_with_the_last_that_is_left() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, 1..=3);
    drop(database);
    let (mut database, _) = dir.open(2);
    letters(&mut database, 2, 1..=2);
    for (count, wanted) in [(3, vec![1, 2]), (4, vec![1, 2, 3]), (9, vec![1, 2, 3])] {
        let before = Ask::Before(token(1, count), 9);
        let got = recalled(&database, &before, seq(2, 2));
        assert_eq!(got, (wanted, false, false), "before {count}");
    }
}

#[test]
fn what_was_deleted_since_is_told_where_it_is_missing_and_not_before_a_full_page() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, 3..=205);
    database.deleted = 2;
    let until = seq(1, 205);
    let since = Ask::Since(Hex128(1), token(1, 1));
    let (counts, more, lost) = recalled(&database, &since, until);
    assert_eq!((counts[0], more, lost), (6, true, false));
    let before = Ask::Before(token(1, 6), 200);
    let got = recalled(&database, &before, until);
    assert_eq!(got, (vec![3, 4, 5], false, true));
    let (counts, more, lost) = recalled(&database, &since, seq(1, 100));
    assert_eq!((counts[0], more, lost), (3, false, true));
}

#[test]
fn from_an_unknown_place_a_full_page_has_nothing_to_go_on_with() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, 1..=201);
    let since = Ask::Since(Hex128(1), token(4, 1));
    let (counts, more, lost) = recalled(&database, &since, seq(1, 201));
    assert_eq!((counts[0], more, lost), (2, false, true));
}

#[test]
fn a_message_that_is_longer_than_a_step_goes_alone() {
    let dir = Dir::new();
    let history = History {
        keep: Duration::from_millis(1),
        ..dir.history()
    };
    let (mut database, _) = dir.open_with(&history, 1);
    let long = vec![b'x'; 1024 * 1024 + 1];
    for (count, text) in [(1, &b"x"[..]), (2, &long), (3, b"x")] {
        let said = said_at(seq(1, count), at(NOW), None, &[text]);
        database.keep(&[Order::Keep { said, key: None }]).unwrap();
    }
    for deleted in [1, 2, 3] {
        database.sweep(at(NOW + 2)).unwrap();
        assert_eq!(database.deleted, deleted);
    }
}

#[test]
fn a_transaction_waits_for_the_disk_if_it_is_to_survive_a_power_failure_and_what_is_deleted_is_gone()
 {
    // As SQLite counts them.
    const NORMAL: i64 = 1;
    const FULL: i64 = 2;
    for (sync, wanted) in [(HistorySync::Normal, NORMAL), (HistorySync::Full, FULL)] {
        let dir = Dir::new();
        let history = History {
            sync,
            ..dir.history()
        };
        let (database, _) = dir.open_with(&history, 1);
        let value = |pragma| -> i64 {
            let connection = &database.connection;
            connection
                .pragma_query_value(None, pragma, |row| row.get(0))
                .unwrap()
        };
        assert_eq!(value("synchronous"), wanted);
        assert_eq!(value("secure_delete"), 1);
    }
}

#[test]
fn messages_are_kept_for_their_time_and_not_a_millisecond_longer() {
    let dir = Dir::new();
    let keep = Duration::from_millis(1000);
    let history = History {
        keep,
        ..dir.history()
    };
    let (mut database, _) = dir.open_with(&history, 1);
    assert_eq!(database.sweep_in(at(NOW)), None);
    for count in 1..=3 {
        let said = said_at(seq(1, count), at(NOW + count), None, &[b"x"]);
        database.keep(&[Order::Keep { said, key: None }]).unwrap();
    }
    assert_eq!(
        database.sweep_in(at(NOW + 1)),
        Some(keep + Duration::from_millis(1))
    );
    database.sweep(at(NOW + 1001)).unwrap();
    assert_eq!(
        recalled(&database, &Ask::Recent(9), seq(1, 3)),
        (vec![1, 2, 3], false, false)
    );
    assert_eq!(
        database.sweep_in(at(NOW + 1001)),
        Some(Duration::from_millis(1))
    );
    assert_eq!(database.sweep_in(at(NOW + 1002)), Some(Duration::ZERO));
    database.sweep(at(NOW + 1002)).unwrap();
    assert_eq!(
        recalled(&database, &Ask::Recent(9), seq(1, 3)),
        (vec![2, 3], false, false)
    );
    // Whoever missed the first hears that it is lost, and nobody else.
    let since = |count| Ask::Since(Hex128(1), token(1, count));
    assert_eq!(
        recalled(&database, &since(0), seq(1, 3)),
        (vec![2, 3], false, true)
    );
    assert_eq!(
        recalled(&database, &since(1), seq(1, 3)),
        (vec![2, 3], false, false)
    );
    assert_eq!(
        recalled(&database, &Ask::Before(token(1, 3), 9), seq(1, 3)),
        (vec![2], false, true)
    );
    database.sweep(at(NOW + 9999)).unwrap();
    assert_eq!(database.sweep_in(at(NOW + 9999)), None);
    drop(database);
    // Numbers go on where they were, although nothing is left.
    let (mut database, opened) = dir.open(2);
    assert_eq!(opened.newest, None);
    letters(&mut database, 2, [1]);
    assert_eq!(
        recalled(&database, &since(1), seq(2, 1)),
        (vec![1], false, true)
    );
    assert_eq!(
        recalled(&database, &since(3), seq(2, 1)),
        (vec![1], false, false)
    );
}

#[test]
fn old_messages_go_in_small_steps() {
    let dir = Dir::new();
    let history = History {
        keep: Duration::from_millis(1),
        ..dir.history()
    };
    let (mut database, _) = dir.open_with(&history, 1);
    letters(&mut database, 1, 1..=201);
    let count = |database: &Database| -> i64 {
        database
            .connection
            .query_row("SELECT count(*) FROM messages", [], |row| row.get(0))
            .unwrap()
    };
    database.sweep(at(NOW + 9)).unwrap();
    assert_eq!(count(&database), 1);
    let half = vec![b'x'; 512 * 1024];
    database
        .keep(&[
            keep_long(202, &half),
            keep_long(203, &half),
            keep_long(204, &[half.clone(), half].concat()),
        ])
        .unwrap();
    // 201 has one byte, so the second half does not fit.
    database.sweep(at(NOW + 9)).unwrap();
    assert_eq!(count(&database), 2);
    database.sweep(at(NOW + 9)).unwrap();
    assert_eq!(count(&database), 1);
    database.sweep(at(NOW + 9)).unwrap();
    assert_eq!(count(&database), 0);
}

fn keep_long(count: u64, payload: &[u8]) -> Order {
    keep(seq(1, count), &[payload])
}

#[test]
fn the_oldest_go_when_the_database_is_too_large() {
    let dir = Dir::new();
    let mut history = dir.history();
    history.keep_bytes = 1024 * 1024;
    let (mut database, _) = dir.open_with(&history, 1);
    let mut count = 0;
    while database.sweep_in(at(NOW)) != Some(Duration::ZERO) {
        database.sweep(at(NOW)).unwrap();
        count += 1;
        database.keep(&[keep_long(count, &[b'x'; 10_000])]).unwrap();
    }
    // The first sweeps had nothing to do.
    assert_eq!(database.deleted, 0);
    let pages: i64 = database
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    assert!(
        (1024 * 1024 - 20_000..1024 * 1024 + 20_000).contains(&(pages * 4096)),
        "{pages}"
    );
    database.sweep(at(NOW)).unwrap();
    assert!(database.deleted > 0);
    assert_ne!(database.sweep_in(at(NOW)), Some(Duration::ZERO));
    // What is free is used again, so the file does not grow.
    for count in count + 1..count + 50 {
        database.keep(&[keep_long(count, &[b'x'; 10_000])]).unwrap();
    }
    let now: i64 = database
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    assert_eq!(now, pages);
}

#[test]
fn sessions_are_known_for_seven_days_and_there_are_not_too_many() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    let counting = |key, heard| Counting {
        key: Hex64(key),
        count: 1,
        place: seq(1, 1),
        heard: at(heard),
    };
    let most = MAX_SESSIONS as u64;
    let mut counted: Vec<_> = (2..=most).map(|key| counting(key, NOW)).collect();
    counted.push(counting(1, NOW - KNOWN_FOR - 1));
    counted.push(counting(most, NOW - KNOWN_FOR));
    let said = Vec::new();
    database.keep(&[Order::CatchUp { said, counted }]).unwrap();
    assert_eq!(database.sweep_in(at(NOW)), None);
    let (said, counted) = (Vec::new(), vec![counting(0, NOW + 1)]);
    database.keep(&[Order::CatchUp { said, counted }]).unwrap();
    assert_eq!(database.sweep_in(at(NOW)), Some(Duration::ZERO));
    database.sweep(at(NOW)).unwrap();
    assert_eq!(database.sweep_in(at(NOW)), None);
    drop(database);
    let known = dir.open(2).1.sessions;
    let is_known = |key| known.iter().any(|counting| counting.key == Hex64(key));
    assert!(is_known(0) && !is_known(1) && !is_known(most));
    assert_eq!(known.len(), MAX_SESSIONS + 1 - 200);

    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    let counted = vec![
        counting(1, NOW - KNOWN_FOR - 1),
        counting(2, NOW - KNOWN_FOR),
    ];
    database
        .keep(&[Order::CatchUp {
            said: Vec::new(),
            counted,
        }])
        .unwrap();
    drop(database);
    let known = dir.open(2).1.sessions;
    assert_eq!(known, [counting(2, NOW - KNOWN_FOR)]);
}

#[test]
fn starts_are_forgotten_when_their_messages_are_gone_or_when_nothing_was_said_in_too_many() {
    let dir = Dir::new();
    letters(&mut dir.open(1).0, 1, 1..=2);
    drop(dir.open(2));
    let mut other = dir.other();
    let starts = other.transaction().unwrap();
    for generation in 3..1004 {
        let generation = Hex64(generation).to_string();
        let sql = "INSERT INTO starts (generation, before, time) VALUES (?1, 2, 0)";
        starts.execute(sql, [generation]).unwrap();
    }
    starts.commit().unwrap();
    drop(other);
    let (mut database, _) = dir.open(1004);
    let generations = |database: &Database| {
        let starts = database.starts.iter().map(|start| start.generation);
        starts.collect::<Vec<_>>()
    };
    let known = generations(&database);
    assert_eq!((known[0], known[1], known.len()), (1, 4, 1002));
    letters(&mut database, 1004, [1]);
    database
        .connection
        .execute_batch("DELETE FROM messages WHERE seq <= 2; UPDATE room SET deleted = 2")
        .unwrap();
    drop(database);
    let (database, _) = dir.open(1005);
    assert_eq!(generations(&database)[0], 1, "2 is the end of this start");
    database
        .connection
        .execute_batch("DELETE FROM messages; UPDATE room SET deleted = 3")
        .unwrap();
    drop(database);
    assert_eq!(generations(&dir.open(1006).0), [1004, 1005, 1006]);
}

#[test]
fn the_directory_is_made_for_this_user_alone() {
    let dir = Dir::new();
    drop(dir.open(1));
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir.0.clone()), mode(dir.file())), (0o700, 0o600));
}

#[test]
fn a_directory_serves_one_server_at_a_time() {
    let dir = Dir::new();
    let first = start(&dir.history(), Hex128(1), 1, &Arc::default()).unwrap();
    let refusal = start(&dir.history(), Hex128(1), 2, &Arc::default()).unwrap_err();
    assert!(
        refusal.starts_with("another server keeps its history in "),
        "{refusal}"
    );
    let Disk {
        orders, answers, ..
    } = first;
    drop(orders);
    assert!(answers.recv().is_err());
    start(&dir.history(), Hex128(1), 3, &Arc::default()).unwrap();
}

#[test]
fn a_damaged_database_is_refused_with_what_to_do() {
    let dir = Dir::new();
    let (mut database, _) = dir.open(1);
    letters(&mut database, 1, 1..=2000);
    drop(database);
    let sound = fs::read(dir.file()).unwrap();
    for (what, damaged) in [
        ("a page in the middle", {
            let mut bytes = sound.clone();
            let middle = bytes.len() / 2 / 4096 * 4096;
            bytes[middle..middle + 100].fill(0xff);
            bytes
        }),
        ("the end is missing", sound[..sound.len() - 8192].to_vec()),
        ("no database at all", b"hello".repeat(1000)),
    ] {
        fs::write(dir.file(), damaged).unwrap();
        let refusal = dir.refusal();
        assert!(
            refusal.contains("is damaged") && refusal.contains(".recover"),
            "{what}: {refusal}"
        );
    }
    fs::write(dir.file(), sound).unwrap();
    drop(dir.open(2));
}

#[test]
fn a_database_of_a_newer_server_or_of_somebody_else_is_not_touched() {
    let dir = Dir::new();
    drop(dir.open(1));
    dir.other().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(dir.file()).unwrap();
    let refusal = dir.refusal();
    assert!(
        refusal.contains("has version 99, and this server knows version 1"),
        "{refusal}"
    );
    assert_eq!(fs::read(dir.file()).unwrap(), before);
    let dir = Dir::new();
    open::lock(&dir.0).unwrap();
    dir.other()
        .execute_batch("CREATE TABLE cakes (name TEXT)")
        .unwrap();
    let before = fs::read(dir.file()).unwrap();
    let refusal = dir.refusal();
    assert!(
        refusal.contains("is not a history of this server"),
        "{refusal}"
    );
    assert_eq!(fs::read(dir.file()).unwrap(), before);
}

/// A text that is not too old for the thread, which has a clock.
fn keep_now(count: u64) -> Order {
    let said = said_at(seq(1, count), wall(), None, &[b"x"]);
    Order::Keep { said, key: None }
}

/// The next answer of the thread.
#[track_caller]
fn answer(disk: &Disk) -> Answer {
    disk.answers.recv_timeout(Duration::from_secs(30)).unwrap()
}

#[test]
fn the_thread_keeps_what_waits_and_ends_when_the_log_does() {
    let dir = Dir::new();
    let disk = start(&dir.history(), Hex128(1), 1, &Arc::default()).unwrap();
    for count in 1..=3 {
        disk.orders.send(keep_now(count)).unwrap();
    }
    let question = |number| Order::Recall {
        number,
        ask: Ask::Recent(9),
        until: seq(1, 3),
    };
    disk.orders.send(question(7)).unwrap();
    let mut kept = 0;
    while kept < 3 {
        match answer(&disk) {
            Answer::Kept { orders } => kept = orders,
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        answer(&disk),
        Answer::Recalled {
            number: 7,
            more: false,
            lost: false,
            ..
        }
    ));
    disk.orders.send(keep_now(4)).unwrap();
    disk.orders.send(question(8)).unwrap();
    let Disk {
        orders, answers, ..
    } = disk;
    drop(orders);
    let last: Vec<_> = answers.iter().collect();
    assert!(
        matches!(
            last[..],
            [
                Answer::Kept { orders: 4 },
                Answer::Recalled { number: 8, .. }
            ]
        ),
        "{last:?}"
    );
    let (database, _) = dir.open(2);
    assert_eq!(
        recalled(&database, &Ask::Recent(9), seq(2, 0)).0,
        [1, 2, 3, 4]
    );
}

#[test]
fn the_thread_tries_again_what_failed_and_reads_meanwhile() {
    let dir = Dir::new();
    let (database, _) = dir.open(1);
    let lock = open::lock(&dir.0).unwrap();
    database.connection.busy_timeout(Duration::ZERO).unwrap();
    let (give, given) = flume::unbounded();
    let (answered, answers) = flume::unbounded();
    let worker = Worker::new(database, given, answered, lock, Arc::default());
    let other = dir.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let thread = thread::spawn(move || worker.run());
    let answer = || answers.recv_timeout(Duration::from_secs(30)).unwrap();
    give.send(keep_now(1)).unwrap();
    let Answer::Failed { why } = answer() else {
        panic!("somebody else has the lock");
    };
    assert_eq!(why, "database is locked");
    give.send(Order::Recall {
        number: 3,
        ask: Ask::Recent(9),
        until: seq(1, 1),
    })
    .unwrap();
    let mut failures = 0;
    loop {
        match answer() {
            Answer::Failed { .. } => failures += 1,
            Answer::Recalled {
                number: 3,
                texts: None,
                ..
            } => break,
            other => panic!("{other:?}"),
        }
    }
    other.execute_batch("COMMIT").unwrap();
    while let Answer::Failed { .. } = answer() {
        failures += 1;
    }
    assert!(failures < 5, "{failures} tries in a second");
    drop(give);
    thread.join().unwrap();
    assert_eq!(recalled(&dir.open(2).0, &Ask::Recent(9), seq(2, 0)).0, [1]);
}

#[test]
fn a_lock_for_a_moment_is_no_failure_and_reading_needs_none() {
    let dir = Dir::new();
    let (database, _) = dir.open(1);
    let lock = open::lock(&dir.0).unwrap();
    let (give, given) = flume::unbounded();
    let (answered, answers) = flume::unbounded();
    let worker = Worker::new(database, given, answered, lock, Arc::default());
    let other = dir.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let thread = thread::spawn(move || worker.run());
    give.send(keep_now(1)).unwrap();
    for number in 1..=3 {
        let (ask, until) = (Ask::Recent(9), seq(1, 1));
        give.send(Order::Recall { number, ask, until }).unwrap();
        let answer = answers.recv_timeout(Duration::from_secs(30)).unwrap();
        let is_recalled =
            matches!(answer, Answer::Recalled { number: known, .. } if known == number);
        assert!(is_recalled, "{answer:?}");
    }
    other.execute_batch("COMMIT").unwrap();
    let answer = answers.recv_timeout(Duration::from_secs(30)).unwrap();
    assert!(matches!(answer, Answer::Kept { orders: 1 }), "{answer:?}");
    drop(give);
    thread.join().unwrap();
}

#[test]
fn a_failed_transaction_is_tried_less_and_less_often_and_what_was_locked_long_ago_counts_no_more() {
    let dir = Dir::new();
    let (database, _) = dir.open(1);
    let lock = open::lock(&dir.0).unwrap();
    database.connection.busy_timeout(Duration::ZERO).unwrap();
    let (_give, given) = flume::unbounded();
    let (answered, answers) = flume::unbounded();
    let mut worker = Worker::new(database, given, answered, lock, Arc::default());
    let other = dir.other();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    worker.to_keep.push(keep_now(1));
    worker.locked = Some(now() - LOCKED_FOR);
    for wait in [250, 500, 1000, 2000, 4000, 8000, 8000] {
        worker.keep();
        let Some((waits, _)) = worker.retry else {
            panic!("it is not tried again");
        };
        assert_eq!(waits, Duration::from_millis(wait));
        assert!(matches!(answers.recv(), Ok(Answer::Failed { .. })));
    }
    other.execute_batch("COMMIT").unwrap();
    worker.keep();
    assert!(matches!(answers.recv(), Ok(Answer::Kept { orders: 1 })));
    assert_eq!((worker.retry, worker.locked), (None, None));
}

#[test]
fn a_question_that_waits_behind_another_waits_for_nothing_else() {
    let dir = Dir::new();
    let (database, _) = dir.open(1);
    let lock = open::lock(&dir.0).unwrap();
    let (give, given) = flume::unbounded();
    let (answered, answers) = flume::unbounded();
    let worker = Worker::new(database, given, answered, lock, Arc::default());
    let (ask, until) = (Ask::Recent(9), seq(1, 1));
    for number in 1..=3 {
        let ask = ask.clone();
        give.send(Order::Recall { number, ask, until }).unwrap();
    }
    let thread = thread::spawn(move || worker.run());
    for number in 1..=3 {
        let answer = answers.recv_timeout(Duration::from_secs(30)).unwrap();
        assert!(matches!(answer, Answer::Recalled { number: known, .. } if known == number));
    }
    drop(give);
    thread.join().unwrap();
}

#[test]
fn a_thread_that_is_to_end_tries_once_more() {
    for is_free_again in [true, false] {
        let dir = Dir::new();
        let (database, _) = dir.open(1);
        let lock = open::lock(&dir.0).unwrap();
        database.connection.busy_timeout(Duration::ZERO).unwrap();
        let (give, given) = flume::unbounded();
        let (answered, answers) = flume::unbounded();
        let mut worker = Worker::new(database, given, answered, lock, Arc::default());
        // The next try would be in an hour.
        let hour = Duration::from_secs(3600);
        worker.retry = Some((hour, now() + hour));
        let other = dir.other();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        give.send(keep_now(1)).unwrap();
        drop(give);
        if is_free_again {
            other.execute_batch("COMMIT").unwrap();
        }
        worker.run();
        drop(other);
        let is_kept = matches!(answers.recv(), Ok(Answer::Kept { orders: 1 }));
        assert_eq!(is_kept, is_free_again);
        assert_eq!(
            recalled(&dir.open(2).0, &Ask::Recent(9), seq(2, 0)).0.len(),
            usize::from(is_kept)
        );
    }
}
