//! The words of the protocol: port, methods, frames, payloads.

use crate::Username;

/// The TCP port of a server that is not told to use another one.
pub const PORT: u16 = 8765;

/// What a frame says. CHAT/1.0 has these three methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// A member comes.
    Join,
    /// A member goes.
    Leave,
    /// A member says something.
    Text,
}

impl Method {
    /// All of them, the most frequent first.
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Join, Self::Leave];

    /// The word on the start line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Join => "JOIN",
            Self::Leave => "LEAVE",
            Self::Text => "TEXT",
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
    },
    /// A member goes.
    Leave {
        /// Who goes: the `Username` header.
        username: Username<'a>,
    },
    /// A member says something.
    Text {
        /// Who says it: the `Username` header.
        username: Username<'a>,
        /// What is said: the `Msg-len` bytes after the blank line.
        payload: Payload<'a>,
    },
}

impl<'a> Frame<'a> {
    /// The word on the start line.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Join { .. } => Method::Join,
            Self::Leave { .. } => Method::Leave,
            Self::Text { .. } => Method::Text,
        }
    }

    /// Who the frame is from.
    #[must_use]
    pub const fn username(&self) -> &Username<'a> {
        match self {
            Self::Join { username } | Self::Leave { username } | Self::Text { username, .. } => {
                username
            }
        }
    }
}

/// What a TEXT says: at least one byte. It is UTF-8 by convention only, so whoever shows it replaces bytes that are not.
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
