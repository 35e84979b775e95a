//! The outbox: a peer's bounded queue of batches, and what else the hub and the peer tell each other without mail.
//!
//! The hub has the [`Outbox`]: it pushes and never waits. The peer's write half has the [`Pending`], and its read half
//! has the [`Intake`]. None of them knows who is in the room.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use futures::task::AtomicWaker;
use hubbub_transport::Transport;

use crate::batch::Delivery;
use crate::id::PeerId;

pub use self::intake::{Call, Intake};
pub use self::pending::Pending;

mod intake;
mod pending;

/// The queue is full: the peer is a slow consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The hub's end of a peer's queue. When it is dropped, the write half writes what is queued and ends.
#[derive(Debug)]
pub struct Outbox {
    queue: flume::Sender<Delivery>,
    shared: Arc<Shared>,
    /// How many bytes may wait; see [`Batch::cost`](crate::batch::Batch::cost).
    limit: usize,
}

/// What the hub and a peer share. Every idle member has one, so its fields are no wider than they must be.
#[derive(Debug, Default)]
struct Shared {
    /// The cost of what is pushed and not yet written.
    waiting: AtomicUsize,
    /// How many bytes of an unfinished frame the read half holds.
    unfinished: AtomicU32,
    /// Counts the writes that the socket took, and wraps around. It tells a peer that reads from one that has stalled.
    writes: AtomicU16,
    /// [`OPEN`], [`CLOSED`] or [`EVICTED`]. It only goes forward.
    state: AtomicU8,
    /// The flags [`ASKED`] and [`REFUSED`].
    flags: AtomicU8,
    /// Wakes the peer's task when something is pushed or asked, or when the state changes. The queue could wait by
    /// itself, but that would cost every idle member two allocations. Both halves register here, since they are one
    /// task.
    task: AtomicWaker,
    /// The connection. It is closed when the hub has let go of the outbox and the peer's task has ended. There is none
    /// where the hub is tested without peers.
    transport: Option<Transport>,
}

/// The hub asks whether the connection has ended, and the peer's task has not seen that yet.
const ASKED: u8 = 1;
/// What is pushed next says that the JOIN was refused.
const REFUSED: u8 = 2;

/// How many parts of a delivery are written at once. A short batch has two if the reader has said something in it.
const DIRECT_SLICES: usize = 4;

/// The hub may push.
const OPEN: u8 = 0;
/// The hub has let go. The write half writes what is queued and ends.
const CLOSED: u8 = 1;
/// The write half ends at once, with what is queued unwritten.
const EVICTED: u8 = 2;

impl Shared {
    fn unfinished(&self) -> usize {
        self.unfinished.load(Ordering::Acquire) as usize
    }

    fn transport(&self) -> io::Result<&Transport> {
        let transport = self.transport.as_ref();
        transport.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn count_write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    fn end(&self, state: u8) {
        self.state.fetch_max(state, Ordering::AcqRel);
        self.task.wake();
    }
}

/// Makes the queue of the peer `reader`, for `limit` bytes. An empty queue always takes one batch, so a peer that reads
/// gets everything even if the limit is below the longest frame.
///
/// The peer's task writes what it takes from the queue to `transport`. The hub writes short deliveries itself; see
/// [`Outbox::try_write`].
#[must_use]
pub fn outbox(reader: PeerId, limit: usize, transport: Option<Transport>) -> (Outbox, Pending) {
    let (sender, receiver) = flume::unbounded();
    let shared = Arc::new(Shared {
        transport,
        ..Shared::default()
    });
    let outbox = Outbox {
        queue: sender,
        shared: Arc::clone(&shared),
        limit,
    };
    (outbox, Pending::new(reader, receiver, shared))
}

/// Puts `parts` into `slices` as far as they go, and returns how many it used.
fn fill<'a>(slices: &mut [IoSlice<'a>], parts: impl Iterator<Item = &'a [u8]>) -> usize {
    let mut used = 0;
    for (slice, part) in slices.iter_mut().zip(parts) {
        *slice = IoSlice::new(part);
        used += 1;
    }
    used
}

