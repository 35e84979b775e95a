//! One task per peer: its read half, its write half, and its only way out.
//!
//! Both halves run at the same time, so that a peer that does not read can still be heard. A half uses the connection
//! only when it is ready for that half, so that waking one half costs the other no system call. Across a wait the task
//! holds nothing that grows with the peer's data, apart from the decoder's unfinished frame and the outbox.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use flume::r#async::SendFut;
use futures::future::{Either, select};
use hubbub_transport::Transport;
use hubbub_wire::{Frame, Token, Username, encode};

use self::reading::Reading;
use self::writing::Writing;
use crate::Settings;
use crate::address::{Origin, Place};
#[cfg(feature = "admin")]
use crate::bans::Bans;
use crate::event::{Departure, Event, Mail};
#[cfg(feature = "cluster")]
use crate::gate::Gate;
use crate::guests::Guest;
use crate::id::PeerId;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::outbox::{Full, Intake, Pending, outbox};
use crate::runtime::{self, sleep, timeout};
use crate::words;

pub(crate) mod collected;
mod reading;
mod writing;

/// How long we wait for the peer to end its half of the connection after we have ended ours. Closing a socket with
/// unread bytes resets it, and a reset can destroy our last words on their way.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// How long we wait for the peer to take what the connection itself has still to say, such as why it ends. What the system
/// has taken goes on without us, and this does not.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long after the JOIN a refusal is written. Some clients show nothing that arrives in the first milliseconds,
/// because they are still busy with joining.
pub(crate) const REFUSAL_PAUSE: Duration = Duration::from_millis(100);

/// The size of one read, in bytes. It bounds how much a fast sender can bring into the hub's inbox at a time.
const READ_BYTES: usize = 64 * 1024;

thread_local! {
    /// One buffer for all reads of a thread, so that an idle peer holds none. It is never borrowed across a wait.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// What is read of a connection to find out what it is, at most: `HEAD` and a blank.
const MOST_EARLY: usize = 5;

/// What was read of a connection before it became a peer. It is this small since the task of every member has room for
/// it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Early {
    bytes: [u8; MOST_EARLY],
    len: u8,
}

impl Early {
    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// One more byte. There is no room for more than [`MOST_EARLY`].
    #[cfg(any(feature = "tls", feature = "web"))]
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(room) = self.bytes.get_mut(usize::from(self.len)) {
            *room = byte;
            self.len += 1;
        }
    }
}

/// A connection that has a place, and that the hub does not know yet.
pub(crate) struct Newcomer {
    pub(crate) peer: PeerId,
    pub(crate) from: Origin,
    pub(crate) place: Place,
    pub(crate) guest: Guest,
}

impl Newcomer {
    /// Tells the hub of it, and begins its task. `first` was read of it already. Returns whether there still is a hub.
    pub(crate) async fn enter(
        self,
        transport: Transport,
        first: Early,
        house: &Arc<House>,
    ) -> bool {
        let Self {
            peer,
            from,
            place,
            guest,
        } = self;
        let (outbox, pending) = outbox(peer, house.settings.outbox_bytes, Some(transport));
        let connected = Event::Connected {
            peer,
            outbox,
            from,
            guest,
        };
        if house.inbox.send_async(vec![connected]).await.is_err() {
            return false;
        }
        let connection = Connection {
            peer,
            house: Arc::clone(house),
            intake: pending.intake(&house.unfinished),
            place,
        };
        let peer = Peer {
            connection,
            pending,
        };
        runtime::spawn(run(peer, first));
        true
    }
}

/// All that the task of one peer owns.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    pub(crate) pending: Pending,
}

/// What all peers share. The hub's inbox closes when the last peer has gone.
pub(crate) struct House {
    pub(crate) settings: Settings,
    pub(crate) inbox: flume::Sender<Mail>,
    /// Counts what waits to be written.
    pub(crate) queued: Arc<Memory>,
    /// Counts what the peers hold of unfinished texts, and what waits for the hub.
    pub(crate) unfinished: Arc<Memory>,
    pub(crate) metrics: Arc<Metrics>,
    /// What the door has to know of the bans.
    #[cfg(feature = "admin")]
    pub(crate) bans: flume::Receiver<Arc<Bans>>,
    /// Holds the peers up while what they said waits for the stream.
    #[cfg(feature = "cluster")]
    pub(crate) gate: Arc<Gate>,
}

