//! Presence: whether the user is in the room, and if not, how getting there goes. Plain data; the time is given.

use std::rc::Rc;
use std::time::{Duration, SystemTime};

use hubbub_session::{Cause, TLS};
use hubbub_transport::{Address, Pin};

use super::KeyChange;

/// Whether the user is in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Not in the room, and there is none to show yet.
    Outside(Attempt),
    /// The connection stands, and the room has not been on the page yet. If the server hangs up now, there was no room.
    Entering,
    /// In the room, which has been on the page.
    Inside,
    /// Not in the room any more. It stays on the page, with what is typed in it.
    Away {
        /// When the connection was lost.
        since: SystemTime,
        /// How getting back goes.
        attempt: Attempt,
    },
}

/// How it goes with getting into the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// An attempt is under way.
    UnderWay {
        /// Why the last one failed, or how the connection before it ended.
        after: Option<Failure>,
    },
    /// There is no connection, and another attempt will follow.
    Failed {
        /// Why there is none.
        failure: Failure,
        /// When the next attempt begins.
        retry_at: SystemTime,
    },
    /// The user has come in elsewhere. No attempt will follow until the user asks for one.
    Replaced,
    /// An operator has put the user out. No attempt will follow until the user asks for one.
    Kicked {
        /// The server's words.
        why: String,
    },
    /// Nothing says that the server's key is the right one, and nothing of the user was sent. The user is asked.
    AsksTrust {
        /// Which server: one of the addresses of the room.
        address: Address,
        /// The key that the server has.
        pin: Pin,
        /// Why the system does not vouch for it.
        why: String,
    },
    /// The server has another key than the one that is known. No attempt will follow until the user asks for one.
    KeyChanged(Rc<KeyChange>),
    /// The room wants a password. The user is asked.
    AsksPassword {
        /// Which server: one of the addresses of the room.
        address: Address,
        /// Whether one was refused.
        refused: bool,
    },
    /// Another attempt would end as the last one did. None will follow until the user asks for one.
    Stopped {
        /// Why there is no connection.
        failure: Failure,
    },
    /// The network thread has ended. No attempt will follow.
    Over,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why, in words for a person.
    pub why: String,
    /// Whether the server refused the user, by these words.
    pub refused: bool,
    /// By what the server refused the user, if it told that to programs.
    pub code: Option<String>,
}

impl Failure {
    pub(super) fn new(why: String, cause: Cause) -> Self {
        let refused = cause.is_refusal();
        let code = match cause {
            Cause::Refused { code } => code,
            _ => None,
        };
        Self { why, refused, code }
    }

    /// Whether another name may lead in.
    #[must_use]
    pub fn is_about_name(&self) -> bool {
        self.refused && self.code.as_deref().is_none_or(|code| code == "name")
    }

    /// Whether the server takes nobody in plain.
    #[must_use]
    pub fn wants_private(&self) -> bool {
        self.code.as_deref() == Some(TLS)
    }
}

impl Default for Presence {
    fn default() -> Self {
        Self::Outside(Attempt::UnderWay { after: None })
    }
}

