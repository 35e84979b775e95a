//! The client's side of a handshake, and what it tells of the server.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, UnbufferedClientConnection, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::engine::Engine;
use super::handshake::handshake;
use super::{ALPN, provider};
use crate::{Pin, Transport};

/// The most that a server says before the client answers, in bytes: its chain of certificates, which has some 5 kB
/// where it is long.
const MOST_SAID: usize = 64 * 1024;

/// Makes encrypted connections to servers. A clone is cheap.
#[derive(Clone)]
pub struct Connector {
    config: Arc<ClientConfig>,
    authorities: Arc<OnceLock<Option<Arc<WebPkiServerVerifier>>>>,
}

/// What a handshake has told of a server. Its key is proved; whether that is the right one is for others to say, before
/// anything is written.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the server's key is known by.
    pub pin: Pin,
    chain: Vec<CertificateDer<'static>>,
    host: String,
    connector: Connector,
}

impl Seen {
    /// Whether an authority that the system trusts vouches for this key and this host, at this time. The first time
    /// that any server's is asked for, this reads the system's list of them.
    ///
    /// # Errors
    ///
    /// None does; why, for people.
    pub fn authority(&self) -> Result<(), String> {
        self.connector.authority(&self.chain, &self.host)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl Connector {
    /// One that trusts the authorities that the system trusts. They are read when they are needed for the first time,
    /// from where `SSL_CERT_FILE` and `SSL_CERT_DIR` say, if they say something.
    #[must_use]
    pub fn new() -> Self {
        Self {
            config: config(),
            authorities: Arc::default(),
        }
    }

    /// One that trusts the certificates in `pem` and no others. What is no certificate is passed over.
    #[must_use]
    pub fn with_roots(pem: &[u8]) -> Self {
        let roots = verifier(CertificateDer::pem_slice_iter(pem).flatten());
        Self {
            config: config(),
            authorities: Arc::new(OnceLock::from(roots)),
        }
    }

    /// Whether an authority vouches for `chain`.
    fn authority(&self, chain: &[CertificateDer<'_>], host: &str) -> Result<(), String> {
        let system = || verifier(rustls_native_certs::load_native_certs().certs);
        let Some(verifier) = self.authorities.get_or_init(system) else {
            return Err("this computer has no list of authorities to ask".to_owned());
        };
        let Ok(name) = ServerName::try_from(host) else {
            return Err("no certificate can be for an address like this one".to_owned());
        };
        let Some((own, others)) = chain.split_first() else {
            return Err("it has shown no certificate".to_owned());
        };
        let verified = verifier.verify_server_cert(own, others, &name, &[], UnixTime::now());
        verified.map(|_| ()).map_err(|error| why(&error))
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
        // Only a name is told to the server. What cannot be one is told as little as an address.
        let anybody = ServerName::from(IpAddr::from(Ipv4Addr::UNSPECIFIED));
        let name = ServerName::try_from(host.to_owned()).unwrap_or(anybody);
        let client = UnbufferedClientConnection::new(Arc::clone(&connector.config), name);
        let engine = Engine::Client(client.map_err(io::Error::other)?);
        let secured = handshake(self.into_plain()?, engine, &[], MOST_SAID).await?;
        let chain = secured.certificates();
        let pin = pin(&chain).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        let seen = Seen {
            pin,
            chain,
            host: host.to_owned(),
            connector: connector.clone(),
        };
        Ok((Self::secured(secured), seen))
    }
}

fn config() -> Arc<ClientConfig> {
    let provider = provider();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let Ok(builder) = builder.with_protocol_versions(&[&TLS13]) else {
        unreachable!("the provider has suites of TLS 1.3");
    };
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Proof(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

fn verifier<'a>(
    roots: impl IntoIterator<Item = CertificateDer<'a>>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider())
        .build()
        .ok()
}

fn pin(chain: &[CertificateDer<'_>]) -> Result<Pin, Error> {
    let own = chain.first().ok_or(Error::NoCertificatesPresented)?;
    let own = ParsedCertificate::try_from(own)?;
    Ok(Pin::of_key(&own.subject_public_key_info()))
}

/// Why no authority vouches for a server, for people.
fn why(error: &Error) -> String {
    let Error::InvalidCertificate(error) = error else {
        return format!("its certificate cannot be checked ({error})");
    };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this computer's clock is wrong"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host"
        }
        // The second is of somebody who has the name of an authority and not its key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no authority that this computer trusts vouches for its certificate"
        }
        error => return format!("its certificate is not in order ({error})"),
    }
    .to_owned()
}

/// Wants a proof that the server has the key of its certificate, and nothing else of it.
#[derive(Debug)]
struct Proof(Arc<CryptoProvider>);

impl ServerCertVerifier for Proof {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 was not offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let supported = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, supported)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
