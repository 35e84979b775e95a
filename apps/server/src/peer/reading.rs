//! The read half of a peer: bytes to events, and how much of them.
//!
//! It ends when the peer does, or when it cannot be read any further. Nothing that grows with the peer's data is held
//! across a wait but the decoder's unfinished frame.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use flume::TrySendError;
use hubbub_wire::{DecodeError, Decoder, Ignored, Item, Limits};

use super::collected::Collected;
use super::{Connection, Ending, SCRATCH, Sending};
use crate::address::thinned;
use crate::allowance::{Allowance, Bucket};
use crate::event::{Departure, Event};
use crate::outbox::Call;
use crate::runtime::{self, Timer};

/// A frame that began and did not go on for this long is given up when another one begins. Nothing that still arrives
/// pauses as long on its way.
const SILENCE: Duration = Duration::from_secs(2);

/// The read half.
pub(super) struct Reading<'a> {
    connection: &'a Connection,
    decoder: Decoder,
    bucket: Bucket,
    /// What it waits for beside its peer. Boxed, like everything that is rare: an idle member's task holds room for what
    /// is not.
    alarm: Option<Box<Alarm>>,
    /// The decoder was told of a silence, and may have something to say to it.
    was_silent: bool,
    /// Something was read.
    has_spoken: bool,
    /// That it is read slower was logged.
    slowed: bool,
    /// Something ignored was logged. Later ones are not, so that no peer can flood the log.
    warned: bool,
    /// Its connection has ended and somebody wants its name: what is left is read at once.
    hurried: bool,
    /// The hub has asked whether the connection has ended, and it has not.
    owes_answer: bool,
}

/// Rings when the read half has to do something without the peer's doing anything.
struct Alarm {
    timer: Timer,
    why: Why,
}

#[derive(Clone, Copy)]
enum Why {
    /// The peer said more than its allowance. Nothing is read until it rings.
    Pause,
    /// A frame has begun, and nothing of it has come since then. It may have come to its end meanwhile: the alarm is set
    /// once for all frames of a time, and not anew for each of a flood.
    Silence {
        since: Instant,
        /// The decoder knows.
        told: bool,
    },
}

/// What one read came to.
struct Read<'a> {
    /// What has to be waited for until the hub takes what it brought.
    sent: Option<Sending<'a>>,
    /// Why it was the last one, if it was.
    end: Option<Departure>,
}

/// What the read half was woken by.
enum Woken {
    Readable(io::Result<()>),
    Called(Call),
    Rung,
}

