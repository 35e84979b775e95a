//! Conversation: what the user is shown of what happens, as plain lines, and when it is over. It knows no terminal, no
//! channels and no clock.

use std::time::{Instant, SystemTime};

use hubbub_session::{Cause, Event, MessageId, Ours, Stamped};
use hubbub_transport::Addresses;
use hubbub_wire::Username;

use super::own::{Own, Told};
use super::words;
use crate::refusal;
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
    addresses: Addresses,
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
    pub(super) fn new(addresses: &Addresses) -> Self {
        Self {
            addresses: addresses.clone(),
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
        self.is_in |= match &event {
            Event::Granted { .. } | Event::Joined { .. } | Event::Left { .. } => true,
            // What the server itself says may be a refusal.
            Event::Said { name, .. } | Event::CutOff { name, .. } => {
                name != Username::SERVER.as_str()
            }
            _ => false,
        };
        match event {
            Event::Connected => self.connected(at),
            Event::Lost { why, cause, .. } => return self.lost(at, why, &cause),
            Event::Secured {
                reason,
                since,
                all_private,
                ..
            } => self.told(at, words::secured(reason, at, since, all_private)),
            Event::AsksTrust { .. } | Event::KeyChanged { .. } | Event::AsksPassword { .. } => {
                return refusal::check(&event);
            }
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
                "some messages are missing here: they are no longer kept, or too many were missed"
                    .to_owned(),
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
                if let Some(Ours::Here(id)) = mark.as_ref().and_then(|mark| mark.own) {
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
            State::Outside | State::Inside => format!("connected to {}", self.addresses),
        };
        self.told(at, words);
        self.state = State::Inside;
    }

    fn lost(&mut self, at: SystemTime, why: String, cause: &Cause) -> Result<(), Failure> {
        match (self.state, cause) {
            // The next attempt is made at once, in another way.
            (_, cause) if cause.is_passing() => {}
            (State::Outside, Cause::Unreachable) => {
                let words = format!("cannot reach {}: {why}", self.addresses);
                return Err(Failure::lost(cause, words));
            }
            // Only a person can mend the last two.
            (State::Outside, _) | (_, Cause::Plain | Cause::BadFile) => {
                return Err(Failure::lost(cause, why));
            }
            // Nobody was let in who is refused before anything else has happened. A connection counts before the first
            // answer, so only now is it known what listens there.
            (State::Inside, cause)
                if !self.is_in && (cause.is_refusal() || *cause == Cause::NotChat) =>
            {
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

    /// The failure of never having reached the room, if so.
    pub(super) fn unreached(&self) -> Option<Failure> {
        let words = || format!("cannot reach {}: it takes too long", self.addresses);
        (self.state == State::Outside).then(|| Failure::new(Status::Unreachable, words()))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hubbub_wire::{Hex128, Kept};

    use super::*;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    fn addresses() -> Addresses {
        Addresses::from_hosts("localhost", 8765).unwrap()
    }

    struct Room(Conversation);

    impl Room {
        /// A room in which the user is.
        fn entered() -> Self {
            let mut room = Self(Conversation::new(&addresses()));
            assert!(room.hears(Event::Connected).is_ok());
            room.0.take_lines();
            room
        }

        fn hears(&mut self, event: Event) -> Result<(), Failure> {
            self.hears_at(0, event)
        }

        fn hears_at(&mut self, second: u64, event: Event) -> Result<(), Failure> {
            let at = START + Duration::from_secs(second);
            self.0.hear(Stamped { at, event })
        }

        /// What was told since the last time.
        fn told(&mut self) -> Vec<String> {
            let words = |line: Line| match line.what {
                What::Told(words) => words,
                What::Said { name, text, .. } => format!("{name}: {text}"),
            };
            self.0.take_lines().into_iter().map(words).collect()
        }
    }

    fn granted() -> Event {
        Event::Granted {
            room: Hex128(1),
            kept: Kept::Memory,
            resumed: false,
        }
    }

    fn lost(cause: Cause) -> Event {
        Event::Lost {
            why: "gone".into(),
            cause,
            retry_in: Duration::ZERO,
        }
    }

    #[test]
    fn a_server_that_tells_what_arrived_is_waited_for_and_a_plain_one_is_not() {
        for (is_granted, is_settled) in [(true, false), (false, true)] {
            let mut room = Room::entered();
            if is_granted {
                room.hears(granted()).unwrap();
            }
            let id = room.0.say("hi", Instant::now());
            assert!(!room.0.is_settled());
            room.hears(Event::Written { id }).unwrap();
            assert_eq!(room.0.is_settled(), is_settled);
            let seq = "a1-1".to_owned();
            room.hears(Event::Arrived { id, seq }).unwrap();
            assert!(room.0.is_settled());
            assert_eq!(room.told(), [""; 0]);
        }
    }

    #[test]
    fn a_connection_that_is_lost_is_told_once_and_for_how_long() {
        let mut room = Room::entered();
        room.hears_at(10, lost(Cause::CutOff)).unwrap();
        room.hears_at(20, lost(Cause::Unreachable)).unwrap();
        assert_eq!(
            room.told(),
            ["the connection is lost: gone; trying to get it back"]
        );
        room.hears_at(75, Event::Connected).unwrap();
        assert_eq!(room.told(), ["connected again, after 1 min 5 s"]);
    }

    #[test]
    fn a_server_that_wants_no_offer_is_asked_again_without_a_word() {
        let mut room = Room(Conversation::new(&addresses()));
        room.hears(lost(Cause::PutOff)).unwrap();
        room.hears(Event::Connected).unwrap();
        room.hears(lost(Cause::PutOff)).unwrap();
        assert_eq!(room.told(), ["connected to localhost:8765"]);
    }

    #[test]
    fn who_is_refused_at_first_is_out_and_later_tries_on() {
        let refused = || lost(Cause::Refused { code: None });
        assert!(Room::entered().hears(refused()).is_err());
        let mut room = Room::entered();
        room.hears(granted()).unwrap();
        assert!(room.hears(refused()).is_ok());
    }

    #[test]
    fn who_has_heard_somebody_was_in_and_words_of_the_server_may_be_its_refusal() {
        for (name, is_in) in [("bob", true), (Username::SERVER.as_str(), false)] {
            let mut room = Room::entered();
            let said = Event::Said {
                name: name.into(),
                text: "hi".into(),
                bytes: None,
                mark: None,
            };
            room.hears(said).unwrap();
            let refused = room.hears(lost(Cause::Refused { code: None }));
            assert_eq!(refused.is_ok(), is_in, "{name}");
        }
    }

    #[test]
    fn who_is_put_out_or_comes_in_elsewhere_is_out() {
        let kicked = Event::Kicked {
            why: "flood".into(),
        };
        for (event, wanted, words) in [
            (
                kicked,
                Status::Refused,
                "you were put out of the room: flood",
            ),
            (Event::Replaced, Status::CutOff, "elsewhere"),
        ] {
            let Err(Failure::Because(status, told)) = Room::entered().hears(event) else {
                panic!("it goes on");
            };
            assert!(
                status == wanted && told.contains(words),
                "{status:?} {told}"
            );
        }
    }

    #[test]
    fn a_room_that_was_entered_and_lost_was_reached() {
        let mut room = Room(Conversation::new(&addresses()));
        let Some(Failure::Because(status, words)) = room.0.unreached() else {
            panic!("it was reached");
        };
        assert_eq!(status, Status::Unreachable);
        assert_eq!(words, "cannot reach localhost:8765: it takes too long");
        room.hears(Event::Connected).unwrap();
        assert!(room.0.unreached().is_none());
        room.hears(lost(Cause::CutOff)).unwrap();
        assert!(room.0.unreached().is_none());
    }

    #[test]
    fn what_is_missing_and_what_the_server_says_is_told() {
        let mut room = Room::entered();
        for event in [
            Event::Gap,
            Event::Missed { events: 3 },
            Event::Notice {
                code: "motd".into(),
                text: "Welcome".into(),
            },
            Event::Unsure {
                id: room.0.say("hi", Instant::now()),
            },
        ] {
            room.hears(event).unwrap();
        }
        assert_eq!(
            room.told(),
            [
                "some messages are missing here: they are no longer kept, or too many were missed",
                "3 events were skipped because too much came at once",
                "the server says: Welcome",
                "this may not have arrived: hi",
            ]
        );
        assert_eq!(
            room.0.unsettled().unwrap(),
            "1 message may not have arrived"
        );
    }
}
