//! Records: what a node puts into the stream at a time, and its bytes. Plain values, no clock, no engine.

use hubbub_wire::{Hex64, Hex128, Id};

use super::NodeId;
use crate::id::Name;
use crate::texts::Texts;

/// What a node puts into the stream at a time. An empty one says that the node is alive.
#[derive(Debug)]
pub(crate) struct Record {
    /// The node.
    pub(crate) node: NodeId,
    /// Which of its records. It rises; one that is not above all before it is void.
    pub(crate) count: u64,
    /// What happened, in order.
    pub(crate) items: Vec<Item>,
}

/// One thing that a node proposes. Connections are numbers of that node.
#[derive(Debug)]
pub(crate) enum Item {
    /// The node is here. Without this, or once the node is gone, all else that it says is void.
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
    /// Nobody knows what was before: the room begins anew, empty, with places of its own.
    Epoch,
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
