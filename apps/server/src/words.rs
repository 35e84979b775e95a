//! Everything that `server` says to a peer once it has a place.

use std::borrow::Cow;
use std::time::Duration;

use hubbub_wire::{Frame, Notice, Payload, Token, Username, encode};

use crate::room::Refusal;

#[cfg(feature = "web")]
mod goodbye;

#[cfg(feature = "web")]
pub(crate) use goodbye::goodbye;

/// A message of the server as a TEXT frame. An empty message gives no bytes.
#[must_use]
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(payload) = Payload::new(text.as_bytes()) {
        let username = Username::SERVER;
        encode(&Frame::text(username, payload), &mut bytes);
    }
    bytes
}

/// What a NOTICE is about. Programs know these codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The message of the day.
    Motd,
    /// The server stops.
    Stopping,
    /// The same member has connected elsewhere.
    Replaced,
    /// A text was beyond the limit.
    TooLong,
    /// What is said is in memory only.
    KeepingStopped,
    /// Messages are kept again.
    KeepingResumed,
    /// What is said waits for the other nodes.
    #[cfg(feature = "cluster")]
    Paused,
    /// It goes on.
    #[cfg(feature = "cluster")]
    Resumed,
    /// An operator has put the member out.
    Kicked,
    /// A refusal: nobody else may have the name, or nobody at all.
    Name,
    /// A refusal: an operator lets nobody in from this address.
    Banned,
    /// A refusal: the password is missing or wrong.
    Password,
    /// A refusal: the password cannot be read.
    Version,
    /// The pin of the key to come.
    #[cfg(feature = "tls")]
    NextKey,
    /// An operator says something to everybody.
    #[cfg(feature = "admin")]
    Said,
}

impl Code {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Motd => "motd",
            Self::Stopping => "stopping",
            Self::Replaced => "replaced",
            Self::TooLong => "too-long",
            Self::KeepingStopped => "keeping-stopped",
            Self::KeepingResumed => "keeping-resumed",
            #[cfg(feature = "cluster")]
            Self::Paused => "paused",
            #[cfg(feature = "cluster")]
            Self::Resumed => "resumed",
            Self::Kicked => "kicked",
            Self::Name => "name",
            Self::Banned => "banned",
            Self::Password => "password",
            Self::Version => "version",
            #[cfg(feature = "tls")]
            Self::NextKey => "next-key",
            #[cfg(feature = "admin")]
            Self::Said => "said",
        }
    }
}

/// A message of the server to a member with a grant, as a NOTICE.
#[must_use]
pub(crate) fn notice(name: &Username<'_>, code: Code, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let (Some(code), Some(text)) = (Token::new(code.as_str()), Payload::new(text.as_bytes())) {
        let id = None;
        let notice = Notice { code, id, text };
        let username = name.borrowed();
        encode(&Frame::Notice { username, notice }, &mut bytes);
    }
    bytes
}

/// The peer speaks no TLS, and nothing else is spoken here. Programs know these words.
#[cfg(any(feature = "tls", feature = "web"))]
pub(crate) const WANTS_TLS: &str = "this room wants TLS";

/// As many of the peer's address as may be there without having joined wait for the server.
#[cfg(any(feature = "tls", feature = "web"))]
pub(crate) const CROWDED: &str =
    "too many of your address are about to join; try again in a moment";

/// The server stops.
pub(crate) const STOPPING: &str = "the server stops";

/// The disk of the history fails.
pub(crate) const KEEPING_STOPPED: &str =
    "messages are not kept at the moment: the server's disk does not take them";

/// The disk of the history works again.
pub(crate) const KEEPING_RESUMED: &str = "messages are kept again";

/// The stream of a cluster takes nothing.
#[cfg(feature = "cluster")]
pub(crate) const PAUSED: &str =
    "the room is paused: what is said waits until the server reaches the others again";

/// It takes records again.
#[cfg(feature = "cluster")]
pub(crate) const RESUMED: &str = "the room goes on";

/// A newer connection has taken the place of this one.
pub(crate) const REPLACED: &str = "you have connected from elsewhere";

impl Code {
    /// What a refusal is about.
    pub(crate) const fn of(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NameTaken | Refusal::NameReserved => Self::Name,
            Refusal::NoPassword | Refusal::WrongPassword => Self::Password,
            Refusal::OtherVersion => Self::Version,
            Refusal::Kicked { .. } => Self::Kicked,
            Refusal::Banned { .. } => Self::Banned,
        }
    }
}

/// Why a JOIN was refused.
#[must_use]
pub(crate) fn refused(refusal: Refusal) -> Cow<'static, str> {
    match refusal {
        Refusal::NameTaken => "this name is taken; join under another one".into(),
        Refusal::NameReserved => "the name server is reserved; join under another one".into(),
        Refusal::NoPassword => {
            "this room has a password; come in with a program of Hubbub and an invitation to the room".into()
        }
        Refusal::WrongPassword => {
            "this is not the password of the room; ask whoever runs it for an invitation".into()
        }
        Refusal::OtherVersion => {
            "this room has a password, and the server cannot read yours; use a program of the server's version".into()
        }
        Refusal::Kicked { seconds } => {
            let wait = wait(seconds);
            format!("an operator has put this name or address out of the room; come back in {wait}")
                .into()
        }
        Refusal::Banned { seconds } => banned(seconds).into(),
    }
}

/// The address of the peer is banned, for so many more seconds or for good.
#[must_use]
pub(crate) fn banned(seconds: Option<u32>) -> String {
    let address = "an operator has banned your address from the room";
    match seconds {
        None => address.to_owned(),
        Some(seconds) => format!("{address}; come back in {}", wait(seconds)),
    }
}

/// The peer is put out, and may come back after so many seconds.
#[cfg(feature = "admin")]
#[must_use]
pub(crate) fn kicked(seconds: u32) -> String {
    format!(
        "an operator has put you out of the room; you may come back in {}",
        wait(seconds)
    )
}

fn wait(seconds: u32) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(seconds.into()))
}

/// A text was longer than the limit. Both lengths are in bytes.
#[must_use]
pub(crate) fn too_long(len: u64, limit: usize) -> String {
    format!("your text of {len} bytes was not sent: {limit} bytes is the most")
}

/// The peer is closed because of its unfinished text.
pub(crate) const OUT_OF_MEMORY: &str =
    "your text was not sent: the server has no room for so much at the moment; try again later";

/// The peer is closed because nothing of its text came for this long.
#[must_use]
pub(crate) fn text_stalled(time: Duration) -> String {
    format!("your text was not sent: nothing of it came for {time:?}; send it again")
}
