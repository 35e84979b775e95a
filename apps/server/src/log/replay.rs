//! Replays: what a member asks of the past, and the bytes that answer it.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use hubbub_wire::{
    Frame, Hex128, Id, Label, MAX_EARLIER, Payload, Stamp, Time, Token, Username, encode,
};

use crate::batch::Batch;
use crate::said::Seq;

/// The most bytes of a replay, apart from a single message that is longer. They count as used memory as long as
/// somebody has to write them; a line of 2 Mbit/s takes them in a second.
const MAX_BYTES: usize = 256 * 1024;

/// How many replays are remembered while somebody still has to write them. When everybody comes back at once, they ask
/// the same, and only the people who talk then make a difference.
const MAX_REMEMBERED: usize = 16;

/// What a member wants of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// What came after this place of this room.
    Since(Hex128, Token<'static>),
    /// The last messages, at most so many.
    Recent(u32),
    /// The last messages before this place, at most so many.
    Before(Token<'static>, u32),
    /// Not what came after this place of this room, but whether anything is kept of it.
    Whether(Hex128, Token<'static>),
}

/// The answer: the newest of what was asked for, as much as one replay may have.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    /// Stamped TEXTs with `Past`, oldest first, shared by all who ask the same.
    pub(crate) texts: Option<Arc<Batch>>,
    /// After [`Ask::Since`], if there is more: the place of the newest message that is kept up to there, if only the
    /// disk knows it. After [`Ask::Before`], if what came directly before that place is no longer kept: the last text
    /// here.
    pub(crate) after: Option<Seq>,
    /// Whether something older is kept. After [`Ask::Since`], whether something between that place and the first text
    /// is.
    pub(crate) more: bool,
    /// Whether what came directly before the first text is no longer kept and was asked for, or the place is unknown.
    pub(crate) lost: bool,
}

impl Replay {
    /// Nothing is known of what was asked for.
    pub(crate) const LOST: Self = Self {
        texts: None,
        after: None,
        more: false,
        lost: true,
    };

    /// This page from memory, with what the disk knows of the rest.
    pub(super) fn completed(self, rest: &Self) -> Self {
        let more = self.more || rest.more;
        Self {
            after: rest.after.filter(|_| more),
            more,
            lost: !self.more && rest.lost,
            ..self
        }
    }
}

/// An answer now or later.
#[derive(Debug)]
pub(crate) enum Past {
    /// The answer.
    Here(Replay),
    /// It comes here. If the sender is dropped, nothing can be said of the past.
    Later(flume::Receiver<Replay>),
}

/// One text of a replay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) name: &'a Username<'a>,
    pub(super) seq: Seq,
    pub(super) own: Option<Id>,
    pub(super) time: Time,
    pub(super) payload: Payload<'a>,
}

impl Line<'_> {
    fn encode(&self, out: &mut Vec<u8>) {
        let token = |text: String| Token::new(text);
        let seq = self.seq.to_string();
        let id = self.own.map_or_else(|| seq.clone(), |own| own.to_string());
        let (Some(id), Some(seq)) = (token(id), token(seq)) else {
            return;
        };
        let stamp = Stamp {
            id,
            seq,
            time: self.time,
            past: true,
        };
        let frame = Frame::Text {
            username: self.name.borrowed(),
            payload: self.payload,
            label: Label::Stamped(stamp),
        };
        encode(&frame, out);
    }
}

/// A replay in the making, from its newest text to its oldest.
#[derive(Debug)]
pub(super) struct Page {
    /// The frames, the newest first.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    most: usize,
}

impl Page {
    /// An empty one for so many texts at most.
    pub(super) fn new(most: u32) -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            most: most.min(MAX_EARLIER) as usize,
        }
    }

    /// Adds the text before those that it has. Returns `false` if there is no place for it.
    pub(super) fn add(&mut self, line: &Line<'_>) -> bool {
        if self.ends.len() >= self.most {
            return false;
        }
        let before = self.bytes.len();
        if before + line.payload.as_bytes().len() > MAX_BYTES && before > 0 {
            return false;
        }
        line.encode(&mut self.bytes);
        if self.bytes.len() > MAX_BYTES && before > 0 {
            self.bytes.truncate(before);
            return false;
        }
        self.ends.push(self.bytes.len());
        true
    }

    /// The frames, the oldest first. `None` if there are none.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        let Self { bytes, ends, .. } = self;
        if ends.len() <= 1 {
            return (!ends.is_empty()).then_some(bytes);
        }
        let mut ordered = Vec::with_capacity(bytes.len());
        let mut end = bytes.len();
        for &begin in ends.iter().rev().skip(1).chain(&[0]) {
            ordered.extend_from_slice(&bytes[begin..end]);
            end = begin;
        }
        Some(ordered)
    }
}

/// Which texts a replay has to have: those after the first count up to the second, and at most so many.
pub(super) type Range = (u64, u64, u32);

/// What was encoded lately and is still held by somebody.
#[derive(Debug)]
pub(super) struct Remembered<K, V> {
    replays: VecDeque<(K, V, Weak<Batch>)>,
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        let replays = VecDeque::new();
        Self { replays }
    }
}

