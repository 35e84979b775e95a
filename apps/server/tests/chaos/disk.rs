//! The disk under the history, and what happens to it: it is filled, and another program locks the database.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use hubbub_testing::namespace;

use crate::journal::{Journal, What};

/// The size of the disk in MiB. The history stays below half of it.
const SIZE: usize = 64;

/// Locks a database until its stdin ends, and waits 10 s for the lock.
const LOCK: &str = "\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
database.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
sys.stdin.read()
";

/// A directory for the history.
pub(crate) struct Disk {
    journal: Arc<Journal>,
    pub(crate) history: PathBuf,
    /// Fills the disk. None where the history lies on an ordinary disk, which nobody fills.
    filler: Option<PathBuf>,
    lock: Option<(Child, ChildStdin)>,
    is_full: bool,
}

impl Disk {
    /// A directory below `place`, on a small disk of its own or not.
    pub(crate) fn new(journal: &Arc<Journal>, place: &Path, is_small: bool) -> Self {
        let disk = place.join("disk");
        fs::create_dir_all(&disk).unwrap();
        if is_small {
            namespace::small_disk(&disk, SIZE);
        }
        Self {
            journal: Arc::clone(journal),
            history: disk.join("history"),
            filler: is_small.then(|| disk.join("filler")),
            lock: None,
            is_full: false,
        }
    }

    pub(crate) fn can_be_filled(&self) -> bool {
        self.filler.is_some()
    }

    pub(crate) fn is_fine(&self) -> bool {
        !self.is_full && self.lock.is_none()
    }

    /// Takes all the room that is left, and more when it is called again.
    pub(crate) fn fill(&mut self) {
        if !self.is_full {
            self.add(What::Full);
        }
        self.is_full = true;
        let piece = vec![0; 64 * 1024];
        let mut filler = File::options();
        let filler = filler.create(true).append(true);
        let mut filler = filler.open(self.filler.as_ref().unwrap()).unwrap();
        while filler.write_all(&piece).is_ok() {}
    }

    /// Locks the database, if there is one that can be locked now.
    pub(crate) fn lock(&mut self) -> bool {
        let mut child = Command::new("python3")
            .args(["-c", LOCK])
            .arg(self.history.join("history.db"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        if line.is_empty() {
            child.wait().unwrap();
            return false;
        }
        let stdin = child.stdin.take().unwrap();
        self.lock = Some((child, stdin));
        self.add(What::Locked);
        true
    }

    /// All is well again.
    pub(crate) fn mend(&mut self) {
        if let Some((mut child, stdin)) = self.lock.take() {
            drop(stdin);
            child.wait().unwrap();
        }
        if let Some(filler) = self.filler.as_ref().filter(|_| self.is_full) {
            fs::remove_file(filler).unwrap();
            self.is_full = false;
        }
        self.add(What::Fine);
    }

    fn add(&self, what: What) {
        self.journal.add("disk", 1, what);
    }
}
