//! Trial: is the JOIN refused? The protocol has no answer to a JOIN. A server that will not have us says so in one
//! TEXT from `server` and closes. Until that can be told, texts wait: said to a server that closes, they would be lost.

use std::time::Duration;

use hubbub_wire::Username;

use crate::{Event, Stamped};

/// Texts wait this long after the JOIN, unless the server is heard before. A refusal needs one round trip, and 500 ms
/// is one around the world.
const SETTLE: Duration = Duration::from_millis(500);
/// Words of `server` that come later than this after the JOIN are no answer to it.
const ANSWER: Duration = Duration::from_secs(5);
/// Words of the server are kept back this long. A refusal is mostly closed with the same packet, and then it is told by
/// the closing alone; a person takes what comes so soon for at once.
const KEPT_BACK: Duration = Duration::from_millis(50);
/// A server that refuses closes this soon after its words. Until then nobody knows, and texts wait.
const CLOSES: Duration = Duration::from_secs(1);

/// How sure it is that we are in the room.
#[derive(Debug)]
pub(crate) enum Trial {
    /// Nothing was heard since the connection began, at this time.
    Silent(Duration),
    /// Nothing was heard but the server's own words, at this time.
    Words {
        since: Duration,
        words: Stamped,
        shown: bool,
    },
    /// Others were heard, or the words were not followed by a close.
    Over,
}

impl Trial {
    /// Whether the server may still refuse us at `now`.
    pub(crate) fn is_open(&self, now: Duration) -> bool {
        matches!(self, Self::Silent(since) if now <= *since + ANSWER)
    }

    /// Whether `event`, heard at `now`, may be the reason of a refusal.
    pub(crate) fn suspects(&self, event: &Event, now: Duration) -> bool {
        self.is_open(now)
            && matches!(event, Event::Said { name, .. } if name == Username::SERVER.as_str())
    }

    /// Keeps the words back for a moment.
    pub(crate) fn hold(&mut self, words: Stamped, now: Duration) {
        *self = Self::Words {
            since: now,
            words,
            shown: false,
        };
    }

    /// What was kept back and is to be shown now. When the time for a close is over, so is the trial.
    pub(crate) fn due(&mut self, now: Duration) -> Option<Stamped> {
        let Self::Words {
            since,
            words,
            shown,
        } = self
        else {
            return None;
        };
        if *since + CLOSES <= now {
            return self.admit();
        }
        let is_due = !*shown && *since + KEPT_BACK <= now;
        *shown |= is_due;
        is_due.then(|| words.clone())
    }

    /// We are in. What is still kept back is to be shown now.
    pub(crate) fn admit(&mut self) -> Option<Stamped> {
        match std::mem::replace(self, Self::Over) {
            Self::Words { words, shown, .. } => (!shown).then_some(words),
            Self::Silent(_) | Self::Over => None,
        }
    }

    /// The connection is closed. Returns the words by which we were refused, if it was that.
    pub(crate) fn refusal(&mut self) -> Option<String> {
        let Self::Words { words, .. } = std::mem::replace(self, Self::Over) else {
            return None;
        };
        match words.event {
            Event::Said { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether texts may be written.
    pub(crate) fn may_say(&self, now: Duration) -> bool {
        match self {
            Self::Silent(since) => *since + SETTLE <= now,
            Self::Words { .. } => false,
            Self::Over => true,
        }
    }

    /// When to look again, if nothing happens before.
    pub(crate) fn deadline(&self, now: Duration, texts_wait: bool) -> Option<Duration> {
        match self {
            Self::Silent(since) => (texts_wait && !self.may_say(now)).then(|| *since + SETTLE),
            Self::Words { since, shown, .. } => {
                Some(*since + if *shown { CLOSES } else { KEPT_BACK })
            }
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
    fn words_are_shown_after_a_moment_and_once() {
        let mut trial = held();
        assert_eq!(trial.deadline(JOINED, false), Some(JOINED + KEPT_BACK));
        assert_eq!(trial.due(JOINED + KEPT_BACK - INSTANT), None);
        let shown = trial.due(JOINED + KEPT_BACK);
        assert_eq!(shown.map(|words| words.event), Some(said("server")));
        assert_eq!(trial.due(JOINED + KEPT_BACK), None);
        assert_eq!(trial.admit(), None);
    }

    #[test]
    fn a_close_within_one_second_of_the_words_is_a_refusal_and_a_later_one_is_not() {
        let mut trial = held();
        assert!(trial.due(JOINED + KEPT_BACK).is_some());
        assert!(!trial.may_say(JOINED + SETTLE));
        assert_eq!(trial.deadline(JOINED, false), Some(JOINED + CLOSES));
        assert_eq!(trial.due(JOINED + CLOSES - INSTANT), None);
        assert_eq!(trial.refusal().as_deref(), Some("no"));
        let mut trial = held();
        assert!(trial.due(JOINED + KEPT_BACK).is_some());
        assert_eq!(trial.due(JOINED + CLOSES), None);
        assert!(trial.may_say(JOINED + CLOSES));
        assert_eq!(trial.refusal(), None);
    }

    #[test]
    fn words_that_others_follow_at_once_are_shown_and_are_no_refusal() {
        let mut trial = held();
        let shown = trial.admit();
        assert_eq!(shown.map(|words| words.event), Some(said("server")));
        assert_eq!((trial.refusal(), trial.may_say(JOINED)), (None, true));
    }
}
