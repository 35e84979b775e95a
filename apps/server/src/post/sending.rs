//! Sending: a batch to everybody who has a share in it, in the form that each reads, and what goes before and after it.

use std::mem;
use std::sync::Arc;

use hubbub_wire::{Frame, encode};

use super::tally::frames;
use super::{Leaver, Member, Post, push_all};
use crate::batch::{Batch, Draft, Form, Forms};
use crate::id::{ByPeer, PeerId};
use crate::outbox::{Full, Outbox, Part};

/// A batch that costs at most this much, in bytes, is written at once to members for which nothing waits. A quiet room
/// makes such batches. In a busy room batches are longer, and every thread writes.
const DIRECT_BYTES: usize = 4096;

/// A batch is written at once to this many members at most; for the others, their tasks are woken. A write takes about
/// 4 µs. After a millisecond the hub has mail to take, and other threads may help.
const DIRECT_MEMBERS: usize = 256;

impl Post {
    /// Queues a batch for everybody who has a share in it, and what goes before and after it. Returns the members that
    /// must go: those that cannot take it and, if memory is short, those for which most waits.
    ///
    /// One flush may send several batches. [`Post::flushed`] ends it.
    pub(crate) fn send(&mut self, draft: Draft) -> Vec<PeerId> {
        let batch = (!draft.is_empty()).then(|| draft.seal(self.forms(), &self.queued));
        if let Some(batch) = &batch {
            self.fresh.seal(batch);
        }
        let mut slow = Vec::new();
        self.send_welcomes(&mut slow);
        slow.extend(self.slowest());
        let mut direct = DIRECT_MEMBERS;
        if let Some(batch) = batch {
            self.send_batch(&batch, &mut direct, &mut slow);
        }
        self.send_acks(&mut direct, &mut slow);
        let leavers = self.leavers.drain(..);
        self.leaving
            .extend(leavers.map(|leaver| leaver.outbox.watch()));
        // The oldest first. The order of the map would differ from run to run.
        slow.sort_unstable();
        slow.dedup();
        slow
    }

    /// The forms that somebody reads.
    pub(super) fn forms(&self) -> Forms {
        let of_members = Form::ALL.into_iter();
        let of_members = of_members.filter(|&form| self.readers[form as usize] > 0);
        let of_leavers = self.leavers.iter().map(|leaver| leaver.form);
        of_members.chain(of_leavers).collect()
    }

    fn send_batch(&mut self, batch: &Arc<Batch>, direct: &mut usize, slow: &mut Vec<PeerId>) {
        let is_short = Form::ALL.map(|form| batch.cost_of(form) <= DIRECT_BYTES);
        let own = self.own_frames(batch);
        let (mut given, mut written) = (0, 0);
        for (&peer, member) in &mut self.members {
            let range = mem::take(&mut member.since)..batch.len();
            let Some(outbox) = &member.outbox else {
                continue;
            };
            if batch.is_all_from(peer) || range.is_empty() {
                continue;
            }
            let is_behind = outbox.is_lagging();
            given += u64::from(range.end - range.start);
            let part = Part::new(Arc::clone(batch), range.clone(), member.form);
            let is_direct = *direct > 0 && is_short[member.form as usize];
            match deliver(peer, outbox, part, is_direct) {
                Ok(bytes) => written += bytes as u64,
                Err(Full) => {
                    given -= frames(batch, range, peer);
                    slow.push(peer);
                }
            }
            *direct -= usize::from(is_direct);
            self.catch_up.saw(peer, is_behind, outbox.is_lagging());
        }
        for leaver in &self.leavers {
            let part = Part::new(Arc::clone(batch), leaver.range.clone(), leaver.form);
            // The peer is leaving, so it does not matter if this does not fit.
            if leaver.outbox.push(part.into()).is_ok() {
                given += frames(batch, leaver.range.clone(), leaver.peer);
            }
        }
        self.tally.frames += given - own;
        self.tally.written += written;
        if given > own {
            batch.is_given();
        }
    }

    fn send_welcomes(&mut self, slow: &mut Vec<PeerId>) {
        for (peer, deliveries) in mem::take(&mut self.welcomes) {
            let Some(outbox) = outbox_of(&self.members, &self.leavers, peer) else {
                continue;
            };
            if push_all(&mut self.fresh, peer, outbox, deliveries).is_err() {
                slow.push(peer);
            }
        }
    }

    fn send_acks(&mut self, direct: &mut usize, slow: &mut Vec<PeerId>) {
        for (peer, ack) in mem::take(&mut self.acks) {
            let Some(outbox) = outbox_of(&self.members, &self.leavers, peer) else {
                continue;
            };
            let Some(seq) = ack.seq.token() else {
                continue;
            };
            let mut frame = Vec::new();
            let username = ack.name.borrowed();
            let id = ack.id;
            encode(&Frame::Ack { username, id, seq }, &mut frame);
            let part = Part::all(Batch::alone(frame, &self.queued));
            let is_direct = *direct > 0;
            match deliver(peer, outbox, part, is_direct) {
                Ok(bytes) => self.tally.written += bytes as u64,
                Err(Full) => slow.push(peer),
            }
            *direct -= usize::from(is_direct);
        }
    }
}

/// The outbox of a member, or of one that left since the last batch.
fn outbox_of<'a>(
    members: &'a ByPeer<Member>,
    leavers: &'a [Leaver],
    peer: PeerId,
) -> Option<&'a Outbox> {
    let Some(member) = members.get(&peer) else {
        let leaver = leavers.iter().find(|leaver| leaver.peer == peer);
        return leaver.map(|leaver| &leaver.outbox);
    };
    member.outbox.as_ref()
}

/// Queues a part. If `is_direct`, as much of it as goes is written first. Returns how many bytes that were.
fn deliver(peer: PeerId, outbox: &Outbox, part: Part, is_direct: bool) -> Result<usize, Full> {
    if is_direct {
        outbox.deliver(peer, part)
    } else {
        outbox.push(part.into()).map(|()| 0)
    }
}
