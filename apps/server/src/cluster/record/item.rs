//! The items of a record, and their bytes: the kind first, then what it has.

use hubbub_wire::{Hex64, Id, Payload};

use super::Ticket;
use crate::cluster::bytes::{Reader, Write};
use crate::id::Name;
use crate::texts::Texts;

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

/// The first byte of each item.
pub(super) mod kind {
    pub(in crate::cluster::record) const START: u8 = 1;
    pub(in crate::cluster::record) const JOIN: u8 = 2;
    pub(in crate::cluster::record) const OFFER: u8 = 3;
    pub(in crate::cluster::record) const SAY: u8 = 4;
    pub(in crate::cluster::record) const LEAVE: u8 = 5;
    pub(in crate::cluster::record) const STOP: u8 = 6;
    pub(in crate::cluster::record) const EPOCH: u8 = 7;
}

impl Item {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
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

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
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
pub(in crate::cluster) fn write_option<T>(
    some: Option<&T>,
    out: &mut Vec<u8>,
    write: fn(&T, &mut Vec<u8>),
) {
    out.put_u8(some.is_some().into());
    if let Some(some) = some {
        write(some, out);
    }
}

/// Reads something, or that it is not there.
pub(in crate::cluster) fn read_option<T>(
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
pub(in crate::cluster) fn write_id(id: &Id, out: &mut Vec<u8>) {
    out.put_u64(id.session.0);
    out.put_u64(id.count);
}

/// Reads a member's own name for a text. It counts from 1.
pub(in crate::cluster) fn read_id(reader: &mut Reader<'_>) -> Option<Id> {
    let session = Hex64(reader.u64()?);
    let count = reader.u64().filter(|&count| count > 0)?;
    Some(Id { session, count })
}

/// Writes texts.
pub(in crate::cluster) fn write_texts(texts: &Texts, out: &mut Vec<u8>) {
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
pub(in crate::cluster) fn read_texts(reader: &mut Reader<'_>) -> Option<Texts> {
    let count = reader.len().filter(|&count| count > 0)?;
    let mut texts = Texts::default();
    for _ in 0..count {
        let len = reader.len()?;
        texts.push(Payload::new(reader.bytes(len)?)?);
    }
    Some(texts)
}
