//! Events: what peers tell the hub, and why they go.

use std::fmt;
use std::sync::Arc;

use hubbub_wire::{DecodeError, Id, Offer, Token, Username};

use crate::address::{Address, Origin};
#[cfg(feature = "admin")]
use crate::bans::{Bans, Board};
use crate::guests::Guest;
use crate::id::PeerId;
use crate::memory::Held;
#[cfg(feature = "admin")]
use crate::orders::{Answer, Order};
use crate::outbox::Outbox;
#[cfg(feature = "tls")]
use crate::password::{Password, Turn};
use crate::room::Refusal;
use crate::texts::Texts;
#[cfg(feature = "tls")]
use crate::tls::Identity;

/// What a peer tells the hub at a time: everything that one read brought.
pub type Mail = Vec<Event>;

/// What a peer tells the hub. A peer begins with `Connected` and ends with `Gone`, unless the hub has let go of it
/// before.
#[derive(Debug)]
pub enum Event {
    /// A new connection. It is not a member yet.
    Connected {
        /// Which.
        peer: PeerId,
        /// Takes its deliveries. When it is dropped, the peer's write half writes what is queued and ends.
        outbox: Outbox,
        /// Where it comes from.
        from: Origin,
        /// Its place among those that have not joined.
        guest: Guest,
    },
    /// A connection is to go if it has not joined: it was heard longest ago, and there are too many.
    CrowdedOut {
        /// Which.
        peer: PeerId,
    },
    /// A JOIN.
    Join {
        /// Whose.
        peer: PeerId,
        /// Under which name.
        name: Username<'static>,
        /// What comes directly after it.
        offered: Offered,
    },
    /// What comes directly after the JOIN, where that came in a later read. Never [`Offered::NotYet`].
    Offered {
        /// Whose.
        peer: PeerId,
        /// Under which name, if it is an offer.
        name: Option<Username<'static>>,
        /// What.
        offered: Offered,
    },
    /// TEXTs that arrived together under one name.
    Said {
        /// Whose.
        peer: PeerId,
        /// The name in their heads.
        name: Username<'static>,
        /// The sender's own name for the first, if all of them have one and these follow each other without a gap.
        own: Option<Id>,
        /// What they say.
        texts: Texts,
        /// Counts them while they wait for the hub or for their place in the log.
        held: Held,
    },
    /// A TEXT over the limit, which was skipped.
    TooLong {
        /// Whose.
        peer: PeerId,
        /// Its length, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: usize,
    },
    /// An EARLIER. The next one comes when this one is answered; see
    /// [`Delivery::ends_answer`](crate::outbox::Delivery::ends_answer).
    Earlier {
        /// Whose.
        peer: PeerId,
        /// Before which place it wants messages.
        before: Token<'static>,
        /// How many at most.
        count: u32,
    },
    /// A LEAVE.
    Leave {
        /// Whose.
        peer: PeerId,
        /// Under which name.
        name: Username<'static>,
    },
    /// The peer holds a part of a text, and has noticed that all peers together hold more than they may.
    NoRoom {
        /// Whose it is.
        peer: PeerId,
    },
    /// Its connection still stands: the answer to [`Outbox::ask`].
    StillHere {
        /// Whose.
        peer: PeerId,
    },
    /// The connection has ended, or is of no use any more.
    Gone {
        /// Which.
        peer: PeerId,
        /// Why.
        why: Departure,
    },
    /// The message of the day is another one now, or there is none any more.
    Motd(Option<String>),
    /// The password of the room is this one now. The turn with its file ends when that is done.
    #[cfg(feature = "tls")]
    Password(Password, Turn),
    /// The server proves itself with this to those who come from now on.
    #[cfg(feature = "tls")]
    Identity(Identity),
    /// Somebody asks whether the hub still takes mail.
    Probe {
        /// Takes the answer.
        answer: flume::Sender<()>,
    },
    /// The bans that are kept from before, and where the door finds those that last.
    #[cfg(feature = "admin")]
    Bans {
        /// All of them.
        bans: Arc<Bans>,
        /// Takes each later list.
        board: Board,
    },
    /// An administrator wants something.
    #[cfg(feature = "admin")]
    Admin {
        /// What.
        order: Order,
        /// Takes the one answer.
        reply: flume::Sender<Answer>,
    },
    /// The server stops. Everybody gets what is queued and goes.
    Stop,
}

impl Event {
    /// The peer that it is about. `None` for what is about the whole room.
    #[must_use]
    pub fn peer(&self) -> Option<PeerId> {
        match *self {
            Self::Connected { peer, .. }
            | Self::CrowdedOut { peer }
            | Self::Join { peer, .. }
            | Self::Offered { peer, .. }
            | Self::Said { peer, .. }
            | Self::TooLong { peer, .. }
            | Self::Earlier { peer, .. }
            | Self::Leave { peer, .. }
            | Self::NoRoom { peer }
            | Self::StillHere { peer }
            | Self::Gone { peer, .. } => Some(peer),
            Self::Motd(_) | Self::Probe { .. } | Self::Stop => None,
            #[cfg(feature = "tls")]
            Self::Password(..) | Self::Identity(_) => None,
            #[cfg(feature = "admin")]
            Self::Bans { .. } | Self::Admin { .. } => None,
        }
    }

