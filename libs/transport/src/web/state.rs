//! What the connection of a browser keeps between two tries, and what one try to read does.

use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::incoming::{Broken, Heard, Incoming};
use super::outgoing::{Outgoing, close_frame};
use super::pulse::{Beat, Pulse};
use crate::transport::Waiting;
use crate::{Goodbye, Transport};

/// The most frames without a byte for us between two of our pings: a browser sends none but answers to pings. They cost
/// us time, and no allowance counts them.
const MOST_EMPTY: usize = 1000;

/// What is kept between two tries.
pub(super) struct State {
    incoming: Incoming,
    /// What came in messages, and for which the reader had no room.
    plain: Waiting,
    /// Why nothing more can be read.
    end: Option<End>,
    pub(super) outgoing: Outgoing,
    pulse: Pulse,
    /// What the other side still sends after it broke the rules has been read to its end.
    is_drained: bool,
}

/// Why nothing more can be read.
enum End {
    /// The other side has ended the connection, with or without a word.
    Closed,
    /// The other side broke the rules or is silent, or the connection below is broken.
    Failed(ErrorKind, String),
}

impl State {
    pub(super) fn new(every: Duration) -> Self {
        Self {
            incoming: Incoming::default(),
            plain: Waiting::default(),
            end: None,
            outgoing: Outgoing::default(),
            pulse: Pulse::new(every),
            is_drained: false,
        }
    }

    pub(super) fn unread(&self) -> usize {
        self.incoming.held() + self.plain.held()
    }

    pub(super) const fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Whether a try to read brings something, whatever the connection below has.
    pub(super) fn is_readable(&self) -> bool {
        !self.plain.is_empty() || (self.is_ended() && !self.is_draining())
    }

    /// Whether our half has ended after the other side broke the rules. What it still sends is then read and thrown
    /// away: a socket that is closed with unread bytes resets the connection, and the other side would not hear why.
    fn is_draining(&self) -> bool {
        let has_failed = matches!(self.end, Some(End::Failed(..)));
        has_failed && self.outgoing.is_finishing() && !self.is_drained
    }

    /// What a reader is told when there is nothing to read.
    pub(super) fn report(&self) -> io::Result<usize> {
        match &self.end {
            Some(_) if self.is_draining() => Err(ErrorKind::WouldBlock.into()),
            Some(End::Closed) => Ok(0),
            Some(End::Failed(kind, why)) => Err(io::Error::new(*kind, why.clone())),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// Moves what waits to `bytes`.
    pub(super) fn take_plain(&mut self, bytes: &mut [u8]) -> usize {
        self.plain.take(bytes)
    }

    /// Reads once. Returns how much of what came in messages is in `bytes`.
    pub(super) fn read(
        &mut self,
        below: &Transport,
        scratch: &mut [u8],
        bytes: &mut [u8],
    ) -> usize {
        if self.is_ended() && !self.is_draining() {
            return 0;
        }
        match below.try_read(scratch) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Ok(1..) if self.is_ended() => 0,
            Ok(len @ 1..) => self.take(&scratch[..len], bytes),
            ended => {
                self.is_drained = true;
                self.end.get_or_insert(match ended {
                    Ok(_) => End::Closed,
                    Err(error) => End::Failed(error.kind(), error.to_string()),
                });
                0
            }
        }
    }

    /// Takes what has come. Returns how much of what it brings is in `bytes`; the rest of it waits.
    pub(super) fn take(&mut self, came: &[u8], bytes: &mut [u8]) -> usize {
        self.pulse.heard();
        let mut taken = 0;
        let Self {
            incoming,
            plain,
            outgoing,
            end,
            ..
        } = self;
        let broken = incoming.take(came, |heard| match heard {
            Heard::Bytes(payload) => plain.give(&payload, bytes, &mut taken),
            Heard::Ping(payload) => outgoing.pong(&payload),
            Heard::Close(why) => {
                outgoing.close(why);
                *end = Some(End::Closed);
            }
        });
        if let Err(Broken { goodbye, why }) = broken {
            self.fail(goodbye, ErrorKind::InvalidData, why);
        } else if self.incoming.empty() > MOST_EMPTY {
            let why = format!("more than {MOST_EMPTY} frames that brought nothing");
            self.fail(Goodbye::Flood, ErrorKind::InvalidData, why);
        }
        taken
    }

    /// Ends the connection for a reason that the other side is told.
    fn fail(&mut self, goodbye: Goodbye, kind: ErrorKind, why: String) {
        self.incoming = Incoming::default();
        self.outgoing.close(Some(close_frame(goodbye)));
        self.end.get_or_insert(End::Failed(kind, why));
    }

    /// Asks for a sign of life when it is time, while nobody reads, so that none can be missed.
    pub(super) fn ask_unheard(&mut self, cx: &mut Context<'_>) {
        let is_over = self.is_ended() || self.outgoing.is_finishing();
        if !is_over && self.pulse.beats_unheard(cx) {
            self.outgoing.ping();
        }
    }

    /// Ready when there is something more to send, or an end.
    pub(super) fn poll_pulse(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_ended() || self.outgoing.is_finishing() {
            return Poll::Pending;
        }
        match ready!(self.pulse.poll(cx)) {
            Beat::Ask => {
                self.incoming.take_empty();
                self.outgoing.ping();
            }
            Beat::Silent => {
                let why = "no sign of life for a minute".to_owned();
                self.fail(Goodbye::Silent, ErrorKind::TimedOut, why);
            }
        }
        Poll::Ready(())
    }
}
