//! Register: what is known of the addresses that people come from, and who gets a place. The door asks first; where a
//! page is shown, the entrance asks again when it knows who somebody is: a peer, or one of those whose files are
//! nobody's visit.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "web")]
use hubbub_transport::Goodbye;
use tracing::warn;

use crate::Settings;
use crate::address::{Addresses, Origin, Place};
#[cfg(feature = "admin")]
use crate::bans::{self, Bans};
use crate::peer::House;
use crate::runtime;
#[cfg(feature = "web")]
use crate::web::Status;
#[cfg(feature = "admin")]
use crate::words;

/// Why a connection is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// There are as many peers as are allowed.
    Full { max_peers: usize },
    /// There are as many peers from its address as are allowed.
    AddressFull { max_peers: usize },
    /// Its address has connected more often in a minute than is allowed.
    TooOften { visits_per_minute: u32 },
    /// An operator has banned its address.
    #[cfg(feature = "admin")]
    Banned { seconds: Option<u32> },
}

impl TurnedAway {
    /// As a label of the metrics says it.
    pub(crate) const fn cause(self) -> &'static str {
        match self {
            Self::Full { .. } => "full",
            Self::AddressFull { .. } => "address_full",
            Self::TooOften { .. } => "too_often",
            #[cfg(feature = "admin")]
            Self::Banned { .. } => "banned",
        }
    }
}

#[cfg(feature = "web")]
impl TurnedAway {
    /// As a page is told it.
    pub(crate) const fn goodbye(self) -> Goodbye {
        match self {
            Self::Full { .. } | Self::AddressFull { .. } | Self::TooOften { .. } => Goodbye::Full,
            #[cfg(feature = "admin")]
            Self::Banned { .. } => Goodbye::Banned,
        }
    }

    /// As a browser is told it that asks for a file. Who is banned need not come again soon.
    pub(crate) const fn status(self) -> Status {
        match self {
            Self::Full { .. } | Self::AddressFull { .. } | Self::TooOften { .. } => {
                Status::Unavailable
            }
            #[cfg(feature = "admin")]
            Self::Banned { .. } => Status::Forbidden,
        }
    }
}

impl fmt::Display for TurnedAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { max_peers } => write!(
                f,
                "the room is full: {max_peers} connections is the most; try again later"
            ),
            Self::AddressFull { max_peers } => write!(
                f,
                "there are {max_peers} connections from your address, which is the most; close one or try again later"
            ),
            Self::TooOften { visits_per_minute } => write!(
                f,
                "you come too often: {visits_per_minute} connections a minute from one address is the most; \
                 try again in a minute"
            ),
            #[cfg(feature = "admin")]
            Self::Banned { seconds } => f.write_str(&words::banned(*seconds)),
        }
    }
}

/// Who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A peer.
    Peer,
    /// A peer, or a browser that asks for files.
    #[cfg(feature = "web")]
    Unknown,
    /// A proxy, which comes for many.
    #[cfg(feature = "web")]
    Proxy,
}

impl Who {
    /// Whether it comes for many.
    #[cfg(any(feature = "admin", feature = "tls", feature = "web"))]
    pub(crate) const fn is_proxy(self) -> bool {
        #[cfg(feature = "web")]
        return matches!(self, Self::Proxy);
        #[cfg(not(feature = "web"))]
        false
    }
}

/// What is known. A clone is another handle to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Register(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    addresses: Addresses,
    #[cfg(feature = "admin")]
    bans: Arc<Bans>,
    full: bool,
}

impl Register {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a connection comes from.
    pub(crate) fn origin(&self, socket: SocketAddr) -> Origin {
        self.known().addresses.origin(socket, runtime::now())
    }

    /// Gives somebody from there a place, if there is one.
    pub(crate) fn admit(
        &self,
        from: &Origin,
        who: Who,
        house: &House,
    ) -> Result<Place, TurnedAway> {
        let known = &mut *self.known();
        #[cfg(feature = "admin")]
        known.ask_bans(from, who, &house.bans)?;
        let &Settings {
            max_peers,
            max_peers_per_address,
            visits_per_minute,
            ..
        } = &house.settings;
        let peers = known.addresses.peers();
        let full = peers >= max_peers;
        if full && !known.full {
            warn!(peers, max_peers, "full: turning connections away");
        }
        known.full = full;
        if full {
            return Err(TurnedAway::Full { max_peers });
        }
        #[cfg(feature = "web")]
        if who != Who::Peer {
            return Ok(known.addresses.place_apart(from, runtime::now()));
        }
        #[cfg(not(feature = "web"))]
        let _ = who;
        if from.peers() >= max_peers_per_address {
            let max_peers = max_peers_per_address;
            return Err(TurnedAway::AddressFull { max_peers });
        }
        if !from.may_visit(visits_per_minute, runtime::now()) {
            return Err(TurnedAway::TooOften { visits_per_minute });
        }
        Ok(from.place())
    }
}

#[cfg(feature = "admin")]
impl Known {
    /// Whether an operator lets somebody in from there, by the bans as they are now. A proxy is never banned.
    fn ask_bans(
        &mut self,
        from: &Origin,
        who: Who,
        board: &flume::Receiver<Arc<Bans>>,
    ) -> Result<(), TurnedAway> {
        if let Ok(bans) = board.try_recv() {
            self.bans = bans;
        }
        if who.is_proxy() {
            return Ok(());
        }
        if self.bans.is_empty() {
            return Ok(());
        }
        let now = runtime::wall();
        match self.bans.of(from.address().network(), now) {
            None => Ok(()),
            Some(until) => Err(TurnedAway::Banned {
                seconds: bans::left(until, now),
            }),
        }
    }
}

#[cfg(all(test, feature = "admin", feature = "web"))]
mod tests {
    use super::*;

    /// Only who may come in soon is asked to come again.
    #[test]
    fn a_browser_that_is_banned_is_refused_and_others_are_asked_to_come_later() {
        let banned = TurnedAway::Banned { seconds: None };
        let full = TurnedAway::Full { max_peers: 1 };
        let head = |why: TurnedAway| {
            let reply = crate::web::Reply::saying(why.status(), &why.to_string());
            String::from_utf8(reply.head()).unwrap()
        };
        assert!(head(banned).starts_with("HTTP/1.1 403 "));
        assert!(!head(banned).contains("Retry-After"));
        assert!(head(full).starts_with("HTTP/1.1 503 "));
        assert!(head(full).contains("Retry-After"));
    }
}
