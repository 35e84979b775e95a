//! What was said last: texts without a gap, shared with whoever else holds them. It is bounded by what is the same on
//! every machine, and not by the memory that it takes, since all nodes must have the same.

use std::collections::VecDeque;
use std::sync::Arc;

use hubbub_wire::Time;

use crate::cluster::bytes::{Reader, Write};
use crate::cluster::record::{
    read_id, read_option, read_texts, write_id, write_option, write_texts,
};
use crate::said::{Said, Seq};

/// The most messages. It is five replays, and lasts for a day in a small room.
pub(super) const MAX_MESSAGES: u64 = 1000;

/// The most bytes, apart from a single read that has more.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// What each read of a peer counts for besides its texts, in bytes: names, numbers and pointers.
pub(super) const READ: usize = 128;

/// What each text counts for besides its payload, in bytes.
pub(super) const TEXT: usize = 8;

fn size(said: &Said) -> usize {
    READ + said.texts.payload() + said.texts.count() * TEXT
}

/// What was said last.
#[derive(Debug, Default)]
pub(super) struct LastSaid {
    said: VecDeque<Arc<Said>>,
    messages: u64,
    bytes: usize,
}

impl LastSaid {
    /// Adds what was said next, and lets go of what there is too much of. What came together goes together.
    pub(super) fn push(&mut self, said: Arc<Said>) {
        self.messages += said.count();
        self.bytes += size(&said);
        self.said.push_back(said);
        while let [Some(oldest), Some(_)] = [self.said.front(), self.said.get(1)]
            && (self.bytes > MAX_BYTES || self.messages - oldest.count() >= MAX_MESSAGES)
        {
            self.messages -= oldest.count();
            self.bytes -= size(oldest);
            self.said.pop_front();
        }
    }

    /// Oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Said>> {
        self.said.iter()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_len(self.said.len());
        for said in &self.said {
            out.put_name(&said.name);
            out.put_u64(said.time.unix_ms());
            write_option(said.own.as_ref(), out, write_id);
            write_texts(&said.texts, out);
        }
    }

    /// What ends at the place `last`.
    pub(super) fn read(reader: &mut Reader<'_>, last: Seq) -> Option<Self> {
        let mut all = Vec::new();
        for _ in 0..reader.len()? {
            all.push(Said {
                name: reader.name()?,
                first: last,
                time: Time::from_unix_ms(reader.u64()?),
                own: read_option(reader, read_id)?,
                texts: read_texts(reader)?,
            });
        }
        let texts: u64 = all.iter().map(Said::count).sum();
        let mut count = last.count.checked_sub(texts)? + 1;
        let mut said = Self::default();
        for mut one in all {
            one.first.count = count;
            count += one.count();
            // So that names for texts cannot overflow.
            one.own
                .is_none_or(|own| own.count.checked_add(one.count()).is_some())
                .then_some(())?;
            said.push(Arc::new(one));
        }
        Some(said)
    }
}
