//! The post: which member gets which part of a batch, which members lag, and which must go. It never waits, and the
//! time is given.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use self::catch_up::CatchUp;
use crate::batch::{Batch, Delivery, Draft};
use crate::id::PeerId;
use crate::memory::Memory;
use crate::outbox::{Closing, Outbox};

#[cfg(test)]
pub(crate) use self::catch_up::{CATCH_UP, STALLED};

mod catch_up;

/// The outboxes of all members, and of leaving ones for which something is still to be written.
#[derive(Debug)]
pub(crate) struct Post {
    members: HashMap<PeerId, Member>,
    /// Members that left since the last batch, with their share of the next one.
    leavers: Vec<(Outbox, Range<u32>)>,
    /// Members that left while something was still queued for them.
    leaving: Vec<Closing>,
    /// Slow consumers that were told to go and have not ended yet.
    evicted: Vec<Closing>,
    /// Peers that must go because of their unfinished texts, and still hold them.
    cut_off: Vec<Closing>,
    catch_up: CatchUp,
    /// Counts every batch that some peer has still to write.
    queued: Arc<Memory>,
}

/// A batch that costs at most this much, in bytes, is written at once to members for which nothing waits. A quiet room
/// makes such batches. In a busy room batches are longer, and every thread writes.
const DIRECT_BYTES: usize = 4096;

/// A batch is written at once to this many members at most; for the others, their tasks are woken. A write takes about
/// 4 µs. After a millisecond the hub has mail to take, and other threads may help.
const DIRECT_MEMBERS: usize = 256;

/// One member's row. Every idle member has one.
#[derive(Debug)]
struct Member {
    /// `None` once it is evicted.
    outbox: Option<Outbox>,
    /// Where its share of the next batch begins: after its JOIN if that batch contains it, and else at 0.
    since: u32,
    /// Whether its LEAVE is on its way through the log.
    is_leaving: bool,
    notes: Notes,
}

impl Member {
    /// Its outbox, unless it is about to leave.
    fn here(&self) -> Option<&Outbox> {
        self.outbox.as_ref().filter(|_| !self.is_leaving)
    }
}

/// What the hub remembers of a member, for the log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notes {
    /// Whether a frame under a wrong name was logged. Only the first one is, so that no peer can flood the log.
    pub(crate) warned: bool,
    /// Whether its JOIN was left out of the log. Its LEAVE is then left out too.
    pub(crate) unlogged: bool,
}

impl Post {
    /// A post without members. Batches count as used memory of `queued`.
    #[must_use]
    pub(crate) fn new(queued: Arc<Memory>) -> Self {
        Self {
            members: HashMap::new(),
            leavers: Vec::new(),
            leaving: Vec::new(),
            evicted: Vec::new(),
            cut_off: Vec::new(),
            catch_up: CatchUp::default(),
            queued,
        }
    }

    /// Adds a member. It gets everything from place `since` of the next batch on.
    pub(crate) fn admit(&mut self, peer: PeerId, outbox: Outbox, since: u32, notes: Notes) {
        let member = Member {
            outbox: Some(outbox),
            since,
            is_leaving: false,
            notes,
        };
        self.members.insert(peer, member);
    }

    /// What the hub remembers of a member.
    pub(crate) fn notes(&mut self, peer: PeerId) -> Option<&mut Notes> {
        Some(&mut self.members.get_mut(&peer)?.notes)
    }

    /// The outbox of a member. `None` if it is about to leave.
    #[must_use]
    pub(crate) fn outbox(&self, peer: PeerId) -> Option<&Outbox> {
        self.members.get(&peer)?.here()
    }

    /// Notes that a member's LEAVE is on its way through the log.
    pub(crate) fn leaves(&mut self, peer: PeerId) {
        if let Some(member) = self.members.get_mut(&peer) {
            member.is_leaving = true;
        }
    }

    /// Makes a slow consumer go at once. Its LEAVE is on its way through the log. What is queued for it is not written.
    pub(crate) fn evict(&mut self, peer: PeerId) {
        let Some(member) = self.members.get_mut(&peer) else {
            return;
        };
        member.is_leaving = true;
        if let Some(outbox) = member.outbox.take() {
            let going = outbox.watch();
            going.evict();
            self.evicted.push(going);
        }
    }

