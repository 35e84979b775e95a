//! One peer's bounded queue of batches, and what else hub and peer tell each other without mail.
//!
//! The hub has the [`Outbox`]: it pushes and never waits. The peer's write half has the [`Pending`], its read half the
//! [`Intake`]. Knows no sockets and nothing of who is in the room.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};

use futures::task::AtomicWaker;

use crate::batch::Delivery;
use crate::id::PeerId;

pub use self::intake::{Call, Intake};
pub use self::pending::Pending;

mod intake;
mod pending;

/// The queue is full: the peer is a slow consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The hub's end of one peer's queue. When it is dropped, the write half writes what is queued and ends.
#[derive(Debug)]
pub struct Outbox {
    queue: flume::Sender<Delivery>,
    shared: Arc<Shared>,
    /// Most bytes that may wait; see [`Batch::cost`](crate::batch::Batch::cost).
    limit: usize,
}

/// What hub and peer tell each other without mail. Every idle member has one: its fields are no wider than they must be.
#[derive(Debug, Default)]
struct Shared {
    /// Cost of what is pushed and not yet written.
    waiting: AtomicUsize,
    /// How many bytes of an unfinished frame the read half holds.
    unfinished: AtomicU32,
    /// Counts the writes that the socket took, and begins anew when it is full: it tells one that reads from one that
    /// has stalled.
    writes: AtomicU16,
    /// [`OPEN`], [`CLOSED`], [`EVICTED`] or [`ENDED`]; it never goes back.
    state: AtomicU8,
    /// [`ASKED`] and [`REFUSED`].
    flags: AtomicU8,
    /// Wakes the peer's task when something is pushed or asked, or the state changes. It stands here and not in the
    /// queue, whose own way to wait costs every idle member two allocations. Both halves register here: they are one
    /// task.
    task: AtomicWaker,
}

/// The hub asks whether the connection has ended, and has not been heard yet.
const ASKED: u8 = 1;
/// What is pushed says that the JOIN was not taken.
const REFUSED: u8 = 2;

/// The hub may push.
const OPEN: u8 = 0;
/// The hub has let go: the write half writes what is queued and ends.
const CLOSED: u8 = 1;
/// The write half ends at once, with what is queued unwritten.
const EVICTED: u8 = 2;
/// The write half has ended: nothing waits any more.
const ENDED: u8 = 3;

impl Shared {
    fn unfinished(&self) -> usize {
        self.unfinished.load(Ordering::Acquire) as usize
    }

    fn end(&self, state: u8) {
        self.state.fetch_max(state, Ordering::AcqRel);
        self.task.wake();
    }
}

/// Makes the queue of the peer `reader`, for at most `limit` bytes. One batch always has room in an empty queue, so
/// that a limit below the longest frame still lets everything through to a peer that reads.
#[must_use]
pub fn outbox(reader: PeerId, limit: usize) -> (Outbox, Pending) {
    let (sender, receiver) = flume::unbounded();
    let shared = Arc::new(Shared::default());
    let outbox = Outbox {
        queue: sender,
        shared: Arc::clone(&shared),
        limit,
    };
    (outbox, Pending::new(reader, receiver, shared))
}

impl Outbox {
    /// Queues a delivery; never waits. A peer whose task has ended takes it and forgets it.
    ///
    /// # Errors
    ///
    /// The delivery does not fit; it is not queued.
    pub fn push(&self, delivery: Delivery) -> Result<(), Full> {
        let cost = delivery.batch.cost();
        let waiting = self.waiting();
        if waiting > 0 && waiting + cost > self.limit {
            return Err(Full);
        }
        self.shared.waiting.fetch_add(cost, Ordering::AcqRel);
        // It fails only when the peer's task has ended; its last word to the hub is then on its way.
        let _ = self.queue.send(delivery);
        self.shared.task.wake();
        Ok(())
    }

    /// What is pushed and not yet written costs this many bytes; see [`Batch::cost`](crate::batch::Batch::cost).
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Acquire)
    }

    /// A number that has changed when the socket has taken something.
    #[must_use]
    pub fn writes(&self) -> u16 {
        self.shared.writes.load(Ordering::Relaxed)
    }

    /// Whether more waits than a peer that reads leaves waiting, whatever its line: a quarter of the limit.
    #[must_use]
    pub fn is_lagging(&self) -> bool {
        self.waiting() > self.limit / 4
    }

    /// Asks the peer's task whether its connection has ended. Returns whether this is a new question. If it is not, the
    /// answer to an earlier one is still to come; the task has not looked yet, so that it answers this one too.
    #[must_use]
    pub fn ask(&self) -> bool {
        let before = self.shared.flags.fetch_or(ASKED, Ordering::AcqRel);
        self.shared.task.wake();
        before & ASKED == 0
    }

    /// Says of what is pushed next, and is the last, that it is a refusal; see [`Pending::is_refusal`].
    pub fn refuse(&self) {
        self.shared.flags.fetch_or(REFUSED, Ordering::AcqRel);
    }

    /// How many bytes of an unfinished frame the peer's read half holds.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.shared.unfinished()
    }

    /// Shows what the peer holds, also when the outbox has been dropped.
    #[must_use]
    pub fn watch(&self) -> Closing {
        Closing {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.shared.end(CLOSED);
    }
}

/// What is left of an outbox once it takes nothing more.
#[derive(Debug)]
pub struct Closing {
    shared: Arc<Shared>,
}

impl Closing {
    /// Ends the write half at once, with what is queued unwritten.
    pub fn evict(&self) {
        self.shared.end(EVICTED);
    }

    /// How many bytes of an unfinished frame the peer's read half still holds.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.shared.unfinished()
    }

    /// What the write half still holds costs this many bytes; 0 when it has ended.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match self.shared.state.load(Ordering::Acquire) {
            ENDED => 0,
            _ => self.shared.waiting.load(Ordering::Acquire),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::batch;

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);

    #[test]
    fn a_queue_takes_exactly_its_limit_and_not_a_byte_more() {
        let one = Delivery::all(batch(&[(OTHER, "0123456789")]));
        for (limit, fourth) in [
            (4 * one.batch.cost(), Ok(())),
            (4 * one.batch.cost() - 1, Err(Full)),
        ] {
            let (outbox, _pending) = outbox(READER, limit);
            for _ in 0..3 {
                assert_eq!(outbox.push(one.clone()), Ok(()));
            }
            assert_eq!(outbox.push(one.clone()), fourth);
        }
    }

    #[test]
    fn an_empty_queue_takes_one_batch_of_any_size() {
        let one = Delivery::all(batch(&[(OTHER, "longer than the limit")]));
        let (outbox, _pending) = outbox(READER, 1);
        assert_eq!(outbox.push(one.clone()), Ok(()));
        assert_eq!(outbox.push(one), Err(Full));
    }

    #[test]
    fn what_hub_and_peer_share_costs_an_idle_member_40_bytes() {
        assert_eq!(size_of::<Shared>(), 40);
    }
}
