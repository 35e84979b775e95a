//! The password of a room as an offer bears it: bytes, written in base64 so that any of them fit on a line. It never
//! shows in a log. Whoever compares it does so in constant time, and not by `==`.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt::{self, Display, Write};

/// The longest [`Password`], in bytes. A sentence of twenty words fits, and a JOIN and an offer with it still go out in
/// less than 900 bytes.
pub const MAX_PASSWORD: usize = 128;

/// The password of a room: 1 to [`MAX_PASSWORD`] bytes of any value. Its `Debug` says only that there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Password<'a>(Cow<'a, [u8]>);

impl<'a> Password<'a> {
    /// `None` if the bytes are no password: there are none, or too many.
    #[must_use]
    pub fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Option<Self> {
        let bytes = bytes.into();
        (1..=MAX_PASSWORD)
            .contains(&bytes.len())
            .then_some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same password in memory of its own.
    #[must_use]
    pub fn into_owned(self) -> Password<'static> {
        Password(Cow::Owned(self.0.into_owned()))
    }

    /// Reads the value of a header: base64 of RFC 4648, with its padding. `None` unless it is written as
    /// [`encoded`](Self::encoded) writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let quads = text.as_bytes().chunks(4);
        if text.len() > MAX_PASSWORD.div_ceil(3) * 4 {
            return None;
        }
        let last = quads.len().checked_sub(1)?;
        let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
        for (at, quad) in quads.enumerate() {
            bytes.extend_from_slice(decoded(quad, at == last)?.as_slice());
        }
        Self::new(bytes)
    }

    /// Its bytes in base64.
    pub(crate) fn encoded(&self) -> impl Display {
        Base64(&self.0)
    }
}

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// What stands in a log for something that must not get there.
pub(crate) const HIDDEN: &str = "[hidden]";

/// The digits of base64.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes that are written in base64.
struct Base64<'a>(&'a [u8]);

impl Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bytes in self.0.chunks(3) {
            let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for at in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
                f.write_char(if at <= bytes.len() { digit.into() } else { '=' })?;
            }
        }
        Ok(())
    }
}

/// The one to three bytes of four digits. Only the last four may end in padding, and no bit is left over.
fn decoded(quad: &[u8], is_last: bool) -> Option<Bytes> {
    let digits = match quad {
        [digits @ .., b'=', b'='] if is_last => digits,
        [digits @ .., b'='] if is_last => digits,
        digits => digits,
    };
    if quad.len() != 4 || digits.len() < 2 {
        return None;
    }
    let mut bits = 0;
    for &digit in digits {
        bits = bits << 6 | DIGITS.iter().position(|&known| known == digit)?;
    }
    bits <<= 6 * (4 - digits.len());
    let [_, bytes @ ..] = u32::try_from(bits).ok()?.to_be_bytes();
    let len = digits.len() - 1;
    let is_whole = bytes[len..].iter().all(|&byte| byte == 0);
    is_whole.then_some(Bytes { bytes, len })
}

/// Up to three bytes.
struct Bytes {
    bytes: [u8; 3],
    len: usize,
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
