//! Events: what goes through the two channels between session and screen.

use std::time::{Duration, SystemTime};

/// Names one message of the user's own on its whole way, from the screen to the socket and back. The screen counts them
/// up.
pub type MessageId = u64;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Send a text. While there is no connection, texts wait in order.
    Say {
        /// Comes back in [`Event::Written`] or [`Event::Unsure`].
        id: MessageId,
        /// Never empty. Lines end in LF.
        text: String,
    },
    /// Connect now, without waiting for the end of the back-off.
    Retry,
    /// Write a LEAVE, close the connection and end the thread, all within one second, even when the server does not
    /// read.
    Leave,
}

/// An event and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When the network thread saw it.
    pub at: SystemTime,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An attempt to connect begins.
    Connecting,
    /// The connection stands and the JOIN is written. From now on the server's frames say anew who is here.
    Connected,
    /// The connection has ended, or the attempt to connect has failed.
    Lost {
        /// Why, in words for a person: one line, lower case, no full stop.
        why: String,
        /// Whether the server refused us. Its words are then in `why`.
        refused: bool,
        /// The next attempt begins after this time, counted from the stamp.
        retry_in: Duration,
    },
    /// Somebody else joined.
    Joined {
        /// Who.
        name: String,
    },
    /// Somebody else left.
    Left {
        /// Who.
        name: String,
    },
    /// Somebody else said something.
    Said {
        /// Who.
        name: String,
        /// Never empty. Lines end in LF, and bytes that are not UTF-8 are replaced.
        text: String,
    },
    /// Somebody else said something that was cut off: the rest will not come.
    CutOff {
        /// Who.
        name: String,
        /// The part that came, as in [`Event::Said`]. It may be empty.
        text: String,
        /// How many bytes are missing.
        missing: usize,
    },
    /// The socket took the whole frame of this message.
    Written {
        /// Which message.
        id: MessageId,
    },
    /// This message may not have arrived: the connection broke while it was being written, or the server refused us
    /// afterwards. The session does not send it again by itself.
    Unsure {
        /// Which message.
        id: MessageId,
    },
    /// The screen took nothing for so long that the oldest events were thrown away.
    Missed {
        /// How many.
        events: usize,
    },
}
