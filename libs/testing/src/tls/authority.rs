//! An authority of the test's own, and certificates: right ones and each kind of wrong one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::line::{ALPN, versions};

/// A test authority, which signs what it is asked to.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new authority. Nobody trusts it yet.
    pub fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        let name = "test authority of the tests";
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// Its root certificate.
    pub fn root_pem(&self) -> String {
        self.0.pem()
    }

    /// Its root certificate.
    pub fn root_der(&self) -> &CertificateDer<'static> {
        self.0.der()
    }

    /// Writes its root certificate to `root.pem` in a directory. `SSL_CERT_FILE` with this path makes a program trust
    /// it.
    pub fn write_root(&self, directory: &Path) -> PathBuf {
        let path = directory.join("root.pem");
        fs::write(&path, self.root_pem()).unwrap();
        path
    }

    /// A right certificate with a new key, for a name or an IP address.
    pub fn certificate(&self, host: &str) -> Certificate {
        self.sign(params_for(host), KeyPair::generate().unwrap())
    }

    /// A certificate that ended long ago, with a new key.
    pub fn expired(&self, host: &str) -> Certificate {
        self.until(host, 2001, 2, 3)
    }

    /// A certificate that ends at the beginning of this day, with a new key.
    pub fn until(&self, host: &str, year: i32, month: u8, day: u8) -> Certificate {
        let mut params = params_for(host);
        params.not_after = date_time_ymd(year, month, day);
        self.sign(params, KeyPair::generate().unwrap())
    }

    /// A certificate that is valid from the beginning of this day, with a new key.
    pub fn from(&self, host: &str, year: i32, month: u8, day: u8) -> Certificate {
        let mut params = params_for(host);
        params.not_before = date_time_ymd(year, month, day);
        self.sign(params, KeyPair::generate().unwrap())
    }

    /// A right certificate, also for a host of another name, with the key of `old`.
    pub fn renewed(&self, old: &Certificate, host: &str) -> Certificate {
        self.sign(params_for(host), KeyPair::from_pem(&old.key).unwrap())
    }

    fn sign(&self, params: CertificateParams, key: KeyPair) -> Certificate {
        let signed = params.signed_by(&key, &self.0).unwrap();
        Certificate {
            chain: signed.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// A certificate and a key, which belong together unless the test wants it otherwise. Both are PEM.
#[derive(Clone)]
pub struct Certificate {
    /// The certificate, without the authority's.
    pub chain: String,
    /// The private key.
    pub key: String,
}

impl Certificate {
    /// A right one but for its signature, which is its own key's.
    pub fn self_signed(host: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let signed = params_for(host).self_signed(&key).unwrap();
        Self {
            chain: signed.pem(),
            key: key.serialize_pem(),
        }
    }

    /// The same certificate for the same key, in the hands of somebody who has another key.
    #[must_use]
    pub fn without_its_key(&self) -> Self {
        Self {
            chain: self.chain.clone(),
            key: KeyPair::generate().unwrap().serialize_pem(),
        }
    }

    /// A certificate that somebody has seen, in the hands of somebody who has another key.
    pub fn seen(der: &[u8]) -> Self {
        let mut base64 = String::new();
        for line in encode(der, STANDARD, true).as_bytes().chunks(64) {
            base64.push_str(std::str::from_utf8(line).unwrap());
            base64.push('\n');
        }
        Self {
            chain: format!("-----BEGIN CERTIFICATE-----\n{base64}-----END CERTIFICATE-----\n"),
            key: KeyPair::generate().unwrap().serialize_pem(),
        }
    }

    /// A self-made one with an RSA key of so many bits, which `openssl` makes.
    #[track_caller]
    pub fn rsa(host: &str, bits: usize) -> Self {
        let output = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "30", "-newkey"])
            .arg(format!("rsa:{bits}"))
            .args(["-subj", "/CN=test", "-addext"])
            .arg(format!("subjectAltName=DNS:{host}"))
            .args(["-keyout", "-"])
            .output()
            .expect("openssl is missing; `just setup` installs it");
        let written = String::from_utf8(output.stdout).unwrap();
        let (key, chain) = written
            .split_once("-----BEGIN CERTIFICATE-----")
            .unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        Self {
            chain: format!("-----BEGIN CERTIFICATE-----{chain}"),
            key: key.to_owned(),
        }
    }

    /// Writes `NAME-cert.pem` and `NAME-key.pem` to a directory, and returns their paths.
    pub fn write(&self, directory: &Path, name: &str) -> [PathBuf; 2] {
        let files = [("cert", &self.chain), ("key", &self.key)];
        files.map(|(kind, pem)| {
            let path = directory.join(format!("{name}-{kind}.pem"));
            fs::write(&path, pem).unwrap();
            path
        })
    }

    /// The certificate itself.
    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).unwrap()
    }

    /// What an invitation says of its public key: `sha256-` and base64url.
    pub fn pin(&self) -> String {
        pin_of(&self.der())
    }

    /// The same for people: eight groups of eight hex digits.
    pub fn fingerprint(&self) -> String {
        fingerprint_of(&self.der())
    }

    /// How a server uses it. Nothing checks whether the key belongs to the certificate.
    pub(crate) fn for_a_server(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let key = any_supported_type(&key).unwrap();
        let pair = CertifiedKey::new(vec![self.der()], key);
        let mut config = versions(ServerConfig::builder_with_provider)
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        Arc::new(config)
    }
}

/// What an invitation says of this certificate's public key.
pub fn pin_of(certificate: &[u8]) -> String {
    format!("sha256-{}", encode(&key_hash(certificate), URL_SAFE, false))
}

/// The fingerprint of this certificate's public key, for people.
pub fn fingerprint_of(certificate: &[u8]) -> String {
    let groups = key_hash(certificate);
    let groups = groups.chunks(4).map(|group| {
        let digits = group.iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()
    });
    groups.collect::<Vec<_>>().join(" ")
}

fn key_hash(certificate: &[u8]) -> Vec<u8> {
    let certificate = CertificateDer::from(certificate);
    let parsed = ParsedCertificate::try_from(&certificate).unwrap();
    let suite = TLS13_AES_128_GCM_SHA256.tls13().unwrap();
    let sha256 = suite.common.hash_provider;
    let hash = sha256.hash(&parsed.subject_public_key_info());
    hash.as_ref().to_vec()
}

fn params_for(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).unwrap()
}

const STANDARD: &[u8; 2] = b"+/";
const URL_SAFE: &[u8; 2] = b"-_";

/// Base64 with these two last digits.
fn encode(bytes: &[u8], last: &[u8; 2], padded: bool) -> String {
    let digits: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*last)
        .collect();
    let mut encoded = String::new();
    for three in bytes.chunks(3) {
        let mut bits = 0;
        for at in 0..3 {
            bits = bits << 8 | usize::from(three.get(at).copied().unwrap_or(0));
        }
        for at in 0..=three.len() {
            encoded.push(char::from(digits[bits >> (18 - 6 * at) & 63]));
        }
        if padded {
            encoded.extend(std::iter::repeat_n('=', 3 - three.len()));
        }
    }
    encoded
}
