//! Held at the gate: while what was said waits for the stream, a peer that has passed enough is not read.

use std::task::Context;

use super::Reading;
use crate::event::{Event, Mail};
use crate::gate::PASSED;

impl Reading<'_> {
    /// Whether nothing is read until the gate opens. What has ended is read to its end, since somebody waits for that.
    pub(super) fn is_held(&self) -> bool {
        self.passed as usize >= PASSED && !self.hurried
    }

    /// If it is held, lets it go on when the gate is open, and has the task woken for that.
    pub(super) fn wait_at_gate(&mut self, context: &Context<'_>) {
        let connection = self.connection;
        if self.is_held()
            && connection
                .house
                .gate
                .poll_open(connection.peer, context)
                .is_ready()
        {
            self.passed = 0;
        }
    }

    /// This mail is on its way to the hub.
    pub(super) fn passes(&mut self, mail: &Mail) {
        self.passed = if self.connection.house.gate.is_closed() {
            let bytes: usize = mail.iter().map(Event::size).sum();
            self.passed
                .saturating_add(u16::try_from(bytes).unwrap_or(u16::MAX))
        } else {
            0
        };
    }
}
