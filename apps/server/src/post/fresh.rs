//! What the members were given in this turn of the hub. Nobody has had time to take it, so nobody goes for it when
//! memory is short.

use crate::batch::{Batch, Form};
use crate::id::{ByPeer, PeerId};
use crate::outbox::Delivery;

/// Costs of what was given since the last flush, in bytes.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    /// Of the batches, by form.
    batches: [usize; Form::ALL.len()],
    /// Of what single peers were given besides.
    given: ByPeer<usize>,
    /// Whether somebody got an answer for which a place was kept.
    has_answers: bool,
}

impl Fresh {
    /// Adds a batch.
    pub(super) fn seal(&mut self, batch: &Batch) {
        for (sum, form) in self.batches.iter_mut().zip(Form::ALL) {
            *sum += batch.cost_of(form);
        }
    }

    /// Adds what a peer was given alone.
    pub(super) fn give(&mut self, peer: PeerId, delivery: &Delivery) {
        *self.given.entry(peer).or_default() += delivery.cost();
    }

    /// Notes that somebody got an answer for which a place was kept.
    pub(super) const fn answer(&mut self) {
        self.has_answers = true;
    }

    /// Whether nothing was given to anybody.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_answers && self.batches == [0; Form::ALL.len()] && self.given.is_empty()
    }

    /// What was given to a peer that reads this form.
    pub(super) fn of(&self, peer: PeerId, form: Form) -> usize {
        let given = if self.given.is_empty() {
            None
        } else {
            self.given.get(&peer)
        };
        self.batches[form as usize] + given.copied().unwrap_or(0)
    }

    /// The most that was given to everybody who reads the same form.
    pub(super) fn most(&self) -> usize {
        self.batches.into_iter().max().unwrap_or(0)
    }
}
