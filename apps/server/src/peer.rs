//! One task per peer: its read half, its write half, its one way out.
//!
//! Both halves run at the same time, so that a peer that does not read can still be heard. A half touches the socket
//! only when the socket is ready for it: a wake-up for one half costs the other no system call. Nothing that grows
//! with the peer's data is held across a wait but the decoder's unfinished frame and the outbox.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, IoSlice, Read as _, Write};
use std::net::{Shutdown, TcpStream};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_io::{Async, Timer};
use async_std::future::timeout;
use flume::TrySendError;
use flume::r#async::SendFut;
use futures::future::{Either, select};
use hubbub_wire::{DecodeError, Decoder, Frame, Ignored, Item, Limits, Method, encode};
use socket2::SockRef;
use tracing::{debug, warn};

use crate::Settings;
use crate::allowance::{Allowance, Bucket};
use crate::hub::{self, Departure, Event, Mail, PeerId};
use crate::memory::Held;
use crate::outbox::Pending;

/// How long we wait for the peer's end of the connection after we have closed ours. Closing a socket with unread
/// bytes resets it, and a reset can destroy our last words on their way.
const LINGER: Duration = Duration::from_secs(1);

/// How much one read takes. It bounds what one wake-up of a fast sender may bring into the hub's inbox.
const READ_BYTES: usize = 64 * 1024;

/// Most slices in one vectored write; more than that wait for the next.
const WRITE_SLICES: usize = 64;

thread_local! {
    /// One buffer for all reads of a thread, so that an idle peer holds none. Never borrowed across a wait.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// All that one peer's task owns.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    pub(crate) pending: Pending,
    /// Counts what the decoder holds.
    pub(crate) unfinished: Held,
    /// Its place among the peers, free again when the task ends.
    pub(crate) _place: Arc<()>,
}

/// What both halves share.
pub(crate) struct Connection {
    pub(crate) peer: PeerId,
    pub(crate) socket: Async<TcpStream>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) hub: flume::Sender<Mail>,
}

impl Connection {
    /// Waits until the socket has something to read, or has ended.
    fn readable(&self) -> impl Future<Output = io::Result<()>> {
        poll_fn(|context| self.socket.poll_readable(context))
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
///
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn would hold its argument twice, once for every idle member"
)]
pub(crate) fn run(mut peer: Peer) -> impl Future<Output = ()> + Send {
    async move {
        let departure = {
            // The whole of it, so that its place comes along.
            let Peer {
                connection,
                pending,
                unfinished,
                _place,
            } = &mut peer;
            let connection = &*connection;
            let mut reading = Reading {
                connection,
                decoder: Decoder::new(connection.settings.limits),
                unfinished,
                bucket: Bucket::default(),
                slowed: false,
                warned: false,
            };
            let mut writing = Writing {
                connection,
                pending,
            };
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

/// The read half.
struct Reading<'a> {
    connection: &'a Connection,
    decoder: Decoder,
    unfinished: &'a mut Held,
    bucket: Bucket,
    /// That it is read slower was logged.
    slowed: bool,
    /// Something ignored was logged. Later ones are not, so that no peer can flood the log.
    warned: bool,
}

/// What one read came to.
struct Read<'a> {
    /// What has to be waited for until the hub takes what it brought.
    sent: Option<Sending<'a>>,
    /// Why it was the last one, if it was.
    end: Option<Departure>,
    /// What has to be waited for before the next. Boxed, as above.
    pause: Option<Box<Timer>>,
}

impl<'a> Reading<'a> {
    /// Reads until the peer ends or breaks the protocol.
    async fn run(&mut self) -> Departure {
        let why = loop {
            // The first time it is not waited for: who connects has mostly said JOIN already.
            let Read { sent, end, pause } = self.read();
            if let Some(sent) = sent
                && sent.await.is_err()
            {
                break Departure::Shutdown;
            }
            if let Some(why) = end {
                break why;
            }
            if self.unfinished.is_in_excess() {
                break Departure::OutOfMemory;
            }
            match pause {
                Some(pause) => drop(pause.await),
                // One that always has more to say lets the others have a turn.
                None => async_std::task::yield_now().await,
            }
            if let Err(error) = self.connection.readable().await {
                break Departure::Failed(error.kind());
            }
        };
        // Nothing more is read: what is unfinished is forgotten, also while the last words are still being written.
        self.decoder = Decoder::new(Limits::DEFAULT);
        self.unfinished.set(0);
        why
    }

    /// One read of the socket, with what it brought on its way to the hub.
    fn read(&mut self) -> Read<'a> {
        let connection = self.connection;
        let mut socket = connection.socket.get_ref();
        let mut events = Vec::new();
        let mut pause = None;
        let end = SCRATCH.with_borrow_mut(|scratch| match socket.read(scratch) {
            Ok(0) => Some(Departure::Closed),
            Ok(len) => match self.decode(&scratch[..len], &mut events) {
                Ok(messages) => {
                    pause = self.pause_after(messages, len);
                    None
                }
                Err(why) => Some(Departure::Broke(why)),
            },
            Err(error) if is_transient(&error) => None,
            Err(error) => Some(Departure::Failed(error.kind())),
        });
        for event in &mut events {
            if let Event::Text { frames, held, .. } = event {
                held.set(frames.len());
            }
        }
        self.unfinished.set(self.decoder.buffered());
        if events.is_empty() {
            return Read {
                sent: None,
                end,
                pause,
            };
        }
        let sent = match connection.hub.try_send(events) {
            Ok(()) => None,
            Err(TrySendError::Full(events) | TrySendError::Disconnected(events)) => {
                Some(Box::pin(connection.hub.send_async(events)))
            }
        };
        Read { sent, end, pause }
    }

    /// How long nothing more is read after so much, if the peer said more than its allowance.
    fn pause_after(&mut self, messages: usize, bytes: usize) -> Option<Box<Timer>> {
        let allowance = self.connection.settings.allowance;
        let pause = self.bucket.take(allowance, messages, bytes, Instant::now());
        if pause.is_zero() {
            return None;
        }
        if !std::mem::replace(&mut self.slowed, true) {
            let Allowance {
                messages_per_second,
                bytes_per_second,
            } = allowance;
            warn!(
                peer = self.connection.peer.0,
                messages_per_second, bytes_per_second, "says more than its allowance: read slower"
            );
        }
        Some(Box::new(Timer::after(pause)))
    }

    /// Decodes what was read and answers how many frames that was, ignored ones too.
    fn decode(&mut self, mut input: &[u8], events: &mut Vec<Event>) -> Result<usize, DecodeError> {
        let mut messages = 0;
        while let Some(item) = self.decoder.next(&mut input)? {
            messages += 1;
            match item {
                Item::Frame(frame) => {
                    push_frame(self.connection.peer, frame, self.unfinished, events);
                }
                Item::CutOff { payload, len, .. } => {
                    let came = payload.len();
                    let why = format_args!("a TEXT that stopped after {came} of {len} bytes");
                    log_ignored(self.connection.peer, &mut self.warned, why);
                }
                Item::Ignored(why) => {
                    if let Ignored::PayloadTooLong { len, limit } = why {
                        let peer = self.connection.peer;
                        events.push(Event::TooLong { peer, len, limit });
                    }
                    log_ignored(self.connection.peer, &mut self.warned, why);
                }
            }
        }
        Ok(messages)
    }
}