    /// Removes a member that has left. Its share of the next batch ends at place `until`.
    pub(crate) fn dismiss(&mut self, peer: PeerId, until: u32) -> Option<Notes> {
        let member = self.members.remove(&peer)?;
        self.catch_up.forget(peer);
        if let Some(outbox) = member.outbox {
            self.leavers.push((outbox, member.since..until));
        }
        Some(member.notes)
    }

    /// Sends a message of the server to one peer alone, unless its queue has no room.
    pub(crate) fn tell(&self, outbox: &Outbox, text: &str) {
        let _ = outbox.push(Delivery::all(Batch::notice(text, &self.queued)));
    }

    /// Whether the waiting batches take more memory than they may.
    #[must_use]
    pub(crate) fn is_short_of_memory(&self) -> bool {
        self.queued.excess() > 0
    }

    /// Queues a batch for everybody who has a share in it. Adds its bytes to `newest`, which counts the batches of one
    /// flush. Returns the members that must go: those that cannot take it and, if memory is short, those for which most
    /// waits.
    pub(crate) fn send(&mut self, draft: Draft, newest: &mut usize) -> Vec<PeerId> {
        let batch = draft.seal(&self.queued);
        *newest += batch.cost();
        let mut slow = self.slowest(*newest);
        let mut direct = if batch.cost() <= DIRECT_BYTES {
            DIRECT_MEMBERS
        } else {
            0
        };
        for (&peer, member) in &mut self.members {
            let range = mem::take(&mut member.since)..batch.len();
            let Some(outbox) = &member.outbox else {
                continue;
            };
            if batch.is_all_from(peer) || range.is_empty() {
                continue;
            }
            let is_behind = outbox.is_lagging();
            let mut delivery = Delivery::part(Arc::clone(&batch), range);
            if direct > 0 {
                direct -= 1;
                if outbox.try_write(peer, &mut delivery) {
                    continue;
                }
            }
            if outbox.push(delivery).is_err() {
                slow.push(peer);
            }
            self.catch_up.saw(peer, is_behind, outbox.is_lagging());
        }
        for (outbox, range) in self.leavers.drain(..) {
            // The peer is leaving, so it does not matter if this does not fit.
            let _ = outbox.push(Delivery::part(Arc::clone(&batch), range));
            self.leaving.push(outbox.watch());
        }
        // The oldest first. The order of the map would differ from run to run.
        slow.sort_unstable();
        slow.dedup();
        slow
    }

    /// Whether the hub should wait for a member that lags but still reads.
    pub(crate) fn is_to_wait(&mut self, now: Instant) -> bool {
        let members = self.members.iter();
        let here = members.filter_map(|(&peer, member)| Some((peer, member.here()?)));
        self.catch_up.is_to_wait(here, now)
    }

    /// Returns the members that must go so that the memory limit holds again: those for which most waits, but none for
    /// which no more than the last `newest` bytes wait. Before that, members that have left already are evicted.
    fn slowest(&mut self, newest: usize) -> Vec<PeerId> {
        self.leaving.retain(|leaving| leaving.waiting() > 0);
        self.evicted.retain(|going| going.waiting() > 0);
        let mut excess = self.queued.excess().saturating_sub(self.evicted());
        if excess == 0 {
            return Vec::new();
        }
        self.leaving.sort_unstable_by_key(Closing::waiting);
        while excess > 0
            && let Some(slowest) = self.leaving.pop_if(|leaving| leaving.waiting() > newest)
        {
            excess = excess.saturating_sub(slowest.waiting());
            slowest.evict();
            self.evicted.push(slowest);
        }
        let members = self.members.iter();
        let outboxes = members.filter_map(|(&peer, member)| Some((peer, member.outbox.as_ref()?)));
        let waiting = outboxes.map(|(peer, outbox)| (outbox.waiting(), peer));
        let waiting = waiting.filter(|&(waiting, _)| waiting > newest).collect();
        first_to_go(waiting, &mut excess)
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

    #[cfg(test)]
    pub(crate) fn members(&self) -> usize {
        self.members.len()
    }

    /// How much is held, in bytes, by peers that were told to go and have not ended yet.
    pub(crate) fn evicted(&self) -> usize {
        self.evicted.iter().map(Closing::waiting).sum()
    }

    /// Lets go of all members. Returns what is still to be written.
    #[must_use]
    pub(crate) fn close(self) -> Vec<Closing> {
        let outboxes = self.members.values().flat_map(|member| &member.outbox);
        let mut closing: Vec<Closing> = outboxes.map(Outbox::watch).collect();
        closing.extend(self.leaving);
        closing
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
