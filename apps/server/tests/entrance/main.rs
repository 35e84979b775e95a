//! The entrance of a server with TLS: what a connection is by its first byte, and how many may be there that have not
//! joined.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use hubbub_server::Settings;
use hubbub_server::tls::{Identity, Tls};
use hubbub_testing::tls::Certificate;
use hubbub_testing::{DEADLINE, Peer, Room};

mod bounds;
mod first_bytes;
mod guessing;
mod turning_away;

/// Settings with TLS and nothing else.
fn private() -> Settings {
    let Certificate { chain, key, .. } = Certificate::self_signed("localhost");
    let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    Settings {
        tls: Some(Tls::own(identity)),
        // So long that nobody goes for it on a busy machine.
        join_timeout: 10 * DEADLINE,
        ..Settings::default()
    }
}

/// Settings with TLS where plain connections are let in too.
fn mixed() -> Settings {
    let mut settings = private();
    settings.tls.as_mut().unwrap().also_plain = true;
    settings
}

/// A connection with TLS that has not joined.
#[track_caller]
fn secure(room: &Room) -> Peer {
    Peer::connect(room.address()).secure()
}
