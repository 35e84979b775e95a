//! Hostile peers over real sockets, against the program in its own process. Each attack is a test with a sentence as
//! its name. After each attack the room works as before, and the memory and descriptors that it took are free again.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(target_os = "linux")]

mod browsers;
mod crowds;
mod floods;
#[cfg(feature = "tls")]
mod guessers;
#[cfg(feature = "tls")]
mod handshakes;
mod names;
mod readers;
#[cfg(feature = "tls")]
mod records;
mod senders;
mod siege;
