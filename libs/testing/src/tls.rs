//! TLS for the tests: an [`Authority`] and what it signs, the [`Caller`] of a handshake, and the [`Middle`] of a
//! connection. A [`Peer`](crate::Peer) becomes one that speaks TLS by [`secure`](crate::Peer::secure) on a client's
//! side and by [`accept_tls`](crate::Peer::accept_tls) on a server's. All else that it does stays as it is.
//!
//! Everything here drives rustls by itself, and hashes and encodes by its own hand. It uses no TLS code of ours, so
//! that ours is checked against something else. Whoever wants a bad network under TLS puts a
//! [`Network`](crate::Network) in between: pieces of one byte split every record.

mod authority;
mod directory;
mod line;
mod middle;

pub use authority::{Authority, Certificate, fingerprint_of, pin_of};
pub use directory::Directory;
pub(crate) use line::Line;
pub use line::{Caller, client_hello};
pub use middle::Middle;
