//! Draw: random numbers from the system, which nobody can guess. In a browser they come from its `crypto`.

use std::io;

use hubbub_wire::{Hex64, Hex128};

/// The session, which a run of the program draws once.
pub(crate) fn session() -> io::Result<Hex64> {
    Ok(Hex64(getrandom::u64()?))
}

/// A new secret for [`Options::secret`](crate::Options::secret).
///
/// # Errors
///
/// The system has no random numbers.
pub fn secret() -> io::Result<Hex128> {
    let mut secret = [0; 16];
    getrandom::fill(&mut secret)?;
    Ok(Hex128(u128::from_ne_bytes(secret)))
}

/// A number from 0 to 1. From a system that has run out of randomness it is 0.
pub(crate) fn share() -> f64 {
    f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX)
}

/// The nonce of a connection. It has to be new and need not be secret, so that a system which has run out of randomness
/// since the start does no harm.
pub(crate) fn nonce() -> Hex64 {
    Hex64(getrandom::u64().unwrap_or_default())
}
