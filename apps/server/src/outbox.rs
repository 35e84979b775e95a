//! The outbox: a peer's bounded queue of batches, and what else the hub and the peer tell each other without mail.
//!
//! The hub has the [`Outbox`]: it pushes and never waits. The peer's write half has the [`Pending`], and its read half
//! has the [`Intake`]. None of them knows who is in the room.

use std::io::{self, IoSlice};
use std::mem;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures::task::AtomicWaker;
#[cfg(feature = "web")]
use hubbub_transport::Goodbye;
use hubbub_transport::Transport;

use crate::address::Host;
use crate::id::PeerId;

use self::delivery::Price;
pub use self::delivery::{Delivery, Later, Part};
pub use self::intake::{Call, Intake};
pub use self::pending::Pending;

mod delivery;
mod intake;
mod pending;

/// The queue is full: the peer is a slow consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The hub's end of a peer's queue. When it is dropped, the write half writes what is queued and ends.
#[derive(Debug)]
pub struct Outbox {
    shared: Arc<Shared>,
    /// How many bytes may wait; see [`Delivery::cost`].
    limit: usize,
}

/// What the hub and a peer share. Every idle member has one, so its fields are no wider than they must be.
#[derive(Debug)]
struct Shared {
    /// What is pushed and not yet taken. `None` when the peer's task has ended. Locked only to put something in or to
    /// take everything out. A channel would cost every idle member an allocation of its own.
    queue: Mutex<Option<Vec<Delivery>>>,
    /// The cost of what is pushed and not yet written, without what is exempt from the limit.
    counted: AtomicUsize,
    /// The cost of the rest.
    exempt: AtomicUsize,
    /// How many bytes of an unfinished frame the read half holds.
    unfinished: AtomicU32,
    /// Counts the writes that the socket took, and wraps around. It tells a peer that reads from one that has stalled.
    writes: AtomicU16,
    /// [`OPEN`], [`CLOSED`] or [`EVICTED`]. It only goes forward.
    state: AtomicU8,
    /// The flags from [`ASKED`] on.
    flags: AtomicU8,
    /// Wakes the peer's task when something is pushed or asked, or when the state changes. Both halves register here,
    /// since they are one task.
    task: AtomicWaker,
    /// The connection. It is closed when the hub has let go of the outbox and the peer's task has ended. It leads
    /// nowhere where the hub is tested without peers.
    transport: Transport,
}

