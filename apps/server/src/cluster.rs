//! One room on many machines: what a node and its engine say to each other, as plain values in two queues.
//!
//! The stream is the room. A node gives the engine records (`record`); the stream gives each its place; and every node,
//! also the one whose record it is, applies all records in that order to the same room (`replica`). Nodes say nothing
//! to each other but by the stream. From time to time one of them puts a snapshot of the room into the stream, so that
//! a node that starts needs only that and the records since.
//!
//! The engine is a thread of its own (`engine`), and the only place that knows NATS.

use std::fmt;

use hubbub_wire::{Hex128, Time};

mod bytes;
pub(crate) mod engine;
pub(crate) mod record;
pub(crate) mod replica;

/// A node: one start of a server. It is drawn at random and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(pub(crate) u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One connection of one node, as all nodes know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Incarnation {
    /// The node.
    pub(crate) node: NodeId,
    /// Its number for the connection, which it never uses again.
    pub(crate) connection: u64,
}

/// What the node gives the engine.
#[derive(Debug)]
pub(crate) enum Order {
    /// Publishes a record. That it was taken is not answered: it comes back in its place, or it is given once more.
    Publish {
        /// Whose, and which of its records: the message id, by which the stream drops some that come twice.
        node: NodeId,
        /// See above.
        count: u64,
        /// Whether somebody says something in it. What is read of the past is only these.
        has_texts: bool,
        /// The record.
        bytes: Vec<u8>,
    },
    /// Puts a snapshot into the stream, in pieces, and its head after them. If that fails, there will be another one.
    Snapshot {
        /// The place up to which everything is in it.
        place: u64,
        /// A digest of it.
        hash: [u8; 32],
        /// The room.
        bytes: Vec<u8>,
    },
    /// Reads the records of the past that have texts.
    Read {
        /// The answer bears it.
        number: u64,
        /// From which place to which, both included; rising, and not across each other.
        ranges: Vec<(u64, u64)>,
    },
    /// This node has another room than the others. It wants to begin anew, as if the stream were another one.
    Anew {
        /// What differs, for the operator.
        why: String,
    },
}

/// What the engine gives the node.
#[derive(Debug)]
pub(crate) enum Answer {
    /// What stands next in the stream. The places follow each other without a gap.
    Entry {
        /// Its place.
        place: u64,
        /// When the stream took it. It may run backwards.
        time: Time,
        /// What it is.
        entry: Entry,
    },
    /// No engine is connected, or the stream takes nothing. What was published may be lost.
    Away,
    /// The stream takes records again.
    Back,
    /// Records of the past, as far as the stream still has them: place, time, record.
    Past {
        /// Of which question.
        number: u64,
        /// They have gaps where records without texts, and snapshots, stand.
        records: Vec<(u64, Time, Vec<u8>)>,
        /// The first place that the stream still has.
        first: u64,
    },
    /// The stream is not what it was: an engine has lost its disk, or it has trimmed what this node had not read. All
    /// that this node knows of the room is void. It begins anew with this; the entries after it follow.
    Anew {
        /// Why, for the operator.
        why: String,
        /// The room to begin with.
        start: Start,
    },
    /// The engine cannot be used with this configuration. The server has to stop.
    Fatal {
        /// Why, for the operator.
        why: String,
    },
}

/// What stands at a place of the stream.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A record of a node.
    Record(Vec<u8>),
    /// A snapshot of the room is complete.
    Snapshot {
        /// The place up to which everything is in it.
        place: u64,
        /// A digest of it.
        hash: [u8; 32],
    },
    /// Something that is for nobody: a piece of a snapshot, or a message of another program.
    Other,
}

/// The way to the engine.
#[derive(Debug)]
pub(crate) struct Link {
    /// Takes orders. It is bounded: what it does not take at once is as lost as what an engine loses. When it is
    /// dropped, the engine's thread ends.
    pub(crate) orders: flume::Sender<Order>,
    /// What the engine gives. It is bounded too, so that a busy node is read to more slowly.
    pub(crate) answers: flume::Receiver<Answer>,
    /// What the node begins with.
    pub(crate) start: Start,
}

/// What a node begins with.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    /// The name of the stream and when it was made: with another of either, the room is another one.
    pub(crate) stream: String,
    /// See above, in milliseconds since 1970.
    pub(crate) created: u64,
    /// The newest snapshot that is whole, and the place up to which everything is in it.
    pub(crate) snapshot: Option<(u64, Vec<u8>)>,
    /// The first place that the stream still has. If records are missing before it, the node knows nothing of the room,
    /// and begins at the end of the stream.
    pub(crate) first: u64,
    /// The last place at the start. The node has to have applied it before it lets anybody in.
    pub(crate) last: u64,
    /// The stream has lost what this node had read at its end, and gives those places once more. The room has to begin
    /// anew by an `Item::Epoch`, since members know other texts by the same places.
    pub(crate) is_rolled_back: bool,
}

impl Start {
    /// The place after which the entries follow that the node is given. Where records are missing behind the snapshot,
    /// or before everything, that is the end.
    pub(crate) fn place(&self) -> u64 {
        if self.is_lost() {
            self.last
        } else {
            self.known()
        }
    }

    /// Whether the stream has not enough to know the room.
    pub(crate) fn is_lost(&self) -> bool {
        self.first > self.known() + 1
    }

    /// The place up to which everything is in the snapshot.
    fn known(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |(place, _)| *place)
    }
}

/// How a member is known whose secret is this, as everybody may know it.
pub(crate) fn mark(secret: Hex128) -> Hex128 {
    let digest = ring::digest::digest(&ring::digest::SHA256, &secret.0.to_be_bytes());
    let bytes = digest.as_ref().iter().take(16);
    Hex128(bytes.fold(0, |mark, &byte| mark << 8 | u128::from(byte)))
}
