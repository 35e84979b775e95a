//! A connection as both sides of a room use it, and the addresses and invitations that lead to one. It knows no frames,
//! no server and no client.
//!
//! What a connection is made of, and whether it is encrypted, is known here alone. In a browser it is a WebSocket; then
//! `transport/browser.rs` stands in for `transport.rs`, and nobody listens.

pub use address::{Address, AddressError, Addresses, MOST_ADDRESSES, parse_host};
pub use goodbye::Goodbye;
pub use invitation::{Invitation, InvitationError, MOST_PINS};
#[cfg(not(target_arch = "wasm32"))]
pub use listener::Listener;
pub use password::Password;
pub use pin::{Pin, PinError};
pub use transport::Transport;

// In reading order. The blank lines keep rustfmt from sorting it.

mod address;

mod password;

mod pin;

mod invitation;

mod goodbye;

#[cfg(not(target_arch = "wasm32"))]
mod tuning;

#[cfg_attr(target_arch = "wasm32", path = "transport/browser.rs")]
mod transport;

#[cfg(not(target_arch = "wasm32"))]
mod listener;

#[cfg(feature = "tls")]
pub mod tls;

#[cfg(feature = "web")]
mod web;
