//! Disk: reads and writes the files of the settings. A file is written under another name and then renamed, so that
//! nobody ever reads half of it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::shelf::BROKEN;

/// How long to wait while another window writes the file, which takes milliseconds. The end of the program waits as
/// long.
const LOCK_WITHIN: Duration = Duration::from_secs(1);

/// The time between two looks whether the file is free.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// What the file holds, if there is one.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives a broken file another name, and returns that unless the file could not be moved.
pub(super) fn set_aside(path: &Path) -> Option<PathBuf> {
    let mut aside = OsString::from(path);
    aside.push(BROKEN);
    let aside = PathBuf::from(aside);
    fs::rename(path, &aside).is_ok().then_some(aside)
}

/// Writes the file, and the directory in which it is.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    // People keep such files elsewhere and put a link here: the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    // Each window writes under another name, so that two that write at once never mix.
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(&path)?;
    Ok(())
}

/// Waits for other windows, which lock the file for as long as they write it.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut beside = OsString::from(path);
    beside.push(".lock");
    let mut options = OpenOptions::new();
    let lock = options.create(true).truncate(false).write(true);
    let lock = lock.open(beside)?;
    let deadline = Instant::now() + LOCK_WITHIN;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                let why = "another window has held it for a second";
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
        }
    }
}
