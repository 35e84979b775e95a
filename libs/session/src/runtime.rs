//! Runtime: where tasks run. The only file that names async-std or begins a thread.

use std::io;
use std::thread;

pub(crate) use async_std::task::{block_on, sleep};

/// Runs what `begin` makes in a thread of its own, from which it never moves.
pub(crate) fn spawn<F: Future<Output = ()>>(
    begin: impl FnOnce() -> F + Send + 'static,
) -> io::Result<()> {
    spawn_blocking("network", move || block_on(begin()))
}

/// Does work that blocks, in a thread that ends with it. async-std's own would stay and wake twice a second.
pub(crate) fn spawn_blocking(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(())
}
