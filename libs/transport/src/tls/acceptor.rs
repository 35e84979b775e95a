//! The server's side of a handshake.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::SupportedProtocolVersion;
#[cfg(feature = "web")]
use rustls::server::NoServerSessionStorage;
use rustls::server::UnbufferedServerConnection;
use rustls::sign::SingleCertAndKey;
#[cfg(feature = "web")]
use rustls::version::TLS12;
use rustls::version::TLS13;

#[cfg(feature = "web")]
use super::HTTP;
use super::engine::{Engine, LONGEST_RECORD};
use super::handshake::handshake;
use super::{ALPN, Identity, provider};
use crate::Transport;

/// What a handshake holds at most besides the transport, in bytes: one message of the longest kind that is taken, and a
/// chain of certificates on its way out.
pub const HANDSHAKE_BYTES: usize = 64 * 1024;

/// The most that a client says before the server answers, in bytes. It is less than 2 kB with the clients that there
/// are.
const MOST_SAID: usize = LONGEST_RECORD;

/// What both sides have agreed in the handshake to speak.
#[cfg(feature = "web")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreed {
    /// CHAT/1.0.
    Chat,
    /// HTTP, as browsers do.
    Http,
}

#[cfg(feature = "web")]
impl Agreed {
    /// What this protocol is.
    pub(crate) fn of(protocol: &[u8]) -> Self {
        if protocol == HTTP {
            Self::Http
        } else {
            Self::Chat
        }
    }
}

/// Makes encrypted connections of those that come in. A clone is cheap.
#[derive(Clone)]
pub struct Acceptor(Arc<ServerConfig>);

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}

impl Acceptor {
    /// One that proves itself with `identity`.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self::with(identity, &[&TLS13], &[ALPN])
    }

    /// One that browsers are welcome to as well: they speak HTTP, and some of them TLS 1.2.
    #[cfg(feature = "web")]
    #[must_use]
    pub fn for_browsers(identity: &Identity) -> Self {
        Self::with(identity, &[&TLS13, &TLS12], &[ALPN, HTTP])
    }

    fn with(
        identity: &Identity,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> Self {
        let builder = ServerConfig::builder_with_provider(provider());
        let Ok(builder) = builder.with_protocol_versions(versions) else {
            unreachable!("the provider has suites of these versions");
        };
        let resolver = SingleCertAndKey::from(Arc::clone(&identity.certified));
        let mut config = builder
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        config.send_tls13_tickets = 0;
        // Nothing is kept of a connection that has ended.
        #[cfg(feature = "web")]
        {
            config.session_storage = Arc::new(NoServerSessionStorage {});
        }
        Self(Arc::new(config))
    }
}

impl Transport {
    /// Does the server's side of a handshake. `first` are bytes of the client that have been read already. It waits for
    /// the client as long as that takes.
    ///
    /// # Errors
    ///
    /// The connection is broken, or the client does not do what TLS wants. It has then been told why, as far as the
    /// socket took that at once.
    pub async fn accept_tls(self, acceptor: &Acceptor, first: &[u8]) -> io::Result<Self> {
        let server = UnbufferedServerConnection::new(Arc::clone(&acceptor.0));
        let server = server.map_err(io::Error::other)?;
        let engine = Engine::Server(server);
        let secured = handshake(self.into_plain()?, engine, first, MOST_SAID).await?;
        Ok(Self::secured(secured))
    }
}
