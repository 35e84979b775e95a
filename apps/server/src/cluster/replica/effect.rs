//! What a node learns from a record: what has become of each item, and who is gone by it.

use std::fmt;
use std::sync::Arc;

use hubbub_wire::{Id, Time};

use crate::cluster::record::{Ticket, Unreadable};
use crate::cluster::{Incarnation, NodeId};
use crate::id::Name;
use crate::said::{Said, Seq};

/// What comes of a record, in order.
///
/// Each item of a node that is here, and that is for a connection, has exactly one effect of its own: what it is for
/// says which.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A record was read that had not been read before. What comes of its items follows, if its node is here.
    Read {
        /// Whose.
        node: NodeId,
        /// Which.
        count: u64,
    },
    /// A JOIN: a connection is a member now, which everybody hears, unless it takes the place of another one.
    Joined {
        /// Which.
        who: Incarnation,
        /// Under which name.
        name: Name,
        /// How it is known when it comes back.
        ticket: Option<Ticket>,
        /// The connection whose place it takes. Nobody hears of that.
        replaces: Option<Incarnation>,
        /// The highest count of its session that is in the log at this place.
        arrived: u64,
        /// When.
        time: Time,
    },
    /// A JOIN was void: somebody else has the name, or a newer connection is the member.
    Refused {
        /// Whose.
        who: Incarnation,
    },
    /// An offer: a member is known by this from now on.
    Known {
        /// Which.
        who: Incarnation,
        /// By what.
        ticket: Ticket,
        /// The highest count of its session that is in the log at this place.
        arrived: u64,
    },
    /// A TEXT: a member said something.
    Said {
        /// Which.
        who: Incarnation,
        /// What, and where it stands.
        said: Arc<Said>,
    },
    /// A TEXT: all that a member said is in the log already: to be acknowledged, and not to be said.
    Arrived {
        /// Which.
        who: Incarnation,
        /// All texts of its session up to this one are in the log.
        id: Id,
        /// The place of that one.
        seq: Seq,
    },
    /// A TEXT: what a member said does not follow what it said before.
    Broken {
        /// Which.
        who: Incarnation,
    },
    /// A TEXT, LEAVE or offer was void: its connection is not a member (any more), or the offer is older than that of
    /// another one. A JOIN, if its connection is a member already.
    Void {
        /// Whose.
        who: Incarnation,
    },
    /// A LEAVE, or something else by which a member is gone.
    Left {
        /// Which.
        who: Incarnation,
        /// Why.
        why: Why,
        /// When.
        time: Time,
    },
    /// A node is gone, after the LEAVEs of its members. If that is this node, all that it proposes is void until it
    /// starts anew.
    Gone {
        /// Which.
        node: NodeId,
    },
    /// The room has begun anew, after the LEAVEs of all members. Every node has to start and its members have to join
    /// anew.
    Epoch,
}

/// Why a member is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its node says so.
    Left,
    /// Its node is gone.
    NodeGone,
    /// Its node has stopped.
    NodeStopped,
    /// It is here by another connection, under another name.
    Renamed,
    /// The room began anew.
    Epoch,
}

/// Why a node cannot go on from what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The others write a format that this server cannot read. It has to end.
    Newer(u16),
    /// The snapshot in the stream as of this place is not what this node has. It has to begin anew from the newest.
    Differs(u64),
    /// This node knows nothing of the room, and there is a snapshot as of this place now. It has to begin anew from it.
    Found(u64),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(format) => Unreadable::Newer(*format).fmt(f),
            Self::Differs(place) => write!(
                f,
                "the room of this node differs from the snapshot of it as of place {place} of the stream"
            ),
            Self::Found(place) => write!(
                f,
                "there is a snapshot of the room as of place {place} of the stream now"
            ),
        }
    }
}
