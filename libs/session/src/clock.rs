//! Clock: the three uses of time, as closures, so that a test can be the clock. Nothing else in the session reads the
//! time or waits for it. A screen may use it, too.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::runtime;

/// Tells the time, and waits.
pub struct Clock {
    /// The time since some fixed moment, without the time in which the computer slept.
    pub awake: Box<dyn Fn() -> Duration + Send>,
    /// The time of day. It jumps when the computer wakes up.
    pub wall: Box<dyn Fn() -> SystemTime + Send>,
    /// Waits for a time, as `awake` counts it.
    pub sleep: Box<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send>,
}

impl Clock {
    /// The clock of the computer.
    #[must_use]
    pub fn system() -> Self {
        let start = Instant::now();
        Self {
            awake: Box::new(move || start.elapsed()),
            wall: Box::new(SystemTime::now),
            sleep: Box::new(|time| runtime::sleep(time).boxed()),
        }
    }

    /// The time since some fixed moment, without the time in which the computer slept.
    #[must_use]
    pub fn awake(&self) -> Duration {
        (self.awake)()
    }

    /// The time of day.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        (self.wall)()
    }

    /// Waits for this time.
    pub fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        (self.sleep)(time)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}