/// What the two halves share.
pub(crate) struct Connection {
    pub(crate) peer: PeerId,
    pub(crate) house: Arc<House>,
    /// Has the connection. Tells the hub what the decoder holds, and the read half what the hub wants.
    pub(crate) intake: Intake,
    /// Its place among the peers, which is free again when the task ends.
    pub(crate) place: Place,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.house.metrics.ended.add(1);
        #[cfg(feature = "cluster")]
        self.house.gate.forget(self.peer);
    }
}

impl Connection {
    /// Tells the hub that the peer has gone, unless the hub knows. Returns whether there still is a hub.
    async fn tell(&self, ending: Ending) -> bool {
        let Ending::Gone(why) = ending else {
            return true;
        };
        let peer = self.peer;
        let mail = vec![Event::Gone { peer, why }];
        self.house.inbox.send_async(mail).await.is_ok()
    }

    /// Answers a PING, without the hub.
    ///
    /// # Errors
    ///
    /// The answer to another one is not written yet. There is none to this one.
    fn pong(&self, username: Username<'_>, id: Token<'_>) -> Result<(), Full> {
        let mut frame = Vec::new();
        encode(&Frame::Pong { username, id }, &mut frame);
        self.intake.push_own(frame)
    }
}

/// How a half of a peer's task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The hub has let go of the peer.
    LetGo,
    /// The peer has gone, or must go, and the hub has still to hear why.
    Gone(Departure),
}

/// Serves one peer from its first byte to its last. `first` was read already.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn would hold its argument twice, once for every idle member"
)]
pub(crate) fn run(mut peer: Peer, first: Early) -> impl Future<Output = ()> + Send {
    async move {
        let ending = {
            let Peer {
                connection,
                pending,
            } = &mut peer;
            let connection = &*connection;
            let mut reading = Reading::new(connection, first);
            let mut writing = Writing::new(connection, pending);
            let read = pin!(reading.run());
            let write = pin!(writing.run());
            match select(read, write).await {
                Either::Left((ending, write)) => {
                    // Boxed, like everything that is rare: an idle member's task only has room for what is not.
                    if Box::pin(connection.tell(ending)).await {
                        // The hub now lets go of the outbox. What is queued in it is still for the peer.
                        write.await
                    } else {
                        ending
                    }
                }
                Either::Right((ending, _)) => {
                    // The hub may hear of it after the end.
                    #[cfg(feature = "web")]
                    if let (Ending::Gone(why), Ok(transport)) =
                        (ending, connection.intake.transport())
                    {
                        transport.goodbye(words::goodbye(why));
                    }
                    Box::pin(connection.tell(ending)).await;
                    ending
                }
            }
        };
        // The connection closes as soon as nobody holds the outbox any more.
        drop(peer.pending);
        if let Ok(transport) = peer.connection.intake.transport() {
            Box::pin(end(transport, ending)).await;
        }
    }
}

/// Ends the connection. A peer that was too slow loses what is queued for it, also in the kernel.
async fn end(transport: &Transport, ending: Ending) {
    if ending == Ending::Gone(Departure::TooSlow) {
        let _ = transport.reset();
    } else {
        close(transport).await;
    }
}

/// Mail on its way into the hub's inbox.
type Sending<'a> = Pin<Box<SendFut<'a, Mail>>>;

/// Tells a peer why it is not served, and ends its connection.
pub(crate) async fn turn_away(transport: Transport, why: String) {
    sleep(REFUSAL_PAUSE).await;
    end_with(&transport, &words::frame(&why)).await;
}

/// Says some last bytes to a peer that has heard nothing before, and ends the connection.
pub(crate) async fn end_with(transport: &Transport, last: &[u8]) {
    // One short write into an empty socket does not wait, and fails only when the peer has gone.
    let written = poll_fn(|context| transport.poll_write(context, last));
    let _ = timeout(LINGER, written).await;
    close(transport).await;
}

