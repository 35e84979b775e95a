//! Pins: what a server's key is known by. Pure.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// What stands before the hash, so that another one can be told apart some day.
const PREFIX: &str = "sha256-";

/// The SHA-256 hash of a server's public key, as the key stands in certificates (its SubjectPublicKeyInfo). It is shown
/// as `sha256-BASE64URL`, and read from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin([u8; 32]);

/// A text is no pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinError;

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this is no pin; a pin is sha256- and 43 letters, digits, - or _, as the server tells it",
        )
    }
}

impl Error for PinError {}

impl Pin {
    /// The pin of a public key, given as a DER-encoded SubjectPublicKeyInfo.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn of_key(spki_der: &[u8]) -> Self {
        Self(crate::tls::sha256(spki_der))
    }

    /// Hexadecimal digits in 8 groups of 8, for people who compare two by eye.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hex = |group: &[u8; 4]| format!("{:08x}", u32::from_be_bytes(*group));
        let (groups, _) = self.0.as_chunks::<4>();
        groups.iter().map(hex).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let hash = text.strip_prefix(PREFIX).ok_or(PinError)?;
        let hash = BASE64_URL_SAFE_NO_PAD.decode(hash).map_err(|_| PinError)?;
        hash.try_into().map(Self).map_err(|_| PinError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of no bytes at all, from the standard's own examples.
    const NOTHING: &str = "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn what_is_shown_of_a_pin_is_read_again() {
        let pin: Pin = NOTHING.parse().unwrap();
        assert_eq!(pin.to_string(), NOTHING);
        #[cfg(feature = "tls")]
        assert_eq!(Pin::of_key(b""), pin);
    }

    #[test]
    fn a_fingerprint_is_eight_groups_of_eight_digits() {
        let pin: Pin = NOTHING.parse().unwrap();
        assert_eq!(
            pin.fingerprint(),
            "e3b0c442 98fc1c14 9afbf4c8 996fb924 27ae41e4 649b934c a495991b 7852b855"
        );
    }

    #[test]
    fn nothing_else_is_a_pin() {
        let longer = format!("{NOTHING}AA");
        let padded = format!("{NOTHING}=");
        let shorter = &NOTHING[..NOTHING.len() - 2];
        let other = NOTHING.replace("256", "512");
        // The last digit has two bits that belong to no byte.
        let loose = NOTHING.replace("uFU", "uFV");
        let plain = NOTHING.replace('_', "/").replace("-_", "+/");
        for text in [
            &longer, &padded, shorter, &other, &loose, &plain, "", PREFIX,
        ] {
            assert_eq!(text.parse::<Pin>(), Err(PinError), "{text}");
        }
    }
}
