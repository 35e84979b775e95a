//! Shortage: who must go when memory is short.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Post;
use crate::id::PeerId;
use crate::outbox::{Closing, Outbox};

impl Post {
    /// Returns the members that must go so that the memory limit holds again: those for which most waits, but none for
    /// which no more waits than what this flush has given it. Before that, members that have left already are evicted.
    pub(super) fn slowest(&mut self) -> Vec<PeerId> {
        if self.fresh.is_empty() {
            return Vec::new();
        }
        self.leaving.retain(|leaving| leaving.waiting() > 0);
        self.evicted.retain(|going| going.waiting() > 0);
        let mut excess = self.queued.excess().saturating_sub(self.evicted());
        if excess == 0 {
            return Vec::new();
        }
        let newest = self.fresh.most();
        self.leaving.sort_unstable_by_key(Closing::waiting);
        while excess > 0
            && let Some(slowest) = self.leaving.pop_if(|leaving| leaving.waiting() > newest)
        {
            excess = excess.saturating_sub(slowest.waiting());
            slowest.evict();
            self.evicted.push(slowest);
        }
        let members = self.members.iter();
        let waiting = members.filter_map(|(&peer, member)| {
            let waiting = member.outbox.as_ref()?.waiting();
            (waiting > self.fresh.of(peer, member.form)).then_some((waiting, peer))
        });
        first_to_go(waiting.collect(), &mut excess)
    }

    /// Returns the peers that must go because all peers together hold `excess` bytes too many of unfinished texts:
    /// those that hold most, until the rest is within the limit. `strangers` are the peers that are not members.
    pub(crate) fn who_holds_most<'a>(
        &mut self,
        strangers: impl Iterator<Item = (PeerId, &'a Outbox)>,
        excess: usize,
    ) -> Vec<PeerId> {
        self.cut_off.retain(|going| going.unfinished() > 0);
        let going: usize = self.cut_off.iter().map(Closing::unfinished).sum();
        let mut excess = excess.saturating_sub(going);
        if excess == 0 {
            return Vec::new();
        }
        let members = self.members.iter();
        let here = members.filter_map(|(&peer, member)| Some((peer, member.here()?)));
        let mut holders: HashMap<PeerId, &Outbox> = here.collect();
        for (peer, outbox) in strangers {
            holders.insert(peer, outbox);
        }
        holders.retain(|_, outbox| outbox.unfinished() > 0);
        let held = holders
            .iter()
            .map(|(&peer, outbox)| (outbox.unfinished(), peer))
            .collect();
        let going = first_to_go(held, &mut excess);
        let cut_off = going.iter().filter_map(|peer| holders.get(peer));
        self.cut_off.extend(cut_off.map(|outbox| outbox.watch()));
        going
    }

    /// How much is held, in bytes, by peers that were told to go and have not ended yet.
    pub(crate) fn evicted(&self) -> usize {
        self.evicted.iter().map(Closing::waiting).sum()
    }
}

/// The peers that hold most, the greatest first, until together they hold the `excess`.
fn first_to_go(mut holders: Vec<(usize, PeerId)>, excess: &mut usize) -> Vec<PeerId> {
    holders.sort_unstable_by_key(|&holder| Reverse(holder));
    let needed = holders.into_iter().map_while(|(held, peer)| {
        let is_needed = *excess > 0;
        *excess = excess.saturating_sub(held);
        is_needed.then_some(peer)
    });
    needed.collect()
}
