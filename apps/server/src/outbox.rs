//! Batches that all peers share, and one peer's bounded queue of them.
//!
//! The hub pushes and never waits. The peer's write half waits, takes all that is there, and turns it into slices for
//! one vectored write, leaving out what the peer said itself. Knows no sockets and nothing of who is in the room.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::IoSlice;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;

use crate::memory::{Held, Memory};
use crate::room::PeerId;

/// The encoded frames that left the hub together, one behind the other.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Runs of frames by sender, in the order of `bytes`.
    runs: Vec<Run>,
    /// Counts it against the memory of the server for as long as somebody has still to write it.
    held: Option<Held>,
}

#[derive(Debug)]
struct Run {
    sender: PeerId,
    /// Where the run ends in `bytes`. It begins where the one before it ends.
    end: usize,
}

impl Batch {
    /// How many bytes of frames it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends whole encoded frames of one sender.
    pub fn append(&mut self, sender: PeerId, frames: Vec<u8>) {
        if self.bytes.is_empty() {
            self.bytes = frames;
        } else {
            self.bytes.extend_from_slice(&frames);
        }
        let end = self.bytes.len();
        match self.runs.last_mut() {
            Some(run) if run.sender == sender => run.end = end,
            _ => self.runs.push(Run { sender, end }),
        }
    }

    /// Closes the batch, for all to share. Until the last of them has written it, it counts as used `memory`.
    #[must_use]
    pub fn share(mut self, memory: &Arc<Memory>) -> Arc<Self> {
        self.held = Some(memory.hold(self.cost()));
        Arc::new(self)
    }

    /// Is all of it from one sender, and that the given one?
    #[must_use]
    pub fn is_all_from(&self, sender: PeerId) -> bool {
        matches!(&self.runs[..], [run] if run.sender == sender)
    }

    /// What it costs a queue to hold, in bytes: the frames, and the tables around them.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.bytes.len() + self.runs.len() * size_of::<Run>() + size_of::<(Batch, Delivery)>()
    }

    /// The parts of `range` that `reader` did not send itself, as ranges of `bytes`, neighbours joined.
    fn others(&self, range: Range<usize>, reader: PeerId) -> impl Iterator<Item = Range<usize>> {
        let mut runs = self.runs.iter();
        let mut at = range.start;
        std::iter::from_fn(move || {
            let mut part = at..at;
            while at < range.end
                && let Some(run) = runs.next()
            {
                // A run that ends before the range leaves `at` where it is.
                at = run.end.min(range.end).max(at);
                if run.sender != reader {
                    part.end = at;
                } else if part.is_empty() {
                    part = at..at;
                } else {
                    break;
                }
            }
            (!part.is_empty()).then_some(part)
        })
    }
}

/// What one peer is to get of a batch.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The batch that all share.
    pub batch: Arc<Batch>,
    /// Which of its bytes: those from the peer's JOIN to its LEAVE.
    pub range: Range<usize>,
}

/// The queue is full: the peer is a slow consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The hub's end of one peer's queue. When it is dropped, the write half writes what is queued and ends.
#[derive(Debug)]
pub struct Outbox {
    queue: flume::Sender<Delivery>,
    shared: Arc<Shared>,
    /// Most bytes that may wait; see [`Batch::cost`].
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
    /// [`OPEN`], [`CLOSED`] or [`EVICTED`]; it never goes back.
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
    let pending = Pending {
        reader,
        queue: receiver,
        shared,
        taken: VecDeque::new(),
    };
    (outbox, pending)
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

    /// What is pushed and not yet written costs this many bytes; see [`Batch::cost`].
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Acquire)
    }

    /// A number that has changed when the socket has taken something.
    #[must_use]
    pub fn writes(&self) -> u16 {
        self.shared.writes.load(Ordering::Relaxed)
    }

    /// Is more waiting than a peer that reads leaves waiting, whatever the line: a quarter of the limit?
    #[must_use]
    pub fn is_lagging(&self) -> bool {
        self.waiting() > self.limit / 4
    }

    /// Asks the peer's task whether its connection has ended. `false`: the answer to a question before is still to come,
    /// and the task looks no sooner than now, so that it answers this one too.
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

    /// Lets go of the queue: the write half writes what is in it and ends.
    pub fn close(self) -> Closing {
        self.watch()
    }

    /// Shows what the peer holds, also when the queue is let go of.
    #[must_use]
    pub fn watch(&self) -> Closing {
        Closing {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Ends the write half at once, with what is queued unwritten.
    pub fn evict(self) -> Closing {
        let closing = self.close();
        closing.evict();
        closing
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.shared.end(CLOSED);
    }
}

/// What is left of an outbox that takes nothing more.
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
        match Arc::strong_count(&self.shared) {
            1 => 0,
            _ => self.shared.waiting.load(Ordering::Acquire),
        }
    }
}

/// What the hub wants of the read half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// To say whether the connection has ended.
    Ask,
    /// To end: nothing that it reads is heard any more.
    End,
}