impl<K: PartialEq, V: Copy> Remembered<K, V> {
    /// The texts that answer this, and what else is known of them, if somebody holds them.
    pub(super) fn find(&self, key: &K) -> Option<(V, Arc<Batch>)> {
        let (_, value, texts) = self.replays.iter().find(|(known, ..)| known == key)?;
        Some((*value, texts.upgrade()?))
    }

    /// Remembers texts for as long as somebody holds them.
    pub(super) fn remember(&mut self, key: K, value: V, texts: &Arc<Batch>) {
        self.replays
            .retain(|(known, _, texts)| *known != key && texts.strong_count() > 0);
        if self.replays.len() >= MAX_REMEMBERED {
            self.replays.pop_front();
        }
        self.replays.push_back((key, value, Arc::downgrade(texts)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hubbub_wire::Hex64;

    use crate::memory::Memory;

    fn add(page: &mut Page, count: u64, payload: &[u8]) -> bool {
        let generation = 1;
        page.add(&Line {
            name: &Username::new("ada", 3).unwrap(),
            seq: Seq { generation, count },
            own: None,
            time: Time::from_unix_ms(0),
            payload: Payload::new(payload).unwrap(),
        })
    }

    #[test]
    fn a_replay_is_stamped_with_past_and_stands_oldest_first() {
        let mut page = Page::new(9);
        let name = Username::new("bo", 3).unwrap();
        let (session, count) = (Hex64(5), 7);
        assert!(add(&mut page, 3, b"later"));
        assert!(page.add(&Line {
            name: &name,
            seq: Seq {
                generation: 1,
                count: 2
            },
            own: Some(Id { session, count }),
            time: Time::from_unix_ms(1),
            payload: Payload::new(b"early").unwrap(),
        }));
        let frames = "CHAT/1.0 TEXT\r\nUsername: bo\r\nMsg-len: 5\r\nId: 0000000000000005-7\r\n\
                      Seq: 0000000000000001-2\r\nTime: 1970-01-01T00:00:00.001Z\r\nPast: yes\r\n\r\nearly\
                      CHAT/1.0 TEXT\r\nUsername: ada\r\nMsg-len: 5\r\nId: 0000000000000001-3\r\n\
                      Seq: 0000000000000001-3\r\nTime: 1970-01-01T00:00:00.000Z\r\nPast: yes\r\n\r\nlater";
        let bytes = page.finish().unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), frames);
    }

    #[test]
    fn a_replay_has_as_many_messages_as_are_asked_for_but_never_more_than_200() {
        for (asked, most) in [
            (0, 0),
            (1, 1),
            (199, 199),
            (200, 200),
            (201, 200),
            (u32::MAX, 200),
        ] {
            let mut page = Page::new(asked);
            let taken = (0..300).take_while(|&count| add(&mut page, count, b"x"));
            assert_eq!(taken.count(), most, "{asked} asked for");
            assert_eq!(page.finish().is_none(), most == 0);
        }
    }

    #[test]
    fn a_replay_has_256_kib_and_not_a_byte_more() {
        let mut page = Page::new(9);
        add(&mut page, 1, b"x");
        let small = page.finish().unwrap().len();
        // The length of the other has six digits, and that of this one has one.
        let fits = MAX_BYTES - small - (small - 1 + 5);
        for (len, fits) in [(fits, true), (fits + 1, false), (2 * MAX_BYTES, false)] {
            let mut page = Page::new(9);
            assert!(add(&mut page, 2, b"x"));
            assert_eq!(add(&mut page, 1, &vec![b'y'; len]), fits);
            let bytes = page.finish().unwrap().len();
            assert_eq!(bytes, if fits { MAX_BYTES } else { small });
        }
    }

    #[test]
    fn one_longer_message_is_a_replay_alone() {
        let mut page = Page::new(9);
        assert!(add(&mut page, 2, &vec![b'y'; 2 * MAX_BYTES]));
        assert!(!add(&mut page, 1, b"x"));
        assert!(page.finish().unwrap().len() > 2 * MAX_BYTES);
    }

    #[test]
    fn a_replay_is_remembered_while_somebody_holds_it_and_there_are_not_too_many() {
        let mut remembered = Remembered::default();
        let memory = Memory::new(0);
        let held: Vec<_> = (0..=MAX_REMEMBERED as u64)
            .map(|until| {
                let texts = Batch::alone(vec![b'x'], &memory);
                remembered.remember((0, until, 9), 1, &texts);
                texts
            })
            .collect();
        assert!(remembered.find(&(0, 0, 9)).is_none());
        assert!(remembered.find(&(1, 1, 9)).is_none() && remembered.find(&(0, 1, 8)).is_none());
        let (first, texts) = remembered.find(&(0, 1, 9)).unwrap();
        assert_eq!(first, 1);
        assert!(Arc::ptr_eq(&texts, &held[1]));
        drop((texts, held));
        assert!(remembered.find(&(0, 1, 9)).is_none());
        assert_eq!(memory.excess(), 0);
        remembered.remember((0, 1, 9), 1, &Batch::alone(vec![b'x'], &memory));
        assert_eq!(remembered.replays.len(), 1);
    }
}
