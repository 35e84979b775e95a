//! Sending: which messages are known to have arrived, and when there is no hope for the others. Pure, the time given.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hubbub_session::{Cause, Event, MessageId};

use crate::member::say_what_is_not_kept;
use crate::refusal;
use crate::status::{Failure, Outcome, Status, say};

/// How many messages may be on their way. The rest waits on stdin.
const MOST: usize = 256;
/// How long after the connection a server counts as one that does not grant. A grant takes one round trip.
const PLAIN_AFTER: Duration = Duration::from_secs(1);
/// The same where only a server that grants will do. A later grant does not count.
const NO_GRANT_AFTER: Duration = Duration::from_secs(5);
/// How long nothing may get on once all of stdin is read, or no more of it is. A server that is restarted is back by
/// then.
const RESUME_WITHIN: Duration = Duration::from_secs(60);
/// How long a server without acknowledgements may take to read everything and to close.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The messages, and what is known about them.
pub(super) struct Sending {
    requires_ack: bool,
    next: MessageId,
    /// Whether a message may be sent: it is known what kind of server this is.
    is_decided: bool,
    /// When that is decided without a grant.
    decide_at: Option<Instant>,
    is_granted: bool,
    /// Those that the server will acknowledge.
    unacknowledged: BTreeSet<MessageId>,
    /// Those that went to a server without acknowledgements and are not written yet.
    unwritten: BTreeSet<MessageId>,
    /// How many of those are written.
    written: usize,
    /// Whether the server has read everything.
    is_parted: bool,
    /// Whether something could not be sent as it is.
    has_skipped: bool,
    /// Whether the server has just said that a message is too long.
    was_too_long: bool,
    /// When something last got on.
    moved_at: Instant,
}

impl Sending {
    pub(super) fn new(requires_ack: bool, now: Instant) -> Self {
        Self {
            requires_ack,
            next: 1,
            is_decided: false,
            decide_at: None,
            is_granted: false,
            unacknowledged: BTreeSet::new(),
            unwritten: BTreeSet::new(),
            written: 0,
            is_parted: false,
            has_skipped: false,
            was_too_long: false,
            moved_at: now,
        }
    }

    /// Whether the next message may be sent.
    pub(super) fn may_say(&self) -> bool {
        self.is_decided && !self.is_full()
    }

    /// Whether as many are on their way as may be. Then nobody reads stdin, and its end is not seen.
    fn is_full(&self) -> bool {
        self.unacknowledged.len() + self.unwritten.len() >= MOST
    }

    /// The next message is sent, under this name.
    pub(super) fn says(&mut self, now: Instant) -> MessageId {
        let id = self.next;
        self.next += 1;
        self.moved_at = now;
        if self.is_granted {
            self.unacknowledged.insert(id);
        } else {
            self.unwritten.insert(id);
        }
        id
    }

    /// Something on stdin cannot be sent.
    pub(super) fn skip(&mut self) {
        self.has_skipped = true;
    }

    /// Whether nothing is on its way.
    pub(super) fn is_done(&self) -> bool {
        self.unacknowledged.is_empty() && self.unwritten.is_empty()
    }

    /// When [`due`](Self::due) is to be called. `has_ended`: all of stdin is read.
    pub(super) fn deadline(&self, has_ended: bool) -> Option<Instant> {
        let hope = (has_ended || self.is_full()).then(|| self.moved_at + RESUME_WITHIN);
        [self.decide_at, hope].into_iter().flatten().min()
    }

    /// Time has passed.
    pub(super) fn due(&mut self, has_ended: bool, now: Instant) -> Outcome {
        if self.decide_at.is_some_and(|at| at <= now) {
            self.decide_at = None;
            if self.requires_ack {
                let words = "nothing was sent: this server does not tell what has arrived, and --require-ack asks for \
                             that";
                return Err(Failure::new(Status::NotChat, words));
            }
            self.is_decided = true;
        }
        if (has_ended || self.is_full()) && self.moved_at + RESUME_WITHIN <= now {
            let seconds = RESUME_WITHIN.as_secs();
            return Err(self.cut_off(&format!("nothing got on for {seconds} s")));
        }
        Ok(())
    }