/// The read half's end: what it holds unfinished, for the hub to see, and what the hub wants of it.
#[derive(Debug)]
pub struct Intake {
    shared: Arc<Shared>,
    memory: Arc<Memory>,
}

impl Intake {
    /// How many bytes of an unfinished frame are held now. They count as used memory.
    pub fn set_unfinished(&self, bytes: usize) {
        // Far more than a frame can have.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let before = self.shared.unfinished.swap(bytes, Ordering::AcqRel);
        self.memory.count(before as usize, bytes as usize);
    }

    /// Counts other bytes against the same limit, for as long as the answer lives.
    #[must_use]
    pub fn beside(&self, bytes: usize) -> Held {
        self.memory.hold(bytes)
    }

    /// Is the limit passed, and are some of the unfinished bytes among those that pass it?
    #[must_use]
    pub fn is_in_excess(&self) -> bool {
        self.shared.unfinished.load(Ordering::Relaxed) > 0 && self.memory.excess() > 0
    }

    /// Ready when the hub wants something. A question is taken by that: a later one is a new one.
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

/// The write half's end of the queue.
#[derive(Debug)]
pub struct Pending {
    reader: PeerId,
    queue: flume::Receiver<Delivery>,
    shared: Arc<Shared>,
    /// What is being written. `range.start` of the first one moves with the bytes.
    taken: VecDeque<Delivery>,
}

impl Pending {
    /// The end of the same peer's read half. What it holds is counted as used `memory`.
    #[must_use]
    pub fn intake(&self, memory: &Arc<Memory>) -> Intake {
        Intake {
            shared: Arc::clone(&self.shared),
            memory: Arc::clone(memory),
        }
    }

    /// Waits for something to write and takes all that is there. `false`: the hub has let go and all is written.
    pub fn fill(&mut self) -> impl Future<Output = bool> {
        poll_fn(|context| {
            self.shared.task.register(context.waker());
            // Asked before the queue is emptied: what was pushed before the end is then in it.
            let state = self.shared.state.load(Ordering::Acquire);
            // Taking all of it as a whole also gives the queue's memory back, so that an idle peer holds none.
            self.taken.extend(self.queue.drain());
            match (self.taken.is_empty(), state) {
                (false, _) => Poll::Ready(true),
                (true, OPEN) => Poll::Pending,
                (true, _) => Poll::Ready(false),
            }
        })
    }

    /// Says what was taken that the peer's JOIN was not?
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.shared.flags.load(Ordering::Relaxed) & REFUSED != 0
    }

