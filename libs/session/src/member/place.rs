//! Place: what a member knows of the log, whichever connection told it.

use std::collections::VecDeque;

use hubbub_wire::{Hex128, OWN_JOIN, Token};

use crate::Seen;

/// How many places of messages are remembered. One would do, but for a server that lost its newest messages in a power
/// cut: what it replays then is known by those before them. It loses what was said in a second, and these take 20 KB.
const REMEMBERED: usize = 256;

/// What is known of the log.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) room: Option<Hex128>,
    /// The newest places up to which everything is known, the last one last.
    seen: VecDeque<Token<'static>>,
    /// The oldest message that is known; [`OWN_JOIN`] where there is none.
    pub(super) oldest: Option<Token<'static>>,
    /// Whether there is something older than that.
    pub(super) more: bool,
    /// Whether the replay was begun anew, which does not help twice.
    pub(super) is_begun_anew: bool,
    /// Whether the user knows that what came directly before the oldest message is not kept any more.
    pub(super) is_gap_told: bool,
}

impl Place {
    pub(super) fn new(seen: Option<Seen>) -> Self {
        let mut place = Self::default();
        if let Some(seen) = seen {
            place.room = Some(seen.room);
            place.seen.extend(Token::new(seen.seq));
        }
        place
    }

    /// A log of which nothing is known.
    pub(super) fn in_room(room: Hex128) -> Self {
        Self {
            room: Some(room),
            ..Self::default()
        }
    }

    /// The place up to which everything is known.
    pub(super) fn last(&self) -> Option<&Token<'static>> {
        self.seen.back()
    }

    /// The places up to there, as far as they are remembered.
    pub(super) fn seen(&self) -> VecDeque<Token<'static>> {
        self.seen.clone()
    }

    /// The message at this place is shown, after all others.
    pub(super) fn show(&mut self, seq: Token<'static>) {
        let is_first = |oldest: &mut Token<'_>| oldest.as_str() == OWN_JOIN;
        // The next connection has another JOIN.
        if self.oldest.take_if(is_first).is_some() {
            self.oldest = Some(seq.clone());
        }
        self.reach(seq);
    }

    /// Everything up to this place is known.
    pub(super) fn reach(&mut self, seq: Token<'static>) {
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(seq);
    }
}
