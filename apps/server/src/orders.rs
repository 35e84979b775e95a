//! Orders: what an administrator wants of the hub, and what the hub answers. Plain values.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "tls")]
use hubbub_transport::Pin;
use hubbub_wire::{Time, Username};

use crate::address::Network;
use crate::bans::Bans;
use crate::id::Name;
#[cfg(feature = "tls")]
use crate::password::{Password, Turn};

/// What an administrator wants of the hub.
#[derive(Debug)]
pub enum Order {
    /// To know who is here.
    Who,
    /// That whoever has this name goes, and stays away for a while.
    Kick(Username<'static>),
    /// That nobody comes in from there, for this time or for good.
    Ban(Network, Option<Duration>),
    /// That those from there may come in again.
    Unban(Network),
    /// To know who is banned.
    Bans,
    /// That everybody is told this. It is not empty.
    Say(String),
    /// To know how the room does.
    Stats,
    /// To know what an invitation has to say.
    #[cfg(feature = "tls")]
    Invitation,
    /// That this password counts from now on. It is kept, and the turn with its file ends when that is done.
    #[cfg(feature = "tls")]
    Password(Password, Turn),
}

/// What the hub answers.
#[derive(Debug)]
pub enum Answer {
    /// Everybody who is here, in the order of their names.
    Who(Vec<Row>),
    /// Whoever has the name is out.
    Kicked,
    /// Nobody here has the name.
    NotHere,
    /// The address is banned.
    Banned {
        /// All bans now.
        bans: Arc<Bans>,
        /// How many were put out.
        out: usize,
    },
    /// There are as many bans as there may be.
    TooManyBans,
    /// The address is not banned any more.
    Unbanned(Arc<Bans>),
    /// The address was not banned.
    NotBanned,
    /// The bans.
    Bans(Arc<Bans>),
    /// So many members were told.
    Said(usize),
    /// How the room does.
    Stats(Stats),
    /// What an invitation has to say. `None`: there is no TLS.
    #[cfg(feature = "tls")]
    Invitation(Option<Box<Credentials>>),
    /// The password counts.
    #[cfg(feature = "tls")]
    Password,
}

/// What proves the room to a stranger, and the stranger to the room.
#[cfg(feature = "tls")]
#[derive(Debug)]
pub struct Credentials {
    /// The server's key, and the one to come.
    pub pins: Vec<Pin>,
    /// Whether the server has made the key, so that nobody else vouches for it.
    pub is_own: bool,
    /// Whether programs without TLS come in too.
    pub also_plain: bool,
    /// The password, if there is one.
    pub password: Option<Password>,
}

/// A member.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: Name,
    /// Its address, if it is known.
    pub address: Option<String>,
    /// When it joined.
    pub since: Time,
    /// What it is to the server.
    pub standing: Standing,
}

/// What a member is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has a grant.
    Granted,
    /// It has none.
    Plain,
    /// It has a grant, has lost its connection and keeps its place for a while.
    Absent,
}

/// How the room does.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// How many members there are, absent ones included.
    pub members: usize,
    /// How many of them are absent.
    pub absent: usize,
    /// How many connections have not joined.
    pub strangers: usize,
    /// How many messages were taken since the start.
    pub messages: u64,
    /// How much memory texts on their way take, in bytes.
    pub texts: usize,
    /// How many bans there are.
    pub bans: usize,
}
