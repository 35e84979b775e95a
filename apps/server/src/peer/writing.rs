//! The write half of a peer: writes what waits in its outbox. It ends when the hub has let go and all is written, or
//! when the peer takes too long. When writing fails, the read half decides when the peer has gone.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};

use futures::future::{Either, select};
use hubbub_transport::Transport;

use super::{Connection, Ending, REFUSAL_PAUSE};
use crate::event::Departure;
use crate::outbox::Pending;
use crate::runtime::{Timer, timeout};

/// The most slices of one vectored write. The rest waits for the next one.
const WRITE_SLICES: usize = 64;

/// The write half.
pub(super) struct Writing<'a> {
    connection: &'a Connection,
    pending: &'a mut Pending,
}

/// The outcome of one write.
enum Outcome {
    /// The socket has taken something, or takes something again.
    Written,
    /// The socket took nothing for too long, or the hub wants an end.
    TooSlow,
    /// What was to come next did not come.
    Unanswered,
    /// The connection is broken.
    Failed,
}

impl<'a> Writing<'a> {
    pub(super) fn new(connection: &'a Connection, pending: &'a mut Pending) -> Self {
        Self {
            connection,
            pending,
        }
    }

    /// Writes until the hub lets go of the outbox and all is written, or the peer takes too long.
    pub(super) async fn run(&mut self) -> Ending {
        while self.pending.fill().await {
            if self.pending.is_refusal() {
                Box::pin(self.pause_before_refusal()).await;
            }
            while !self.pending.is_written() {
                let outcome = if self.pending.is_unsettled() {
                    Box::pin(self.settle()).await
                } else {
                    match write(self.pending) {
                        Ok(()) => Outcome::Written,
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {
                            Box::pin(self.wait_for_room()).await
                        }
                        Err(_) => Outcome::Failed,
                    }
                };
                match outcome {
                    Outcome::Written => {}
                    Outcome::TooSlow => return Ending::Gone(Departure::TooSlow),
                    Outcome::Unanswered => return Ending::Gone(Departure::Unanswered),
                    Outcome::Failed => {
                        Box::pin(self.forget()).await;
                        return Ending::LetGo;
                    }
                }
            }
        }
        Ending::LetGo
    }

    async fn pause_before_refusal(&mut self) {
        let pause = Timer::after(REFUSAL_PAUSE);
        select(pause, self.pending.evicted()).await;
    }

    /// Throws away all that is for the peer, until the hub lets go. Nothing can be written any more, but what the peer
    /// said before is still read, which may take long, and meanwhile it must not hold memory.
    async fn forget(&mut self) {
        // An error says that the connection has ended already.
        let _ = self.pending.transport().and_then(Transport::cut);
        self.pending.forget();
        while self.pending.fill().await {
            self.pending.forget();
        }
    }

    /// Waits until it is known what comes next. No longer than a peer may take for a write, whether the hub has let go or
    /// not: what comes behind it waits too, and a client that connects anew is better off.
    async fn settle(&mut self) -> Outcome {
        let patience = self.connection.house.settings.write_timeout;
        match timeout(patience, self.pending.settle()).await {
            Ok(true) => Outcome::Written,
            _ if self.pending.is_evicted() => Outcome::TooSlow,
            _ => Outcome::Unanswered,
        }
    }

    /// Waits until the socket takes something again.
    async fn wait_for_room(&mut self) -> Outcome {
        let Ok(transport) = self.pending.transport() else {
            return Outcome::Failed;
        };
        let settings = &self.connection.house.settings;
        let writable = poll_fn(|context| transport.poll_writable(context));
        let writable = select(writable, self.pending.evicted());
        match timeout(settings.write_timeout, writable).await {
            Ok(Either::Left((Ok(()), _))) => Outcome::Written,
            Ok(Either::Left((Err(_), _))) => Outcome::Failed,
            Ok(Either::Right(_)) | Err(_) => Outcome::TooSlow,
        }
    }
}

/// Writes once: as much of what waits as the socket takes.
fn write(pending: &mut Pending) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
    let used = pending.slices(&mut slices);
    let written = pending.transport()?.try_write_vectored(&slices[..used])?;
    pending.advance(written);
    Ok(())
}
