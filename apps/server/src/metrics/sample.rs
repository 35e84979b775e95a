//! Samples: how long a text is on its way, from the read that brought it to the last write of its batch.
//!
//! One read at a time is measured. Its clock starts when its TEXTs are decoded, and goes with them to the hub, through
//! the log and into a batch. It stops when nobody has to write that batch any more: the system has taken the last byte
//! for the last reader, or that reader is gone. What nobody gets is not counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Counter, Metrics};

/// The upper bounds of the buckets, in microseconds. A quiet room needs some tens of them, a flood some thousands, and
/// after the last one a reader that takes nothing is dropped.
pub(crate) const BOUNDS: [u64; 16] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 5_000_000, 30_000_000,
];

/// After this time the next sample may begin, although the one before goes on. Else a reader that takes nothing would
/// keep all others from being measured until it is dropped.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long what was measured was on its way.
#[derive(Debug)]
pub(crate) struct Delays {
    /// The zero of the times of samples.
    zero: Instant,
    /// When the sample began that keeps others from beginning, in ns since then; 0 for none.
    running: AtomicU64,
    /// One for each bound, and one for what is above the last one. Each counts what is in no bucket before it.
    pub(crate) buckets: [Counter; BOUNDS.len() + 1],
    /// All of them together, in ns.
    pub(crate) sum: Counter,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            zero: Instant::now(),
            running: AtomicU64::new(0),
            buckets: Default::default(),
            sum: Counter::default(),
        }
    }
}

impl Delays {
    /// A time in ns. Never 0, which stands for none.
    fn at(&self, now: Instant) -> u64 {
        let nanos = now.saturating_duration_since(self.zero).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX).max(1)
    }

    pub(super) fn pass_time(&self, now: Instant) {
        let begun = self.running.load(Ordering::Relaxed);
        if begun != 0 && self.at(now) > begun.saturating_add(PATIENCE.as_nanos() as u64) {
            self.free(begun);
        }
    }

    /// Lets another sample begin, unless one has begun since.
    fn free(&self, begun: u64) {
        let running = &self.running;
        let _ = running.compare_exchange(begun, 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn took(&self, nanos: u64) {
        let is_within = |bound: &&u64| nanos <= **bound * 1000;
        let bucket = BOUNDS.iter().take_while(|bound| !is_within(bound)).count();
        self.buckets[bucket].add(1);
        self.sum.add(nanos);
    }
}

/// One measurement. It ends when this is dropped. Boxed, since most of what can hold one holds none.
#[derive(Debug)]
pub(crate) struct Sample(Box<Running>);

#[derive(Debug)]
struct Running {
    metrics: Arc<Metrics>,
    begun: u64,
    counts: AtomicBool,
}

impl Sample {
    pub(super) fn begin(metrics: &Arc<Metrics>) -> Option<Self> {
        let delays = &metrics.delays;
        if delays.running.load(Ordering::Relaxed) != 0 {
            return None;
        }
        let begun = delays.at(Instant::now());
        let free = delays
            .running
            .compare_exchange(0, begun, Ordering::Relaxed, Ordering::Relaxed);
        free.ok()?;
        Some(Self(Box::new(Running {
            metrics: Arc::clone(metrics),
            begun,
            counts: AtomicBool::new(false),
        })))
    }

    /// Somebody gets what is measured, so its end counts.
    pub(crate) fn counts(&self) {
        self.0.counts.store(true, Ordering::Relaxed);
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let Running {
            metrics,
            begun,
            counts,
        } = &*self.0;
        let delays = &metrics.delays;
        if counts.load(Ordering::Relaxed) {
            delays.took(delays.at(Instant::now()).saturating_sub(*begun));
        }
        delays.free(*begun);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(metrics: &Metrics) -> Vec<u64> {
        metrics.delays.buckets.iter().map(Counter::get).collect()
    }

    #[test]
    fn one_sample_runs_at_a_time_and_what_nobody_gets_does_not_count() {
        let metrics = Arc::<Metrics>::default();
        let first = metrics.sample();
        assert!(first.is_some());
        assert!(metrics.sample().is_none());
        drop(first);
        assert_eq!(counted(&metrics).iter().sum::<u64>(), 0);
        let second = metrics.sample().unwrap();
        second.counts();
        drop(second);
        assert_eq!(counted(&metrics).iter().sum::<u64>(), 1);
        assert!(metrics.sample().is_some());
    }

    #[test]
    fn after_a_second_the_next_sample_begins_and_not_before_and_both_count() {
        let metrics = Arc::<Metrics>::default();
        let slow = metrics.sample().unwrap();
        slow.counts();
        let begun = metrics.delays.zero + Duration::from_nanos(slow.0.begun);
        metrics.pass_time(begun + PATIENCE);
        assert!(metrics.sample().is_none());
        metrics.pass_time(begun + PATIENCE + Duration::from_nanos(1));
        let next = metrics.sample().unwrap();
        next.counts();
        drop(slow);
        // The slow one does not end the other one's turn.
        assert!(metrics.sample().is_none());
        drop(next);
        assert_eq!(counted(&metrics).iter().sum::<u64>(), 2);
    }

    #[test]
    fn a_bound_belongs_to_its_bucket_and_a_nanosecond_more_to_the_next() {
        let metrics = Metrics::default();
        for (bucket, bound) in BOUNDS.into_iter().enumerate() {
            let before = counted(&metrics);
            metrics.delays.took(bound * 1000);
            metrics.delays.took(bound * 1000 + 1);
            let after = counted(&metrics);
            for (other, (before, after)) in before.into_iter().zip(after).enumerate() {
                let more = u64::from(other == bucket || other == bucket + 1);
                assert_eq!(after, before + more, "bucket {other}, bound {bound}");
            }
        }
        let sum: u64 = BOUNDS.iter().map(|bound| 2 * bound * 1000 + 1).sum();
        assert_eq!(metrics.delays.sum.get(), sum);
    }
}