    /// Takes in what happened.
    pub(super) fn hear(&mut self, event: &Event, now: Instant) -> Outcome {
        let was_too_long = std::mem::take(&mut self.was_too_long);
        match event {
            Event::Connected => {
                self.moved_at = now;
                let after = if self.requires_ack {
                    NO_GRANT_AFTER
                } else {
                    PLAIN_AFTER
                };
                self.decide_at = (!self.is_decided).then(|| now + after);
            }
            Event::Granted { .. } => {
                (self.is_decided, self.is_granted, self.decide_at) = (true, true, None);
            }
            Event::Written { id } => {
                self.moved_at = now;
                self.written += usize::from(self.unwritten.remove(id));
            }
            Event::Arrived { id, .. } => {
                self.moved_at = now;
                self.unacknowledged.remove(id);
            }
            Event::Notice { code, text } if code == "too-long" => {
                say(text);
                self.was_too_long = true;
            }
            Event::Unsure { id } => {
                if !was_too_long {
                    return Err(self.cut_off("a message may not have arrived"));
                }
                self.unacknowledged.remove(id);
                self.unwritten.remove(id);
                self.skip();
            }
            Event::Said {
                name,
                text,
                mark: None,
                ..
            } if name == "server" => say(&format!("the server says: {text}")),
            Event::Parted => self.is_parted = true,
            Event::Lost { cause, why, .. } => return self.lost(cause, why),
            other => {
                say_what_is_not_kept(other);
                return self.check(other);
            }
        }
        Ok(())
    }

    /// Whether nobody keeps us out for good. What has not arrived is told with it.
    fn check(&self, event: &Event) -> Outcome {
        let refused = refusal::check(event);
        refused.map_err(|failure| match failure {
            Failure::Because(status, words) if !self.is_done() || self.written > 0 => {
                Failure::new(status, format!("{words}\n{}", self.left()))
            }
            other => other,
        })
    }

    fn lost(&mut self, cause: &Cause, why: &str) -> Outcome {
        self.decide_at = None;
        if self.written > 0 {
            let words = format!("{why}; {}", self.left());
            // The words of a refusal may come after the first messages went out.
            return Err(if cause.is_refusal() {
                Failure::lost(cause, words)
            } else {
                Failure::new(Status::CutOff, words)
            });
        }
        let ends = match cause {
            Cause::Refused { .. } | Cause::Plain | Cause::BadFile => true,
            Cause::PutOff | Cause::Elsewhere => false,
            // Before the first message there is nothing to resume.
            Cause::Unreachable | Cause::NotChat | Cause::CutOff => !self.is_decided,
        };
        if ends {
            return Err(Failure::lost(cause, why));
        }
        // The end of a connection is said once, and not every attempt that fails after it.
        if *cause != Cause::Unreachable {
            say(&format!("{why}; connecting again"));
        }
        Ok(())
    }

    /// Whether everything has arrived, after the end of the connection.
    pub(super) fn verdict(&self) -> Outcome {
        if self.written > 0 && !self.is_parted {
            return Err(self.cut_off(
                "the server did not close the connection after it was told that this is all",
            ));
        }
        if self.has_skipped {
            return Err(Failure::new(Status::Usage, "not everything was sent"));
        }
        Ok(())
    }

    /// How many messages are not known to have arrived, in words.
    pub(super) fn left(&self) -> String {
        let left = self.unacknowledged.len() + self.unwritten.len() + self.written;
        match left {
            0 => "not all of stdin was sent".to_owned(),
            1 => "1 message is not known to have arrived".to_owned(),
            _ => format!("{left} messages are not known to have arrived"),
        }
    }

    fn cut_off(&self, why: &str) -> Failure {
        Failure::new(Status::CutOff, format!("{why}; {}", self.left()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

    use super::*;

    const INSTANT: Duration = Duration::from_nanos(1);

    /// As many messages on their way to a server without acknowledgements.
    fn sending(messages: usize, now: Instant) -> Sending {
        let mut sending = Sending::new(false, now);
        sending.hear(&Event::Connected, now).unwrap();
        sending.due(false, now + PLAIN_AFTER).unwrap();
        for _ in 0..messages {
            assert!(sending.may_say());
            sending.says(now);
        }
        sending
    }

    #[test]
    fn a_minute_without_progress_is_the_end_once_stdin_has_ended_or_is_not_read_any_more() {
        let now = Instant::now();
        let end = now + RESUME_WITHIN;
        for (messages, has_ended) in [(1, true), (MOST, false), (MOST, true)] {
            let mut sending = sending(messages, now);
            assert_eq!(sending.deadline(has_ended), Some(end));
            sending.due(has_ended, end - INSTANT).unwrap();
            sending.due(has_ended, end).unwrap_err();
        }
        let mut sending = sending(MOST - 1, now);
        assert_eq!(sending.deadline(false), None);
        sending.due(false, end).unwrap();
    }
}
