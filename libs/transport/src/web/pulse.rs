//! The pulse of a browser's connection: when to ask for a sign of life, and when there has been none for too long. It
//! counts only while somebody waits for the connection, since nothing is heard in between: then it asks all the same, and
//! misses nothing.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::Timer;

/// How often a browser is asked for a sign of life. The system's own probes would not reach beyond a proxy, and proxies
/// close what is silent for a minute.
pub(super) const EVERY: Duration = Duration::from_secs(20);

/// How many times it may not answer. The next time, it is gone: a minute after the first.
pub(super) const MOST_UNANSWERED: u8 = 3;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Ask.
    Ask,
    /// There is nobody any more.
    Silent,
}

#[derive(Debug)]
pub(super) struct Pulse {
    timer: Timer,
    every: Duration,
    unanswered: u8,
}

impl Pulse {
    pub(super) fn new(every: Duration) -> Self {
        Self {
            timer: Timer::after(every),
            every,
            unanswered: 0,
        }
    }

    /// There was a sign of life.
    pub(super) const fn heard(&mut self) {
        self.unanswered = 0;
    }

    /// Whether it is time to ask although nobody hears the answer. It counts for nothing. The task is woken when it is
    /// time again.
    pub(super) fn beats_unheard(&mut self, cx: &mut Context<'_>) -> bool {
        if Pin::new(&mut self.timer).poll(cx).is_pending() {
            return false;
        }
        self.timer.set_after(self.every);
        if Pin::new(&mut self.timer).poll(cx).is_ready() {
            self.timer.set_after(self.every);
            cx.waker().wake_by_ref();
        }
        true
    }

    /// Ready when something is to be done.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Beat> {
        if Pin::new(&mut self.timer).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.timer.set_after(self.every);
        if self.unanswered == MOST_UNANSWERED {
            return Poll::Ready(Beat::Silent);
        }
        self.unanswered += 1;
        Poll::Ready(Beat::Ask)
    }
}
