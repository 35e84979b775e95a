//! The post: which member gets which part of a batch, which members lag, and which must go. It never waits, and the
//! time is given.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use hubbub_wire::Id;

use self::catch_up::CatchUp;
use self::fresh::Fresh;
use self::tally::Tally;
use crate::batch::{Batch, Form};
use crate::id::{ByPeer, Name, PeerId};
use crate::memory::Memory;
use crate::outbox::{Closing, Delivery, Full, Outbox};
use crate::said::Seq;

#[cfg(test)]
pub(crate) use self::catch_up::{CATCH_UP, LONGEST_LOOK, STALLED};

mod catch_up;
mod fresh;
mod sending;
mod shortage;
mod tally;

/// The outboxes of all members, and of leaving ones for which something is still to be written.
#[derive(Debug)]
pub(crate) struct Post {
    members: ByPeer<Member>,
    /// How many members read each form.
    readers: [usize; Form::ALL.len()],
    /// Members that left since the last batch.
    leavers: Vec<Leaver>,
    /// Members that left or are absent while something was still queued for them.
    leaving: Vec<Closing>,
    /// Slow consumers that were told to go and have not ended yet.
    evicted: Vec<Closing>,
    /// Peers that must go because of their unfinished texts, and still hold them.
    cut_off: Vec<Closing>,
    catch_up: CatchUp,
    /// What goes right before a member's share of the next batch.
    welcomes: ByPeer<Vec<Delivery>>,
    /// What is told right after it: the last text of a member that is in the log.
    acks: ByPeer<Ack>,
    fresh: Fresh,
    tally: Tally,
    /// Counts every batch that some peer has still to write.
    queued: Arc<Memory>,
}

/// One member's row. Every idle member has one.
#[derive(Debug)]
struct Member {
    /// `None` once it is evicted, and while it is absent.
    outbox: Option<Outbox>,
    /// Where its share of the next batch begins: after its JOIN if that batch contains it, and else at 0.
    since: u32,
    /// Whether its LEAVE is on its way through the log.
    is_leaving: bool,
    /// Which form of a batch it reads.
    form: Form,
    notes: Notes,
}

/// A member that left since the last batch, and its share of the next one.
#[derive(Debug)]
struct Leaver {
    peer: PeerId,
    outbox: Outbox,
    range: Range<u32>,
    form: Form,
}

#[derive(Debug)]
struct Ack {
    name: Name,
    id: Id,
    seq: Seq,
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
    /// When it joined, in seconds since the beginning of 1970.
    #[cfg(feature = "admin")]
    pub(crate) since_s: u32,
}

impl Post {
    /// A post without members. Batches count as used memory of `queued`.
    #[must_use]
    pub(crate) fn new(queued: Arc<Memory>) -> Self {
        Self {
            members: ByPeer::default(),
            readers: [0; Form::ALL.len()],
            leavers: Vec::new(),
            leaving: Vec::new(),
            evicted: Vec::new(),
            cut_off: Vec::new(),
            catch_up: CatchUp::default(),
            welcomes: ByPeer::default(),
            acks: ByPeer::default(),
            fresh: Fresh::default(),
            tally: Tally::default(),
            queued,
        }
    }

    /// Adds a member. It gets everything from place `since` of the next batch on, in this form.
    pub(crate) fn admit(
        &mut self,
        peer: PeerId,
        outbox: Outbox,
        since: u32,
        notes: Notes,
        form: Form,
    ) {
        if form == Form::Stamped {
            outbox.grant();
        }
        self.readers[form as usize] += 1;
        let member = Member {
            outbox: Some(outbox),
            since,
            is_leaving: false,
            form,
            notes,
        };
        self.members.insert(peer, member);
    }

    /// Notes that a member has got a grant after it was admitted. From the next batch on it gets the stamped form.
    pub(crate) fn stamp(&mut self, peer: PeerId) {
        if let Some(member) = self.members.get_mut(&peer)
            && let Some(outbox) = &member.outbox
        {
            outbox.grant();
            self.readers[member.form as usize] -= 1;
            member.form = Form::Stamped;
            self.readers[member.form as usize] += 1;
        }
    }

    /// Gives a member these deliveries with the next batch, in order, right before its share of it. There may be no
    /// next batch: then with the next [`Post::send`].
    pub(crate) fn welcome(&mut self, peer: PeerId, deliveries: Vec<Delivery>) {
        self.welcomes.entry(peer).or_default().extend(deliveries);
    }

    /// Tells a member that its texts up to this one are in the log: right after its share of the next batch, once a
    /// batch.
    pub(crate) fn acknowledge(&mut self, peer: PeerId, name: &Name, id: Id, seq: Seq) {
        if self.acks.get(&peer).is_none_or(|ack| ack.id < id) {
            let name = Arc::clone(name);
            self.acks.insert(peer, Ack { name, id, seq });
        }
    }

