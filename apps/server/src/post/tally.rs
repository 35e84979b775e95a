//! What the post has given and written, for the metrics. It is counted once a batch.

use std::ops::Range;
use std::sync::Arc;

use super::Post;
use crate::batch::Batch;
use crate::id::PeerId;

/// What was given and written since it was last taken.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Frames of batches that were given to members, once for each of them.
    pub(crate) frames: u64,
    /// Bytes that were written at once.
    pub(crate) written: u64,
}

impl Post {
    /// What was given and written since this was last called.
    pub(crate) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// How many frames of a batch its senders get less than others, since nobody gets its own. To be asked before the
    /// batch is given to the members.
    pub(super) fn own_frames(&self, batch: &Batch) -> u64 {
        let mut own = 0;
        if !cfg!(feature = "metrics") {
            return own;
        }
        for (sender, run) in batch.runs() {
            if let Some(member) = self.members.get(&sender)
                && member.outbox.is_some()
                && !batch.is_all_from(sender)
            {
                own += u64::from(run.end.saturating_sub(run.start.max(member.since)));
            }
        }
        own
    }
}

/// How many frames of this range of a batch a reader gets.
pub(super) fn frames(batch: &Arc<Batch>, range: Range<u32>, reader: PeerId) -> u64 {
    let others = batch.others(range, reader);
    others.map(|part| u64::from(part.end - part.start)).sum()
}
