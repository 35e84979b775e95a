//! Trial: finds out whether the server refuses the JOIN, to which the protocol has no answer. A server that refuses
//! says so in one TEXT from `server`, or in a NOTICE, and closes. Until the outcome is known, texts wait: a server that
//! closes would lose them.

use std::time::Duration;

use hubbub_wire::Username;

use crate::{Event, Stamped};

/// How long texts wait after the JOIN, unless something is heard before. A refusal takes one round trip, and one around
/// the world takes 500 ms.
const SETTLE: Duration = Duration::from_millis(500);
/// Words of `server` that come later than this after the JOIN are not a refusal.
const ANSWER: Duration = Duration::from_secs(5);
/// How long words of the server are kept back. Most servers that refuse close with the same packet; the words are then
/// told as the reason, and not as a message besides. A person does not notice so short a delay.
const KEPT_BACK: Duration = Duration::from_millis(50);
/// A server that refuses closes within this time after its words. Until then the outcome is unknown, and texts wait.
const CLOSES: Duration = Duration::from_secs(1);

/// The code of a NOTICE that an operator does not want us in the room.
pub(crate) const KICKED: &str = "kicked";

/// What `server` says to whoever comes in plain where only TLS is spoken.
const WANTS_TLS: &str = "this room wants TLS";

/// How the server refused us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// By these words.
    pub words: String,
    /// By what, if it tells programs.
    pub code: Option<String>,
}

impl Refusal {
    /// Whether the server takes nobody in plain.
    pub(crate) fn wants_tls(&self) -> bool {
        self.words.trim_end() == WANTS_TLS
    }
}

/// How far the trial has got.
#[derive(Debug)]
pub(crate) enum Trial {
    /// Nothing was heard since the connection began, which was at this time.
    Silent(Duration),
    /// Only the server's own words were heard.
    Words {
        /// When.
        since: Duration,
        words: Stamped,
        /// Whether the screen has got them.
        shown: bool,
    },
    /// We are in the room: others were heard, or the server did not close after its words.
    Over,
}

impl Trial {
    /// Whether the server may still refuse us at `now`.
    pub(crate) fn is_open(&self, now: Duration) -> bool {
        matches!(self, Self::Silent(since) if now <= *since + ANSWER)
    }

    /// Whether `event`, heard at `now`, may be the reason for a refusal.
    pub(crate) fn suspects(&self, event: &Event, now: Duration) -> bool {
        match event {
            Event::Said { name, .. } => self.is_open(now) && name == Username::SERVER.as_str(),
            // It is nothing else, however long the server had to wait with it.
            Event::Notice { .. } => matches!(self, Self::Silent(_)),
            _ => false,
        }
    }

    /// Keeps words of the server back for a moment.
    pub(crate) fn hold(&mut self, words: Stamped, now: Duration) {
        *self = Self::Words {
            since: now,
            words,
            shown: false,
        };
    }

    /// Returns what was kept back and is to be shown now. The trial ends when the time for a close has passed.
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

    /// Ends the trial: we are in the room. Returns what was kept back and is to be shown now.
    pub(crate) fn admit(&mut self) -> Option<Stamped> {
        match std::mem::replace(self, Self::Over) {
            Self::Words { words, shown, .. } => (!shown).then_some(words),
            Self::Silent(_) | Self::Over => None,
        }
    }

    /// Ends the trial: the connection is closed. Returns how the server refused us, if it did.
    pub(crate) fn refusal(&mut self) -> Option<Refusal> {
        let Self::Words { words, .. } = std::mem::replace(self, Self::Over) else {
            return None;
        };
        match words.event {
            Event::Said { text, .. } => Some(Refusal {
                words: text,
                code: None,
            }),
            Event::Notice { text, code } => Some(Refusal {
                words: text,
                code: Some(code),
            }),
            _ => None,
        }
    }

    /// Whether what was heard is that an operator does not want us in the room.
    pub(crate) fn is_kicked(&self) -> bool {
        let Self::Words { words, .. } = self else {
            return false;
        };
        matches!(&words.event, Event::Notice { code, .. } if code == KICKED)
    }

    /// Whether texts may be written.
    pub(crate) fn may_say(&self, now: Duration) -> bool {
        match self {
            Self::Silent(since) => *since + SETTLE <= now,
            Self::Words { .. } => false,
            Self::Over => true,
        }
    }

    /// When [`due`](Self::due) is to be called, or texts may go out, unless something happens before.
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
            bytes: None,
            mark: None,
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
    fn a_notice_before_a_grant_is_an_answer_however_late_it_comes() {
        let notice = Event::Notice {
            code: "password".to_owned(),
            text: "wrong".to_owned(),
        };
        let later = JOINED + 10 * ANSWER;
        assert!(Trial::Silent(JOINED).suspects(&notice, later));
        assert!(!Trial::Over.suspects(&notice, JOINED));
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
        let refusal = trial.refusal().unwrap();
        assert_eq!((&*refusal.words, refusal.code), ("no", None));
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
