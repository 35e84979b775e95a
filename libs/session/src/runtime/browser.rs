//! Runtime in a browser: its timers, and its one thread, which the session shares with the screen.

use std::io;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use gloo_timers::future::TimeoutFuture;

/// A wait.
pub type Sleep = LocalBoxFuture<'static, ()>;

/// The longest time that a timer of a browser takes, in milliseconds: it counts with 31 bits.
const LONGEST_MS: u128 = i32::MAX as u128;

/// Waits for this time, and not for less: what is left of a millisecond counts as a whole one.
pub(crate) fn sleep(time: Duration) -> Sleep {
    async move {
        let mut left = time.as_nanos().div_ceil(1_000_000);
        while left > 0 {
            let now = left.min(LONGEST_MS);
            TimeoutFuture::new(u32::try_from(now).unwrap_or(u32::MAX)).await;
            left -= now;
        }
    }
    .boxed_local()
}

/// Runs what `begin` makes beside everything else.
pub(crate) fn spawn<F: Future<Output = ()> + 'static>(
    begin: impl FnOnce() -> F + 'static,
) -> io::Result<()> {
    wasm_bindgen_futures::spawn_local(begin());
    Ok(())
}
