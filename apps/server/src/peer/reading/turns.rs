//! The EARLIERs of one peer: one at a time goes to the hub, and the next one when the answer is written. While others
//! wait, nothing more is read of the peer, so that they cannot pile up.

use std::collections::VecDeque;

use hubbub_wire::Token;

use super::Reading;
use crate::event::Event;
use crate::peer::collected::Collected;

/// The EARLIERs whose turn has not come: at most what one read brought.
pub(super) type Turns = VecDeque<(Token<'static>, u32)>;

impl Reading<'_> {
    /// One more EARLIER has come.
    pub(super) fn wait_for_turn(&mut self, before: Token<'static>, count: u32) {
        // Nobody reads answers when the connection has ended.
        if !self.hurried {
            self.turns
                .get_or_insert_default()
                .push_back((before, count));
        }
    }

    /// Whether EARLIERs wait for their turn.
    pub(super) fn has_asked_too_often(&self) -> bool {
        self.turns.is_some()
    }

    /// Whether an EARLIER waits and its turn has come.
    pub(super) fn is_next_to_ask(&self) -> bool {
        self.turns.is_some() && !self.connection.intake.is_answering()
    }

    /// Sends the hub the next EARLIER, if its turn has come.
    pub(super) fn ask_earlier(&mut self, collected: &mut Collected<'_>) {
        let Some(turns) = &mut self.turns else {
            return;
        };
        if !self.connection.intake.begin_answer() {
            return;
        }
        if let Some((before, count)) = turns.pop_front() {
            collected.push(Event::Earlier {
                peer: self.connection.peer,
                before,
                count,
            });
        }
        if turns.is_empty() {
            self.turns = None;
        }
    }
}
