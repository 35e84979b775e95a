//! Draw: random numbers that nobody must guess, from the system.

use std::io;

use hubbub_wire::{Hex64, Hex128};

/// What a run of the program draws once: its session and its secret.
pub(crate) fn session_and_secret() -> io::Result<(Hex64, Hex128)> {
    let mut secret = [0; 16];
    getrandom::fill(&mut secret)?;
    let session = getrandom::u64()?;
    Ok((Hex64(session), Hex128(u128::from_ne_bytes(secret))))
}

/// The nonce of a connection. It has to be new and need not be secret, so that a system which has run out of randomness
/// since the start does no harm.
pub(crate) fn nonce() -> Hex64 {
    Hex64(getrandom::u64().unwrap_or_default())
}
