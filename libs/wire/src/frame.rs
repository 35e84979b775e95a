//! The words of the protocol: port, methods, frames, payloads.

use crate::extension::{Grant, Id, Label, Notice, Offer, Replayed, Token};
use crate::{Time, Username};

/// The TCP port of a server that is not told to use another one.
pub const PORT: u16 = 8765;

/// What a frame says. CHAT/1.0 has the first three methods, and the extension the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A member comes.
    Join,
    /// A member goes.
    Leave,
    /// A member says something.
    Text,
    /// Texts have arrived.
    Ack,
    /// Who is here.
    Present,
    /// A replay has ended.
    Replayed,
    /// A client wants older messages.
    Earlier,
    /// Is anybody there?
    Ping,
    /// Yes.
    Pong,
    /// The server tells something.
    Notice,
}

impl Method {
    /// Those of CHAT/1.0, the most frequent first.
    pub(crate) const PLAIN: [Self; 3] = [Self::Text, Self::Join, Self::Leave];

    /// Those of the extension.
    pub(crate) const EXTENSION: [Self; 7] = [
        Self::Ack,
        Self::Present,
        Self::Replayed,
        Self::Earlier,
        Self::Ping,
        Self::Pong,
        Self::Notice,
    ];

    /// Whether a client may send it.
    pub(crate) const fn is_for_servers(self) -> bool {
        match self {
            Self::Join | Self::Leave | Self::Text | Self::Earlier | Self::Ping => true,
            Self::Ack | Self::Present | Self::Replayed | Self::Pong | Self::Notice => false,
        }
    }

    /// The word on the start line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "JOIN",
            Self::Leave => "LEAVE",
            Self::Text => "TEXT",
            Self::Ack => "ACK",
            Self::Present => "PRESENT",
            Self::Replayed => "REPLAYED",
            Self::Earlier => "EARLIER",
            Self::Ping => "PING",
            Self::Pong => "PONG",
            Self::Notice => "NOTICE",
        }
    }
}

/// One frame. Whatever a value of this type holds can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A member comes.
    Join {
        /// Who comes: the `Username` header.
        username: Username<'a>,
        /// When, in a stamped frame.
        time: Option<Time>,
    },
    /// A member goes.
    Leave {
        /// Who goes: the `Username` header.
        username: Username<'a>,
        /// When, in a stamped frame.
        time: Option<Time>,
    },
    /// A member says something.
    Text {
        /// Who says it: the `Username` header.
        username: Username<'a>,
        /// What is said: the `Msg-len` bytes after the blank line.
        payload: Payload<'a>,
        /// What the extension adds.
        label: Label<'a>,
    },
    /// A client offers the extension: a TEXT without payload.
    Offer {
        /// Who offers.
        username: Username<'a>,
        /// What.
        offer: Offer<'a>,
    },
    /// A server grants the extension: a TEXT without payload.
    Grant {
        /// Who gets it. So it is in all frames below, where the server sends them.
        username: Username<'a>,
        /// What.
        grant: Grant,
    },
    /// All texts of a session up to this one are in the log.
    Ack {
        /// Whose they are.
        username: Username<'a>,
        /// The last of them.
        id: Id,
        /// Its place in the log.
        seq: Token<'a>,
    },
    /// Who is here. In a very full room several of them come, and what they say adds up.
    Present {
        /// Who gets it.
        username: Username<'a>,
        /// The names, one a line.
        names: Payload<'a>,
    },
    /// A replay has ended.
    Replayed {
        /// Who gets it.
        username: Username<'a>,
        /// What it was.
        replayed: Replayed<'a>,
    },
    /// A client wants older messages.
    Earlier {
        /// Who wants them.
        username: Username<'a>,
        /// Those before this place in the log, which may be [`OWN_JOIN`](crate::OWN_JOIN).
        before: Token<'a>,
        /// How many at most: 1 to [`MAX_EARLIER`](crate::MAX_EARLIER).
        count: u32,
    },
    /// Is anybody there?
    Ping {
        /// Who asks.
        username: Username<'a>,
        /// Comes back in the PONG.
        id: Token<'a>,
    },
    /// The answer to a PING.
    Pong {
        /// Who asked.
        username: Username<'a>,
        /// That of the PING.
        id: Token<'a>,
    },
    /// A server tells a person something.
    Notice {
        /// Who gets it.
        username: Username<'a>,
        /// What.
        notice: Notice<'a>,
    },
}

impl<'a> Frame<'a> {
    /// A JOIN of CHAT/1.0.
    #[must_use]
    pub const fn join(username: Username<'a>) -> Self {
        let time = None;
        Self::Join { username, time }
    }

    /// A LEAVE of CHAT/1.0.
    #[must_use]
    pub const fn leave(username: Username<'a>) -> Self {
        let time = None;
        Self::Leave { username, time }
    }

    /// A TEXT of CHAT/1.0.
    #[must_use]
    pub const fn text(username: Username<'a>, payload: Payload<'a>) -> Self {
        Self::Text {
            username,
            payload,
            label: Label::Plain,
        }
    }

    /// The word on the start line.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Join { .. } => Method::Join,
            Self::Leave { .. } => Method::Leave,
            Self::Text { .. } | Self::Offer { .. } | Self::Grant { .. } => Method::Text,
            Self::Ack { .. } => Method::Ack,
            Self::Present { .. } => Method::Present,
            Self::Replayed { .. } => Method::Replayed,
            Self::Earlier { .. } => Method::Earlier,
            Self::Ping { .. } => Method::Ping,
            Self::Pong { .. } => Method::Pong,
            Self::Notice { .. } => Method::Notice,
        }
    }

    /// The `Username` header.
    #[must_use]
    pub const fn username(&self) -> &Username<'a> {
        match self {
            Self::Join { username, .. }
            | Self::Leave { username, .. }
            | Self::Text { username, .. }
            | Self::Offer { username, .. }
            | Self::Grant { username, .. }
            | Self::Ack { username, .. }
            | Self::Present { username, .. }
            | Self::Replayed { username, .. }
            | Self::Earlier { username, .. }
            | Self::Ping { username, .. }
            | Self::Pong { username, .. }
            | Self::Notice { username, .. } => username,
        }
    }
}

/// What a TEXT says: at least one byte. It is UTF-8 by convention only, so whoever shows it replaces bytes that are
/// not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Payload<'a>(&'a [u8]);

impl<'a> Payload<'a> {
    /// `None` if there are no bytes, since every reader ignores a TEXT without a payload.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Option<Self> {
        if bytes.is_empty() {
            None
        } else {
            Some(Self(bytes))
        }
    }

    /// The bytes, of which there is at least one.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}
