//! Browsers in a room, beside its other members.

use super::Room;
use crate::{Offer, Ours, Peer};

impl Room {
    /// A browser's connection, which has asked nothing yet.
    #[track_caller]
    pub fn browser(&self) -> Peer {
        self.as_browser(Peer::connect(self.address))
    }

    #[track_caller]
    fn as_browser(&self, peer: Peer) -> Peer {
        if self.is_secure {
            peer.secure_as_browser()
        } else {
            peer
        }
    }

    /// A visitor with a browser, who has not joined.
    #[track_caller]
    pub fn visitor(&self) -> Peer {
        self.browser().upgrade()
    }

    /// A visitor with a browser, who has certainly joined.
    #[track_caller]
    pub fn visiting_member(&self, name: &str) -> Peer {
        self.enter(self.visitor(), name)
    }

    /// The same with small socket buffers. What it does not read waits in the server.
    #[track_caller]
    pub fn narrow_visiting_member(&self, name: &str) -> Peer {
        let browser = self.as_browser(Peer::connect_narrow(self.address));
        self.enter(browser.upgrade(), name)
    }

    /// A visitor with a browser and a grant.
    #[track_caller]
    pub fn visitor_of_ours(&self, name: &str) -> Ours {
        let offer = Offer::new(name);
        let mut peer = self.visitor();
        peer.send(offer.with_join());
        Ours::welcomed(peer, offer)
    }
}
