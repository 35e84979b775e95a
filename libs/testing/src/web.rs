//! Browsers for the tests: an HTTP [`Request`] and what [`Answer`] comes, and WebSocket, one [`Frame`] at a time, as
//! right or as wrong as a test wants it.
//!
//! A [`Peer`](crate::Peer) becomes a visitor by [`upgrade`](crate::Peer::upgrade), over plain TCP and inside TLS. All
//! else that it does stays as it is: what it sends is a binary message, and what it hears is what was in such messages.
//! It checks each frame of the server. Everything here is written by hand from RFC 9112 and RFC 6455, without the
//! libraries that the programs use.

mod answer;
mod frame;
mod framing;
mod request;

pub use answer::Answer;
pub use frame::Frame;
pub(crate) use framing::Framing;
pub use request::{KEYS, Request};