    /// The batch that is sent next ends at this place of the log. Its acknowledgements name it: they are pushed after
    /// the batch, and a member that went back to the place of its own text would be told again what came after that.
    pub(crate) fn reach(&mut self, seq: Seq) {
        self.acks.values_mut().for_each(|ack| ack.seq = seq);
    }

    /// Gives a member something now, after what is queued for it. A member that is absent gets nothing.
    ///
    /// # Errors
    ///
    /// Something does not fit: the member is a slow consumer.
    pub(crate) fn give(&mut self, peer: PeerId, deliveries: Vec<Delivery>) -> Result<(), Full> {
        let member = self.members.get(&peer);
        let Some(outbox) = member.and_then(|member| member.outbox.as_ref()) else {
            return Ok(());
        };
        push_all(&mut self.fresh, peer, outbox, deliveries)
    }

    /// Closes the outbox of a member that stays. What is queued is still written.
    pub(crate) fn absent(&mut self, peer: PeerId) {
        if let Some(outbox) = self.take_outbox(peer) {
            self.leaving.push(outbox.watch());
        }
    }

    /// Closes the outbox of a member that stays, at once. What is queued is not written.
    pub(crate) fn cut(&mut self, peer: PeerId) {
        if let Some(outbox) = self.take_outbox(peer) {
            let going = outbox.watch();
            going.evict();
            self.evicted.push(going);
        }
    }

    /// Takes from a member what it gets. Until it has another outbox, it gets nothing.
    fn take_outbox(&mut self, peer: PeerId) -> Option<Outbox> {
        let member = self.members.get_mut(&peer)?;
        let outbox = member.outbox.take()?;
        self.readers[member.form as usize] -= 1;
        Some(outbox)
    }

    /// Gives the row of a member to another connection of it. The connection before, if there is one, gets nothing
    /// more: what is queued for it is still written, and what is drafted is not for it.
    pub(crate) fn replace(
        &mut self,
        old: PeerId,
        new: PeerId,
        outbox: Outbox,
        since: u32,
        form: Form,
    ) {
        self.absent(old);
        self.catch_up.forget(old);
        let row = self.members.remove(&old);
        let notes = row.map_or_else(Notes::default, |member| member.notes);
        self.admit(new, outbox, since, notes, form);
    }

    /// Forgets a member whose place a connection of another node has taken. What is queued for it is still written.
    #[cfg(feature = "cluster")]
    pub(crate) fn forget(&mut self, peer: PeerId) {
        self.absent(peer);
        self.catch_up.forget(peer);
        self.members.remove(&peer);
    }

    /// What the hub remembers of a member.
    pub(crate) fn notes(&mut self, peer: PeerId) -> Option<&mut Notes> {
        Some(&mut self.members.get_mut(&peer)?.notes)
    }

    /// When a member joined, in seconds since the beginning of 1970.
    #[cfg(feature = "admin")]
    #[must_use]
    pub(crate) fn since(&self, peer: PeerId) -> u32 {
        self.members
            .get(&peer)
            .map_or(0, |member| member.notes.since_s)
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
        self.leaves(peer);
        self.cut(peer);
    }

    /// Removes a member that has left. Its share of the next batch ends at place `until`.
    pub(crate) fn dismiss(&mut self, peer: PeerId, until: u32) -> Option<Notes> {
        let member = self.members.remove(&peer)?;
        self.catch_up.forget(peer);
        if let Some(outbox) = member.outbox {
            self.readers[member.form as usize] -= 1;
            self.leavers.push(Leaver {
                peer,
                outbox,
                range: member.since..until,
                form: member.form,
            });
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

    /// Notes that somebody got an answer for which a place was kept, so that somebody may have to go for the memory
    /// that it takes.
    pub(crate) const fn recalled(&mut self) {
        self.fresh.answer();
    }

    /// Notes that everything that happened is sent. What was given until now may be taken into account from now on.
    pub(crate) fn flushed(&mut self) {
        self.fresh = Fresh::default();
    }

    /// Whether the hub should wait for a member that lags but still reads.
    pub(crate) fn is_to_wait(&mut self, now: Instant) -> bool {
        let members = self.members.iter();
        let here = members.filter_map(|(&peer, member)| Some((peer, member.here()?)));
        self.catch_up.is_to_wait(here, now)
    }

    #[cfg(test)]
    pub(crate) fn members(&self) -> usize {
        self.members.len()
    }

    /// Lets go of all members. Returns what is still to be written.
    #[must_use]
    pub(crate) fn close(self) -> Vec<Closing> {
        let outboxes = self.members.values().flat_map(|member| &member.outbox);
        let mut closing: Vec<Closing> = outboxes.map(Outbox::stop).collect();
        closing.extend(self.leaving);
        closing
    }
}

fn push_all(
    fresh: &mut Fresh,
    peer: PeerId,
    outbox: &Outbox,
    deliveries: Vec<Delivery>,
) -> Result<(), Full> {
    for delivery in deliveries {
        fresh.give(peer, &delivery);
        outbox.push(delivery)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
