//! A connection as both sides of a room use it, and the addresses and invitations that lead to one. It knows no frames,
//! no server and no client.
//!
//! What a connection is made of, and whether it is encrypted, is known here alone.

pub use address::{Address, AddressError, parse_host};
pub use goodbye::Goodbye;
pub use invitation::{Invitation, InvitationError};
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

mod tuning;

mod transport;

mod listener;

#[cfg(feature = "tls")]
pub mod tls;

#[cfg(feature = "web")]
mod web;
