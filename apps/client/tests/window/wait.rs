//! Waiting for what can only be asked for: a question put again and again until it has an answer or patience ends.

use std::time::{Duration, Instant};

/// Long enough for a cold start on a slow machine that does other things; a test that passes never waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Asks `question` until it answers, and fails with the words of `complaint` when [`PATIENCE`] is at its end.
pub(crate) fn until<T>(
    mut question: impl FnMut() -> Option<T>,
    complaint: impl FnOnce() -> String,
) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        if Instant::now() >= end {
            panic!("waited {PATIENCE:?}: {}", complaint());
        }
        // Neither the X server nor the inspector tells when something has changed.
        std::thread::sleep(Duration::from_millis(20));
    }
}
