//! How members go: at once, or after a grace in which a member with a grant may come back.

use hubbub_wire::Time;
use tracing::{debug, info, warn};

use super::Hub;
use crate::address::thinned;
use crate::event::Departure;
use crate::id::{Name, PeerId};
use crate::log::Proposal;
use crate::outbox::Outbox;
use crate::post::Notes;
use crate::words;

impl Hub {
    /// The one place where a peer goes. Late events of a peer that is gone have no effect.
    pub(super) fn depart(&mut self, peer: PeerId, why: Departure) {
        #[cfg(feature = "cluster")]
        self.goes_from_lobby(peer);
        if let Some(stranger) = self.lobby.take(peer) {
            self.metrics.departed(why);
            self.tell_why(&stranger.outbox, why);
            let line = match why {
                Departure::SaidNothing => None,
                _ => stranger.from.line(self.now),
            };
            thinned!(info, line, peer = peer.0, %why, address = %stranger.from, "gone without a join");
            return;
        }
        let Some(outbox) = self.post.outbox(peer) else {
            if why == Departure::TooSlow {
                // A LEAVE may stay in the log for a while. A peer that waits for it can still be evicted.
                self.post.evict(peer);
            }
            return;
        };
        self.tell_why(outbox, why);
        self.metrics.departed(why);
        if self.keeps_place(peer, why) {
            return self.loses_connection(peer, why);
        }
        self.room.void_secret(peer);
        if why == Departure::TooSlow {
            self.post.evict(peer);
        } else {
            self.post.leaves(peer);
        }
        self.log.propose(Proposal::Leave { peer, why }, self.time);
    }

    /// Keeps the place of a member that goes, if it may come back. Returns whether it may.
    fn keeps_place(&mut self, peer: PeerId, why: Departure) -> bool {
        let grace = self.settings.grace;
        if !why.keeps_place() || grace.is_zero() || !self.room.can_come_back(peer) {
            return false;
        }
        let Some(address) = self.addresses.get(&peer) else {
            return false;
        };
        if !self.absent.has_room(address) {
            return false;
        }
        self.absent.add(peer, why, address, self.now + grace);
        true
    }

    /// The connection of a member ends, and the member stays.
    pub(super) fn loses_connection(&mut self, peer: PeerId, why: Departure) {
        if why == Departure::TooSlow {
            self.post.cut(peer);
        } else {
            self.post.absent(peer);
        }
        let address = self.addresses.get(&peer);
        let line = address.and_then(|address| address.line(self.now));
        let name = self.room.name(peer).map(|name| name.as_str());
        if why == Departure::TooSlow {
            warn!(peer = peer.0, name, %why, "lost its connection");
        } else {
            thinned!(info, line, peer = peer.0, name, %why, "lost its connection");
        }
        // Its name is kept for itself, so that those who want it need not wait for an answer.
        for waiting in self.lobby.freed(peer) {
            self.propose_join(waiting);
        }
    }

    /// The place of an absent member is no longer kept.
    pub(super) fn does_not_come_back(&mut self, peer: PeerId) {
        let Some((_, why)) = self.absent.take(peer) else {
            return;
        };
        self.room.void_secret(peer);
        self.post.leaves(peer);
        self.log.propose(Proposal::Leave { peer, why }, self.time);
    }

    /// Tells a peer why the server closes its connection: a browser always, and others if they cannot know that from
    /// what they did.
    pub(super) fn tell_why(&self, outbox: &Outbox, why: Departure) {
        #[cfg(feature = "web")]
        outbox.goodbye(words::goodbye(why));
        match why {
            Departure::OutOfMemory => self.post.tell(outbox, words::OUT_OF_MEMORY),
            Departure::TextStalled => {
                let text = words::text_stalled(self.settings.text_timeout);
                self.post.tell(outbox, &text);
            }
            _ => {}
        }
    }

    /// Drops peers so that unfinished texts stay within their limit.
    pub(super) fn make_room(&mut self) {
        // What waits for the log's disk is the fault of none of them, and is gone soon.
        let excess = self.unfinished.excess();
        let excess = excess.saturating_sub(self.log.waiting());
        for peer in self.post.who_holds_most(self.lobby.outboxes(), excess) {
            self.depart(peer, Departure::OutOfMemory);
        }
    }

    /// The turn of a LEAVE in the log has come.
    pub(super) fn left(&mut self, peer: PeerId, why: Departure, time: Time) {
        let Some(name) = self.room.leave(peer) else {
            return;
        };
        self.addresses.remove(&peer);
        self.absent.take(peer);
        let notes = self.post.dismiss(peer, self.draft.len());
        self.draft.left(peer, &name, time);
        self.log_left(peer, &name, why, notes.unwrap_or_default());
        // Peers that wait for the name may join now, in the order in which they came.
        for peer in self.lobby.freed(peer) {
            self.propose_join(peer);
        }
    }

    fn log_left(&self, peer: PeerId, name: &Name, why: Departure, notes: Notes) {
        let members = self.room.len();
        if why == Departure::TooSlow {
            warn!(peer = peer.0, name = name.as_str(), members, %why, "left");
        } else if notes.unlogged {
            debug!(peer = peer.0, name = name.as_str(), members, %why, "left");
        } else {
            info!(peer = peer.0, name = name.as_str(), members, %why, "left");
        }
    }
}