    /// How much memory the event takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let texts = match self {
            Self::Said { texts, .. } => texts.size(),
            _ => 0,
        };
        size_of::<Self>() + texts
    }
}

/// What comes directly after a JOIN.
#[derive(Debug, Default)]
pub enum Offered {
    /// Nothing has come yet.
    #[default]
    NotYet,
    /// Something else than an offer that counts.
    No,
    /// An offer of another version, which does not count either.
    OtherVersion,
    /// An offer of our version.
    Yes(Box<Candidate>),
}

/// Who offers.
#[derive(Debug)]
pub struct Candidate {
    /// What.
    pub offer: Offer<'static>,
    /// Where it comes from.
    pub address: Arc<Address>,
}

impl Offered {
    /// The offer, if there is one.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer<'static>> {
        match self {
            Self::Yes(candidate) => Some(&candidate.offer),
            Self::NotYet | Self::No | Self::OtherVersion => None,
        }
    }

    /// Whether the peer reads a NOTICE.
    #[must_use]
    pub fn is_offer(&self) -> bool {
        matches!(self, Self::Yes(_) | Self::OtherVersion)
    }
}

/// Why a peer is no longer here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Departure {
    /// It sent LEAVE.
    Left,
    /// It closed the connection without a LEAVE.
    Closed,
    /// It connected and went without a byte, as programs do that check whether a server is there.
    SaidNothing,
    /// The connection failed: reset, timed out, unreachable.
    Failed(std::io::ErrorKind),
    /// It broke the protocol.
    Broke(DecodeError),
    /// It did not take what was said: its outbox was full or a write missed its deadline.
    TooSlow,
    /// What it was to get from the log did not come in time.
    Unanswered,
    /// It did not JOIN in time.
    NeverJoined,
    /// It had not joined, and there were too many of those.
    CrowdedOut,
    /// It spoke no TLS where nothing else is spoken.
    Plain,
    /// Its TLS came to nothing.
    NoTls,
    /// It was a browser that asked for something, and has the answer.
    Answered,
    /// It held the most of an unfinished text when the memory for those was used up.
    OutOfMemory,
    /// It stopped in the middle of a text for too long.
    TextStalled,
    /// Its JOIN was refused.
    Refused(Refusal),
    /// The same member has connected anew.
    Replaced,
    /// It has a grant and sent a text beyond the limit. No later text of it may be acknowledged.
    BeyondLimit,
    /// It has a grant and left out a count. No later text of it may be acknowledged.
    LeftOutText,
    /// An operator has put it out.
    Kicked,
    /// An operator has banned its address.
    Banned,
}

impl Departure {
    /// Whether a member with a grant keeps its place for a while, since its program comes back.
    #[must_use]
    pub const fn keeps_place(self) -> bool {
        match self {
            Self::Closed
            | Self::SaidNothing
            | Self::Failed(_)
            | Self::TooSlow
            | Self::Unanswered
            | Self::OutOfMemory
            | Self::TextStalled
            | Self::Replaced => true,
            Self::Left
            | Self::Broke(_)
            | Self::NeverJoined
            | Self::CrowdedOut
            | Self::Plain
            | Self::NoTls
            | Self::Answered
            | Self::Refused(_)
            | Self::BeyondLimit
            | Self::LeftOutText
            | Self::Kicked
            | Self::Banned => false,
        }
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("it left"),
            Self::Closed => f.write_str("it closed the connection"),
            Self::SaidNothing => f.write_str("it said nothing"),
            Self::Failed(kind) => write!(f, "the connection failed: {kind}"),
            Self::Broke(why) => write!(f, "it broke the protocol: {why}"),
            Self::TooSlow => f.write_str("slow consumer: it did not take what was said"),
            Self::Unanswered => f.write_str("what it was to get from the log did not come"),
            Self::OutOfMemory => f.write_str(
                "its unfinished text did not fit: the memory limit is reached; see --memory-limit",
            ),
            Self::TextStalled => {
                f.write_str("nothing of its unfinished text came in time; see --text-timeout")
            }
            Self::NeverJoined => f.write_str("it did not join in time"),
            Self::CrowdedOut => {
                f.write_str("it had not joined, and others came: too many have not")
            }
            Self::Plain => f.write_str("it speaks no TLS"),
            Self::NoTls => f.write_str("there is no TLS between it and us"),
            Self::Answered => f.write_str("it is answered"),
            Self::Replaced => f.write_str("the same member has connected anew"),
            Self::BeyondLimit => {
                f.write_str("it sent a text beyond the limit that it was told; see --max-payload")
            }
            Self::LeftOutText => f.write_str("it left out the count of a text"),
            Self::Refused(Refusal::NameTaken) => f.write_str("its name is taken"),
            Self::Refused(Refusal::NameReserved) => f.write_str("its name is reserved"),
            Self::Refused(Refusal::NoPassword) => f.write_str("it has shown no password"),
            Self::Refused(Refusal::WrongPassword) => f.write_str("it has shown a wrong password"),
            Self::Refused(Refusal::OtherVersion) => {
                f.write_str("it offers another version, so that its password cannot be read")
            }
            Self::Refused(Refusal::Kicked { .. }) => {
                f.write_str("its name or address was kicked a moment ago")
            }
            Self::Refused(Refusal::Banned { .. }) | Self::Banned => {
                f.write_str("its address is banned")
            }
            Self::Kicked => f.write_str("it was kicked"),
        }
    }
}
