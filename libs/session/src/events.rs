//! Events: what goes through the two channels between session and screen.

use std::time::{Duration, SystemTime};

use hubbub_transport::{Address, Password, Pin};
use hubbub_wire::{Hex128, Kept, Username};

use crate::TURNED_AWAY;

/// The code of a refusal because of the password.
const PASSWORD: &str = "password";

/// Names one message of the user's own on its whole way, from the screen to the socket and back. The screen counts them
/// up.
pub type MessageId = u64;

/// What the user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Send a text. While there is no connection, texts wait in order.
    Say {
        /// Comes back in [`Event::Written`], [`Event::Arrived`] or [`Event::Unsure`].
        id: MessageId,
        /// Never empty. Lines end in LF.
        text: String,
    },
    /// Connect now, without waiting for the end of the back-off. After [`Event::Replaced`], take the place back; after
    /// [`Event::Kicked`], ask to come in again; after [`Event::KeyChanged`], look again which key the server has.
    Retry,
    /// Network or computer may be back: connect now if only the back-off is waited for, and if there is a connection,
    /// ask the server whether it is there. It changes nothing after a refusal, nor where [`Retry`](Self::Retry) is up to
    /// the user.
    Wake,
    /// The answer to [`Event::AsksTrust`]: a person says that this is the server's key. Connect to exactly this one.
    Trust {
        /// The key that was asked about.
        pin: Pin,
    },
    /// The answer to [`Event::AsksPassword`]: connect with this one. It goes to that server, and to others of the room only
    /// if they have the same key.
    Password {
        /// Which server was asked about.
        address: Address,
        /// What the user typed.
        password: Password,
    },
    /// Fetch messages that are older than the oldest known one. [`Event::Earlier`] answers. At most one is under way at
    /// a time: another one before the answer is ignored, and so is one before [`Event::CaughtUp`]. [`Event::Lost`] ends
    /// it without an answer.
    Earlier,
    /// Ask the server whether it is there. [`Event::Pong`] answers, if the server grants.
    Ping {
        /// Comes back in the answer.
        id: u64,
    },
    /// Go by another name, because the server refused this one: connect under it now.
    Rename {
        /// The new name.
        username: Username<'static>,
    },
    /// Write a LEAVE, close the connection and end the thread, all within one second, even when the server does not
    /// read.
    Leave,
}

