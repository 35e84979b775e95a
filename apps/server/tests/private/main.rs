//! A private room, as its friends and its enemies meet it: over real sockets, with TLS that is not ours at the other
//! end.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod instruments;
mod passwords;
mod secrets;
mod wrappers;
