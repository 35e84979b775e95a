//! Writing: a frame on its way into the socket. Pure.

use std::fmt;

use hubbub_wire::{Frame, Id, Label, Offer, Payload, Username, encode};

use crate::MessageId;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A JOIN, and perhaps an offer.
    Join,
    /// A text.
    Text {
        /// Which message.
        id: MessageId,
        /// Its count, if the server has granted that.
        count: Option<u64>,
    },
    /// A wish for older messages.
    Earlier,
    /// Whether anybody is there.
    Ping {
        /// What the user asked, if it was the user who asked.
        id: Option<u64>,
    },
    /// A LEAVE.
    Leave,
}

/// A frame and how much of it the socket has taken. Its `Debug` says nothing of what stands in it.
pub struct Outgoing {
    kind: Kind,
    bytes: Vec<u8>,
    written: usize,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut outgoing = f.debug_struct("Outgoing");
        outgoing.field("kind", &self.kind);
        outgoing.field("written", &self.written);
        outgoing.finish_non_exhaustive()
    }
}

impl Outgoing {
    /// A JOIN and an offer go out together: a server settles both at once.
    pub(crate) fn join(username: &Username<'_>, offer: Option<&Offer<'_>>) -> Self {
        let mut join = Self::new(Kind::Join, &Frame::join(username.borrowed()));
        if let Some(offer) = offer.cloned() {
            let username = username.borrowed();
            encode(&Frame::Offer { username, offer }, &mut join.bytes);
        }
        join
    }

    /// `None` for an empty text, which cannot be sent.
    pub(crate) fn text(
        username: &Username<'_>,
        id: MessageId,
        own: Option<Id>,
        text: &str,
    ) -> Option<Self> {
        let payload = Payload::new(text.as_bytes())?;
        let frame = Frame::Text {
            username: username.borrowed(),
            payload,
            label: own.map_or(Label::Plain, Label::Own),
        };
        let count = own.map(|own| own.count);
        Some(Self::new(Kind::Text { id, count }, &frame))
    }

    pub(crate) fn leave(username: &Username<'_>) -> Self {
        Self::new(Kind::Leave, &Frame::leave(username.borrowed()))
    }

    pub(crate) fn new(kind: Kind, frame: &Frame<'_>) -> Self {
        let mut bytes = Vec::new();
        encode(frame, &mut bytes);
        let written = 0;
        Self {
            kind,
            bytes,
            written,
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The bytes that the socket has not taken yet.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    pub(crate) fn advance(&mut self, bytes: usize) {
        self.written += bytes;
    }

    pub(crate) fn is_untouched(&self) -> bool {
        self.written == 0
    }

    pub(crate) fn is_done(&self) -> bool {
        self.written == self.bytes.len()
    }
}