    /// Is all that was taken written?
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.taken.is_empty()
    }

    /// Puts what comes next into `slices`, in order, as far as they go; says how many it used. None at all says that
    /// what was taken is of the peer's own and written by definition.
    pub fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let parts = self.taken.iter().flat_map(|delivery| {
            let batch = &delivery.batch;
            batch
                .others(delivery.range.clone(), self.reader)
                .map(|part| &batch.bytes[part])
        });
        let mut used = 0;
        for (slice, part) in slices.iter_mut().zip(parts) {
            *slice = IoSlice::new(part);
            used += 1;
        }
        used
    }

    /// Forgets the next `written` bytes, and every delivery that is thereby done with.
    pub fn advance(&mut self, mut written: usize) {
        self.shared.writes.fetch_add(1, Ordering::Relaxed);
        while let Some(delivery) = self.taken.front_mut() {
            for part in delivery.batch.others(delivery.range.clone(), self.reader) {
                if written < part.len() {
                    delivery.range.start = part.start + written;
                    return;
                }
                written -= part.len();
            }
            let cost = delivery.batch.cost();
            self.taken.pop_front();
            self.shared.waiting.fetch_sub(cost, Ordering::AcqRel);
        }
        self.taken = VecDeque::new();
    }

    /// Forgets all that was taken: it cannot be written.
    pub fn forget(&mut self) {
        for delivery in std::mem::take(&mut self.taken) {
            let cost = delivery.batch.cost();
            self.shared.waiting.fetch_sub(cost, Ordering::AcqRel);
        }
    }

    /// Ready when the hub has evicted the peer.
    pub fn evicted(&self) -> impl Future<Output = ()> {
        poll_fn(|context| {
            self.shared.task.register(context.waker());
            if self.shared.state.load(Ordering::Acquire) == EVICTED {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);

    fn batch(parts: &[(PeerId, &str)]) -> Arc<Batch> {
        let mut batch = Batch::default();
        for (sender, frames) in parts {
            batch.append(*sender, frames.as_bytes().to_vec());
        }
        Arc::new(batch)
    }

    fn all(batch: Arc<Batch>) -> Delivery {
        let range = 0..batch.len();
        Delivery { batch, range }
    }

    fn text(pending: &Pending) -> String {
        let mut slices = [IoSlice::new(&[]); 16];
        let used = pending.slices(&mut slices);
        slices[..used]
            .iter()
            .map(|slice| String::from_utf8_lossy(slice).into_owned())
            .collect::<Vec<_>>()
            .join("|")
    }

    fn filled(deliveries: impl IntoIterator<Item = Delivery>) -> Pending {
        let (outbox, mut pending) = outbox(READER, usize::MAX);
        for delivery in deliveries {
            outbox.push(delivery).unwrap();
        }
        assert!(async_std::task::block_on(pending.fill()));
        pending
    }

    #[test]
    fn a_reader_gets_everything_but_its_own_and_neighbours_in_one_slice() {
        let mixed = batch(&[
            (OTHER, "a"),
            (PeerId(3), "b"),
            (READER, "c"),
            (READER, "d"),
            (OTHER, "e"),
        ]);
        assert_eq!(text(&filled([all(mixed)])), "ab|e");
        assert_eq!(text(&filled([all(batch(&[(READER, "own")]))])), "");
        assert_eq!(
            text(&filled([all(batch(&[(READER, "own"), (OTHER, "x")]))])),
            "x"
        );
    }

    #[test]
    fn a_range_cuts_what_was_said_before_the_join_and_behind_the_leave() {
        let batch = batch(&[(OTHER, "before"), (READER, "join"), (OTHER, "after")]);
        let range = "beforejoin".len().."beforejoinaf".len();
        assert_eq!(text(&filled([Delivery { batch, range }])), "af");
    }

    #[test]
    fn any_split_of_the_writes_gives_the_same_bytes() {
        let batches = [
            all(batch(&[(OTHER, "abc"), (READER, "own"), (OTHER, "de")])),
            all(batch(&[(READER, "own")])),
            all(batch(&[(OTHER, "f"), (READER, "own"), (PeerId(3), "gh")])),
        ];
        for step in 1..=8 {
            let mut pending = filled(batches.clone());
            let mut got = String::new();
            while !pending.is_written() {
                let now: String = text(&pending)
                    .chars()
                    .filter(|&c| c != '|')
                    .take(step)
                    .collect();
                pending.advance(now.len());
                got += &now;
            }
            assert_eq!(got, "abcdefgh", "{step} bytes a write");
            assert_eq!(pending.shared.waiting.load(Ordering::Acquire), 0);
        }
    }

    #[test]
    fn what_is_forgotten_waits_no_more_and_the_queue_takes_more() {
        let one = batch(&[(OTHER, "0123456789")]);
        let (outbox, mut pending) = outbox(READER, one.cost());
        for _ in 0..3 {
            outbox.push(all(Arc::clone(&one))).unwrap();
            assert!(async_std::task::block_on(pending.fill()));
            pending.forget();
            assert!(pending.is_written());
            assert_eq!(outbox.waiting(), 0);
        }
    }

    #[test]
    fn a_queue_takes_exactly_its_limit_and_not_a_byte_more() {
        let one = batch(&[(OTHER, "0123456789")]);
        let (outbox, _pending) = outbox(READER, 3 * one.cost());
        for _ in 0..3 {
            assert_eq!(outbox.push(all(Arc::clone(&one))), Ok(()));
        }
        assert_eq!(outbox.push(all(one)), Err(Full));
    }

    #[test]
    fn an_empty_queue_takes_one_batch_of_any_size() {
        let one = batch(&[(OTHER, "longer than the limit")]);
        let (outbox, _pending) = outbox(READER, 1);
        assert_eq!(outbox.push(all(Arc::clone(&one))), Ok(()));
        assert_eq!(outbox.push(all(one)), Err(Full));
    }

    #[test]
    fn what_is_queued_is_still_taken_after_the_hub_has_let_go() {
        let (outbox, mut pending) = outbox(READER, usize::MAX);
        outbox.push(all(batch(&[(OTHER, "last")]))).unwrap();
        drop(outbox);
        async_std::task::block_on(async {
            assert!(pending.fill().await);
            pending.advance("last".len());
            assert!(!pending.fill().await);
        });
    }

    #[test]
    fn what_is_unfinished_counts_and_only_who_holds_some_of_it_is_in_excess() {
        let memory = Memory::new(10);
        let [(outbox, first), (_, second)] = [READER, OTHER].map(|peer| outbox(peer, 1));
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
        let (outbox, pending) = outbox(READER, 1);
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

    #[test]
    fn a_refusal_is_known_as_one_when_it_is_taken_and_nothing_else_is() {
        let (outbox, mut pending) = outbox(READER, usize::MAX);
        outbox.push(all(batch(&[(OTHER, "hello")]))).unwrap();
        assert!(outbox.ask());
        assert!(!pending.is_refusal());
        outbox.refuse();
        outbox.push(all(batch(&[(OTHER, "no")]))).unwrap();
        assert!(async_std::task::block_on(pending.fill()));
        assert!(pending.is_refusal());
    }

    #[test]
    fn what_hub_and_peer_share_costs_an_idle_member_40_bytes() {
        assert_eq!(size_of::<Shared>(), 40);
    }
}
