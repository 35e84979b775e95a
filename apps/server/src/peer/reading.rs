//! The read half of a peer: bytes to events, and how much of them.
//!
//! It ends when the peer does, or when it cannot be read any further. Nothing that grows with the peer's data is held
//! across a wait but the decoder's unfinished frame.

use std::io::Read as _;
use std::time::Instant;

use async_io::Timer;
use flume::TrySendError;
use hubbub_wire::{DecodeError, Decoder, Frame, Ignored, Item, Limits, Method, encode};
use tracing::{debug, warn};

use super::{Connection, SCRATCH, Sending, is_transient};
use crate::allowance::{Allowance, Bucket};
use crate::hub::{Departure, Event, PeerId};
use crate::memory::Held;

/// The read half.
pub(super) struct Reading<'a> {
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
    pub(super) fn new(connection: &'a Connection, unfinished: &'a mut Held) -> Self {
        Self {
            connection,
            decoder: Decoder::new(connection.settings.limits),
            unfinished,
            bucket: Bucket::default(),
            slowed: false,
            warned: false,
        }
    }

    /// Reads until the peer ends or breaks the protocol.
    pub(super) async fn run(&mut self) -> Departure {
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
                Item::Ignored(why) => {
                    if let Ignored::PayloadTooLong { len, limit } = why {
                        let peer = self.connection.peer;
                        events.push(Event::TooLong { peer, len, limit });
                    }
                    if std::mem::replace(&mut self.warned, true) {
                        debug!(peer = self.connection.peer.0, %why, "ignored");
                    } else {
                        warn!(peer = self.connection.peer.0, %why, "ignored, as will be what else is wrong");
                    }
                }
            }
        }
        Ok(messages)
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