impl<'a> Reading<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            decoder: Decoder::new(connection.settings.limits),
            bucket: Bucket::default(),
            alarm: None,
            was_silent: false,
            has_spoken: false,
            slowed: false,
            warned: false,
            hurried: false,
            owes_answer: false,
        }
    }

    /// Reads until the peer ends or breaks the protocol, or the hub has let go of it.
    pub(super) async fn run(&mut self) -> Ending {
        self.pause_for_its_address();
        let ending = loop {
            // The first time it is not waited for: who connects has mostly said JOIN already.
            let Read { sent, end } = self.read();
            if let Some(sent) = sent
                && sent.await.is_err()
            {
                break Ending::LetGo;
            }
            if let Some(why) = end {
                break Ending::Gone(why);
            }
            if !self.is_paused() {
                // One that always has more to say lets the others have a turn.
                runtime::yield_now().await;
            }
            if let Err(ending) = self.wait().await {
                break ending;
            }
        };
        // Nothing more is read: what is unfinished is forgotten, also while the last words are still being written.
        self.decoder = Decoder::new(Limits::DEFAULT);
        self.connection.intake.set_unfinished(0);
        ending
    }

    /// Waits until there is something to read or to say to the hub, and sees meanwhile to all else that may come up. The
    /// one place where the read half waits for its peer.
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
                };
                return Poll::Ready(end);
            }
        })
    }

    fn poll_woken(&mut self, context: &mut Context<'_>) -> Poll<Woken> {
        if let Poll::Ready(call) = self.connection.intake.poll_call(context) {
            return Poll::Ready(Woken::Called(call));
        }
        // What comes after a silence must not be read before the decoder knows of that.
        if self.awaits_silence() && self.poll_alarm(context).is_ready() {
            return Poll::Ready(Woken::Rung);
        }
        if !self.is_paused()
            && let Poll::Ready(ready) = self.connection.transport.poll_readable(context)
        {
            return Poll::Ready(Woken::Readable(ready));
        }
        self.poll_alarm(context).map(|()| Woken::Rung)
    }

    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.alarm {
            Some(alarm) => Pin::new(&mut alarm.timer).poll(context).map(drop),
            None => Poll::Pending,
        }
    }

    fn is_paused(&self) -> bool {
        matches!(self.why(), Some(Why::Pause))
    }

    fn awaits_silence(&self) -> bool {
        matches!(self.why(), Some(Why::Silence { told: false, .. }))
    }

    fn why(&self) -> Option<Why> {
        self.alarm.as_deref().map(|alarm| alarm.why)
    }

    /// What to do when the alarm rings.
    fn ring(&mut self) -> Result<(), Departure> {
        let why = self.alarm.take().map(|alarm| alarm.why);
        if !self.decoder.is_mid_frame() {
            return Ok(());
        }
        let limit = self.connection.settings.text_timeout;
        let now = runtime::now();
        let (since, mut told) = match why {
            Some(Why::Silence { since, told }) => (since, told),
            // Nothing was read in a pause: the silence begins after it.
            Some(Why::Pause) | None => (now, false),
        };
        if self.decoder.awaits_payload() && since + limit <= now {
            return Err(Departure::TextStalled);
        }
        if !told && since + SILENCE <= now {
            self.decoder.silence();
            self.was_silent = true;
            told = true;
        }
        self.await_more(since, told);
        Ok(())
    }

    /// Sets the alarm for what is next when nothing of the frame comes.
    fn await_more(&mut self, since: Instant, told: bool) {
        let silence = (!told).then_some(SILENCE);
        let limit = self.connection.settings.text_timeout;
        let limit = self.decoder.awaits_payload().then_some(limit);
        if let Some(next) = silence.into_iter().chain(limit).min() {
            self.set_alarm(since + next, Why::Silence { since, told });
        }
    }

    fn set_alarm(&mut self, at: Instant, why: Why) {
        let timer = Timer::at(at);
        self.alarm = Some(Box::new(Alarm { timer, why }));
    }

    /// Somebody else wants this peer's name. If the connection has ended, all that is left in it is read at once,
    /// whatever the allowance says, so that nobody is locked out by what it has said before. If not, what has come so
    /// far is read before that is answered: there may be a LEAVE in it.
    fn look_at_the_end(&mut self) {
        if self.connection.transport.has_ended() {
            self.hurried = true;
            self.alarm = None;
        } else {
            self.owes_answer = true;
        }
    }

    /// One read of the socket, with what it brought on its way to the hub, and what else the hub is to know.
    fn read(&mut self) -> Read<'a> {
        let connection = self.connection;
        let peer = connection.peer;
        let mut collected = Collected::new(peer, &connection.intake);
        let end = if self.is_paused() {
            None
        } else {
            self.read_socket(&mut collected)
        };
        if connection.intake.is_in_excess() {
            collected.push(Event::NoRoom { peer });
        }
        if end.is_none() && std::mem::take(&mut self.owes_answer) {
            collected.push(Event::StillHere { peer });
        }
        let mail = collected.finish();
        if mail.is_empty() {
            return Read { sent: None, end };
        }
        let sent = match connection.hub.try_send(mail) {
            Ok(()) => None,
            Err(TrySendError::Full(mail) | TrySendError::Disconnected(mail)) => {
                Some(Box::pin(connection.hub.send_async(mail)))
            }
        };
        Read { sent, end }
    }

    /// Answers why it was the last read, if it was.
    fn read_socket(&mut self, collected: &mut Collected<'_>) -> Option<Departure> {
        let transport = &self.connection.transport;
        if std::mem::take(&mut self.was_silent)
            && let Err(why) = self.decode(&[], collected)
        {
            return Some(Departure::Broke(why));
        }
        let end = SCRATCH.with_borrow_mut(|scratch| match transport.try_read(scratch) {
            Ok(0) if !self.has_spoken => Some(Departure::SaidNothing),
            Ok(0) => Some(self.ended(Departure::Closed, collected)),
            Ok(len) => match self.decode(&scratch[..len], collected) {
                Ok(messages) => {
                    self.has_spoken = true;
                    self.wait_after(messages, len);
                    None
                }
                Err(why) => Some(Departure::Broke(why)),
            },
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(_) if !self.has_spoken => Some(Departure::SaidNothing),
            Err(error) => Some(self.ended(Departure::Failed(error.kind()), collected)),
        });
        self.connection
            .intake
            .set_unfinished(self.decoder.buffered());
        end
    }

    /// Nothing more will come: what was in doubt is decided.
    fn ended(&mut self, why: Departure, collected: &mut Collected<'_>) -> Departure {
        self.decoder.silence();
        match self.decode(&[], collected) {
            Ok(_) => why,
            Err(error) => Departure::Broke(error),
        }
    }

    /// After so much: is there to be a pause, since the peer said more than its allowance, or is more awaited?
    fn wait_after(&mut self, messages: usize, bytes: usize) {
        let pause = self.pause_after(messages, bytes);
        if !pause.is_zero() {
            return self.set_alarm(runtime::now() + pause, Why::Pause);
        }
        if !self.decoder.is_mid_frame() {
            return;
        }
        let since = runtime::now();
        match self.alarm.as_deref_mut() {
            // It rings in time.
            Some(Alarm {
                why:
                    Why::Silence {
                        since: last,
                        told: false,
                    },
                ..
            }) => *last = since,
            _ => self.await_more(since, false),
        }
    }

    /// Who comes again goes on where its address has stopped.
    fn pause_for_its_address(&mut self) {
        let now = runtime::now();
        let pause = self.connection.place.address().pause(now);
        if !pause.is_zero() {
            self.set_alarm(now + pause, Why::Pause);
        }
    }

    /// How long nothing more is read after so much; zero for most.
    fn pause_after(&mut self, messages: usize, bytes: usize) -> Duration {
        let allowance = self.connection.settings.allowance;
        if allowance == Allowance::UNLIMITED {
            return Duration::ZERO;
        }
        let (now, address) = (runtime::now(), self.connection.place.address());
        let own = self.bucket.take(allowance, messages, bytes, now);
        let shared = address.says(allowance, messages, bytes, now);
        let pause = own.max(shared);
        if pause.is_zero() || self.hurried {
            return Duration::ZERO;
        }
        if !std::mem::replace(&mut self.slowed, true) {
            let Allowance {
                messages_per_second,
                bytes_per_second,
            } = allowance;
            let whose = if own < shared { "its address" } else { "it" };
            thinned!(
                warn,
                address.line(now),
                peer = self.connection.peer.0,
                messages_per_second,
                bytes_per_second,
                whose,
                "says more than its allowance: read slower"
            );
        }
        pause
    }

    /// Decodes what was read and answers how many frames that was, ignored ones too.
    fn decode(
        &mut self,
        mut input: &[u8],
        collected: &mut Collected<'_>,
    ) -> Result<usize, DecodeError> {
        let mut messages = 0;
        while let Some(item) = self.decoder.next(&mut input)? {
            messages += 1;
            match item {
                Item::Frame(frame) => collected.take(frame),
                Item::CutOff { payload, len, .. } => {
                    let came = payload.len();
                    let why = format_args!("a TEXT that stopped after {came} of {len} bytes");
                    log_ignored(self.connection, &mut self.warned, why);
                }
                Item::Ignored(why) => {
                    if let Ignored::PayloadTooLong { len, limit } = why {
                        let peer = self.connection.peer;
                        collected.push(Event::TooLong { peer, len, limit });
                    }
                    log_ignored(self.connection, &mut self.warned, why);
                }
            }
        }
        Ok(messages)
    }
}

/// Logs what was passed over: as a warning the first time, so that no peer can flood the log.
fn log_ignored(connection: &Connection, warned: &mut bool, why: impl fmt::Display) {
    let line = if std::mem::replace(warned, true) {
        None
    } else {
        connection.place.address().line(runtime::now())
    };
    let peer = connection.peer.0;
    thinned!(warn, line, peer, %why, "ignored, as will be what else is wrong");
}
