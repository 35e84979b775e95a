//! What a server proves itself with: a chain of certificates and the key of the first one.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, InconsistentKeys, RootCertStore, SignatureAlgorithm, SignatureScheme,
};

use super::provider;
use crate::Pin;

/// The longest RSA key, in bits. Each handshake signs once, and with twice as many bits that takes five times as long,
/// which would let a crowd of newcomers hold up a small server.
const LONGEST_RSA: usize = 3072;

/// A certificate chain and its key, which belong together.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) certified: Arc<CertifiedKey>,
    pin: Pin,
}

/// Why a chain and a key are no identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityError {
    /// There is no certificate where one should be.
    NoCertificate,
    /// The first certificate cannot be read.
    BadCertificate,
    /// There is no private key where one should be.
    NoKey,
    /// The key is of a kind that is not supported, or broken, or its RSA modulus has less than 2048 bits.
    BadKey,
    /// The key is not that of the first certificate.
    NotItsKey,
    /// The RSA key is longer than 3072 bits. This is its length.
    LongKey(usize),
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str(
                "there is no certificate in it; give the chain in PEM, the server's own certificate first",
            ),
            Self::BadCertificate => {
                f.write_str("its first certificate cannot be read; give an X.509 certificate of version 3 in PEM")
            }
            Self::NoKey => f.write_str(
                "there is no private key in it; give one in PEM, not encrypted with a passphrase",
            ),
            Self::BadKey => f.write_str(
                "its private key cannot be used; give one of ECDSA (P-256 or P-384), Ed25519, or RSA from 2048 bits",
            ),
            Self::NotItsKey => f.write_str(
                "the private key is not that of the first certificate; give the two that belong together",
            ),
            Self::LongKey(bits) => write!(
                f,
                "the RSA key has {bits} bits, and at most {LONGEST_RSA} are taken since each newcomer costs a signature; \
                 ask for a certificate with an ECDSA key"
            ),
        }
    }
}

impl Error for IdentityError {}

impl Identity {
    /// Reads a chain of certificates, the server's own first, and its private key, both in PEM.
    ///
    /// # Errors
    ///
    /// One of them is missing or of no use, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(|_| IdentityError::NoCertificate)?;
        if chain.is_empty() {
            return Err(IdentityError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::NoKey)?;
        let key = provider().key_provider.load_private_key(key);
        let certified = CertifiedKey::new(chain, key.map_err(|_| IdentityError::BadKey)?);
        match certified.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                return Err(IdentityError::NotItsKey);
            }
            Err(rustls::Error::InconsistentKeys(_)) => return Err(IdentityError::BadKey),
            Err(_) => return Err(IdentityError::BadCertificate),
        }
        let spki = certified.key.public_key().ok_or(IdentityError::BadKey)?;
        let pin = Pin::of_key(&spki);
        let certified = Arc::new(certified);
        match rsa_bits(&certified) {
            Some(bits) if bits > LONGEST_RSA => Err(IdentityError::LongKey(bits)),
            _ => Ok(Self { certified, pin }),
        }
    }

    /// What its key is known by.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// When the server's certificate begins to be valid, as far as that can be read from it. `None` also if it is valid
    /// since 1970.
    #[must_use]
    pub fn begins(&self) -> Option<SystemTime> {
        match self.refused_at(0)? {
            CertificateError::NotValidYetContext { not_before, .. } => Some(time(not_before)),
            _ => None,
        }
    }

    /// When the server's certificate ends, as far as that can be read from it.
    #[must_use]
    pub fn ends(&self) -> Option<SystemTime> {
        // At the end of days every certificate has expired.
        match self.refused_at(u64::MAX)? {
            CertificateError::ExpiredContext { not_after, .. } => Some(time(not_after)),
            _ => None,
        }
    }

    /// Why a verifier would refuse the server's certificate so many seconds after the beginning of 1970. It says from
    /// when or until when the certificate is valid.
    fn refused_at(&self, seconds: u64) -> Option<CertificateError> {
        let own = self.certified.cert.first()?;
        let mut itself = RootCertStore::empty();
        itself.add(own.clone()).ok()?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(itself), provider());
        let verifier = verifier.build().ok()?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let anybody = ServerName::from(IpAddr::from(Ipv4Addr::UNSPECIFIED));
        match verifier.verify_server_cert(own, &[], &anybody, &[], now) {
            Err(rustls::Error::InvalidCertificate(why)) => Some(why),
            _ => None,
        }
    }
}

fn time(time: UnixTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs())
}

/// How many bits an RSA key has, from the length of what it signs. `None` for all other keys.
fn rsa_bits(certified: &CertifiedKey) -> Option<usize> {
    if certified.key.algorithm() != SignatureAlgorithm::RSA {
        return None;
    }
    let signer = certified
        .key
        .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])?;
    Some(signer.sign(&[]).ok()?.len() * 8)
}
