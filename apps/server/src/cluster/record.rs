//! Records: what a node puts into the stream at a time, and its bytes. Plain values, no clock, no engine.
//!
//! The bytes begin with a word, their format, node, count and generation; the items follow up to the end. They are
//! judged only by whether they can be read. Limits bind the node that writes, never those that read.

use std::fmt;

use hubbub_wire::{Hex64, Hex128, Id, Payload};

pub(crate) use self::draft::{Draft, Taken};
use super::NodeId;
use super::bytes::{Reader, Write, len_of_name};
use crate::id::Name;
use crate::texts::Texts;

mod draft;

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

/// One thing that a node proposes. Connections are numbers of that node.
#[derive(Debug)]
pub(crate) enum Item {
    /// The node is here. Without this, or once the node is gone, all else that it says is void, apart from an epoch.
    Start {
        /// The newest format of records that it can read.
        newest_format: u16,
        /// After how long without a record it is gone, in seconds.
        timeout_s: u32,
    },
    /// A connection joins.
    Join {
        /// Which.
        connection: u64,
        /// Under which name.
        name: Name,
        /// How it is known when it comes back, if it offers the extension.
        ticket: Option<Ticket>,
        /// It was a member when its node was taken for gone, and takes nobody's place now.
        again: bool,
    },
    /// A member that has joined without an offer makes one.
    Offer {
        /// Which.
        connection: u64,
        /// How it is known from now on.
        ticket: Ticket,
    },
    /// A member says something.
    Say {
        /// Which.
        connection: u64,
        /// Its name, so that the past can be read without knowing who was there.
        name: Name,
        /// Its own name for the first text, if it counts them.
        own: Option<Id>,
        /// What, in order.
        texts: Texts,
    },
    /// A member goes.
    Leave {
        /// Which.
        connection: u64,
    },
    /// The node stops. Whoever is still here of its members goes.
    Stop,
    /// Nobody knows what was before: the room begins anew, empty, with places of its own. It is the first of a record.
    Epoch {
        /// Void if another one stands after this place.
        since: u64,
    },
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

/// The first byte of each item.
mod kind {
    pub(super) const START: u8 = 1;
    pub(super) const JOIN: u8 = 2;
    pub(super) const OFFER: u8 = 3;
    pub(super) const SAY: u8 = 4;
    pub(super) const LEAVE: u8 = 5;
    pub(super) const STOP: u8 = 6;
    pub(super) const EPOCH: u8 = 7;
}

impl Item {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Start {
                newest_format,
                timeout_s,
            } => {
                out.put_u8(kind::START);
                out.put_u16(*newest_format);
                out.put_u32(*timeout_s);
            }
            Self::Join {
                connection,
                name,
                ticket,
                again,
            } => {
                out.put_u8(kind::JOIN);
                out.put_u64(*connection);
                out.put_name(name);
                out.put_u8((*again).into());
                write_option(ticket.as_ref(), out, Ticket::write);
            }
            Self::Offer { connection, ticket } => {
                out.put_u8(kind::OFFER);
                out.put_u64(*connection);
                ticket.write(out);
            }
            Self::Say {
                connection,
                name,
                own,
                texts,
            } => {
                out.put_u8(kind::SAY);
                out.put_u64(*connection);
                out.put_name(name);
                write_option(own.as_ref(), out, write_id);
                write_texts(texts, out);
            }
            Self::Leave { connection } => {
                out.put_u8(kind::LEAVE);
                out.put_u64(*connection);
            }
            Self::Stop => out.put_u8(kind::STOP),
            Self::Epoch { since } => {
                out.put_u8(kind::EPOCH);
                out.put_u64(*since);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match reader.u8()? {
            kind::START => Self::Start {
                newest_format: reader.u16().filter(|&format| format > 0)?,
                timeout_s: reader.u32()?,
            },
            kind::JOIN => Self::Join {
                connection: reader.u64()?,
                name: reader.name()?,
                again: reader.bool()?,
                ticket: read_option(reader, Ticket::read)?,
            },
            kind::OFFER => Self::Offer {
                connection: reader.u64()?,
                ticket: Ticket::read(reader)?,
            },
            kind::SAY => Self::Say {
                connection: reader.u64()?,
                name: reader.name()?,
                own: read_option(reader, read_id)?,
                texts: read_texts(reader)?,
            },
            kind::LEAVE => Self::Leave {
                connection: reader.u64()?,
            },
            kind::STOP => Self::Stop,
            kind::EPOCH => Self::Epoch {
                since: reader.u64()?,
            },
            _ => return None,
        })
    }
}

/// Writes something, or that it is not there.
pub(super) fn write_option<T>(some: Option<&T>, out: &mut Vec<u8>, write: fn(&T, &mut Vec<u8>)) {
    out.put_u8(some.is_some().into());
    if let Some(some) = some {
        write(some, out);
    }
}

/// Reads something, or that it is not there.
pub(super) fn read_option<T>(
    reader: &mut Reader<'_>,
    read: fn(&mut Reader<'_>) -> Option<T>,
) -> Option<Option<T>> {
    if reader.bool()? {
        read(reader).map(Some)
    } else {
        Some(None)
    }
}

/// Writes a member's own name for a text.
pub(super) fn write_id(id: &Id, out: &mut Vec<u8>) {
    out.put_u64(id.session.0);
    out.put_u64(id.count);
}

/// Reads a member's own name for a text. It counts from 1.
pub(super) fn read_id(reader: &mut Reader<'_>) -> Option<Id> {
    let session = Hex64(reader.u64()?);
    let count = reader.u64().filter(|&count| count > 0)?;
    Some(Id { session, count })
}

/// Writes texts.
pub(super) fn write_texts(texts: &Texts, out: &mut Vec<u8>) {
    out.put_len(texts.count());
    for payload in texts.iter() {
        write_text(payload, out);
    }
}

fn write_text(payload: Payload<'_>, out: &mut Vec<u8>) {
    out.put_len(payload.as_bytes().len());
    out.extend_from_slice(payload.as_bytes());
}

/// Reads texts, of which there is at least one.
pub(super) fn read_texts(reader: &mut Reader<'_>) -> Option<Texts> {
    let count = reader.len().filter(|&count| count > 0)?;
    let mut texts = Texts::default();
    for _ in 0..count {
        let len = reader.len()?;
        texts.push(Payload::new(reader.bytes(len)?)?);
    }
    Some(texts)
}

#[cfg(test)]
mod tests;
