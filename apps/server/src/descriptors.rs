//! Descriptors: how many files and sockets the process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// How many descriptors the server needs besides those of its peers: 32 for connections that are being turned away, 5
/// for the history, 10 for the metrics, 6 for administrators and 12 when all four ask for numbers at the same time, 3
/// for bans, and some 12 for the listener, the reactor, the standard streams, the service manager and a message of the
/// day. The rest is to spare.
pub const RESERVED: usize = 96;

/// How many more it needs where there is a page: as many browsers as are answered at a time have no place among the
/// peers.
pub const RESERVED_FOR_PAGE: usize = 256;

/// How many it needs besides those of its peers, with a page or without.
#[must_use]
pub const fn reserved(has_page: bool) -> usize {
    if has_page {
        RESERVED + RESERVED_FOR_PAGE
    } else {
        RESERVED
    }
}

/// How many may be open now. `None` stands for no limit at all.
#[cfg(feature = "metrics")]
pub(crate) fn limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// How many are open, where the system tells.
#[cfg(feature = "metrics")]
pub(crate) fn open() -> Option<u64> {
    let open = std::fs::read_dir("/proc/self/fd").ok()?;
    // Without the one that reads the directory.
    Some(open.count().saturating_sub(1) as u64)
}

/// Raises the soft limit on open files to the hard limit. Returns the limit that then holds.
#[must_use]
pub fn raise_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let soft = limit.current;
    limit.current = limit.maximum;
    let reached = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(_) => soft,
    };
    // `None` stands for no limit at all.
    reached.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}
