//! The read half of a peer: from bytes to events for the hub.
//!
//! It ends when the peer ends or breaks the protocol, or when the hub lets go of it. Across a wait it holds nothing
//! that grows with the peer's data, apart from the decoder's unfinished frame.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::task::{Context, Poll, ready};

use flume::TrySendError;
use hubbub_transport::Transport;
use hubbub_wire::{DecodeError, Decoder, Frame, Ignored, Item, Limits};

use self::alarm::Alarm;
use self::turns::Turns;
use super::collected::{Collected, Greeting};
use super::{Connection, Early, Ending, SCRATCH, Sending};
use crate::address::thinned;
use crate::allowance::Bucket;
use crate::event::{Departure, Event};
use crate::outbox::Call;
use crate::runtime;
#[cfg(feature = "web")]
use crate::web::head::Reader;
#[cfg(feature = "web")]
use crate::web::{Reply, Status};

mod alarm;
#[cfg(feature = "cluster")]
mod held;
mod turns;

/// What a peer is told that speaks TLS where there is none: an alert record (RFC 8446, 5.1 and 6), fatal,
/// handshake_failure. Its program then says what is wrong, where silence would look like a broken line.
const NO_TLS: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// The read half.
pub(super) struct Reading<'a> {
    connection: &'a Connection,
    decoder: Decoder,
    bucket: Bucket,
    /// Boxed, like everything that is rare: an idle member's task only has room for what is not.
    alarm: Option<Box<Alarm>>,
    /// Set while EARLIERs of the peer wait. Boxed for the same reason.
    turns: Option<Box<Turns>>,
    greeting: Greeting,
    /// What was read before, and is to be decoded.
    first: Early,
    /// Whether the decoder was told of a silence, and may have something to say about it.
    was_silent: bool,
    /// Whether anything was read.
    has_spoken: bool,
    /// Whether a line in the log says that the peer is read slower.
    slowed: bool,
    /// Whether a line in the log says that something was ignored. There is only one such line, so that no peer can
    /// flood the log.
    warned: bool,
    /// The connection has ended and somebody else wants the name: what is left is read at once.
    hurried: bool,
    /// The hub has asked whether the connection has ended, and the answer is to be no.
    owes_answer: bool,
    /// How much it has passed at a closed gate, in bytes.
    #[cfg(feature = "cluster")]
    passed: u16,
}

/// The outcome of one read.
struct Read<'a> {
    /// The mail that it brought, where the hub's inbox is full.
    sending: Option<Sending<'a>>,
    /// Why it was the last read, if it was.
    end: Option<Departure>,
}

/// What woke the read half.
enum Woken {
    Readable(io::Result<()>),
    Called(Call),
    Rung,
    /// The peer may ask for more of the past.
    Answered,
}

impl<'a> Reading<'a> {
    pub(super) fn new(connection: &'a Connection, first: Early) -> Self {
        Self {
            connection,
            decoder: Decoder::for_server(connection.house.settings.limits),
            bucket: Bucket::default(),
            alarm: None,
            turns: None,
            greeting: Greeting::default(),
            first,
            was_silent: false,
            has_spoken: false,
            slowed: false,
            warned: false,
            hurried: false,
            owes_answer: false,
            #[cfg(feature = "cluster")]
            passed: 0,
        }
    }

    /// Reads until the peer ends or breaks the protocol, or the hub lets go of it.
    pub(super) async fn run(&mut self) -> Ending {
        self.pause_for_its_address();
        let ending = loop {
            // The first read does not wait: most peers send a JOIN as soon as they are connected.
            let Read { sending, end } = self.read();
            if let Some(sending) = sending
                && sending.await.is_err()
            {
                break Ending::LetGo;
            }
            if let Some(why) = end {
                break Ending::Gone(why);
            }
            if !self.is_paused() {
                // A peer that always has more to say lets the others have a turn.
                runtime::yield_now().await;
            }
            if let Err(ending) = self.wait().await {
                break ending;
            }
        };
        // Nothing more is read. The memory of an unfinished frame is freed now, while the last words are still written.
        self.decoder = Decoder::for_server(Limits::DEFAULT);
        self.connection.intake.set_unfinished(0);
        ending
    }