/// An event and its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When the server says that it happened, or else when the network thread saw it.
    pub at: SystemTime,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An attempt to connect begins.
    Connecting,
    /// Of the several servers that a page knows, it is at this one now, or tries to get there. Elsewhere nobody is told:
    /// there a room goes by all of its addresses.
    Server {
        /// Which: one of the addresses of the room.
        address: Address,
    },
    /// Nothing says that the server's key is the right one, so a person is asked. The connection is closed, and nothing
    /// of the user was sent. There is no reconnect before [`Intent::Trust`] or [`Intent::Retry`], which asks again.
    AsksTrust {
        /// Which server: one of the addresses of the room.
        address: Address,
        /// The key that the server has.
        pin: Pin,
        /// Why the system does not vouch for it: one line, lower case, no full stop.
        why: String,
    },
    /// The server has another key than the one that is known. The connection is closed, and nothing of the user was
    /// sent. There is no reconnect before [`Intent::Retry`], which looks again; nothing says yes to the other key.
    KeyChanged {
        /// Which server: one of the addresses of the room. The next attempt begins with another one, if there is one.
        address: Address,
        /// The keys that would be right.
        known: Vec<Pin>,
        /// The key that the server has.
        offered: Pin,
        /// Why the known ones were believed.
        reason: Reason,
        /// Since when they are known. `None`: they are not stored, so that there is nothing to forget. With
        /// [`Reason::Pin`] the invitation or an option names them; with [`Reason::Asked`] it is the key to which the
        /// person has just said yes, in this run, and the server has now shown another one.
        since: Option<SystemTime>,
    },
    /// The room wants a password, or another one than it got. The connection is closed. There is no reconnect before
    /// [`Intent::Password`] or [`Intent::Retry`], which never repeats a password that was refused.
    AsksPassword {
        /// Which server: one of the addresses of the room.
        address: Address,
        /// Whether one was refused.
        refused: bool,
    },
    /// Nobody reads along on the way to the server, and it is the one that is believed. It follows [`Event::Granted`].
    /// Where no key was named and there is no password, it also comes some seconds after [`Event::Connected`] from a
    /// server that does not grant but has let us in. What was learnt of the address is stored now, unless a notice says
    /// [`NOT_KEPT`](crate::NOT_KEPT).
    Secured {
        /// Why the key was believed.
        reason: Reason,
        /// Since when it is known.
        since: SystemTime,
        /// The key. `None`: a browser shows none.
        pin: Option<Pin>,
        /// Whether the server says that this is so for everybody in the room.
        all_private: bool,
    },
    /// The connection stands and the JOIN is written. From now on the server's frames say anew who is here.
    Connected,
    /// The connection has ended, or the attempt to connect has failed.
    Lost {
        /// Why, in words for a person: one line, lower case, no full stop. If the server refused us, these are its
        /// words.
        why: String,
        /// Why, for a program.
        cause: Cause,
        /// The next attempt begins after this time, counted from the stamp. After [`Intent::Leave`] there is none, and
        /// this is [`Duration::MAX`], as it is where there is none before [`Intent::Retry`].
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
    /// The server granted the extension: it tells who is here, what was said before, and what has arrived.
    Granted {
        /// Which log this is. Another id means another past.
        room: Hex128,
        /// How long messages are kept.
        kept: Kept,
        /// Whether the past that follows is what was missed since [`Options::seen`](crate::Options::seen) or since the
        /// last connection.
        resumed: bool,
    },
    /// Everybody who is here, the user included. It replaces what was known.
    Present {
        /// Their names.
        names: Vec<String>,
    },
    /// Somebody said something: somebody else, or in the past perhaps the user.
    Said {
        /// Who.
        name: String,
        /// Never empty. Lines end in LF, and bytes that are not UTF-8 are replaced.
        text: String,
        /// What came, if it is not UTF-8.
        bytes: Option<Vec<u8>>,
        /// Where it stands in the log; `None` from a plain server.
        mark: Option<Mark>,
    },
    /// Some messages between those that came before and those that come next are not kept any more, or were too many.
    Gap,
    /// What was missed is complete. From now on everything is live.
    CaughtUp {
        /// The place in the log up to which everything is known.
        last: String,
        /// Whether there is something older than the oldest known message, to be fetched by [`Intent::Earlier`].
        more: bool,
    },
    /// The answer to [`Intent::Earlier`].
    Earlier {
        /// Messages older than all known ones, the oldest first. Each is an [`Event::Said`], or an [`Event::Gap`] where
        /// some are not kept any more. What comes after the last of them is the oldest message that was known.
        messages: Vec<Stamped>,
        /// Whether there is something older still.
        more: bool,
        /// Whether something older is not kept any more.
        lost: bool,
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
    /// The message is in the log.
    Arrived {
        /// Which message.
        id: MessageId,
        /// The place in the log up to which everything is known now.
        seq: String,
    },
    /// This message may not have arrived: the connection broke while it was being written, or the server refused us
    /// afterwards. The session does not send it again by itself.
    Unsure {
        /// Which message.
        id: MessageId,
    },
    /// The server has answered an [`Intent::Ping`].
    Pong {
        /// Which one.
        id: u64,
    },
    /// After [`Intent::Leave`], the server has closed the connection in good order: it has read all that was written.
    Parted,
    /// The same member has connected elsewhere, and this connection has ended. There is no reconnect before
    /// [`Intent::Retry`].
    Replaced,
    /// An operator has put the user out of the room, and this connection has ended. There is no reconnect before
    /// [`Intent::Retry`].
    Kicked {
        /// The server's words: one line, lower case, no full stop.
        why: String,
    },
    /// The server tells something, or the session itself: with the code `too-long`, and with
    /// [`NOT_KEPT`](crate::NOT_KEPT).
    Notice {
        /// What it is about, such as `motd`, `paused` or `too-long`. Unknown codes are shown by their words. The same
        /// `motd` is told once, however often the server tells it.
        code: String,
        /// The words.
        text: String,
    },
    /// The screen took nothing for so long that the oldest events were thrown away.
    Missed {
        /// How many.
        events: usize,
    },
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// There was none: no such host, no network, or nobody takes the connection.
    Unreachable,
    /// The server closed it soon and without a word, as some do because of the offer of the extension. The next attempt
    /// goes without one.
    PutOff,
    /// The server at one of several addresses did not let us in. The next one is tried at once.
    Elsewhere,
    /// It was closed or broken.
    CutOff,
    /// What listens there does not speak as a CHAT server does.
    NotChat,
    /// The server refused us.
    Refused {
        /// By what, if it tells programs: the code of its notice, such as `name` or `banned`. It is [`TLS`](crate::TLS)
        /// where a server takes nobody in plain, and [`TURNED_AWAY`](crate::TURNED_AWAY) where it does not even begin.
        code: Option<String>,
    },
    /// We were to speak in plain to an address that is known with TLS. Nobody was asked, and no attempt follows before
    /// [`Intent::Retry`].
    Plain,
    /// What is known of the servers' keys cannot be read, so that no server is believed. No attempt follows before
    /// [`Intent::Retry`].
    BadFile,
}

/// Why a server's key was believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An invitation names it, or an option of the program.
    Pin,
    /// A person was asked, and said yes.
    Asked,
    /// An authority of the system vouches for it: name and dates are right.
    Authority,
    /// The browser believes it, for its own reasons.
    Browser,
}

impl Cause {
    /// Whether the server refused us.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether it says nothing yet of the room: the next attempt is made in another way.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::PutOff | Self::Elsewhere)
    }

    /// Whether another server of the room may let us in all the same. Of ours, one that is full, or meets too many from
    /// one address, says so without a code.
    pub(crate) fn is_of_one_server(&self) -> bool {
        match self {
            Self::Unreachable | Self::CutOff | Self::NotChat | Self::Elsewhere => true,
            Self::Refused { code } => code.as_deref().is_none_or(|code| code == TURNED_AWAY),
            Self::PutOff | Self::Plain | Self::BadFile => false,
        }
    }

    /// Whether the server has seen the name and refused us, perhaps for it.
    pub(crate) fn is_after_join(&self) -> bool {
        self.is_refusal()
            && !matches!(self, Self::Refused { code: Some(code) } if code == TURNED_AWAY)
    }

    /// Whether the room wants a password, or another one than it got.
    pub(crate) fn wants_password(&self) -> bool {
        matches!(self, Self::Refused { code: Some(code) } if code == PASSWORD)
    }
}

/// Where a message stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its place: opaque, compared for equality only.
    pub seq: String,
    /// Its name, which stays the same wherever it is told again.
    pub id: String,
    /// Whether it is replayed, and not live.
    pub past: bool,
    /// `None`: somebody else's, or nobody knows.
    pub own: Option<Ours>,
}

/// Which message of the user's own it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ours {
    /// One of this run of the program, or one that it has carried on. It is shown already where it was sent.
    Here(MessageId),
    /// One that had arrived before this run began to carry the session on.
    Before,
}

/// The last message that was seen in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which log.
    pub room: Hex128,
    /// The place of the message in it.
    pub seq: String,
}
