//! The alarm of the read half: rings when there is something to do although the peer does nothing. A peer that said
//! more than its allowance may then be read again; one that stopped in the middle of a frame has then been silent for
//! too long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::Reading;
use crate::address::thinned;
use crate::allowance::Allowance;
use crate::event::Departure;
use crate::runtime::{self, Timer};

/// A frame that began and did not go on for this long is given up when another one begins. No network delays the rest
/// of a frame by as much.
const SILENCE: Duration = Duration::from_secs(2);

/// An alarm that is set.
pub(super) struct Alarm {
    timer: Timer,
    why: Why,
}

/// Why an alarm is set.
#[derive(Clone, Copy)]
enum Why {
    /// The peer said more than its allowance. Nothing is read until the alarm rings.
    Pause,
    /// A frame has begun. It may have ended before the alarm rings: in a flood the alarm is not set again for each
    /// frame.
    Silence {
        /// When something of it came last.
        since: Instant,
        /// Whether the decoder knows of the silence.
        told: bool,
    },
}

impl Reading<'_> {
    /// Ready when the alarm rings.
    pub(super) fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.alarm {
            Some(alarm) => Pin::new(&mut alarm.timer).poll(context).map(drop),
            None => Poll::Pending,
        }
    }

    /// Whether nothing is to be read now.
    pub(super) fn is_paused(&self) -> bool {
        #[cfg(feature = "cluster")]
        if self.is_held() {
            return true;
        }
        matches!(self.why(), Some(Why::Pause)) || self.has_asked_too_often()
    }

    /// Whether the next thing that the alarm rings for is a silence, of which the decoder is to be told.
    pub(super) fn awaits_silence(&self) -> bool {
        matches!(self.why(), Some(Why::Silence { told: false, .. }))
    }

    fn why(&self) -> Option<Why> {
        self.alarm.as_deref().map(|alarm| alarm.why)
    }

    /// Does what the alarm was set for.
    ///
    /// # Errors
    ///
    /// The peer was silent for too long.
    pub(super) fn ring(&mut self) -> Result<(), Departure> {
        let why = self.alarm.take().map(|alarm| alarm.why);
        if !self.decoder.is_mid_frame() {
            return Ok(());
        }
        let limit = self.connection.house.settings.text_timeout;
        let now = runtime::now();
        let (since, mut told) = match why {
            #[cfg(feature = "cluster")]
            Some(Why::Silence { .. }) if self.is_held() => (now, false),
            Some(Why::Silence { since, told }) => (since, told),
            // Nothing is read in a pause, so that the silence begins after it.
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

    /// Sets the alarm for what is to happen next if nothing more of the frame comes.
    fn await_more(&mut self, since: Instant, told: bool) {
        let silence = (!told).then_some(SILENCE);
        let limit = self.connection.house.settings.text_timeout;
        let limit = self.decoder.awaits_payload().then_some(limit);
        if let Some(next) = silence.into_iter().chain(limit).min() {
            self.set_alarm(since + next, Why::Silence { since, told });
        }
    }

    fn set_alarm(&mut self, at: Instant, why: Why) {
        let timer = Timer::at(at);
        self.alarm = Some(Box::new(Alarm { timer, why }));
    }

    /// Sets the alarm after a read, if the peer said more than its allowance or is in the middle of a frame.
    pub(super) fn wait_after(&mut self, messages: usize, bytes: usize) {
        let pause = self.pause_after(messages, bytes);
        if !pause.is_zero() {
            return self.set_alarm(runtime::now() + pause, Why::Pause);
        }
        if !self.decoder.is_mid_frame() {
            return;
        }
        let since = runtime::now();
        match self.alarm.as_deref_mut() {
            // The alarm is set already and rings early enough. What it then does depends on this time.
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

    /// Sets the alarm for what others of the peer's address have said before. Coming again does not help.
    pub(super) fn pause_for_its_address(&mut self) {
        let now = runtime::now();
        let pause = self.connection.place.address().pause(now);
        if !pause.is_zero() {
            self.set_alarm(now + pause, Why::Pause);
        }
    }

    /// How long nothing more is to be read after a read of this size. Zero for most peers.
    fn pause_after(&mut self, messages: usize, bytes: usize) -> Duration {
        let allowance = self.connection.house.settings.allowance;
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
                "says more than its allowance and is read slower"
            );
        }
        pause
    }
}
