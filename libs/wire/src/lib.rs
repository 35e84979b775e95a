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
//! to all other members and never back to the one it came from. It confirms nothing. What it refuses it says, in a TEXT
//! under the name `server`, which nobody else may bear.
//!
//! ```text
//! alice sends                          bob gets
//! CHAT/1.0 JOIN, Username: alice       CHAT/1.0 JOIN, Username: alice
//! CHAT/1.0 TEXT, Username: alice,      CHAT/1.0 TEXT, Username: alice,
//!     Msg-len: 2, hi                       Msg-len: 2, hi
//! CHAT/1.0 LEAVE, Username: alice      CHAT/1.0 LEAVE, Username: alice
//! ```
//!
//! One rule above all: exact in what is sent, patient in what is read. [`encode`] writes the one exact form. What
//! [`Decoder`] passes over it says ([`Ignored`]). It gives up ([`DecodeError`]) only where the next frame cannot be
//! found, or a peer asks for more than the [`Limits`]; after that every call gives the same error.
//!
//! # What is done about every mistake
//!
//! | what arrives | what the decoder does |
//! |---|---|
//! | headers in any order and letter case, with blanks around the colon or without | accepts them |
//! | lines that end in LF without CR | accepts them |
//! | empty lines before a start line | skips them |
//! | `CHAT/1.x` with another minor number | accepts the frame |
//! | another major number, or no `CHAT/` at all | takes it for noise, see below |
//! | an unknown header | ignores the header |
//! | an unknown method | ignores the frame, payload included |
//! | a TEXT without `Msg-len`, or with `Msg-len: 0` | ignores the frame |
//! | a frame without `Username` | ignores the frame |
//! | a `Username` that is empty, too long, not UTF-8, or has control characters | ignores the frame |
//! | a JOIN or LEAVE with a payload | takes the frame, drops the payload |
//! | a header twice with the same value | accepts the frame |
//! | two `Username` headers that differ | ignores the frame |
//! | two `Msg-len` headers that differ | gives up |
//! | a `Msg-len` that is no decimal number, is negative, or does not fit 64 bits | gives up |
//! | a payload longer than [`Limits::max_payload`] | ignores the frame, reads past the payload without storing it |
//! | a head longer than [`Limits::max_head`], or more than [`Limits::max_headers`] headers | gives up |
//! | a line in the head without a colon | ignores the frame, takes what follows for noise |
//! | *noise*: bytes that are no start line where one must be | skips to the next line that starts with `CHAT/1.` and tells how much it skipped |
//! | more than [`Limits::max_noise`] bytes of noise in a row | gives up |
//! | a payload that is not UTF-8 | accepts it: a payload is bytes |
//! | a `Msg-len` that counts characters: the payload and the bytes after it are UTF-8, have as many characters as it says, and end where a start line, a line end or nothing follows | takes all of them for the text, and tells the number |
//! | a frame that stops in the middle, a [silence](Decoder::silence), and then the whole head of another frame with a name | gives up the first ([`Item::CutOff`]), reads the second |
//! | a first line that ends in ` HTTP/1.x`, also after noise, or the start of TLS | gives up: a web page could send the rest |
//! | any cut of the stream into pieces, down to single bytes | gives the same frames; only a `Msg-len` that counts characters is found out by what comes in one piece with the payload's last byte |
//!
//! # Use
//!
//! ```
//! use hubbub_wire::{Decoder, Frame, Item, Limits, Payload, Username, encode};
//!
//! let alice = Username::new("alice", Limits::DEFAULT.max_name)?;
//! let payload = Payload::new(b"My first chat message!").ok_or("nothing to say")?;
//! let join = Frame::Join { username: alice.borrowed() };
//! let text = Frame::Text { username: alice.borrowed(), payload };
//! let mut bytes = Vec::new();
//! encode(&join, &mut bytes);
//! encode(&text, &mut bytes);
//! assert!(bytes.starts_with(b"CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n"));
//!
//! let mut decoder = Decoder::new(Limits::DEFAULT);
//! let mut input = &bytes[..];
//! assert_eq!(decoder.next(&mut input)?, Some(Item::Frame(join)));
//! assert_eq!(decoder.next(&mut input)?, Some(Item::Frame(text)));
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
mod limits;
mod scan;
mod start;
mod surplus;
mod username;
mod work;

pub use decoder::{Decoder, Ignored, Item};
pub use encoder::encode;
pub use frame::{Frame, Method, PORT, Payload};
pub use head::DecodeError;
pub use limits::Limits;
pub use username::{Username, UsernameError};
#[cfg(fuzzing)]
pub use work::WORK;

/// The code blocks of the project's README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
