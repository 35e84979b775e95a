//! A socket as both sides of a room use it, and the addresses that lead to one. It knows no frames, no server, no client.
//!
//! Read `address`, `tuning`, `transport`.

mod address;
mod transport;
mod tuning;

pub use address::{Address, AddressError, parse_host};
pub use transport::Transport;
pub use tuning::tune;
