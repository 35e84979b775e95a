//! What the computer tells of the time.

use std::time::{Duration, Instant, SystemTime};

/// Makes a clock that counts the time since now in which the computer was awake.
pub(super) fn awake() -> impl Fn() -> Duration {
    let start = Instant::now();
    move || start.elapsed()
}

/// The time of day.
pub(super) fn wall() -> SystemTime {
    SystemTime::now()
}
