//! The password of the room: a JOIN waits for it, and whoever has not shown it learns nothing of names.
//!
//! One that waits is not a member in any way: nobody finds it by its secret, and what it wants is looked at only after
//! its password. A secret never stands for a password.

use tracing::info;

use super::Hub;
use crate::event::Offered;
use crate::id::PeerId;
use crate::password::{Password, is_right};
use crate::room::Refusal;

impl Hub {
    /// The room, which has a password, has this one from now on. Who is here stays.
    pub(super) fn set_password(&mut self, password: Password) {
        let Some(current) = &mut self.settings.password else {
            return;
        };
        if *current == password {
            info!("password unchanged");
        } else {
            *current = password;
            let members = self.room.len();
            info!(members, "password changed; who is here stays");
        }
    }

    /// A JOIN has come, and perhaps what shows whether its peer knows the password.
    pub(super) fn asks_password(&mut self, peer: PeerId) {
        let Some(claim) = self.lobby.claimed(peer) else {
            return;
        };
        match &claim.offered {
            Offered::NotYet => self.lobby.wait_for_offer(peer, self.now),
            Offered::No => self.refuse(peer, Refusal::NoPassword),
            Offered::OtherVersion => self.refuse(peer, Refusal::OtherVersion),
            Offered::Yes(candidate) if candidate.offer.password.is_none() => {
                self.refuse(peer, Refusal::NoPassword);
            }
            Offered::Yes(_) => {
                self.lobby.wait_for_comparison(peer);
                self.compare_passwords();
            }
        }
    }

    /// What comes after a JOIN has come. It counts only for one that has waited for it.
    pub(super) fn offers_password(&mut self, peer: PeerId, offered: Offered) {
        if self.lobby.awaits_offer(peer) && self.lobby.offered(peer, offered) {
            self.asks_password(peer);
        }
    }

    /// Compares as many passwords as their addresses may have compared now. The others wait.
    pub(super) fn compare_passwords(&mut self) {
        while let Some((peer, shown)) = self.lobby.compares(self.now) {
            let room = self.settings.password.as_ref();
            if room.is_some_and(|room| is_right(room, &shown)) {
                self.may_have_name(peer);
            } else {
                self.refuse(peer, Refusal::WrongPassword);
            }
        }
    }
}
