//! Clock: the three uses of time, as closures, so that a test can be the clock. Nothing else in the session asks for the
//! time or waits for it.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::runtime;

/// What time it is, and how to wait.
pub struct Clock {
    /// Time since some fixed moment, without the time that the computer slept.
    pub awake: Box<dyn Fn() -> Duration + Send>,
    /// The time of day. It jumps when the computer wakes.
    pub wall: Box<dyn Fn() -> SystemTime + Send>,
    /// Waits, as counted by `awake`.
    pub sleep: Box<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send>,
}

impl Clock {
    /// The computer's own.
    #[must_use]
    pub fn system() -> Self {
        let start = Instant::now();
        Self {
            awake: Box::new(move || start.elapsed()),
            wall: Box::new(SystemTime::now),
            sleep: Box::new(|time| runtime::sleep(time).boxed()),
        }
    }

    pub(crate) fn awake(&self) -> Duration {
        (self.awake)()
    }

    pub(crate) fn wall(&self) -> SystemTime {
        (self.wall)()
    }

    pub(crate) fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        (self.sleep)(time)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}