/// Ends the connection so that the peer gets all that was written.
pub(crate) async fn close(transport: &Transport) {
    if transport.finish().is_err() {
        return;
    }
    let read = |context: &mut Context<'_>| {
        SCRATCH.with_borrow_mut(|scratch| transport.poll_read(context, scratch))
    };
    let sent = poll_fn(|context| {
        match read(context) {
            Poll::Ready(Ok(1..)) => context.waker().wake_by_ref(),
            Poll::Ready(_) => return Poll::Ready(()),
            Poll::Pending => {}
        }
        if transport.unsent() > 0 {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    });
    if transport.unsent() > 0 {
        let _ = timeout(FAREWELL, sent).await;
    }
    let end = async {
        while let Ok(1..) = poll_fn(read).await {
            // Somebody who floods us would keep the others, and our own clock, from their turn.
            runtime::yield_now().await;
        }
    };
    let _ = timeout(LINGER, end).await;
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "web")]
    use std::{io::Read, net::TcpListener, thread};

    use super::*;

    /// A browser that hears no reason would take it for a farewell, and not come again.
    #[cfg(feature = "web")]
    #[test]
    fn a_browser_for_which_nothing_will_come_is_told_so_by_its_own_task() {
        use crate::outbox::Delivery;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let transport = Transport::connect(listener.local_addr().unwrap());
        let transport = runtime::block_on(transport).unwrap().into_web(Vec::new());
        let (mut page, address) = listener.accept().unwrap();
        page.set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let (outbox, pending) = outbox(PeerId(1), usize::MAX, Some(transport));
        let unfinished = Memory::new(usize::MAX);
        // The hub has not read this when the connection ends.
        let (inbox, _unread) = flume::unbounded();
        let connection = Connection {
            peer: PeerId(1),
            intake: pending.intake(&unfinished),
            place: Origin::alone(address).place(),
            house: Arc::new(House {
                settings: Settings::default(),
                inbox,
                queued: Memory::new(usize::MAX),
                unfinished,
                metrics: Arc::default(),
                #[cfg(feature = "admin")]
                bans: flume::bounded(0).1,
                #[cfg(feature = "cluster")]
                gate: Arc::default(),
            }),
        };
        outbox.push(Delivery::later(async { None })).unwrap();
        let peer = Peer {
            connection,
            pending,
        };
        let task = thread::spawn(|| runtime::block_on(run(peer, Early::default())));
        let mut close = [0; 8];
        page.read_exact(&mut close).unwrap();
        assert_eq!(close, *b"\x88\x06\x0f\xabbusy");
        drop(page);
        task.join().unwrap();
    }

    /// It reads again only after we would have gone.
    #[cfg(feature = "web")]
    #[test]
    fn a_browser_whose_line_is_full_still_learns_why_it_has_to_go() {
        use hubbub_transport::Goodbye;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let transport = Transport::connect(listener.local_addr().unwrap());
        let transport = runtime::block_on(transport).unwrap();
        let (mut page, _) = listener.accept().unwrap();
        // The system moves bytes on for a moment.
        let mut refused = 0;
        while refused < 100 {
            let len = if refused == 0 { READ_BYTES } else { 1 };
            if transport.try_write(&vec![0; len]).is_err() {
                refused += 1;
                thread::sleep(Duration::from_millis(1));
            } else {
                refused = 0;
            }
        }
        let transport = transport.into_web(Vec::new());
        transport.goodbye(Goodbye::Kicked);
        let closing = thread::spawn(move || runtime::block_on(close(&transport)));
        thread::sleep(LINGER + LINGER / 2);
        let mut heard = Vec::new();
        page.read_to_end(&mut heard).unwrap();
        assert!(heard.ends_with(b"\x88\x08\x0f\xa4kicked"), "no close");
        drop(page);
        closing.join().unwrap();
    }

    #[test]
    fn a_task_costs_an_idle_member_488_bytes_at_most() {
        fn of<F>(_: fn(Peer, Early) -> F) -> usize {
            size_of::<F>()
        }
        assert!(of(run) <= 488, "{}", of(run));
    }
}
