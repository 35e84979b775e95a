//! The write half of a peer: what waits in its outbox to bytes. It ends when the hub has let go and all is written, or
//! when the peer takes too long. Where writing fails it leaves the end to the read half.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};

use futures::future::{Either, select};
use hubbub_transport::Transport;

use super::{Connection, Ending, REFUSAL_PAUSE};
use crate::event::Departure;
use crate::outbox::Pending;
use crate::runtime::{Timer, timeout};

/// Most slices in one vectored write; more than that wait for the next.
const WRITE_SLICES: usize = 64;

/// The write half.
pub(super) struct Writing<'a> {
    connection: &'a Connection,
    pending: &'a mut Pending,
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
                let done = match write(&self.connection.transport, self.pending) {
                    Ok(()) => Ok(()),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        Box::pin(self.wait_for_room()).await
                    }
                    Err(error) => Err(Departure::Failed(error.kind())),
                };
                if let Err(why) = done {
                    if matches!(why, Departure::Failed(_)) {
                        Box::pin(self.forget()).await;
                    }
                    return Ending::Gone(why);
                }
            }
        }
        Ending::LetGo
    }

    async fn pause_before_refusal(&self) {
        let pause = Timer::after(REFUSAL_PAUSE);
        select(pause, self.pending.evicted()).await;
    }

    /// Nothing can be written any more, but what the peer said before is still there to be read, and it may be long.
    /// Until that is done nothing is kept for it: it reads no more, and must hold no memory.
    async fn forget(&mut self) {
        // What is there can be read, and nothing comes to it. It fails where the connection has ended at both ends.
        let _ = self.connection.transport.cut();
        self.pending.forget();
        while self.pending.fill().await {
            self.pending.forget();
        }
    }

    /// Waits until the socket takes something again.
    async fn wait_for_room(&self) -> Result<(), Departure> {
        let Connection {
            transport,
            settings,
            ..
        } = self.connection;
        let writable = poll_fn(|context| transport.poll_writable(context));
        let writable = select(writable, self.pending.evicted());
        match timeout(settings.write_timeout, writable).await {
            Ok(Either::Left((Ok(()), _))) => Ok(()),
            Ok(Either::Left((Err(error), _))) => Err(Departure::Failed(error.kind())),
            Ok(Either::Right(_)) | Err(_) => Err(Departure::TooSlow),
        }
    }
}

/// One vectored write of what waits, as much as the socket takes.
fn write(transport: &Transport, pending: &mut Pending) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
    let used = pending.slices(&mut slices);
    let written = transport.try_write_vectored(&slices[..used])?;
    pending.advance(written);
    Ok(())
}
