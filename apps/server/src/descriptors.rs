//! How many files and sockets the process may have open.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors that the server needs beside its peers' sockets: the listener, the reactor, standard streams, and those
/// of connections that are just being turned away.
pub const RESERVED: usize = 64;

/// Raises the soft limit on open files to the hard one and answers what it is then.
#[must_use]
pub fn raise_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let soft = limit.current;
    limit.current = limit.maximum;
    let reached = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(_) => soft,
    };
    // No limit at all is written as none.
    reached.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}
