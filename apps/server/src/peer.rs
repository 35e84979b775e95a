//! One task per peer: its read half, its write half, its one way out.
//!
//! Both halves run at the same time, so that a peer that does not read can still be heard. A half touches the socket
//! only when the socket is ready for it: a wake-up for one half costs the other no system call. Nothing that grows
//! with the peer's data is held across a wait but the decoder's unfinished frame and the outbox.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, Read as _, Write};
use std::net::{Shutdown, TcpStream};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use async_io::Async;
use flume::r#async::SendFut;
use futures::future::{Either, select};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

use self::reading::Reading;
use self::writing::Writing;
use crate::Settings;
use crate::address::Place;
use crate::hub::{self, Departure, Event, Mail, PeerId};
use crate::outbox::{Intake, Pending};
use crate::runtime::{Timer, timeout};

mod reading;
mod writing;

/// How long we wait for the peer's end of the connection after we have closed ours. Closing a socket with unread
/// bytes resets it, and a reset can destroy our last words on their way.
const LINGER: Duration = Duration::from_secs(1);

/// How long after the JOIN a refusal is written. There are clients that show nothing of what comes in the first
/// milliseconds, because they are still busy with having joined.
pub(crate) const REFUSAL_PAUSE: Duration = Duration::from_millis(100);

/// How much one read takes. It bounds what one wake-up of a fast sender may bring into the hub's inbox.
const READ_BYTES: usize = 64 * 1024;

/// What says that the peer has ended the connection, or that it has failed.
#[cfg(target_os = "linux")]
const END: PollFlags = PollFlags::RDHUP.union(PollFlags::HUP).union(PollFlags::ERR);
#[cfg(not(target_os = "linux"))]
const END: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

thread_local! {
    /// One buffer for all reads of a thread, so that an idle peer holds none. Never borrowed across a wait.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// All that one peer's task owns.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    pub(crate) pending: Pending,
}

/// What both halves share.
pub(crate) struct Connection {
    pub(crate) peer: PeerId,
    pub(crate) socket: Async<TcpStream>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) hub: flume::Sender<Mail>,
    /// Knows what the decoder holds, and what the hub wants.
    pub(crate) intake: Intake,
    /// Its place among the peers, free again when the task ends.
    pub(crate) place: Place,
}

impl Connection {
    /// Has the peer ended the connection, or has it failed? What it sent before may still be there to be read.
    fn has_ended(&self) -> bool {
        let socket = self.socket.get_ref();
        let mut ends = [PollFd::new(socket, END)];
        // It is asked and not waited for. Where the system does not say, the connection stands.
        let asked = poll(&mut ends, Some(&Timespec::default()));
        asked.is_ok() && ends[0].revents().intersects(END)
    }

    /// Tells the hub that this is the end. Boxed, like everything that is rare: an idle member's task holds room for what
    /// is not.
    fn tell_gone(&self, why: Departure) -> Sending<'_> {
        let mail = vec![Event::Gone {
            peer: self.peer,
            why,
        }];
        Box::pin(self.hub.send_async(mail))
    }
}

/// Serves one peer from its first byte to its last.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn would hold its argument twice, once for every idle member"
)]
pub(crate) fn run(mut peer: Peer) -> impl Future<Output = ()> + Send {
    async move {
        let departure = {
            let Peer {
                connection,
                pending,
            } = &mut peer;
            let connection = &*connection;
            let mut reading = Reading::new(connection);
            let mut writing = Writing::new(connection, pending);
            let read = pin!(reading.run());
            let write = pin!(writing.run());
            match select(read, write).await {
                Either::Left((why, write)) => {
                    // The hub now lets go of the outbox; what is queued in it is still the peer's.
                    if connection.tell_gone(why).await.is_ok() {
                        write.await
                    } else {
                        why
                    }
                }
                Either::Right((why, _)) => {
                    let _ = connection.tell_gone(why).await;
                    why
                }
            }
        };
        Box::pin(close(&peer.connection.socket, departure)).await;
    }
}

/// Mail on its way into the hub's inbox.
type Sending<'a> = Pin<Box<SendFut<'a, Mail>>>;

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Says to one that is not served why, and ends its connection.
pub(crate) async fn turn_away(socket: Async<TcpStream>, why: String) {
    Timer::after(REFUSAL_PAUSE).await;
    // One short write into an empty socket: it fails only when the peer is gone.
    let _ = socket.get_ref().write(&hub::server_text(&why));
    close(&socket, Departure::Closed).await;
}

/// Ends the connection, so that the peer gets all that was written.
async fn close(socket: &Async<TcpStream>, departure: Departure) {
    if departure == Departure::TooSlow {
        // Its queue is given up, also the part that the kernel holds.
        let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
        return;
    }
    if socket.get_ref().shutdown(Shutdown::Write).is_err() {
        return;
    }
    let _ = timeout(LINGER, async {
        while poll_fn(|context| socket.poll_readable(context))
            .await
            .is_ok()
        {
            let read = SCRATCH.with_borrow_mut(|scratch| socket.get_ref().read(scratch));
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if is_transient(&error) => {}
                Err(_) => break,
            }
        }
    })
    .await;
}