    /// Waits until there is something to read or to tell the hub, and handles meanwhile what the hub and the alarm
    /// want. This is the only place where the read half waits for its peer.
    fn wait(&mut self) -> impl Future<Output = Result<(), Ending>> {
        poll_fn(|context| {
            loop {
                let end = match ready!(self.poll_woken(context)) {
                    Woken::Readable(Ok(())) => Ok(()),
                    Woken::Readable(Err(error)) => {
                        Err(Ending::Gone(Departure::Failed(error.kind())))
                    }
                    Woken::Called(Call::End) => Err(Ending::LetGo),
                    Woken::Called(Call::Ask) => {
                        self.look_at_the_end();
                        Ok(())
                    }
                    Woken::Rung => match self.ring() {
                        Ok(()) if self.was_silent => Ok(()),
                        Ok(()) => continue,
                        Err(why) => Err(Ending::Gone(why)),
                    },
                    Woken::Answered => Ok(()),
                };
                return Poll::Ready(end);
            }
        })
    }

    fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.connection.intake.transport() {
            Ok(transport) => transport.poll_readable(context),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Nobody in between takes the connection of a browser for a dead one while it is not read.
    fn keep_alive(&self, context: &mut Context<'_>) {
        #[cfg(feature = "web")]
        if let Ok(transport) = self.connection.intake.transport() {
            transport.keep_alive(context);
        }
        let _ = context;
    }

    fn poll_woken(&mut self, context: &mut Context<'_>) -> Poll<Woken> {
        if let Poll::Ready(call) = self.connection.intake.poll_call(context) {
            return Poll::Ready(Woken::Called(call));
        }
        if self.is_next_to_ask() {
            return Poll::Ready(Woken::Answered);
        }
        // The decoder must know of a silence before what comes after it is read.
        if self.awaits_silence() && self.poll_alarm(context).is_ready() {
            return Poll::Ready(Woken::Rung);
        }
        #[cfg(feature = "cluster")]
        self.wait_at_gate(context);
        if self.is_paused() {
            self.keep_alive(context);
        } else if let Poll::Ready(ready) = self.poll_readable(context) {
            return Poll::Ready(Woken::Readable(ready));
        }
        self.poll_alarm(context).map(|()| Woken::Rung)
    }

    /// Handles the hub's question whether the connection has ended, since somebody else wants the name. If it has, all
    /// that is left in it is read at once, whatever the allowance says, so that the other need not wait for that. If
    /// not, what has arrived is read before the answer: there may be a LEAVE in it.
    fn look_at_the_end(&mut self) {
        let transport = self.connection.intake.transport();
        if transport.map_or(true, Transport::has_ended) {
            self.hurried = true;
            self.alarm = None;
            // Nobody reads the answers.
            self.turns = None;
        } else {
            self.owes_answer = true;
        }
    }

    /// Reads once, and sends the hub what that brought and what else it is to know.
    fn read(&mut self) -> Read<'a> {
        let connection = self.connection;
        let peer = connection.peer;
        let mut collected = Collected::new(connection, self.greeting);
        let end = if self.is_paused() {
            None
        } else {
            self.read_socket(&mut collected)
        };
        self.ask_earlier(&mut collected);
        if connection.intake.is_in_excess() {
            collected.push(Event::NoRoom { peer });
        }
        if end.is_none() && std::mem::take(&mut self.owes_answer) {
            collected.push(Event::StillHere { peer });
        }
        let mail;
        (mail, self.greeting) = collected.finish();
        if mail.is_empty() {
            return Read { sending: None, end };
        }
        #[cfg(feature = "cluster")]
        self.passes(&mail);
        let sending = match connection.house.inbox.try_send(mail) {
            Ok(()) => None,
            Err(TrySendError::Full(mail) | TrySendError::Disconnected(mail)) => {
                Some(Box::pin(connection.house.inbox.send_async(mail)))
            }
        };
        Read { sending, end }
    }

