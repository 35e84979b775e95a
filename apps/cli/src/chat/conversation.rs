//! Conversation: what the user is shown of what happens, as plain lines, and when it is over. It knows no terminal, no
//! channels and no clock.

use std::time::{Instant, SystemTime};

use hubbub_session::{Cause, Event, MessageId, Stamped};

use super::own::{Own, Told};
use super::words;
use crate::status::{Failure, Status};

/// A line to show, or several if what was said has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When.
    pub(super) at: SystemTime,
    /// What.
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Somebody said something.
    Said {
        /// Who.
        name: String,
        /// What.
        text: String,
        /// The rest of it did not come.
        is_cut_off: bool,
    },
    /// Something else that the user should know.
    Told(String),
}

/// How it stands with the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There was none yet.
    Outside,
    /// It stands.
    Inside,
    /// There is none any more since then, and the user has been told.
    Away(SystemTime),
}

pub(super) struct Conversation {
    address: String,
    state: State,
    /// Whether the server tells what has arrived.
    is_granted: bool,
    /// Whether something has happened that happens only in the room.
    is_in: bool,
    /// Whether something was shown that was said before.
    has_past: bool,
    own: Own,
    lines: Vec<Line>,
}

impl Conversation {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            state: State::Outside,
            is_granted: false,
            is_in: false,
            has_past: false,
            own: Own::default(),
            lines: Vec::new(),
        }
    }

    /// Notes what happened.
    ///
    /// # Errors
    ///
    /// It is over, and not because the user wanted that.
    pub(super) fn hear(&mut self, stamped: Stamped) -> Result<(), Failure> {
        let Stamped { at, event } = stamped;
        self.is_in |= matches!(
            event,
            Event::Granted { .. } | Event::Joined { .. } | Event::Left { .. }
        );
        match event {
            Event::Connected => self.connected(at),
            Event::Lost { why, cause, .. } => return self.lost(at, why, &cause),
            Event::Kicked { why } => {
                let words = format!("you were put out of the room: {why}");
                return Err(Failure::new(Status::Refused, words));
            }
            Event::Replaced => {
                let words = "you have come into the room elsewhere, so it ends here";
                return Err(Failure::new(Status::CutOff, words));
            }
            Event::Granted { .. } => {
                self.is_granted = true;
                self.has_past = false;
            }
            Event::Present { names } => self.told(at, words::present(&names)),
            Event::Joined { name } => self.told(at, format!("{name} joined")),
            Event::Left { name } => self.told(at, format!("{name} left")),
            Event::CaughtUp { .. } => {
                if std::mem::take(&mut self.has_past) {
                    self.told(at, "this was said before".to_owned());
                }
            }
            Event::Gap => self.told(
                at,
                "some messages are missing here: they are no longer kept".to_owned(),
            ),
            Event::Missed { events } => {
                self.told(
                    at,
                    format!("{events} events were skipped because too much came at once"),
                );
            }
            Event::Notice { code, text } => {
                if let Some(words) = words::notice(&code, &text) {
                    self.told(at, words);
                }
            }
            other => self.hear_text(at, other),
        }
        Ok(())
    }

    /// Notes what was said, and what became of what the user said.
    fn hear_text(&mut self, at: SystemTime, event: Event) {
        match event {
            Event::Said {
                name, text, mark, ..
            } => {
                // It is shown where it was typed.
                if let Some(id) = mark.as_ref().and_then(|mark| mark.own) {
                    let told = self.own.arrived(id);
                    self.tell_own(at, told);
                    return;
                }
                self.has_past |= mark.is_some_and(|mark| mark.past);
                self.said(at, name, text, false);
            }
            Event::CutOff { name, text, .. } => self.said(at, name, text, true),
            Event::Written { id } if !self.is_granted => {
                let told = self.own.arrived(id);
                self.tell_own(at, told);
            }
            Event::Arrived { id, .. } => {
                let told = self.own.arrived(id);
                self.tell_own(at, told);
            }
            Event::Unsure { id } => {
                let told = self.own.unsure(id);
                self.tell_own(at, told);
            }
            _ => {}
        }
    }

    fn connected(&mut self, at: SystemTime) {
        self.is_granted = false;
        let words = match self.state {
            State::Away(since) => {
                let away = at.duration_since(since).unwrap_or_default();
                format!("connected again, after {}", words::time(away))
            }
            State::Outside | State::Inside => format!("connected to {}", self.address),
        };
        self.told(at, words);
        self.state = State::Inside;
    }

    fn lost(&mut self, at: SystemTime, why: String, cause: &Cause) -> Result<(), Failure> {
        match (self.state, cause) {
            // The next attempt is made at once, in another way.
            (_, Cause::PutOff) => {}
            (State::Outside, _) => return Err(Failure::lost(cause, why)),
            // Nobody was let in who is refused before anything else has happened.
            (State::Inside, cause) if cause.is_refusal() && !self.is_in => {
                return Err(Failure::lost(cause, why));
            }
            (State::Inside, _) => {
                self.told(
                    at,
                    format!("the connection is lost: {why}; trying to get it back"),
                );
                self.state = State::Away(at);
            }
            (State::Away(_), _) => {}
        }
        Ok(())
    }

    fn said(&mut self, at: SystemTime, name: String, text: String, is_cut_off: bool) {
        let what = What::Said {
            name,
            text,
            is_cut_off,
        };
        self.lines.push(Line { at, what });
    }

    fn told(&mut self, at: SystemTime, words: String) {
        let what = What::Told(words);
        self.lines.push(Line { at, what });
    }

    fn tell_own(&mut self, at: SystemTime, told: Option<Told>) {
        let words = match told {
            Some(Told::Arrived(text)) => format!("arrived: {text}"),
            Some(Told::Late(text)) => format!("not arrived yet: {text}"),
            Some(Told::Unsure(text)) => format!("this may not have arrived: {text}"),
            None => return,
        };
        self.told(at, words);
    }

    /// Tells the user something.
    pub(super) fn tell(&mut self, at: SystemTime, words: String) {
        self.told(at, words);
    }

    /// Notes that the user says something. Returns its name for the session.
    pub(super) fn say(&mut self, text: &str, now: Instant) -> MessageId {
        self.own.say(text, now)
    }

    /// When [`Self::tell_what_is_late`] has something to tell.
    pub(super) fn tells_next(&self) -> Option<Instant> {
        self.own.tells_next()
    }

    /// Tells which of the user's messages have not arrived although they should have.
    pub(super) fn tell_what_is_late(&mut self, at: SystemTime, now: Instant) {
        for told in self.own.late(now) {
            self.tell_own(at, Some(told));
        }
    }

    /// Whether it is certain that the server has let the user in.
    pub(super) fn is_in(&self) -> bool {
        self.is_in
    }

    /// Whether the room was reached, and all that the user said has arrived or never will.
    pub(super) fn is_settled(&self) -> bool {
        self.state != State::Outside && self.own.waiting() == 0
    }

    /// How many of the user's messages are on their way.
    pub(super) fn waiting(&self) -> usize {
        self.own.waiting()
    }

    /// Which of the user's messages may not have arrived, in words.
    pub(super) fn unsettled(&self) -> Option<String> {
        let lost = self.own.lost();
        (lost > 0).then(|| format!("{} may not have arrived", words::messages(lost)))
    }

    /// What is to be shown now.
    pub(super) fn take_lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }
}
