//! Carrying: what outlives the program, so that the next run of it goes on with the same session.

use super::Member;
use crate::Carried;

impl Member {
    /// Goes on with what an earlier run has left: its texts and their counts. The session and the secret of the profile
    /// are those of the earlier run.
    pub fn carry_on(&mut self, carried: Carried) {
        // Only a server that grants counts texts.
        self.expect_grant();
        self.offers.go_on_from(carried.attempt);
        self.texts.carry_on(carried);
    }

    /// The server is known to grant, as if an earlier run had seen it.
    pub fn expect_grant(&mut self) {
        self.offers.expect_grant();
    }

    /// What the next run would go on with, if it has changed since this was last asked.
    pub fn carried(&mut self) -> Option<Carried> {
        if !self.texts.take_change() {
            return None;
        }
        Some(Carried {
            session: self.offers.session(),
            secret: self.offers.secret(),
            attempt: self.offers.attempt(),
            arrived: self.texts.known(),
            room: self.texts.room(),
            texts: self.texts.carried(),
        })
    }
}
