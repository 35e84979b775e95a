//! Waiting for what nobody announces, and the deadline of all waiting in tests.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for one event before it fails. Events take milliseconds; this is for a machine that is busy
/// with other things. A test that passes never waits for it.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Checks a condition again and again until it holds. Only for conditions that the system does not announce.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