impl Presence {
    /// Whether the user is in the room.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        matches!(self, Self::Entering | Self::Inside)
    }

    /// Whether there is a room to show.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !matches!(self, Self::Outside(_))
    }

    /// How getting into the room goes, for a user who is not in it.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Outside(attempt) | Self::Away { attempt, .. } => Some(attempt),
            Self::Entering | Self::Inside => None,
        }
    }

    /// Why there is no connection, as far as that is known.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self.attempt()? {
            Attempt::UnderWay { after } => after.as_ref(),
            Attempt::Failed { failure, .. } | Attempt::Stopped { failure } => Some(failure),
            _ => None,
        }
    }

    /// Whether the last thing that is known is that the server refused the user, perhaps because of the name.
    #[must_use]
    pub fn wants_other_name(&self) -> bool {
        self.failure().is_some_and(Failure::is_about_name)
    }

    /// Whether something about the server's key or the room's password has to be settled before anything else.
    #[must_use]
    pub fn asks(&self) -> bool {
        let attempt = self.attempt();
        matches!(
            attempt,
            Some(Attempt::AsksTrust { .. } | Attempt::KeyChanged(_) | Attempt::AsksPassword { .. })
        )
    }

    /// Whether no attempt follows until the user asks for one.
    #[must_use]
    pub fn waits_for_user(&self) -> bool {
        let attempt = self.attempt();
        self.asks()
            || matches!(
                attempt,
                Some(Attempt::Replaced | Attempt::Kicked { .. } | Attempt::Stopped { .. })
            )
    }

    /// Notes that an attempt begins.
    pub(super) fn connecting(&mut self, at: SystemTime) {
        let after = self.failure().cloned();
        self.leave(at, Attempt::UnderWay { after });
    }

    /// Notes that the connection stands. Returns for how long the user was away, if they were.
    pub(super) fn connected(&mut self, at: SystemTime) -> Option<Duration> {
        match self {
            Self::Outside(_) => {
                *self = Self::Entering;
                None
            }
            Self::Entering | Self::Inside => None,
            Self::Away { since, .. } => {
                let away = at.duration_since(*since).unwrap_or_default();
                *self = Self::Inside;
                Some(away)
            }
        }
    }

    /// Notes that the page has been drawn since the last change.
    pub(super) fn drawn(&mut self) {
        if *self == Self::Entering {
            *self = Self::Inside;
        }
    }

    /// Notes that there is no connection, and that the next attempt begins after `retry_in`.
    pub(super) fn lost(&mut self, at: SystemTime, failure: Failure, retry_in: Duration) {
        let retry_at = at + retry_in;
        self.leave(at, Attempt::Failed { failure, retry_at });
    }

    /// Notes that the connection has ended, and that no attempt will follow until the user asks for one.
    pub(super) fn put_out(&mut self, at: SystemTime, attempt: Attempt) {
        self.leave(at, attempt);
    }

    /// Notes that the network thread has ended.
    pub(super) fn end(&mut self, at: SystemTime) {
        self.leave(at, Attempt::Over);
    }

    fn leave(&mut self, at: SystemTime, attempt: Attempt) {
        *self = match self {
            Self::Outside(_) | Self::Entering => Self::Outside(attempt),
            Self::Inside => Self::Away { since: at, attempt },
            Self::Away { since, .. } => Self::Away {
                since: *since,
                attempt,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn failure(why: &str) -> Failure {
        Failure {
            why: why.to_owned(),
            refused: false,
            code: None,
        }
    }

    impl Presence {
        fn loses(&mut self, second: u64, why: &str) {
            self.lost(at(second), failure(why), Duration::from_secs(4));
        }
    }

    fn failed(second: u64, why: &str) -> Attempt {
        Attempt::Failed {
            failure: failure(why),
            retry_at: at(second + 4),
        }
    }

    fn inside() -> Presence {
        let mut presence = Presence::default();
        assert_eq!(presence.connected(at(0)), None);
        presence.drawn();
        presence
    }

    #[test]
    fn the_first_connection_leads_inside_when_the_room_has_been_on_the_page() {
        let mut presence = Presence::default();
        assert!(!presence.is_inside() && !presence.has_room());
        assert_eq!(presence.connected(at(0)), None, "it is no return");
        assert_eq!(presence, Presence::Entering);
        assert!(presence.is_inside() && presence.has_room());
        assert_eq!(presence.attempt(), None);
        presence.drawn();
        assert_eq!(presence, Presence::Inside);
        assert!(presence.is_inside() && presence.has_room());
    }

    #[test]
    fn a_server_that_hangs_up_before_the_room_was_on_the_page_leaves_the_user_outside() {
        let mut presence = Presence::default();
        presence.connected(at(0));
        presence.loses(1, "closed");
        assert_eq!(presence, Presence::Outside(failed(1, "closed")));
        presence.drawn();
        assert!(!presence.has_room());
        assert_eq!(presence.connected(at(2)), None, "nobody was away");
    }

    #[test]
    fn a_room_that_was_on_the_page_stays_and_its_user_is_away_from_the_first_loss_on() {
        let mut presence = inside();
        presence.loses(10, "reset");
        for second in 11..20 {
            presence.connecting(at(second));
            presence.loses(second, "refused");
        }
        let attempt = failed(19, "refused");
        let since = at(10);
        assert_eq!(presence, Presence::Away { since, attempt });
        assert!(!presence.is_inside() && presence.has_room());
        assert_eq!(presence.connected(at(25)), Some(Duration::from_secs(15)));
        assert_eq!(presence, Presence::Inside);
    }

    #[test]
    fn who_came_back_for_a_moment_is_away_from_the_second_loss_on() {
        let mut presence = inside();
        presence.loses(10, "reset");
        presence.connected(at(20));
        presence.loses(21, "closed");
        assert!(presence.has_room(), "it was on the page long before");
        assert_eq!(presence.connected(at(25)), Some(Duration::from_secs(4)));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_time_away() {
        let mut presence = inside();
        presence.loses(10, "reset");
        assert_eq!(presence.connected(at(5)), Some(Duration::ZERO));
    }

    #[test]
    fn an_attempt_knows_why_the_last_one_failed() {
        let after = |why: Option<&str>| Attempt::UnderWay {
            after: why.map(failure),
        };
        let mut presence = Presence::default();
        presence.connecting(at(0));
        assert_eq!(presence.attempt(), Some(&after(None)));
        presence.loses(1, "refused");
        assert_eq!(presence.attempt(), Some(&failed(1, "refused")));
        presence.connecting(at(5));
        presence.connecting(at(6));
        assert_eq!(presence.attempt(), Some(&after(Some("refused"))));
        presence.connected(at(7));
        presence.drawn();
        presence.loses(8, "reset");
        presence.connecting(at(12));
        assert_eq!(presence.attempt(), Some(&after(Some("reset"))));
    }

    #[test]
    fn without_the_network_thread_the_user_stays_where_there_was_a_room_or_none() {
        let mut presence = Presence::default();
        presence.end(at(1));
        assert_eq!(presence, Presence::Outside(Attempt::Over));
        let mut presence = inside();
        presence.end(at(1));
        assert_eq!(presence.attempt(), Some(&Attempt::Over));
        assert!(presence.has_room());
    }
}
