//! Clock: the three uses of time, as closures, so that a test can be the clock. Nothing else in the session reads the
//! time or waits for it. A screen may use it, too. What a computer tells and what a browser tells is below.

use std::fmt;
use std::time::{Duration, SystemTime};

use futures::future::{Either, select};
use futures::pin_mut;

use crate::runtime::{self, Sleep};

#[cfg_attr(target_arch = "wasm32", path = "clock/browser.rs")]
mod computer;

/// Tells the time, and waits.
pub struct Clock {
    /// The time since some fixed moment, without the time in which the computer slept.
    pub awake: Box<dyn Fn() -> Duration + Send>,
    /// The time of day. It jumps when the computer wakes up.
    pub wall: Box<dyn Fn() -> SystemTime + Send>,
    /// Waits for a time, as `awake` counts it.
    pub sleep: Box<dyn Fn(Duration) -> Sleep + Send>,
}

impl Clock {
    /// The clock of the computer.
    #[must_use]
    pub fn system() -> Self {
        Self {
            awake: Box::new(computer::awake()),
            wall: Box::new(computer::wall),
            sleep: Box::new(runtime::sleep),
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
    pub fn sleep(&self, time: Duration) -> Sleep {
        (self.sleep)(time)
    }

    /// Does `work`, for at most `time`. `None`: it took longer.
    pub(crate) async fn within<T>(
        &self,
        time: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        pin_mut!(work);
        match select(work, self.sleep(time)).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(((), _)) => None,
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}
