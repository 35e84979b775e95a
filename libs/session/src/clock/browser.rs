//! What a browser tells of the time. Whether its monotonic clock goes on while the computer sleeps depends on the
//! system, so that sleep is not always noticed by it.

use std::time::{Duration, SystemTime};

/// A clock that counts the time since the page was opened.
pub(super) fn awake() -> impl Fn() -> Duration {
    || {
        let performance = web_sys::window().and_then(|window| window.performance());
        millis(performance.map_or_else(js_sys::Date::now, |clock| clock.now()))
    }
}

/// The time of day.
pub(super) fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + millis(js_sys::Date::now())
}

fn millis(count: f64) -> Duration {
    Duration::try_from_secs_f64(count / 1000.0).unwrap_or_default()
}
