//! Background: work that blocks, in a thread that ends with it. A thread of async-std's own would stay, and wake twice
//! a second for ever.

use std::io;
#[cfg(not(target_arch = "wasm32"))]
use std::thread;

/// Does the work in a thread of this name, and waits for its end without blocking. If nobody waits any more, the work
/// is done all the same.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, outcome) = flume::bounded(1);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Nobody may wait any more.
            let _ = done.send(work());
        })?;
    let outcome = outcome.recv_async().await;
    outcome.map_err(|_| io::Error::other("the work broke off"))
}

/// A browser has one thread, and what blocks there cannot be done at all: the work is done now.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn run<T>(_name: &str, work: impl FnOnce() -> T) -> io::Result<T> {
    Ok(work())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use async_std::task::block_on;
    use hubbub_testing::DEADLINE;

    use super::*;

    #[test]
    fn the_work_is_done_elsewhere_and_its_thread_ends_with_it() {
        let work = || thread::current().name().map(str::to_owned);
        let name = block_on(run("for a moment", work)).unwrap();
        assert_eq!(name.as_deref(), Some("for a moment"));
        let deadline = Instant::now() + DEADLINE;
        while is_there("for a moment") {
            assert!(Instant::now() < deadline, "the thread stays");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn work_that_panics_is_an_error_and_no_endless_wait() {
        let outcome = block_on(run("panicking", || panic!("on purpose")));
        assert_eq!(outcome.unwrap_err().to_string(), "the work broke off");
    }

    fn is_there(name: &str) -> bool {
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let name_of =
            |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("comm"));
        threads
            .flatten()
            .any(|thread| name_of(thread).is_ok_and(|found| found.trim() == name))
    }
}
