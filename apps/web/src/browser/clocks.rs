//! Clocks: how far those of the user are ahead. The browser knows the rules of their zone.

use std::time::{SystemTime, UNIX_EPOCH};

use js_sys::Date;

/// How many seconds the user's clocks are ahead of UTC at this time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "less than a day, and milliseconds since 1970"
)]
pub(crate) fn ahead(at: SystemTime) -> i32 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let date = Date::new(&(since.as_millis() as f64).into());
    // Minutes that they are behind.
    (date.get_timezone_offset() * -60.0) as i32
}