    /// Reads once. Returns why it was the last time, if it was.
    fn read_socket(&mut self, collected: &mut Collected<'_>) -> Option<Departure> {
        let transport = self.connection.intake.transport();
        let read = |scratch: &mut Vec<u8>| transport?.try_read(scratch);
        if std::mem::take(&mut self.was_silent)
            && let Err(why) = self.decode(&[], collected)
        {
            return Some(why);
        }
        let first = std::mem::take(&mut self.first);
        if !first.bytes().is_empty() {
            self.has_spoken = true;
            if let Err(why) = self.decode(first.bytes(), collected) {
                return Some(why);
            }
        }
        let end = SCRATCH.with_borrow_mut(|scratch| match read(scratch) {
            Ok(0) if !self.has_spoken => Some(Departure::SaidNothing),
            Ok(0) => Some(self.ended(Departure::Closed, collected)),
            Ok(len) => {
                self.connection.house.metrics.received_bytes.add(len as u64);
                match self.decode(&scratch[..len], collected) {
                    Ok(messages) => {
                        self.has_spoken = true;
                        self.wait_after(messages, len);
                        None
                    }
                    Err(why) => Some(why),
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(_) if !self.has_spoken => Some(Departure::SaidNothing),
            Err(error) => Some(self.ended(Departure::Failed(error.kind()), collected)),
        });
        let intake = &self.connection.intake;
        let unread = intake.transport().map_or(0, Transport::unread);
        intake.set_unfinished(self.decoder.buffered() + unread);
        end
    }

    /// Decides what was in doubt, since nothing more will come.
    fn ended(&mut self, why: Departure, collected: &mut Collected<'_>) -> Departure {
        self.decoder.silence();
        match self.decode(&[], collected) {
            Ok(_) => why,
            Err(why) => why,
        }
    }

    /// Decodes what was read, and returns the number of frames, ignored ones included.
    fn decode(
        &mut self,
        mut input: &[u8],
        collected: &mut Collected<'_>,
    ) -> Result<usize, Departure> {
        let connection = self.connection;
        let mut messages = 0;
        loop {
            let item = self.decoder.next(&mut input).map_err(|why| {
                if why == DecodeError::Tls {
                    let _ = connection.intake.push_own(NO_TLS.to_vec());
                }
                #[cfg(feature = "web")]
                if why == DecodeError::Http && messages == 0 && self.greeting == Greeting::Before {
                    refuse_request(connection, input);
                }
                Departure::Broke(why)
            })?;
            let Some(item) = item else {
                return Ok(messages);
            };
            messages += 1;
            let mut ignore = |why: &dyn fmt::Display| {
                log_ignored(connection, &mut self.warned, why);
            };
            match item {
                Item::Frame(Frame::Ping { username, id }) if connection.intake.has_grant() => {
                    if connection.pong(username, id).is_err() {
                        ignore(&"a PING while the answer to another one waits");
                    }
                }
                Item::Frame(Frame::Earlier { before, count, .. })
                    if connection.intake.has_grant() =>
                {
                    let before = before.into_owned();
                    self.wait_for_turn(before, count);
                }
                Item::Frame(frame) => {
                    if let Some(why) = collected.take(frame) {
                        ignore(&why);
                    }
                }
                Item::CutOff { payload, len, .. } => {
                    collected.take_other();
                    let came = payload.len();
                    ignore(&format_args!(
                        "a TEXT that stopped after {came} of {len} bytes"
                    ));
                }
                Item::Ignored(why) => {
                    collected.take_other();
                    if let Ignored::PayloadTooLong { len, limit } = why {
                        let peer = connection.peer;
                        collected.push(Event::TooLong { peer, len, limit });
                    }
                    ignore(&why);
                }
            }
        }
    }
}

/// Answers a request other than GET and HEAD, where there is a page. `head` is what came of it besides its beginning.
#[cfg(feature = "web")]
fn refuse_request(connection: &Connection, head: &[u8]) {
    // A page has no more requests, and whoever has agreed to speak CHAT/1.0 makes none.
    let may_ask = |transport: &Transport| {
        #[cfg(feature = "tls")]
        let is_free = transport.agreed().is_none();
        #[cfg(not(feature = "tls"))]
        let is_free = true;
        is_free && !transport.is_web()
    };
    let has_page = connection.house.settings.web.is_some();
    if has_page && connection.intake.transport().is_ok_and(may_ask) {
        let reply = Reply::of(Status::NotAllowed).to(Reader::of(head));
        connection
            .house
            .metrics
            .answered
            .count(reply.status.number());
        let _ = connection.intake.push_own(reply.bytes());
    }
}

/// Logs what was ignored: the first time as a warning, then at debug level.
fn log_ignored(connection: &Connection, warned: &mut bool, why: &dyn fmt::Display) {
    let line = if std::mem::replace(warned, true) {
        None
    } else {
        connection.place.address().line(runtime::now())
    };
    let peer = connection.peer.0;
    thinned!(warn, line, peer, %why, "ignored; further errors are logged at debug level");
}
