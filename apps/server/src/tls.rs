//! TLS as an operator wants it: with which key, and who comes in without it. Plain data.

use std::time::SystemTime;

use hubbub_transport::Pin;
pub use hubbub_transport::tls::{Identity, IdentityError};

/// TLS, and who comes in without it.
#[derive(Clone, Debug)]
pub struct Tls {
    /// What the server proves itself with at the start.
    pub identity: Identity,
    /// Whether the server has made the key itself. If not, the key may change whenever the certificate is read again.
    pub is_own: bool,
    /// The key to come, which members are told of.
    pub next: Option<Pin>,
    /// Whether connections without TLS are let in too.
    pub also_plain: bool,
}

impl Tls {
    /// With a key of the server's own, and nobody without TLS.
    #[must_use]
    pub const fn own(identity: Identity) -> Self {
        Self {
            identity,
            is_own: true,
            next: None,
            also_plain: false,
        }
    }

    /// What the server is known by: its key, and the one to come.
    #[must_use]
    pub fn pins(&self) -> Vec<Pin> {
        [Some(self.identity.pin()), self.next]
            .into_iter()
            .flatten()
            .collect()
    }

    /// When the certificate ends. `None` where that means nothing, since the server has made it itself.
    #[must_use]
    pub fn ends(&self) -> Option<SystemTime> {
        let identity = (!self.is_own).then_some(&self.identity);
        identity.and_then(Identity::ends)
    }
}
