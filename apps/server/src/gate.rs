//! The gate of a node: while what was said waits for the stream, peers are held up, each on its own socket, and the hub
//! goes on. A peer that has passed little is still read, so that what it asks without the hub is answered.
//!
//! It knows neither the hub nor the stream. A hub that ends lets go of all peers, so that none waits at a
//! gate for ever.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::id::PeerId;

/// How much a peer passes at a closed gate before it waits, in bytes: a dozen short messages, so that hardly anybody
/// waits who only types. The mail that reaches it may be longer.
pub(crate) const PASSED: usize = 4096;

/// A gate that all peers look at before they read. It begins open.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_closed: AtomicBool,
    waiting: Mutex<BTreeMap<PeerId, Waker>>,
}

impl Gate {
    /// Whether it is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Closes it.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Opens it, and wakes all who wait.
    pub(crate) fn open(&self) {
        let waiting = {
            let mut waiting = self.waiting();
            self.is_closed.store(false, Ordering::Release);
            std::mem::take(&mut *waiting)
        };
        waiting.into_values().for_each(Waker::wake);
    }

    /// Ready when it is open.
    pub(crate) fn poll_open(&self, peer: PeerId, context: &Context<'_>) -> Poll<()> {
        let mut waiting = self.waiting();
        if !self.is_closed() {
            return Poll::Ready(());
        }
        waiting.insert(peer, context.waker().clone());
        Poll::Pending
    }

    /// A peer has ended.
    pub(crate) fn forget(&self, peer: PeerId) {
        // Nobody waits at a gate that is open.
        if self.is_closed() {
            self.waiting().remove(&peer);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<PeerId, Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_at_a_closed_gate_is_woken_once_when_it_opens() {
        let (gate, woken) = (Gate::default(), Arc::<Woken>::default());
        let waker = Waker::from(Arc::clone(&woken));
        let context = Context::from_waker(&waker);
        assert!(gate.poll_open(PeerId(1), &context).is_ready());
        gate.close();
        for peer in [1, 1, 2, 3] {
            assert!(gate.poll_open(PeerId(peer), &context).is_pending());
        }
        gate.forget(PeerId(3));
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        gate.open();
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert!(gate.poll_open(PeerId(1), &context).is_ready());
        gate.open();
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    }
}
