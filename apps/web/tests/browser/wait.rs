//! Waiting for what nobody announces: asks again and again until there is an answer or the time is over.

use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a page on a slow and busy machine. A test that passes never waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(15);

/// Asks `question` until it has an answer, and fails with `complaint` after [`PATIENCE`].
#[track_caller]
pub(crate) fn until<T>(
    question: impl FnMut() -> Option<T>,
    complaint: impl FnOnce() -> String,
) -> T {
    until_within(PATIENCE, question, complaint)
}

/// The same, and fails after this time: for what has a time of its own, which passes before anything can be seen.
#[track_caller]
pub(crate) fn until_within<T>(
    time: Duration,
    mut question: impl FnMut() -> Option<T>,
    complaint: impl FnOnce() -> String,
) -> T {
    let end = Instant::now() + time;
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        if Instant::now() >= end {
            panic!("waited {time:?}: {}", complaint());
        }
        // The inspector does not tell when something changes.
        thread::sleep(PAUSE);
    }
}
