//! Writing: a frame on its way into the socket. Pure.

use hubbub_wire::{Frame, Payload, Username, encode};

use crate::MessageId;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Join,
    Text(MessageId),
    Leave,
}

/// A frame and how much of it the socket has taken.
pub(crate) struct Outgoing {
    kind: Kind,
    bytes: Vec<u8>,
    written: usize,
}

impl Outgoing {
    pub(crate) fn join(username: Username<'_>) -> Self {
        Self::new(Kind::Join, &Frame::join(username))
    }

    /// `None` for an empty text, which cannot be sent.
    pub(crate) fn text(username: Username<'_>, id: MessageId, text: &str) -> Option<Self> {
        let payload = Payload::new(text.as_bytes())?;
        Some(Self::new(Kind::Text(id), &Frame::text(username, payload)))
    }

    pub(crate) fn leave(username: Username<'_>) -> Self {
        Self::new(Kind::Leave, &Frame::leave(username))
    }

    fn new(kind: Kind, frame: &Frame<'_>) -> Self {
        let mut bytes = Vec::new();
        encode(frame, &mut bytes);
        let written = 0;
        Self {
            kind,
            bytes,
            written,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The bytes that the socket has not taken yet.
    pub(crate) fn rest(&self) -> &[u8] {
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
