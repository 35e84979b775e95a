//! A connection as both sides of a room use it, and the addresses that lead to one. It knows no frames, no server and no
//! client.
//!
//! Read `address`, `tuning`, `transport`, `listener`.

mod address;
mod listener;
mod transport;
mod tuning;

pub use address::{Address, AddressError, parse_host};
pub use listener::Listener;
pub use transport::Transport;
