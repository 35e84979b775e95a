//! What members of a cluster ask of the past: from memory at once, else when the stream has been read, which it cannot
//! be in a pause. Meanwhile they hear what is said; so what they get is no part of their queue before it is there.

use std::mem;

use hubbub_wire::{OWN_JOIN, Token};

use super::Hub;
use crate::id::{ByPeer, PeerId};
use crate::log::{Past, Replay};

/// What a member waits for. It asks for one page at a time.
#[derive(Debug)]
struct Earlier {
    /// As it has named the place.
    before: Token<'static>,
    /// The texts before the one of this count.
    place: u64,
    /// At most so many.
    most: u32,
}

/// Those who wait for the stream.
#[derive(Debug, Default)]
pub(super) struct Recalls(ByPeer<Earlier>);

impl Hub {
    /// A member wants older messages.
    pub(super) fn earlier_in_cluster(&mut self, peer: PeerId, before: Token<'static>, most: u32) {
        let Some(last) = self.room.place(peer) else {
            return;
        };
        let place = if before.as_str() == OWN_JOIN {
            Some(last.count + 1)
        } else {
            self.log.count_of(&before)
        };
        let replay = match place {
            Some(place) => self.log.earlier(place, most),
            None => Some(Replay::LOST),
        };
        match (replay, place) {
            (Some(replay), _) => self.answer_earlier(peer, before, Past::Here(replay)),
            (None, Some(place)) => {
                let earlier = Earlier {
                    before,
                    place,
                    most,
                };
                self.cluster.recalls.0.insert(peer, earlier);
            }
            (None, None) => {}
        }
    }

    /// A page of the stream was read, or cannot be.
    pub(super) fn has_page(&mut self, place: u64, most: u32, replay: &Replay) {
        let waiting = mem::take(&mut self.cluster.recalls.0);
        for (peer, earlier) in waiting {
            if (earlier.place, earlier.most) == (place, most) {
                self.answer_earlier(peer, earlier.before, Past::Here(replay.clone()));
            } else if self.post.outbox(peer).is_some() {
                self.cluster.recalls.0.insert(peer, earlier);
            }
        }
    }
}
