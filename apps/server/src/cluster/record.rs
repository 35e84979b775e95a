//! Records: what a node puts into the stream at a time, and its bytes. Plain values, no clock, no engine.
//!
//! The bytes begin with a word, their format, node, count and generation; the items follow up to the end. They are
//! judged only by whether they can be read. Limits bind the node that writes, never those that read.

use std::fmt;

use hubbub_wire::{Hex64, Hex128};

pub(crate) use self::draft::{Draft, Taken};
pub(crate) use self::item::Item;
pub(super) use self::item::{
    read_id, read_option, read_texts, write_id, write_option, write_texts,
};
use super::NodeId;
use super::bytes::{Reader, Write, len_of_name};

mod draft;
mod item;

/// The newest format of records and snapshots that this server reads and writes.
pub(crate) const NEWEST_FORMAT: u16 = 1;

/// The most bytes of a record. With the headers of the engine it has to stay below the 1 MiB that an engine takes, and
/// the longest text has to fit.
pub(crate) const RECORD_BYTES: usize = 512 * 1024;

/// The most items of a record. It bounds the memory that a record takes once it is read.
pub(crate) const RECORD_ITEMS: usize = 16 * 1024;

/// The longest text, in bytes, that fits into a record whoever says it.
pub(crate) const LONGEST_TEXT: usize =
    RECORD_BYTES - HEAD - SAY - len_of_name(u8::MAX as usize) - LENGTH;

/// What every record begins with, so that no message of another program looks like one of a newer version.
const WORD: [u8; 4] = *b"hubr";

/// The size of what stands before the items: word, format, node, count and generation.
const HEAD: usize = 4 + 2 + 8 + 8 + 8;

/// The size of an item that says something, without the name and the texts.
const SAY: usize = 1 + 8 + 1 + 16 + LENGTH;

/// The size of a length.
const LENGTH: usize = 4;

/// What a node puts into the stream at a time. An empty one says that the node is alive.
#[derive(Debug)]
pub(crate) struct Record {
    /// The node.
    pub(crate) node: NodeId,
    /// Which of its records, from 1. It rises; one that is not above all before it is void.
    pub(crate) count: u64,
    /// That of the room that the node knows; 0 for none. In another one the record is void.
    pub(crate) generation: u64,
    /// What happened, in order.
    pub(crate) items: Vec<Item>,
}

/// How a member is known when it comes back, as everybody may know it who can read the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// A digest of its secret.
    pub(crate) mark: Hex128,
    /// The run of its program.
    pub(crate) session: Hex64,
    /// The number of its attempt to connect.
    pub(crate) attempt: u64,
}

impl Ticket {
    /// Whether it is from an earlier attempt of the same program than the other one.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        self.session == other.session && self.attempt < other.attempt
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.put_u128(self.mark.0);
        out.put_u64(self.session.0);
        out.put_u64(self.attempt);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            mark: Hex128(reader.u128()?),
            session: Hex64(reader.u64()?),
            attempt: reader.u64()?,
        })
    }
}

/// Why bytes are no record or no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// They have a format that this server does not know: a newer one wrote them.
    Newer(u16),
    /// They are damaged, or never were one.
    Damaged,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(format) => write!(
                f,
                "the cluster writes format {format}, and this server reads none above {NEWEST_FORMAT}; install the \
                 version that the other nodes have"
            ),
            Self::Damaged => f.write_str("the bytes are damaged"),
        }
    }
}

/// Reads what stands first: a word and the number of the format.
pub(super) fn readable(reader: &mut Reader<'_>, word: [u8; 4]) -> Result<(), Unreadable> {
    let is_ours = reader.bytes(word.len()) == Some(&word);
    match reader.u16().filter(|_| is_ours) {
        None | Some(0) => Err(Unreadable::Damaged),
        Some(format) if format > NEWEST_FORMAT => Err(Unreadable::Newer(format)),
        Some(_) => Ok(()),
    }
}

impl Record {
    /// Its bytes, in a format that all nodes can read.
    #[cfg(test)]
    pub(crate) fn to_bytes(&self, format: u16) -> Vec<u8> {
        let mut out = head(self.node, self.count, self.generation, format);
        for item in &self.items {
            item.write(&mut out);
        }
        out
    }

    /// Reads a record.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > RECORD_BYTES {
            return Err(Unreadable::Damaged);
        }
        let mut reader = Reader(bytes);
        readable(&mut reader, WORD)?;
        Self::read(&mut reader).ok_or(Unreadable::Damaged)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (node, count) = (NodeId(reader.u64()?), reader.u64()?);
        let generation = reader.u64()?;
        let mut items = Vec::new();
        while !reader.0.is_empty() {
            if items.len() >= RECORD_ITEMS {
                return None;
            }
            let item = Item::read(reader)?;
            if matches!(item, Item::Epoch { .. }) && !items.is_empty() {
                return None;
            }
            items.push(item);
        }
        Some(Self {
            node,
            count,
            generation,
            items,
        })
    }
}

fn head(node: NodeId, count: u64, generation: u64, format: u16) -> Vec<u8> {
    let mut out = WORD.to_vec();
    out.put_u16(format);
    out.put_u64(node.0);
    out.put_u64(count);
    out.put_u64(generation);
    out
}

#[cfg(test)]
mod tests;