impl Outbox {
    /// Queues a delivery, and never waits. If the peer's task has ended, the delivery is thrown away.
    ///
    /// # Errors
    ///
    /// The delivery does not fit, and is not queued.
    pub fn push(&self, delivery: Delivery) -> Result<(), Full> {
        let cost = delivery.batch.cost();
        let waiting = self.waiting();
        if waiting > 0 && waiting + cost > self.limit {
            return Err(Full);
        }
        self.shared.waiting.fetch_add(cost, Ordering::AcqRel);
        // This fails only when the peer's task has ended. Its last event is then on its way to the hub.
        let _ = self.queue.send(delivery);
        self.shared.task.wake();
        Ok(())
    }

    /// Writes a delivery to the peer at once, if nothing waits before it. For a short one that costs less than waking
    /// the peer's task. Returns whether all of it is written. If not, the caller must push the delivery, which then
    /// holds only the rest.
    pub fn try_write(&self, reader: PeerId, delivery: &mut Delivery) -> bool {
        // While nothing waits, the write half uses the connection only to end it.
        if self.waiting() > 0 {
            return false;
        }
        let mut slices = [IoSlice::new(&[]); DIRECT_SLICES];
        let used = fill(&mut slices, delivery.parts(reader));
        let transport = self.shared.transport();
        let written = transport.and_then(|transport| transport.try_write_vectored(&slices[..used]));
        let Ok(mut written) = written else {
            return false;
        };
        self.shared.count_write();
        delivery.advance(reader, &mut written)
    }

    /// What is pushed and not yet written, in bytes; see [`Batch::cost`](crate::batch::Batch::cost).
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Acquire)
    }

    /// A number that changes whenever the socket takes something.
    #[must_use]
    pub fn writes(&self) -> u16 {
        self.shared.writes.load(Ordering::Relaxed)
    }

    /// Whether more than a quarter of the limit waits. That is more than a peer that reads leaves waiting, even on a
    /// slow line.
    #[must_use]
    pub fn is_lagging(&self) -> bool {
        self.waiting() > self.limit / 4
    }

    /// Asks the peer's task whether its connection has ended. Returns whether this is a new question. If not, the task
    /// has not looked yet since the last one, and its answer will count for both.
    #[must_use]
    pub fn ask(&self) -> bool {
        let before = self.shared.flags.fetch_or(ASKED, Ordering::AcqRel);
        self.shared.task.wake();
        before & ASKED == 0
    }

    /// Marks what is pushed next, and last, as a refusal; see [`Pending::is_refusal`].
    pub fn refuse(&self) {
        self.shared.flags.fetch_or(REFUSED, Ordering::AcqRel);
    }

    /// How many bytes of an unfinished frame the peer's read half holds.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.shared.unfinished()
    }

    /// Returns a handle that shows what the peer still holds, even after the outbox is dropped.
    #[must_use]
    pub fn watch(&self) -> Closing {
        Closing {
            shared: Arc::downgrade(&self.shared),
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.shared.end(CLOSED);
    }
}

/// Watches a peer whose outbox takes nothing more. It does not keep the connection open.
#[derive(Debug)]
pub struct Closing {
    shared: Weak<Shared>,
}

