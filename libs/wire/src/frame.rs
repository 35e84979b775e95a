//! The words of the protocol: port, methods, frames, payloads, limits.

use crate::Username;

/// The TCP port of a server, unless it was told another one.
pub const PORT: u16 = 8765;

/// What a frame asks for. The assignment knows these three.
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

/// One unit on the wire. A value of this type can be sent, whatever it holds.
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

/// What a TEXT says: at least one byte. Usually UTF-8, but nothing guarantees it: whoever shows a payload replaces the
/// bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Payload<'a>(&'a [u8]);

impl<'a> Payload<'a> {
    /// `None` if there are no bytes: a reader ignores a TEXT without a payload.
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

/// How much a decoder takes from a peer. Settings, with the defaults in [`Limits::DEFAULT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload, in bytes; a longer one is skipped without being stored. 1 MiB holds any text that a person
    /// pastes, and a thousand peers in the middle of one still fit into a small machine's memory.
    pub max_payload: usize,
    /// Longest head, in bytes, start line to blank line. A regular one has under 120; 4 KiB is one page.
    pub max_head: usize,
    /// Most headers in a head. The protocol knows two; 32 leaves room for those of other people.
    pub max_headers: usize,
    /// Longest name, in bytes of UTF-8. 64 is a full name in any script and still fits on a line of a window.
    pub max_name: usize,
    /// Most noise in a row, in bytes, before the stream is given up. The programs in the wild that leave noise leave
    /// one message of it, which is a line or two; 4 KiB is that with room to spare.
    pub max_noise: usize,
}

impl Limits {
    /// The limits that both programs start with.
    pub const DEFAULT: Self = Self {
        max_payload: 1024 * 1024,
        max_head: 4096,
        max_headers: 32,
        max_name: 64,
        max_noise: 4096,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
