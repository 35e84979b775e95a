//! A clock that a test moves.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use crate::DEADLINE;

/// The time, which stands still until the test moves it.
#[derive(Clone)]
pub struct Time {
    now: Arc<(Mutex<Now>, Condvar)>,
    /// Waits of at most this length end at once.
    pace: Duration,
}

#[derive(Default)]
struct Now {
    awake: Duration,
    asleep: Duration,
    naps: Vec<(u64, Duration, Option<Waker>)>,
    naps_ever: u64,
}

impl Time {
    /// All waits last until the test moves the time.
    pub fn that_stands_still() -> Self {
        Self::that_skips(Duration::ZERO)
    }

    /// Waits of at most `pace` end at once. All others last until the test moves the time.
    pub fn that_skips(pace: Duration) -> Self {
        let now = Arc::default();
        Self { now, pace }
    }

    /// Moves the time.
    pub fn advance(&self, time: Duration) {
        let mut now = self.lock();
        now.awake += time;
        now.naps.iter_mut().for_each(|(_, _, waker)| wake(waker));
    }

    /// Lets the computer sleep and wake: the time of day jumps and nothing else happens.
    pub fn sleep_and_wake(&self, time: Duration) {
        self.lock().asleep += time;
    }

    /// Returns when somebody waits for exactly `time`.
    pub fn expect_nap(&self, time: Duration) {
        let waits = |now: &Now| now.naps.iter().any(|nap| nap.1 == now.awake + time);
        self.wait(waits, &format!("nobody waits for {time:?}"));
    }

    /// Returns when everybody has seen the current time and waits for it to move.
    pub fn settle(&self) {
        let all_wait = |now: &Now| {
            let mut naps = now.naps.iter();
            naps.len() > 0 && naps.all(|nap| nap.1 > now.awake && nap.2.is_some())
        };
        self.wait(all_wait, "nobody waits");
    }

    /// Returns when somebody waits for at most `most`, and nobody waits for anything else.
    pub fn expect_nap_within(&self, most: Duration) {
        let waits = |now: &Now| {
            let is_short = |nap: &(u64, Duration, Option<Waker>)| {
                nap.1 > now.awake && nap.1 <= now.awake + most && nap.2.is_some()
            };
            !now.naps.is_empty() && now.naps.iter().all(is_short)
        };
        self.wait(waits, &format!("nobody waits for {most:?} at most"));
    }

    /// How many waits there are at the moment.
    pub fn naps(&self) -> usize {
        self.lock().naps.len()
    }

    fn wait(&self, is_so: impl Fn(&Now) -> bool, otherwise: &str) {
        let deadline = Instant::now() + DEADLINE;
        let mut now = self.lock();
        while !is_so(&now) {
            let left = deadline.saturating_duration_since(Instant::now());
            let ends: Vec<_> = now.naps.iter().map(|nap| nap.1).collect();
            assert!(
                !left.is_zero(),
                "{otherwise}: it is {:?}, naps end at {ends:?}",
                now.awake
            );
            now = self.now.1.wait_timeout(now, left).unwrap().0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much time has passed without the computer's sleep.
    pub fn awake(&self) -> Duration {
        self.lock().awake
    }

    /// The time of day.
    pub fn wall(&self) -> SystemTime {
        let now = self.lock();
        SystemTime::UNIX_EPOCH + now.awake + now.asleep
    }

    /// Waits until the test has moved the time on by this much.
    pub fn nap(&self, time: Duration) -> impl Future<Output = ()> + Send + 'static {
        let mut now = self.lock();
        let end = now.awake
            + if time <= self.pace {
                Duration::ZERO
            } else {
                time
            };
        let number = now.naps_ever;
        now.naps_ever += 1;
        now.naps.push((number, end, None));
        let nap = Nap(self.clone(), number);
        self.now.1.notify_all();
        std::future::poll_fn(move |cx| {
            let Nap(time, number) = &nap;
            let mut now = time.lock();
            if now.awake >= end {
                return Poll::Ready(());
            }
            let nap = now.naps.iter_mut().find(|nap| nap.0 == *number);
            nap.unwrap().2 = Some(cx.waker().clone());
            time.now.1.notify_all();
            Poll::Pending
        })
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

/// Forgets the nap when it is dropped.
struct Nap(Time, u64);

impl Drop for Nap {
    fn drop(&mut self) {
        self.0.lock().naps.retain(|nap| nap.0 != self.1);
    }
}
