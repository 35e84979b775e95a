//! Runtime: where tasks run, how they wait, and what time it is. The only file of the server that names async-std, or
//! async-io's timers.

#[cfg(any(feature = "admin", feature = "metrics"))]
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher, RandomState};
#[cfg(feature = "admin")]
use std::io;
#[cfg(any(feature = "admin", feature = "metrics"))]
use std::pin::pin;
#[cfg(any(feature = "admin", feature = "metrics"))]
use std::task::Poll;
use std::thread;
use std::time::{Instant, SystemTime};

use async_global_executor::GlobalExecutorConfig;
#[cfg(any(feature = "admin", feature = "metrics"))]
use futures::{StreamExt, stream::FuturesUnordered};
use hubbub_wire::{Hex128, Time};

#[cfg(feature = "admin")]
pub use async_io::Async;
pub use async_io::Timer;
pub use async_std::future::timeout;
pub use async_std::task::{sleep, spawn, yield_now};
/// Waits for a future in this thread, which does nothing else meanwhile. With async-std's own function, the thread
/// would poll sockets too, and wake the others for each of them.
pub use futures::executor::block_on;

/// Sets how many threads run tasks: one for every two cores, unless `ASYNC_STD_THREAD_COUNT` sets another number. Those
/// who read what the server writes need the other cores, and threads that keep waking each other cost more CPU a
/// delivery.
///
/// It is to be called before anything is spawned.
pub fn size_executor() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    async_global_executor::init_with_config(
        GlobalExecutorConfig::default()
            .with_env_var("ASYNC_STD_THREAD_COUNT")
            .with_min_threads((cores / 2).max(1)),
    );
}

/// Waits for something, and goes on meanwhile with all that is `open`.
#[cfg(any(feature = "admin", feature = "metrics"))]
pub(crate) async fn meanwhile<T>(
    open: &mut FuturesUnordered<impl Future<Output = ()>>,
    something: impl Future<Output = T>,
) -> T {
    let mut something = pin!(something);
    poll_fn(|context| {
        while let Poll::Ready(Some(())) = open.poll_next_unpin(context) {}
        something.as_mut().poll(context)
    })
    .await
}

/// Does work that waits for the disk, in a thread that ends with it. One of async-std's own would stay and wake twice a
/// second.
///
/// # Errors
///
/// The system cannot start a thread, or the work panicked.
#[cfg(feature = "admin")]
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = flume::bounded(1);
    let work = move || {
        // Nobody waits for what comes too late.
        let _ = done.send(work());
    };
    thread::Builder::new().name("disk".to_owned()).spawn(work)?;
    result
        .recv_async()
        .await
        .map_err(|_| io::Error::other("the thread has panicked"))
}

/// What time it is.
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// What time it is for people, in UTC.
#[must_use]
pub fn wall() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Time::from_unix_ms(u64::try_from(ms).unwrap_or(u64::MAX))
}

/// 64 random bits, from the keys that the system gives every process for its hash tables.
#[must_use]
pub fn draw() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// 128 random bits.
#[must_use]
pub fn draw_id() -> Hex128 {
    Hex128(u128::from(draw()) << 64 | u128::from(draw()))
}
