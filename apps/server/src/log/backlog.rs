//! The backlog: what was said last, in memory, shared with whoever else holds it. Its memory is bounded whatever is said.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::said::Said;

/// The most messages that are kept. It is five replays, and lasts for a day in a small room.
const MAX_MESSAGES: u64 = 1000;

/// The most bytes that are kept, apart from a single read that has more. A message of ordinary length has 100, so a busy
/// room reaches the number first.
const MAX_BYTES: usize = 1024 * 1024;

/// What was said last: texts without a gap, up to the one that came out of the log last.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    said: VecDeque<Arc<Said>>,
    messages: u64,
    bytes: usize,
}

fn bytes(said: &Said) -> usize {
    said.texts.capacity() + size_of::<Said>()
}

impl Backlog {
    /// Adds what was said next, and lets go of what there are too many of. What came together goes together.
    pub(super) fn push(&mut self, said: Arc<Said>) {
        self.messages += said.count();
        self.bytes += bytes(&said);
        self.said.push_back(said);
        while let [Some(oldest), Some(_)] = [self.said.front(), self.said.get(1)]
            && (self.bytes > MAX_BYTES || self.messages - oldest.count() >= MAX_MESSAGES)
        {
            self.messages -= oldest.count();
            self.bytes -= bytes(oldest);
            self.said.pop_front();
        }
    }

    /// The count of the oldest text.
    pub(super) fn first(&self) -> Option<u64> {
        self.said.front().map(|said| said.first.count)
    }

    /// What was said up to the text of this count, from the newest to the oldest. The newest may reach beyond it.
    pub(super) fn newest_first(&self, until: u64) -> impl Iterator<Item = &Arc<Said>> {
        let end = self.said.partition_point(|said| said.first.count <= until);
        self.said.range(..end).rev()
    }
}
