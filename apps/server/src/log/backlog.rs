//! The backlog: what was said last, in memory, shared with whoever else holds it. Its memory is bounded whatever is
//! said.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::said::Said;

/// The most messages that are kept. It is five replays, and lasts for a day in a small room.
const MAX_MESSAGES: u64 = 1000;

/// The most bytes that are kept, apart from a single read that has more. A message of ordinary length has 100, so a
/// busy room reaches the number first.
const MAX_BYTES: usize = 1024 * 1024;

/// What was said last: texts without a gap, up to the one that came out of the log last.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    said: VecDeque<Arc<Said>>,
    messages: u64,
    bytes: usize,
}

/// What is kept takes this besides, in bytes: the two counts of its `Arc`, and the pointer to it.
const PLACE: usize = 3 * size_of::<usize>();

fn bytes(said: &Said) -> usize {
    said.texts.capacity() + size_of::<Said>() + PLACE
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

    /// What was said from the text of this count on. Older texts may stand before it.
    pub(super) fn oldest_first(&self, from: u64) -> impl Iterator<Item = &Arc<Said>> {
        let begin = self.said.partition_point(|said| said.last().count < from);
        self.said.range(begin..)
    }

    /// What was said up to the text of this count, from the newest to the oldest. The newest may reach beyond it.
    pub(super) fn newest_first(&self, until: u64) -> impl Iterator<Item = &Arc<Said>> {
        let end = self.said.partition_point(|said| said.first.count <= until);
        self.said.range(..end).rev()
    }
}

#[cfg(test)]
mod tests {
    use hubbub_wire::{Payload, Time, Username};

    use super::*;
    use crate::said::Seq;
    use crate::texts::Texts;

    /// Texts that came together, the first of which has this count.
    fn said(count: u64, texts: usize, len: usize) -> Arc<Said> {
        let mut all = Texts::default();
        for _ in 0..texts {
            all.push(Payload::new(&vec![b'x'; len]).unwrap());
        }
        let generation = 1;
        Arc::new(Said {
            name: Arc::new(Username::new("ada", 3).unwrap()),
            first: Seq { generation, count },
            time: Time::from_unix_ms(0),
            own: None,
            texts: all,
        })
    }

    #[test]
    fn a_thousand_messages_are_kept_and_the_next_one_drops_the_oldest() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.first(), None);
        for count in 1..=MAX_MESSAGES {
            backlog.push(said(count, 1, 1));
        }
        assert_eq!(backlog.first(), Some(1));
        backlog.push(said(MAX_MESSAGES + 1, 1, 1));
        assert_eq!(backlog.first(), Some(2));
        assert_eq!(backlog.messages, MAX_MESSAGES);
    }

    #[test]
    fn what_came_together_goes_when_a_thousand_are_left_without_it() {
        let mut backlog = Backlog::default();
        backlog.push(said(1, 10, 1));
        backlog.push(said(11, 999, 1));
        assert_eq!(backlog.first(), Some(1));
        backlog.push(said(1010, 1, 1));
        assert_eq!(backlog.first(), Some(11));
    }

    #[test]
    fn a_mebibyte_is_kept_and_a_byte_more_drops_the_oldest() {
        for (more, first) in [(0, 1), (1, 2)] {
            let mut backlog = Backlog::default();
            let small = said(1, 1, 1);
            let large = MAX_BYTES - bytes(&small) - (bytes(&said(2, 1, 100)) - 100);
            backlog.push(small);
            backlog.push(said(2, 1, large + more));
            assert_eq!(backlog.first(), Some(first));
        }
    }

    #[test]
    fn a_longer_message_is_kept_alone_until_the_next_comes() {
        let mut backlog = Backlog::default();
        backlog.push(said(1, 1, 1));
        backlog.push(said(2, 1, 2 * MAX_BYTES));
        assert_eq!((backlog.first(), backlog.said.len()), (Some(2), 1));
        backlog.push(said(3, 1, 1));
        assert_eq!((backlog.first(), backlog.messages), (Some(3), 1));
        assert!(backlog.bytes < 1000);
    }

    #[test]
    fn memory_is_bounded_whatever_is_said() {
        let mut backlog = Backlog::default();
        let mut count = 1;
        for round in 0..3000 {
            let (texts, len) = [(1, 1), (3, 70_000), (5000, 1), (1, 1_000_000)][round % 4];
            let longest = bytes(&said(1, texts, len)).max(MAX_BYTES);
            backlog.push(said(count, texts, len));
            count += texts as u64;
            assert!(backlog.bytes <= longest, "{} of {longest}", backlog.bytes);
        }
        let bytes: usize = backlog.said.iter().map(|said| bytes(said)).sum();
        let messages: u64 = backlog.said.iter().map(|said| said.count()).sum();
        assert_eq!((backlog.bytes, backlog.messages), (bytes, messages));
    }

    #[test]
    fn the_oldest_comes_first_and_nothing_that_ends_before_the_place() {
        let mut backlog = Backlog::default();
        for count in [1, 4, 7] {
            backlog.push(said(count, 3, 1));
        }
        for (from, firsts) in [
            (1, &[1, 4, 7][..]),
            (3, &[1, 4, 7]),
            (4, &[4, 7]),
            (9, &[7]),
            (10, &[]),
        ] {
            let got = backlog.oldest_first(from).map(|said| said.first.count);
            assert_eq!(got.collect::<Vec<_>>(), firsts, "from {from}");
        }
    }

    #[test]
    fn the_newest_comes_first_and_nothing_that_begins_after_the_place() {
        let mut backlog = Backlog::default();
        for count in [1, 4, 7] {
            backlog.push(said(count, 3, 1));
        }
        for (until, firsts) in [(9, &[7, 4, 1][..]), (7, &[7, 4, 1]), (6, &[4, 1]), (0, &[])] {
            let got = backlog.newest_first(until).map(|said| said.first.count);
            assert_eq!(got.collect::<Vec<_>>(), firsts, "until {until}");
        }
    }
}
