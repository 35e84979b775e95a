//! The journal of systemd: whether it reads stderr, and how it wants to be told the level of a line.

use std::env;
use std::io;

use rustix::fs::fstat;
use tracing::Level;

/// Whether the journal reads stderr: `JOURNAL_STREAM` names the device and the inode of what it reads. A variable alone
/// says nothing, since it is still there when stderr goes elsewhere.
pub(super) fn reads_stderr() -> bool {
    let stream = env::var("JOURNAL_STREAM").unwrap_or_default();
    fstat(io::stderr()).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// What stands in front of a line of this level.
pub(super) fn prefix(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        Level::DEBUG | Level::TRACE => "<7>",
    }
}
