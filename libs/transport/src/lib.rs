//! A connection as both sides of a room use it, and the addresses that lead to one. It knows no frames, no server and
//! no client.
//!
//! What a connection is made of is known here alone: an encrypted one would be one more kind of [`Transport`].

pub use address::{Address, AddressError, parse_host};
pub use listener::Listener;
pub use transport::Transport;

// In reading order. The blank lines keep rustfmt from sorting it.

mod address;

mod tuning;

mod transport;

mod listener;