/// The hub asks whether the connection has ended, and the peer's task has not seen that yet.
const ASKED: u8 = 1;
/// What is pushed next says that the JOIN was refused.
const REFUSED: u8 = 1 << 1;
/// The peer has a grant.
const GRANTED: u8 = 1 << 2;
/// The hub writes to the connection. The write half must not, until what is left of that write is in the queue.
const DIRECT: u8 = 1 << 3;
/// The peer's task has pushed something itself, and it is not yet written.
const OWN: u8 = 1 << 4;
/// An EARLIER is being answered.
const ANSWERING: u8 = 1 << 5;

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
        if self.transport.is_nowhere() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        Ok(&self.transport)
    }

    fn count_write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// The cost of all that is pushed and not yet written, in bytes.
    fn waiting(&self) -> usize {
        // In one order with the flag DIRECT for everybody: of the hub and the peer's task, at least one sees the other.
        self.counted.load(Ordering::SeqCst) + self.exempt.load(Ordering::SeqCst)
    }

    fn wait(&self, price: Price) {
        match price {
            Price::Counted(cost) => self.counted.fetch_add(cost, Ordering::SeqCst),
            Price::Exempt(cost) => self.exempt.fetch_add(cost, Ordering::SeqCst),
        };
    }

    fn wait_no_more(&self, price: Price) {
        match price {
            Price::Counted(cost) => self.counted.fetch_sub(cost, Ordering::SeqCst),
            Price::Exempt(cost) => self.exempt.fetch_sub(cost, Ordering::SeqCst),
        };
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::SeqCst) & flag != 0
    }

    /// Sets a flag. Returns whether it was not set before.
    fn set(&self, flag: u8) -> bool {
        self.flags.fetch_or(flag, Ordering::SeqCst) & flag == 0
    }

    fn clear(&self, flags: u8) {
        self.flags.fetch_and(!flags, Ordering::SeqCst);
    }

    /// Keeps the peer's task from the connection, until [`DIRECT`] is cleared. Returns whether the hub may write now.
    ///
    /// While nothing waits, the write half uses the connection only to end it. But the peer's task may push something
    /// itself at any time, so it must see that the hub writes, or the hub must see what it has pushed.
    #[must_use]
    fn claim(&self) -> bool {
        self.set(DIRECT);
        self.waiting() == 0
    }

    fn enqueue(&self, delivery: Delivery) {
        self.wait(delivery.price());
        // Without a queue, the peer's task has ended. Its last event is then on its way to the hub.
        if let Some(queue) = &mut *self.queue() {
            queue.push(delivery);
        }
    }

    /// Takes the whole queue. That also frees its memory, so that an idle peer holds none.
    fn take(&self) -> Vec<Delivery> {
        self.queue().as_mut().map(mem::take).unwrap_or_default()
    }

    fn queue(&self) -> MutexGuard<'_, Option<Vec<Delivery>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
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
/// [`Outbox::deliver`].
#[must_use]
pub fn outbox(reader: PeerId, limit: usize, transport: Option<Transport>) -> (Outbox, Pending) {
    let shared = Arc::new(Shared {
        queue: Mutex::new(Some(Vec::new())),
        counted: AtomicUsize::default(),
        exempt: AtomicUsize::default(),
        unfinished: AtomicU32::default(),
        writes: AtomicU16::default(),
        state: AtomicU8::new(OPEN),
        flags: AtomicU8::default(),
        task: AtomicWaker::new(),
        transport: transport.unwrap_or_else(Transport::nowhere),
    });
    let pending = Pending::new(reader, Arc::clone(&shared));
    (Outbox { shared, limit }, pending)
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
    /// Queues a delivery, and never waits. If the peer's task has ended, the delivery is thrown away. What is exempt
    /// always fits.
    ///
    /// # Errors
    ///
    /// The delivery does not fit, and is not queued.
    pub fn push(&self, delivery: Delivery) -> Result<(), Full> {
        if let Price::Counted(cost) = delivery.price() {
            let counted = self.shared.counted.load(Ordering::Acquire);
            if counted > 0 && counted + cost > self.limit {
                return Err(Full);
            }
        }
        self.shared.enqueue(delivery);
        self.shared.task.wake();
        Ok(())
    }

    /// Writes to the peer at once if nothing waits before it, and queues what is left. For a short part that costs less
    /// than waking the peer's task. Returns how many bytes were written at once.
    ///
    /// # Errors
    ///
    /// It does not fit. Nothing of it is written or queued.
    pub fn deliver(&self, reader: PeerId, mut part: Part) -> Result<usize, Full> {
        let shared = &self.shared;
        if shared.waiting() > 0 {
            return self.push(part.into()).map(|()| 0);
        }
        part.goes_first = shared.claim();
        let (mut written, mut is_written) = (0, false);
        if part.goes_first {
            (written, is_written) = self.write(reader, &mut part);
        }
        if !is_written {
            // The queue takes it whatever its size, since nothing waits that counts.
            shared.enqueue(part.into());
        }
        shared.clear(DIRECT);
        if shared.waiting() > 0 {
            shared.task.wake();
        }
        Ok(written)
    }

    /// Writes once. Returns how many bytes that were, and whether all of the part is written.
    fn write(&self, reader: PeerId, part: &mut Part) -> (usize, bool) {
        let mut slices = [IoSlice::new(&[]); DIRECT_SLICES];
        let used = fill(&mut slices, part.parts(reader));
        let transport = self.shared.transport();
        let written = transport.and_then(|transport| transport.try_write_vectored(&slices[..used]));
        let Ok(written) = written else {
            return (0, false);
        };
        self.shared.count_write();
        (written, part.advance(reader, &mut { written }))
    }

    /// What is pushed and not yet written, in bytes; see [`Delivery::cost`].
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting()
    }

    /// Notes that the peer has a grant; see [`Intake::has_grant`].
    pub fn grant(&self) {
        self.shared.set(GRANTED);
    }

    /// Where the peer is, as far as its system still knows.
    #[must_use]
    pub fn host(&self) -> Option<Host> {
        let address = self.shared.transport().ok()?.peer_addr().ok()?;
        Some(Host::of(address))
    }

    /// Whether what goes to the peer is encrypted.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        let transport = self.shared.transport();
        transport.is_ok_and(Transport::is_encrypted)
    }

    /// What a browser is told when its connection ends. The first reason counts. Others are told nothing.
    #[cfg(feature = "web")]
    pub fn goodbye(&self, why: Goodbye) {
        if let Ok(transport) = self.shared.transport() {
            transport.goodbye(why);
        }
    }

    /// A number that changes whenever the socket takes something.
    #[must_use]
    pub fn writes(&self) -> u16 {
        self.shared.writes.load(Ordering::Relaxed)
    }

    /// Whether more than a quarter of the limit waits, without what is exempt. That is more than a peer that reads
    /// leaves waiting, even on a slow line.
    #[must_use]
    pub fn is_lagging(&self) -> bool {
        self.shared.counted.load(Ordering::Acquire) > self.limit / 4
    }

    /// Asks the peer's task whether its connection has ended. Returns whether this is a new question. If not, the task
    /// has not looked yet since the last one, and its answer will count for both.
    #[must_use]
    pub fn ask(&self) -> bool {
        let is_new = self.shared.set(ASKED);
        self.shared.task.wake();
        is_new
    }

    /// Marks what is pushed next, and last, as a refusal; see [`Pending::is_refusal`].
    pub fn refuse(&self) {
        self.shared.set(REFUSED);
    }

    /// How many bytes of an unfinished frame the peer's read half holds.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.shared.unfinished()
    }

    /// The same as [`Outbox::watch`], of a server that stops. A browser is told so when its connection ends.
    #[must_use]
    pub fn stop(&self) -> Closing {
        #[cfg(feature = "web")]
        self.goodbye(Goodbye::Stopping);
        self.watch()
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
        shared.map_or(0, |shared| shared.waiting())
    }
}

#[cfg(test)]
pub(crate) mod tests;
