//! The two kinds of numbers. Without the feature `metrics` they are nothing.

#[cfg(feature = "metrics")]
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    #[cfg(feature = "metrics")]
    value: AtomicU64,
}

impl Counter {
    /// Counts so many more.
    pub(crate) fn add(&self, more: u64) {
        #[cfg(feature = "metrics")]
        self.value.fetch_add(more, Ordering::Relaxed);
        #[cfg(not(feature = "metrics"))]
        let _ = more;
    }

    /// How many there were so far.
    #[cfg(feature = "metrics")]
    pub(crate) fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

/// A number that rises and falls. One room at a time sets it.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    #[cfg(feature = "metrics")]
    value: AtomicU64,
}

impl Gauge {
    /// From now on it is this.
    pub(crate) fn set(&self, now: u64) {
        #[cfg(feature = "metrics")]
        self.value.store(now, Ordering::Relaxed);
        #[cfg(not(feature = "metrics"))]
        let _ = now;
    }

    /// What it is.
    #[cfg(feature = "metrics")]
    pub(crate) fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}
