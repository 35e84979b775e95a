//! The read half's end of an outbox: it shows the hub how much it holds unfinished, and learns what the hub wants of
//! it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use hubbub_transport::Transport;

use super::{ANSWERING, ASKED, Delivery, Full, GRANTED, OPEN, OWN, Shared};
use crate::batch::Batch;
use crate::memory::{Held, Memory};

/// What the hub wants of the read half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// It should say whether the connection has ended.
    Ask,
    /// It should end, since nothing that it reads is heard any more.
    End,
}

/// The read half's end of a peer's outbox.
#[derive(Debug)]
pub struct Intake {
    shared: Arc<Shared>,
    memory: Arc<Memory>,
}

impl Intake {
    pub(super) fn new(shared: Arc<Shared>, memory: Arc<Memory>) -> Self {
        Self { shared, memory }
    }

    /// The connection, from which it reads.
    ///
    /// # Errors
    ///
    /// There is no connection.
    pub fn transport(&self) -> io::Result<&Transport> {
        self.shared.transport()
    }

    /// Notes how many bytes of an unfinished frame are held now. They count as used memory.
    pub fn set_unfinished(&self, bytes: usize) {
        // Far more than a frame can hold.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let before = self.shared.unfinished.load(Ordering::Relaxed);
        // The hub subtracts what leaving peers hold from what all hold. What it sees of a peer must never be less than
        // what is counted, or another peer would have to go for it.
        if bytes < before {
            self.memory.count(before as usize, bytes as usize);
            self.shared.unfinished.store(bytes, Ordering::Release);
        } else {
            self.shared.unfinished.store(bytes, Ordering::Release);
            self.memory.count(before as usize, bytes as usize);
        }
    }

    /// Counts other bytes against the same limit until the result is dropped.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> Held {
        self.memory.hold(bytes)
    }

    /// Whether the limit is passed, and this peer holds some of the bytes.
    #[must_use]
    pub fn is_in_excess(&self) -> bool {
        self.shared.unfinished.load(Ordering::Relaxed) > 0 && self.memory.excess() > 0
    }

    /// Whether the peer has a grant.
    #[must_use]
    pub fn has_grant(&self) -> bool {
        self.shared.has(GRANTED)
    }

    /// Queues frames of the peer's own task, such as a PONG. They go behind what waits, without the hub. They count as
    /// held by this end.
    ///
    /// # Errors
    ///
    /// Frames of the peer's own task wait already, and these are not queued. So a peer that asks without reading costs
    /// no more than one that asks once. One that waits for each answer gets them all.
    pub fn push_own(&self, frames: Vec<u8>) -> Result<(), Full> {
        if !self.shared.set(OWN) {
            return Err(Full);
        }
        let batch = Batch::alone(frames, &self.memory);
        self.shared
            .enqueue(Delivery::all(batch).exempt().clears(OWN));
        self.shared.task.wake();
        Ok(())
    }

    /// Notes that an EARLIER is being answered, until the last frame of the answer is written; see
    /// [`Delivery::ends_answer`]. The task is then woken. Returns `false` if one is being answered already.
    #[must_use]
    pub fn begin_answer(&self) -> bool {
        self.shared.set(ANSWERING)
    }

    /// Whether an EARLIER is being answered.
    #[must_use]
    pub fn is_answering(&self) -> bool {
        self.shared.has(ANSWERING)
    }

    /// Ready when the hub wants something. This takes the question, so that a later one is new.
    pub fn poll_call(&self, context: &Context<'_>) -> Poll<Call> {
        self.shared.task.register(context.waker());
        if self.shared.state.load(Ordering::Acquire) != OPEN {
            return Poll::Ready(Call::End);
        }
        let flags = &self.shared.flags;
        let is_asked = flags.load(Ordering::Relaxed) & ASKED != 0
            && flags.fetch_and(!ASKED, Ordering::AcqRel) & ASKED != 0;
        if is_asked {
            Poll::Ready(Call::Ask)
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.set_unfinished(0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::outbox;
    use super::*;
    use crate::id::PeerId;

    #[test]
    fn what_is_unfinished_counts_and_only_who_holds_some_of_it_is_in_excess() {
        let memory = Memory::new(10);
        let [(outbox, first), (_, second)] = [1, 2].map(|peer| outbox(PeerId(peer), 1, None));
        let [first, second] = [first.intake(&memory), second.intake(&memory)];
        first.set_unfinished(10);
        assert!(!first.is_in_excess());
        first.set_unfinished(11);
        assert_eq!(outbox.unfinished(), 11);
        assert!(first.is_in_excess());
        assert!(!second.is_in_excess());
        second.set_unfinished(1);
        assert_eq!(memory.excess(), 2);
        drop(first);
        assert_eq!((outbox.unfinished(), memory.excess()), (0, 0));
    }

    #[test]
    fn a_question_is_heard_once_and_one_that_comes_before_that_is_the_same() {
        let (outbox, pending) = outbox(PeerId(1), 1, None);
        let intake = pending.intake(&Memory::new(0));
        let heard = || {
            let waker = futures::task::noop_waker();
            intake.poll_call(&Context::from_waker(&waker))
        };
        assert_eq!(heard(), Poll::Pending);
        assert!(outbox.ask());
        assert!(!outbox.ask());
        assert_eq!(heard(), Poll::Ready(Call::Ask));
        assert_eq!(heard(), Poll::Pending);
        assert!(outbox.ask());
        drop(outbox);
        assert_eq!(heard(), Poll::Ready(Call::End));
    }
}
