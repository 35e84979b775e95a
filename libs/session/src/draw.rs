//! Draw: random numbers that nobody must guess, from the system.

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

/// The nonce of a connection. It has to be new and need not be secret, so that a system which has run out of randomness
/// since the start does no harm.
pub(crate) fn nonce() -> Hex64 {
    Hex64(getrandom::u64().unwrap_or_default())
}
