//! Trial: is the JOIN refused? The protocol has no answer to a JOIN. A server that will not have us says so in one
//! TEXT from `server` and closes. Until that can be told, texts wait: said to a server that closes, they would be lost.

use std::time::Duration;

use super::{Event, Stamped};

/// The name under which a server speaks.
const SERVER: &str = "server";
/// Texts wait this long after the JOIN, unless the server is heard before. A refusal needs one round trip, and 500 ms
/// is one around the world.
const SETTLE: Duration = Duration::from_millis(500);
/// Words of `server` that come later than this after the JOIN are no answer to it.
const ANSWER: Duration = Duration::from_secs(5);
/// A server that refuses closes this soon after its words; they are not shown as a message until then.
const HOLD: Duration = Duration::from_secs(1);

/// How sure it is that we are in the room.
#[derive(Debug)]
pub(super) enum Trial {
    /// Nothing was heard since the connection began, at this time.
    Silent(Duration),
    /// Nothing was heard but the server's own words.
    Words { words: Stamped, until: Duration },
    /// Others were heard, or the words were not followed by a close.
    Over,
}

impl Trial {
    /// Whether `event`, heard at `now`, may be the reason of a refusal.
    pub(super) fn suspects(&self, event: &Event, now: Duration) -> bool {
        let Self::Silent(since) = self else {
            return false;
        };
        matches!(event, Event::Said { name, .. } if name == SERVER) && now <= *since + ANSWER
    }

    /// Keeps the words back.
    pub(super) fn hold(&mut self, words: Stamped, now: Duration) {
        let until = now + HOLD;
        *self = Self::Words { words, until };
    }

    /// We are in. What was kept back is to be shown now.
    pub(super) fn end(&mut self) -> Option<Stamped> {
        match std::mem::replace(self, Self::Over) {
            Self::Words { words, .. } => Some(words),
            Self::Silent(_) | Self::Over => None,
        }
    }

    /// The time for the words to be followed by a close is over.
    pub(super) fn has_expired(&self, now: Duration) -> bool {
        matches!(self, Self::Words { until, .. } if *until <= now)
    }

    /// Whether texts may be written.
    pub(super) fn may_say(&self, now: Duration) -> bool {
        match self {
            Self::Silent(since) => *since + SETTLE <= now,
            Self::Words { .. } => false,
            Self::Over => true,
        }
    }

    /// When to look again, if nothing happens before.
    pub(super) fn deadline(&self, now: Duration, texts_wait: bool) -> Option<Duration> {
        match self {
            Self::Silent(since) => (texts_wait && !self.may_say(now)).then(|| *since + SETTLE),
            Self::Words { until, .. } => Some(*until),
            Self::Over => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const JOINED: Duration = Duration::from_secs(100);
    const INSTANT: Duration = Duration::from_nanos(1);

    fn said(name: &str) -> Event {
        Event::Said {
            name: name.to_owned(),
            text: "no".to_owned(),
        }
    }

    fn held() -> Trial {
        let mut trial = Trial::Silent(JOINED);
        let words = Stamped {
            at: SystemTime::UNIX_EPOCH,
            event: said("server"),
        };
        trial.hold(words, JOINED);
        trial
    }

    #[test]
    fn texts_wait_half_a_second_and_no_longer() {
        let trial = Trial::Silent(JOINED);
        assert!(!trial.may_say(JOINED + SETTLE - INSTANT));
        assert!(trial.may_say(JOINED + SETTLE));
        assert_eq!(trial.deadline(JOINED, true), Some(JOINED + SETTLE));
        assert_eq!(trial.deadline(JOINED, false), None);
        assert_eq!(trial.deadline(JOINED + SETTLE, true), None);
    }

    #[test]
    fn words_of_the_server_are_an_answer_within_five_seconds_and_only_as_the_first_words() {
        let trial = Trial::Silent(JOINED);
        assert!(trial.suspects(&said("server"), JOINED + ANSWER));
        assert!(!trial.suspects(&said("server"), JOINED + ANSWER + INSTANT));
        assert!(!trial.suspects(&said("bob"), JOINED));
        assert!(!held().suspects(&said("server"), JOINED));
        assert!(!Trial::Over.suspects(&said("server"), JOINED));
    }

    #[test]
    fn words_are_kept_back_for_one_second() {
        let mut trial = held();
        assert!(!trial.may_say(JOINED + SETTLE));
        assert_eq!(trial.deadline(JOINED, false), Some(JOINED + HOLD));
        assert!(!trial.has_expired(JOINED + HOLD - INSTANT));
        assert!(trial.has_expired(JOINED + HOLD));
        assert_eq!(trial.end().map(|words| words.event), Some(said("server")));
        assert!(trial.may_say(JOINED));
        assert_eq!(trial.end(), None);
    }
}