/// Logs what was passed over: as a warning the first time, so that no peer can flood the log.
fn log_ignored(peer: PeerId, warned: &mut bool, why: impl fmt::Display) {
    if std::mem::replace(warned, true) {
        debug!(peer = peer.0, %why, "ignored");
    } else {
        warn!(peer = peer.0, %why, "ignored, as will be what else is wrong");
    }
}

/// Turns a frame into an event. TEXTs one behind the other under one name become one, encoded here, so that this work
/// is done by the sender's own task. What they hold is counted `beside` what is unfinished.
fn push_frame(peer: PeerId, frame: Frame<'_>, beside: &Held, events: &mut Vec<Event>) {
    match frame.method {
        Method::Join => events.push(Event::Join {
            peer,
            name: frame.username.into_owned(),
        }),
        Method::Leave => events.push(Event::Leave {
            peer,
            name: frame.username.into_owned(),
        }),
        Method::Text => {
            if let Some(Event::Text { name, frames, .. }) = events.last_mut()
                && *name == frame.username
            {
                let done = encode(&frame, frames);
                debug_assert_eq!(done, Ok(()));
                return;
            }
            let mut frames = Vec::new();
            let done = encode(&frame, &mut frames);
            debug_assert_eq!(done, Ok(()));
            events.push(Event::Text {
                peer,
                name: frame.username.into_owned(),
                frames,
                held: beside.beside(0),
            });
        }
    }
}

/// The write half.
struct Writing<'a> {
    connection: &'a Connection,
    pending: &'a mut Pending,
}

impl Writing<'_> {
    /// Writes until the hub lets go of the outbox and all is written, or the peer takes too long.
    async fn run(&mut self) -> Departure {
        while self.pending.fill().await {
            while !self.pending.is_written() {
                match write(self.connection.socket.get_ref(), self.pending) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        if let Err(why) = Box::pin(self.wait_for_room()).await {
                            return why;
                        }
                    }
                    Err(error) if is_transient(&error) => {}
                    Err(error) => return Departure::Failed(error.kind()),
                }
            }
        }
        Departure::Left
    }

    /// Waits until the socket takes something again.
    async fn wait_for_room(&self) -> Result<(), Departure> {
        let Connection {
            socket, settings, ..
        } = self.connection;
        let writable = poll_fn(|context| socket.poll_writable(context));
        let writable = select(writable, self.pending.evicted());
        match timeout(settings.write_timeout, writable).await {
            Ok(Either::Left((Ok(()), _))) => Ok(()),
            Ok(Either::Left((Err(error), _))) => Err(Departure::Failed(error.kind())),
            Ok(Either::Right(_)) | Err(_) => Err(Departure::TooSlow),
        }
    }
}

/// One vectored write of what waits, as much as the socket takes.
fn write(mut socket: &TcpStream, pending: &mut Pending) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
    let used = pending.slices(&mut slices);
    let written = match &slices[..used] {
        [] => 0,
        // Where one slice is all, the plain call costs the system less.
        [slice] => socket.write(slice)?,
        slices => socket.write_vectored(slices)?,
    };
    pending.advance(written);
    Ok(())
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Says to one that is not served why, and ends its connection.
pub(crate) async fn turn_away(socket: Async<TcpStream>, why: String) {
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