impl Closing {
    /// Ends the write half at once. What is queued is not written.
    pub fn evict(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.end(EVICTED);
        }
    }

    /// How many bytes of an unfinished frame the peer's read half still holds.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        let shared = self.shared.upgrade();
        shared.map_or(0, |shared| shared.unfinished())
    }

    /// What the write half still holds, in bytes; 0 when the peer's task has ended.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let shared = self.shared.upgrade();
        shared.map_or(0, |shared| shared.waiting.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;
    use crate::batch::tests::{batch, frame};
    use crate::runtime::block_on;

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);

    #[test]
    fn a_queue_takes_exactly_its_limit_and_not_a_byte_more() {
        let one = Delivery::all(batch(&[(OTHER, "0123456789")]));
        for (limit, fourth) in [
            (4 * one.batch.cost(), Ok(())),
            (4 * one.batch.cost() - 1, Err(Full)),
        ] {
            let (outbox, _pending) = outbox(READER, limit, None);
            for _ in 0..3 {
                assert_eq!(outbox.push(one.clone()), Ok(()));
            }
            assert_eq!(outbox.push(one.clone()), fourth);
        }
    }

    #[test]
    fn an_empty_queue_takes_one_batch_of_any_size() {
        let one = Delivery::all(batch(&[(OTHER, "longer than the limit")]));
        let (outbox, _pending) = outbox(READER, 1, None);
        assert_eq!(outbox.push(one.clone()), Ok(()));
        assert_eq!(outbox.push(one), Err(Full));
    }

    /// A peer's outbox over a connection, its pending end, and the other end of the connection.
    fn over_a_connection() -> (Outbox, Pending, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let transport = Transport::connect(listener.local_addr().unwrap());
        let transport = block_on(transport).unwrap();
        let (socket, _) = listener.accept().unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let (outbox, pending) = outbox(READER, usize::MAX, Some(transport));
        (outbox, pending, socket)
    }

    #[track_caller]
    fn expect(socket: &mut TcpStream, text: &str) {
        let mut came = vec![0; text.len()];
        socket.read_exact(&mut came).unwrap();
        assert!(came == text.as_bytes(), "other bytes came");
    }

    #[test]
    fn a_delivery_is_written_at_once_while_nothing_waits_and_not_before_what_does() {
        let (outbox, mut pending, mut socket) = over_a_connection();
        let texts = [(OTHER, "one"), (READER, "own"), (OTHER, "two")];
        let mut first = Delivery::all(batch(&texts));
        assert!(outbox.try_write(READER, &mut first));
        expect(&mut socket, &(frame("one") + &frame("two")));
        assert_eq!(outbox.waiting(), 0);
        let mut second = Delivery::all(batch(&[(OTHER, "second")]));
        outbox.push(second.clone()).unwrap();
        assert!(!outbox.try_write(READER, &mut second));
        assert_eq!(pending.fill().now_or_never(), Some(true));
        assert!(!outbox.try_write(READER, &mut second));
        pending.advance(frame("second").len());
        assert!(outbox.try_write(READER, &mut second));
        expect(&mut socket, &frame("second"));
    }

    #[test]
    fn what_the_connection_does_not_take_at_once_is_left_to_be_pushed() {
        let (outbox, mut pending, mut socket) = over_a_connection();
        let text = "x".repeat(64 << 20);
        let mut delivery = Delivery::all(batch(&[(OTHER, &text)]));
        assert!(!outbox.try_write(READER, &mut delivery));
        assert!(delivery.written > 0);
        outbox.push(delivery).unwrap();
        let whole = frame(&text);
        assert_eq!(pending.fill().now_or_never(), Some(true));
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(pending.slices(&mut slices), 1);
        let (written, rest) = whole.split_at(whole.len() - slices[0].len());
        assert!(*slices[0] == *rest.as_bytes(), "the rest is another one");
        expect(&mut socket, written);
    }

    #[test]
    fn what_cannot_be_written_at_once_is_left_to_the_peers_task() {
        let (outbox, _pending, _socket) = over_a_connection();
        outbox.shared.transport.as_ref().unwrap().cut().unwrap();
        let mut delivery = Delivery::all(batch(&[(OTHER, "unheard")]));
        assert!(!outbox.try_write(READER, &mut delivery));
        assert_eq!(delivery.written, 0);
    }

    #[test]
    fn what_hub_and_peer_share_costs_an_idle_member_56_bytes() {
        assert_eq!(size_of::<Shared>(), 56);
    }
}
