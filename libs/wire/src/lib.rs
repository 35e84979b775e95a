//! CHAT/1.0 framing: bytes in any pieces go in, frames come out. No sockets, no clock, no std, no dependencies.
//!
//! # The protocol on one page
//!
//! A frame is a head and, for TEXT, a payload:
//!
//! ```text
//! CHAT/1.0 TEXT\r\n            start line: version, one blank, method
//! Username: alice\r\n          headers, one a line
//! Msg-len: 22\r\n
//! \r\n                         blank line: the head ends
//! My first chat message!       payload, exactly Msg-len bytes
//! ```
//!
//! | method | headers | payload | what it says |
//! |---|---|---|---|
//! | `JOIN` | `Username` | none | a member comes |
//! | `LEAVE` | `Username` | none | a member goes |
//! | `TEXT` | `Username`, `Msg-len` | 1 byte or more | a member says something |
//!
//! A client has one TCP connection to the server, port 8765 unless told otherwise. The server passes every frame on
//! to all other members and never back to the one it came from. It answers nothing.
//!
//! ```text
//! alice sends                          bob gets
//! CHAT/1.0 JOIN, Username: alice       CHAT/1.0 JOIN, Username: alice
//! CHAT/1.0 TEXT, Username: alice,      CHAT/1.0 TEXT, Username: alice,
//!     Msg-len: 2, hi                       Msg-len: 2, hi
//! CHAT/1.0 LEAVE, Username: alice      CHAT/1.0 LEAVE, Username: alice
//! ```
//!
//! One rule above all: exact in what is sent, patient in what is read. [`encode`] writes the one exact form.
//! [`Decoder`] takes headers in any order and letter case, bare LF, other minor versions, unknown headers and methods,
//! and finds the next frame behind noise. What it passes over it says ([`Ignored`]); it gives up ([`DecodeError`]) only
//! where the next frame cannot be found, or a peer asks for more than the [`Limits`].
//!
//! # Use
//!
//! ```
//! use hubbub_wire::{Decoder, Frame, Item, Limits, Username, encode};
//!
//! let name = Username::new("alice", Limits::DEFAULT.max_name)?;
//! let mut bytes = Vec::new();
//! encode(&Frame::join(name.borrowed()), &mut bytes)?;
//! encode(&Frame::text(name.borrowed(), b"My first chat message!"), &mut bytes)?;
//! assert!(bytes.starts_with(b"CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n"));
//!
//! let mut decoder = Decoder::new(Limits::DEFAULT);
//! let mut input = &bytes[..];
//! assert_eq!(decoder.next(&mut input)?, Some(Item::Frame(Frame::join(name.borrowed()))));
//! assert_eq!(
//!     decoder.next(&mut input)?,
//!     Some(Item::Frame(Frame::text(name.borrowed(), b"My first chat message!")))
//! );
//! assert_eq!(decoder.next(&mut input)?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

mod decoder;
mod encoder;
mod frame;
mod head;
mod held;
mod item;
mod surplus;
mod username;

pub use decoder::Decoder;
pub use encoder::{EncodeError, encode};
pub use frame::{Frame, Limits, Method};
pub use item::{DecodeError, Ignored, Item};
pub use username::{Username, UsernameError};

/// The code blocks of the project's README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
