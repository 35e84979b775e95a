//! Own: the messages of the user's own, from the key press until they have arrived. Plain; the time is given.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hubbub_session::MessageId;

/// How long a message may be on its way before the user is told. Usually it takes a fraction of that.
const SOON: Duration = Duration::from_secs(2);

/// The most characters of a message that are repeated to say which one is meant.
const SNIPPET: usize = 40;

/// What became of a message that the user has to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It has arrived, later than the user expects.
    Arrived(String),
    /// It has not arrived yet.
    Late(String),
    /// Nobody knows whether it has arrived, or will ever know.
    Unsure(String),
}

/// Those that have not arrived.
#[derive(Debug, Default)]
pub(super) struct Own {
    last: MessageId,
    waiting: BTreeMap<MessageId, Message>,
    unsure: usize,
}

#[derive(Debug)]
struct Message {
    snippet: String,
    late_at: Instant,
    is_told: bool,
}

impl Own {
    /// The user says something. Returns its name for the session.
    pub(super) fn say(&mut self, text: &str, now: Instant) -> MessageId {
        self.last += 1;
        let message = Message {
            snippet: snippet(text),
            late_at: now + SOON,
            is_told: false,
        };
        self.waiting.insert(self.last, message);
        self.last
    }

    /// A message has arrived.
    pub(super) fn arrived(&mut self, id: MessageId) -> Option<Told> {
        let message = self.waiting.remove(&id)?;
        message.is_told.then_some(Told::Arrived(message.snippet))
    }

    /// It is not known whether a message has arrived.
    pub(super) fn unsure(&mut self, id: MessageId) -> Option<Told> {
        let message = self.waiting.remove(&id)?;
        self.unsure += 1;
        Some(Told::Unsure(message.snippet))
    }

    /// When the user has to be told that a message is late.
    pub(super) fn tells_next(&self) -> Option<Instant> {
        let untold = self.waiting.values().filter(|message| !message.is_told);
        untold.map(|message| message.late_at).min()
    }

    /// Those that are late and of which the user was not told.
    pub(super) fn late(&mut self, now: Instant) -> Vec<Told> {
        let late = |message: &&mut Message| !message.is_told && message.late_at <= now;
        let late = self.waiting.values_mut().filter(late);
        late.map(|message| {
            message.is_told = true;
            Told::Late(message.snippet.clone())
        })
        .collect()
    }

    /// How many are on their way.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many may not have arrived.
    pub(super) fn lost(&self) -> usize {
        self.waiting.len() + self.unsure
    }
}

/// The beginning of a message.
fn snippet(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut snippet: String = line.chars().take(SNIPPET).collect();
    if snippet.len() < text.trim().len() {
        snippet.push('\u{2026}');
    }
    snippet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_soon_is_not_told_and_what_is_late_is_told_once_and_when_it_arrives() {
        let (mut own, now) = (Own::default(), Instant::now());
        let (first, second) = (own.say("one", now), own.say("two", now));
        assert_eq!(own.tells_next(), Some(now + SOON));
        assert_eq!(own.arrived(first), None);
        assert_eq!(own.late(now + SOON - Duration::from_millis(1)), []);
        assert_eq!(own.late(now + SOON), [Told::Late("two".into())]);
        assert_eq!((own.late(now + SOON), own.tells_next()), (vec![], None));
        assert_eq!(own.arrived(second), Some(Told::Arrived("two".into())));
        assert_eq!(
            (own.arrived(second), own.waiting(), own.lost()),
            (None, 0, 0)
        );
    }

    #[test]
    fn what_may_not_have_arrived_is_told_at_once_and_counted() {
        let (mut own, now) = (Own::default(), Instant::now());
        let id = own.say("one", now);
        assert_eq!(own.unsure(id), Some(Told::Unsure("one".into())));
        assert_eq!((own.waiting(), own.lost()), (0, 1));
    }

    #[test]
    fn a_message_is_named_by_its_beginning() {
        assert_eq!(snippet(" one \n"), "one");
        assert_eq!(snippet("one\ntwo"), "one\u{2026}");
        assert_eq!(snippet(&"\u{fc}".repeat(SNIPPET)), "\u{fc}".repeat(SNIPPET));
        let long = "\u{fc}".repeat(SNIPPET + 1);
        assert_eq!(
            snippet(&long),
            format!("{}\u{2026}", "\u{fc}".repeat(SNIPPET))
        );
    }
}
