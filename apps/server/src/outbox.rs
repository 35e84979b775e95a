//! The outbox: a peer's bounded queue of batches, and what else the hub and the peer tell each other without mail.
//!
//! The hub has the [`Outbox`]: it pushes and never waits. The peer's write half has the [`Pending`], and its read half
//! has the [`Intake`]. None of them knows who is in the room.

use std::io::{self, IoSlice};
use std::mem;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures::task::AtomicWaker;
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
    /// What is pushed and not yet taken. `None` when the peer's task has ended. Locked only to put something in or to take
    /// everything out. A channel would cost every idle member an allocation of its own.
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
    /// The connection. It is closed when the hub has let go of the outbox and the peer's task has ended. There is none
    /// where the hub is tested without peers.
    transport: Option<Transport>,
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
        let transport = self.transport.as_ref();
        transport.ok_or_else(|| io::ErrorKind::NotConnected.into())
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
        transport,
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

    /// A number that changes whenever the socket takes something.
    #[must_use]
    pub fn writes(&self) -> u16 {
        self.shared.writes.load(Ordering::Relaxed)
    }

    /// Whether more than a quarter of the limit waits, without what is exempt. That is more than a peer that reads leaves
    /// waiting, even on a slow line.
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
pub(crate) mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;
    use crate::batch::tests::{batch, frame};
    use crate::memory::Memory;
    use crate::runtime::block_on;

    const READER: PeerId = PeerId(1);
    const OTHER: PeerId = PeerId(2);

    /// Takes everything that waits, as a peer's write half does.
    pub(crate) fn taken(pending: &mut Pending) -> String {
        let mut got = Vec::new();
        while pending.fill().now_or_never() == Some(true) {
            while !pending.is_written() {
                if pending.is_unsettled() {
                    assert_eq!(pending.settle().now_or_never(), Some(true));
                }
                let mut slices = [IoSlice::new(&[]); 16];
                let used = pending.slices(&mut slices);
                let before = got.len();
                for slice in &slices[..used] {
                    got.extend_from_slice(slice);
                }
                pending.advance(got.len() - before);
            }
        }
        String::from_utf8(got).unwrap()
    }

    /// Whether the hub has let go of the queue and nothing is left in it.
    pub(crate) fn is_over(pending: &mut Pending) -> bool {
        pending.fill().now_or_never() == Some(false)
    }

    #[test]
    fn a_queue_takes_exactly_its_limit_and_not_a_byte_more() {
        let one = Part::all(batch(&[(OTHER, "0123456789")]));
        for (limit, fourth) in [(4 * one.cost(), Ok(())), (4 * one.cost() - 1, Err(Full))] {
            let (outbox, _pending) = outbox(READER, limit, None);
            for _ in 0..3 {
                assert_eq!(outbox.push(one.clone().into()), Ok(()));
            }
            assert_eq!(outbox.push(one.clone().into()), fourth);
        }
    }

    #[test]
    fn an_empty_queue_takes_one_batch_of_any_size() {
        let one = Part::all(batch(&[(OTHER, "longer than the limit")]));
        let (outbox, _pending) = outbox(READER, 1, None);
        assert_eq!(outbox.push(one.clone().into()), Ok(()));
        assert_eq!(outbox.push(one.into()), Err(Full));
    }

    #[test]
    fn what_is_exempt_always_fits_and_leaves_the_limit_and_the_lag_as_they_are() {
        let one = Part::all(batch(&[(OTHER, "0123456789")]));
        let cost = one.cost();
        let (outbox, mut pending) = outbox(READER, 4 * cost, None);
        let exempt = || Delivery::from(one.clone()).exempt();
        for _ in 0..10 {
            assert_eq!(outbox.push(exempt()), Ok(()));
        }
        assert!(!outbox.is_lagging());
        for lags in [false, true, true, true] {
            assert_eq!(outbox.push(one.clone().into()), Ok(()));
            assert_eq!(outbox.is_lagging(), lags);
        }
        assert_eq!(outbox.push(one.clone().into()), Err(Full));
        assert_eq!(outbox.push(exempt()), Ok(()));
        assert_eq!(
            (outbox.waiting(), outbox.watch().waiting()),
            (15 * cost, 15 * cost)
        );
        assert_eq!(pending.fill().now_or_never(), Some(true));
        // Ten that are exempt and one that is not.
        pending.advance(11 * frame("0123456789").len());
        assert_eq!((outbox.waiting(), outbox.is_lagging()), (4 * cost, true));
        assert_eq!(outbox.push(one.clone().into()), Ok(()));
        assert_eq!(outbox.push(one.into()), Err(Full));
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
    fn a_part_is_written_at_once_while_nothing_waits_and_not_before_what_does() {
        let (outbox, mut pending, mut socket) = over_a_connection();
        let texts = [(OTHER, "one"), (READER, "own"), (OTHER, "two")];
        let direct = |text| outbox.deliver(READER, Part::all(batch(&[(OTHER, text)])));
        outbox.deliver(READER, Part::all(batch(&texts))).unwrap();
        expect(&mut socket, &(frame("one") + &frame("two")));
        assert_eq!((outbox.waiting(), outbox.writes()), (0, 1));
        let second = Part::all(batch(&[(OTHER, "second")]));
        outbox.push(second.into()).unwrap();
        direct("third").unwrap();
        assert_eq!(pending.fill().now_or_never(), Some(true));
        direct("fourth").unwrap();
        pending.advance((frame("second") + &frame("third")).len());
        assert_eq!(pending.fill().now_or_never(), Some(true));
        pending.advance(frame("fourth").len());
        direct("fifth").unwrap();
        expect(&mut socket, &frame("fifth"));
    }

    #[test]
    fn the_hub_writes_nothing_before_what_is_exempt_comes_later_or_is_the_peers_own() {
        let waits: [fn(&Outbox, &Pending); 3] = [
            |outbox, _| {
                let exempt = Delivery::from(Part::all(batch(&[(OTHER, "first")]))).exempt();
                outbox.push(exempt).unwrap();
            },
            |outbox, _| {
                let first = Delivery::from(Part::all(batch(&[(OTHER, "first")])));
                let first = std::future::ready(Some(vec![first]));
                outbox.push(Delivery::later(first)).unwrap();
            },
            |_, pending| {
                let intake = pending.intake(&Memory::new(0));
                intake.push_own(frame("first").into_bytes()).unwrap();
            },
        ];
        for push in waits {
            let (outbox, mut pending, mut socket) = over_a_connection();
            push(&outbox, &pending);
            let direct = |text| outbox.deliver(READER, Part::all(batch(&[(OTHER, text)])));
            direct("second").unwrap();
            assert_eq!(pending.fill().now_or_never(), Some(true));
            assert_eq!(pending.settle().now_or_never(), Some(true));
            direct("third").unwrap();
            for text in ["first", "second"] {
                assert!(outbox.waiting() > 0);
                pending.advance(frame(text).len());
            }
            assert_eq!(pending.fill().now_or_never(), Some(true));
            pending.advance(frame("third").len());
            assert_eq!(outbox.waiting(), 0);
            direct("fourth").unwrap();
            expect(&mut socket, &frame("fourth"));
        }
    }

    #[test]
    fn the_hub_may_not_write_when_the_task_has_pushed_something_just_before() {
        let (outbox, pending) = outbox(READER, usize::MAX, None);
        assert!(outbox.shared.claim());
        assert!(outbox.shared.has(DIRECT));
        let intake = pending.intake(&Memory::new(0));
        intake.push_own(b"pong".to_vec()).unwrap();
        assert!(!outbox.shared.claim());
    }

    #[test]
    fn the_task_is_not_kept_from_writing_after_a_write_of_the_hub() {
        let (outbox, mut pending, mut socket) = over_a_connection();
        let direct = |text| outbox.deliver(READER, Part::all(batch(&[(OTHER, text)])));
        direct("written").unwrap();
        outbox.shared.transport.as_ref().unwrap().cut().unwrap();
        direct("left").unwrap();
        assert_eq!(pending.fill().now_or_never(), Some(true));
        expect(&mut socket, &frame("written"));
    }

    #[test]
    fn the_peers_task_knows_of_a_grant() {
        let (outbox, pending) = outbox(READER, 1, None);
        let intake = pending.intake(&Memory::new(0));
        assert!(!intake.has_grant());
        assert!(outbox.ask());
        assert!(!intake.has_grant());
        outbox.grant();
        assert!(intake.has_grant());
    }

    #[test]
    fn what_the_connection_does_not_take_at_once_is_queued_before_everything_else() {
        let (outbox, mut pending, mut socket) = over_a_connection();
        let text = "x".repeat(64 << 20);
        outbox
            .deliver(READER, Part::all(batch(&[(OTHER, &text)])))
            .unwrap();
        assert_eq!(pending.fill().now_or_never(), Some(true));
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(pending.slices(&mut slices), 1);
        let whole = frame(&text);
        let (written, rest) = whole.split_at(whole.len() - slices[0].len());
        assert!(!written.is_empty());
        assert!(*slices[0] == *rest.as_bytes(), "the rest is another one");
        expect(&mut socket, written);
    }

    #[test]
    fn what_cannot_be_written_at_once_is_left_to_the_peers_task() {
        let (outbox, mut pending, _socket) = over_a_connection();
        outbox.shared.transport.as_ref().unwrap().cut().unwrap();
        let part = Part::all(batch(&[(OTHER, "unheard")]));
        let cost = part.cost();
        outbox.deliver(READER, part).unwrap();
        assert_eq!(outbox.waiting(), cost);
        assert_eq!(pending.fill().now_or_never(), Some(true));
    }

    #[test]
    fn what_hub_and_peer_share_costs_an_idle_member_96_bytes() {
        assert_eq!(size_of::<Shared>(), 96);
    }
}
