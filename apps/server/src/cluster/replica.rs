//! The room as all nodes have it: what follows from the records of the stream alone. Plain and deterministic: no clock,
//! no engine, no peers. Two nodes that have applied the same records are equal to the last bit.

use std::sync::Arc;

use hubbub_wire::{Id, Time};

use super::record::Ticket;
use super::{Incarnation, NodeId};
use crate::id::Name;
use crate::said::{Said, Seq};

/// What comes of a record, in order.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A connection is a member now, which everybody hears, unless it takes the place of another one.
    Joined {
        /// Which.
        who: Incarnation,
        /// Under which name.
        name: Name,
        /// How it is known when it comes back.
        ticket: Option<Ticket>,
        /// The connection whose place it takes. Nobody hears of that.
        replaces: Option<Incarnation>,
        /// When.
        time: Time,
    },
    /// A JOIN was void: somebody else has the name, or a newer connection is the member.
    Refused {
        /// Whose.
        who: Incarnation,
    },
    /// A member is known by this from now on.
    Known {
        /// Which.
        who: Incarnation,
        /// By what.
        ticket: Ticket,
    },
    /// A member said something.
    Said {
        /// Which.
        who: Incarnation,
        /// What, and where it stands.
        said: Arc<Said>,
    },
    /// All that a member said is in the log already: to be acknowledged, and not to be said.
    Arrived {
        /// Which.
        who: Incarnation,
        /// All texts of its session up to this one are in the log.
        id: Id,
        /// The place of that one.
        seq: Seq,
    },
    /// The texts of a member do not follow those before them.
    Broken {
        /// Which.
        who: Incarnation,
    },
    /// A TEXT, LEAVE or offer was void: its connection is not a member (any more).
    Void {
        /// Whose.
        who: Incarnation,
    },
    /// A member is gone.
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
    /// It is here under another name.
    Renamed,
    /// The room began anew.
    Epoch,
}
