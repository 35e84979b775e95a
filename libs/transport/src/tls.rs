//! TLS: what a server shows of itself and what a client sees of it. What goes through an encrypted connection is in
//! [`Transport`](crate::Transport).
//!
//! TLS 1.3, without tickets, resumption and early data. A server that browsers come to takes TLS 1.2 as well, and
//! nothing older.

use std::sync::Arc;

use rustls::SupportedCipherSuite;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{cipher_suite, default_provider};

#[cfg(feature = "web")]
pub use acceptor::Agreed;
pub use acceptor::{Acceptor, HANDSHAKE_BYTES};
pub use connector::{Connector, Seen};
pub use identity::{Identity, IdentityError};

pub(crate) use secured::Secured;

mod acceptor;
mod connector;
mod engine;
mod handshake;
mod identity;
mod secured;

/// What is spoken within TLS.
const ALPN: &[u8] = b"chat/1.0";

/// What browsers speak within TLS.
#[cfg(feature = "web")]
const HTTP: &[u8] = b"http/1.1";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

/// The SHA-256 hash of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let suite: SupportedCipherSuite = cipher_suite::TLS13_AES_128_GCM_SHA256;
    let Some(suite) = suite.tls13() else {
        unreachable!("its name says that it is of TLS 1.3");
    };
    let hash = suite.common.hash_provider.hash(bytes);
    let mut array = [0; 32];
    array.copy_from_slice(hash.as_ref());
    array
}
