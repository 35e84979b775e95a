//! Which certificates and keys a server may have.

use std::time::{Duration, SystemTime};

use hubbub_transport::tls::{Identity, IdentityError};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, date_time_ymd};

use crate::support::{Made, made};

fn refused(chain: &str, key: &str) -> IdentityError {
    Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err()
}

#[test]
fn keys_of_all_common_kinds_are_taken() {
    for algorithm in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        Made::of(&KeyPair::generate_for(algorithm).unwrap()).identity();
    }
    let made = made();
    // A chain may have more certificates, and a file may have both.
    let both = format!("{}{}{}", made.chain, made.chain, made.key);
    let identity = Identity::from_pem(both.as_bytes(), both.as_bytes()).unwrap();
    assert_eq!(identity.pin(), made.identity().pin());
}

#[test]
fn an_rsa_key_has_3072_bits_at_most() {
    let key = |pem| KeyPair::from_pem(pem).unwrap();
    Made::of(&key(include_str!("keys/rsa-3072.pem"))).identity();
    let long = Made::of(&key(include_str!("keys/rsa-4096.pem")));
    let refused = refused(&long.chain, &long.key);
    assert_eq!(refused, IdentityError::LongKey(4096));
    assert!(
        refused
            .to_string()
            .contains("has 4096 bits, and at most 3072")
    );
}

#[test]
fn what_is_no_identity_is_refused_with_the_reason() {
    let (made, other) = (made(), made());
    let pem = |name: &str, base64: &str| {
        format!("-----BEGIN {name}-----\n{base64}\n-----END {name}-----\n")
    };
    let bad_certificate = pem("CERTIFICATE", "MAMCAQE=");
    let bad_key = pem("PRIVATE KEY", "MAMCAQE=");
    let locked = pem("ENCRYPTED PRIVATE KEY", "MAMCAQE=");
    for (chain, key, why) in [
        ("", &*made.key, IdentityError::NoCertificate),
        (&made.key, &made.key, IdentityError::NoCertificate),
        (&made.chain, "", IdentityError::NoKey),
        (&made.chain, &made.chain, IdentityError::NoKey),
        (&made.chain, &locked, IdentityError::NoKey),
        (&made.chain, &bad_key, IdentityError::BadKey),
        (&bad_certificate, &made.key, IdentityError::BadCertificate),
        (&made.chain, &other.key, IdentityError::NotItsKey),
    ] {
        assert_eq!(refused(chain, key), why);
    }
}

#[test]
fn the_beginning_and_the_end_of_a_certificate_are_read_from_it() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2030, 2, 3);
    params.not_after = date_time_ymd(2031, 2, 3);
    let made = Made {
        chain: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    };
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(made.identity().begins(), at(1_896_307_200));
    assert_eq!(made.identity().ends(), at(1_927_843_200));
}
