//! The numbers of the history: rows through restarts and sweeps, and how far the disk is behind.

use std::env;
use std::fs;
use std::path::PathBuf;

use hubbub_testing::text;
use rusqlite::Connection;

use crate::watched::Watched;

/// A directory that is gone after the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("hubbub-metrics-{:016x}", fastrand::u64(..)));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    #[track_caller]
    fn watched(&self, options: &[&str]) -> Watched {
        let history = self.0.to_str().unwrap();
        Watched::with(&[&["--history", history], options].concat())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const ROWS: &str = "hubbub_history_rows";
const KEPT: &str = "hubbub_history_kept_total";
const LAG: &str = "hubbub_history_lag_seconds";
const SUSPENDED: &str = "hubbub_history_suspended";

#[test]
fn rows_are_those_in_the_database_also_after_a_restart() {
    let directory = Directory::new();
    let watched = directory.watched(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    let words = text("ada", "hello");
    ada.send(words.repeat(3));
    bob.expect(words.repeat(3));
    ada.send(&words);
    bob.expect(&words);
    // Who has heard something finds it counted.
    let page = watched.page();
    let of_history = [ROWS, KEPT, LAG, SUSPENDED].map(|name| page.value(name));
    assert_eq!(of_history, [4.0, 4.0, 0.0, 0.0]);
    assert!(page.value("hubbub_history_bytes") >= 4096.0);
    drop((watched, ada, bob));
    let watched = directory.watched(&[]);
    let page = watched.page();
    assert_eq!((page.value(ROWS), page.value(KEPT)), (4.0, 0.0));
}

#[test]
fn old_messages_that_go_are_no_rows_any_more() {
    let directory = Directory::new();
    let watched = directory.watched(&["--keep", "1s"]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    for _ in 0..5 {
        ada.send(text("ada", "hello"));
        bob.expect(text("ada", "hello"));
    }
    let page = watched.until("they have gone", |page| page.value(ROWS) == 0.0);
    assert_eq!(page.value(KEPT), 5.0);
}

#[test]
fn a_disk_that_is_behind_shows_by_how_much_until_it_has_everything() {
    let directory = Directory::new();
    let watched = directory.watched(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    let other = Connection::open(directory.0.join("history.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ada.send(text("ada", "waits"));
    let page = watched.until("the disk is behind", |page| page.value(LAG) > 0.2);
    assert_eq!(page.value(ROWS), 0.0);
    // Another program may hold the disk no longer than that.
    assert!(page.value(SUSPENDED) == 0.0 || page.value(LAG) >= 1.5);
    bob.expect(text("ada", "waits"));
    let page = watched.until("nothing is kept", |page| page.value(SUSPENDED) == 1.0);
    assert!(page.value(LAG) > 1.0, "{page:#?}");
    ada.send(text("ada", "goes on"));
    bob.expect(text("ada", "goes on"));
    other.execute_batch("COMMIT").unwrap();
    let page = watched.until("it is kept again", |page| page.value(SUSPENDED) == 0.0);
    let page = watched.until("it has everything", |now| {
        now.value(KEPT) == 2.0 || page.values.is_empty()
    });
    assert_eq!((page.value(ROWS), page.value(LAG)), (2.0, 0.0));
}

#[test]
fn without_a_history_there_are_no_numbers_of_it() {
    let page = Watched::with(&[]).page();
    assert!(page.names().iter().all(|name| !name.contains("history")));
}
