//! A record in the making: a node fills it from what waits, up to what a record may have.

use std::sync::Arc;

use super::{Item, LENGTH, RECORD_BYTES, RECORD_ITEMS, SAY, head};
use crate::cluster::NodeId;
use crate::cluster::bytes::len_of_name;
use crate::texts::Texts;

/// A record in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    bytes: Vec<u8>,
    items: usize,
}

/// What was taken of an item.
#[derive(Debug)]
pub(crate) enum Taken {
    /// All of it.
    Whole,
    /// The first of its texts, which are this item now. The others are left. The record is full.
    Part(Item),
    /// Nothing. The record is full.
    Nothing,
}

impl Draft {
    /// An empty record of a node that knows the room of this generation.
    pub(crate) fn new(node: NodeId, count: u64, generation: u64, format: u16) -> Self {
        let bytes = head(node, count, generation, format);
        Self { bytes, items: 0 }
    }

    /// Takes as much of an item as has space. An empty record takes at least a part of every item whose texts are no
    /// longer than [`LONGEST_TEXT`](super::LONGEST_TEXT).
    pub(crate) fn take(&mut self, item: &mut Item) -> Taken {
        let is_first_only = matches!(item, Item::Epoch { .. });
        if self.items >= RECORD_ITEMS || is_first_only && self.items > 0 {
            return Taken::Nothing;
        }
        let before = self.bytes.len();
        item.write(&mut self.bytes);
        if self.bytes.len() <= RECORD_BYTES {
            self.items += 1;
            return Taken::Whole;
        }
        self.bytes.truncate(before);
        match self.split(item) {
            Some(first) => {
                first.write(&mut self.bytes);
                self.items += 1;
                Taken::Part(first)
            }
            None => Taken::Nothing,
        }
    }

    /// Takes the first texts out of an item, as many as have space.
    fn split(&self, item: &mut Item) -> Option<Item> {
        let Item::Say {
            connection,
            name,
            own,
            texts,
        } = item
        else {
            return None;
        };
        let name_len = len_of_name(name.as_str().len());
        let mut space = RECORD_BYTES.checked_sub(self.bytes.len() + SAY + name_len)?;
        let mut first = Texts::default();
        for payload in texts.iter() {
            let Some(left) = space.checked_sub(LENGTH + payload.as_bytes().len()) else {
                break;
            };
            space = left;
            first.push(payload);
        }
        if first.count() == 0 {
            return None;
        }
        let part = Item::Say {
            connection: *connection,
            name: Arc::clone(name),
            own: *own,
            texts: first,
        };
        let Item::Say { texts: first, .. } = &part else {
            return None;
        };
        texts.skip(first.count());
        if let Some(own) = own {
            own.count = own.count.saturating_add(first.count() as u64);
        }
        Some(part)
    }

    /// Whether nothing was taken: such a record is a sign of life.
    pub(crate) const fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// The bytes of the record.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
