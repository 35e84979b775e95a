//! A socket as both sides of a room use it, and the addresses that lead to one. It knows no frames, no server, no client.

mod address;

pub use address::{Address, AddressError, DEFAULT_PORT, parse_host};
