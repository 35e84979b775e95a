//! CHAT/1.0 framing: bytes in any pieces go in, frames come out. No sockets, no clock, no std, no dependencies.
//!
//! This page is all that somebody needs who writes a client in any language: the frames, what the server does and says,
//! and what is done about every mistake. Whoever wants more, such as what was said earlier, goes on with
//! [the extension](#the-extension). `examples/python/remember.py` is a client in Python that needs no more than this
//! page. It leaves out PING.
//!
//! # Frames
//!
//! A frame is a head and, in a TEXT, a payload:
//!
//! ```text
//! CHAT/1.0 TEXT\r\n            start line: version, one blank, method
//! Username: alice\r\n          headers, one a line
//! Msg-len: 22\r\n
//! \r\n                         blank line: the head ends
//! My first chat message!       payload: exactly Msg-len bytes, and nothing after it
//! ```
//!
//! | method | headers | payload | what it says | all of its bytes, for example |
//! |---|---|---|---|---|
//! | `JOIN` | `Username` | none | a member comes | `CHAT/1.0 JOIN\r\nUsername: alice\r\n\r\n` |
//! | `TEXT` | `Username`, `Msg-len` | 1 byte or more | a member says something | `CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 2\r\n\r\nhi` |
//! | `LEAVE` | `Username` | none | a member goes | `CHAT/1.0 LEAVE\r\nUsername: alice\r\n\r\n` |
//!
//! - **A name** is UTF-8, has 1 to 64 bytes and no control characters, and neither begins nor ends with a blank. Names
//!   are compared byte by byte.
//! - **A payload** is bytes. By convention it is UTF-8; a reader replaces what is not. It may hold line breaks and
//!   blank lines, since only `Msg-len` says where it ends. No line end follows it: the next frame begins with the next
//!   byte.
//! - **`Msg-len`** counts bytes, not characters, as a decimal number: `héllo` has 6.
//! - **Order and letter case**: whoever sends writes exactly the forms above. Whoever reads takes headers in any order
//!   and their names in any letter case. Version and method have capital letters only.
//!
//! # A client and the server
//!
//! A client has one TCP connection to the server, on port 8765 ([`PORT`]) unless told otherwise. It sends a JOIN, then
//! TEXTs, then a LEAVE. The server passes each frame on to all other members, in one order for everybody, and never
//! back to the sender:
//!
//! ```text
//! alice sends                          bob gets
//! CHAT/1.0 JOIN, Username: alice       CHAT/1.0 JOIN, Username: alice
//! CHAT/1.0 TEXT, Username: alice,      CHAT/1.0 TEXT, Username: alice,
//!     Msg-len: 2, hi                       Msg-len: 2, hi
//! CHAT/1.0 LEAVE, Username: alice      CHAT/1.0 LEAVE, Username: alice
//! ```
//!
//! - **After a JOIN** a member gets what is said from then on. There is no history and no list of who is there, so
//!   TEXTs and LEAVEs come from people whose JOIN it never saw. The extension has both.
//! - **A JOIN that succeeds is not confirmed.** If it is refused, a TEXT from `server` says why, and then the server
//!   closes the connection. That takes about 100 ms, and longer only if the server is very busy. So a client is in the
//!   room if the connection is still open after two seconds, or as soon as it gets a frame from anybody but `server`,
//!   since only members get any. It need not wait before it speaks: what follows a refused JOIN reaches nobody.
//! - **A JOIN that breaks a rule**, such as one with a name of 65 bytes, is not refused but ignored, like every such
//!   frame. Nothing comes, and 30 seconds after the connection began the server closes it. So check the name before you
//!   send it.
//! - **One connection is one member** under one name. TEXTs and LEAVEs under any other name are ignored, and so is a
//!   second JOIN.
//! - **After a LEAVE** the server writes what still waits for the member and closes. A connection that ends without a
//!   LEAVE has left too: the others get one all the same.
//! - **No keepalive is needed.** A member may be silent for as long as it likes. The server finds out by TCP's own
//!   keepalive if a member's computer is gone. That takes up to a minute, and its name is taken until then. A client
//!   that wants to know the same of the server switches TCP keepalive on for its socket.
//! - **A client must read**, even if it only wants to speak. One that takes nothing for 30 seconds is dropped, and so
//!   is one for which 4 MiB wait.
//! - **One read is not one frame.** It may bring several, or a part of one.
//!
//! # What the server says
//!
//! The server speaks in TEXTs from `server`, a name that nobody else can have, in one line of ASCII. If the connection
//! ends after it, it was a refusal. If it does not, it was a notice, and everything goes on.
//!
//! | words, numbers being examples | when | then |
//! |---|---|---|
//! | `this name is taken; join under another one` | after a JOIN | the connection is closed |
//! | `the name server is reserved; join under another one` | after a JOIN | the connection is closed |
//! | `the room is full: 1000 connections is the most; try again later` | before a JOIN | the connection is closed |
//! | `there are 100 connections from your address, which is the most; close one or try again later` | before a JOIN | the connection is closed |
//! | `you come too often: 60 connections a minute from one address is the most; try again in a minute` | before a JOIN | the connection is closed |
//! | `your text was not sent: nothing of it came for 30s; send it again` | in the middle of a TEXT | the connection is closed |
//! | `your text was not sent: the server has no room for so much at the moment; try again later` | in the middle of a TEXT | the connection is closed |
//! | `your text of 2000000 bytes was not sent: 1048576 bytes is the most` | after the head of a TEXT | all goes on |
//!
//! It closes a connection without a word if the client sends something other than CHAT/1.0 ("gives up" below), does not
//! join within 30 seconds, or does not read. The same happens to everybody when the server stops, and to some when very
//! many come at once to a full room. All these times and sizes are defaults, which the server's operator can change.
//!
//! # What is done about every mistake
//!
//! One rule above all: exact in what is sent, patient in what is read. [`encode`] writes the one exact form. The
//! [`Decoder`] reports whatever it passes over ([`Ignored`]). It gives up ([`DecodeError`]) only where the next frame
//! cannot be found, or where a peer asks for more than the [`Limits`]; after that every call returns the same error.
//!
//! | what arrives | what the decoder does |
//! |---|---|
//! | headers in any order and letter case, with or without blanks around the colon | accepts them |
//! | lines that end in LF without CR | accepts them |
//! | empty lines before a start line | skips them |
//! | `CHAT/1.x` with another minor number | accepts the frame |
//! | another major number, or no `CHAT/` at all | takes it for noise, see below |
//! | an unknown header | ignores the header |
//! | an unknown method, such as `text` in small letters | ignores the frame, payload included |
//! | a TEXT without `Msg-len`, or with `Msg-len: 0` | ignores the frame, unless it is an offer or a grant of the extension |
//! | a frame of the extension that lacks something, or has a header that cannot be read | ignores the frame |
//! | a JOIN, LEAVE or TEXT with a header of the extension that cannot be read | accepts it as a frame of CHAT/1.0 |
//! | a frame without `Username` | ignores the frame |
//! | a `Username` that is empty, too long, not UTF-8, or has control characters | ignores the frame |
//! | a JOIN or LEAVE with a payload | takes the frame, drops the payload |
//! | a header twice with the same value | accepts the frame |
//! | two `Username` headers that differ | ignores the frame |
//! | two `Msg-len` headers that differ | gives up |
//! | a `Msg-len` that is not a decimal number, is negative, or does not fit 64 bits | gives up |
//! | a payload longer than [`Limits::max_payload`], 1 MiB | ignores the frame, reads past the payload without storing it |
//! | a head longer than [`Limits::max_head`], 4 KiB, or with more than [`Limits::max_headers`], 32 | gives up |
//! | a line in the head without a colon | ignores the frame, takes what follows for noise |
//! | *noise*: bytes that are not a start line where one must be | skips to the next line that starts with `CHAT/1.`, and reports how much it skipped |
//! | more than [`Limits::max_noise`] bytes of noise in a row, 4 KiB | gives up |
//! | a payload that is not UTF-8 | accepts it: a payload is bytes |
//! | a `Msg-len` that counts characters: the payload and the bytes after it are UTF-8, have as many characters as it says, and end where a start line, a line end or nothing follows | takes all of them for the text, and reports the number |
//! | a frame that stops in the middle, a [silence](Decoder::silence), and then the whole head of a JOIN, LEAVE or TEXT with a name | gives up the first ([`Item::CutOff`]), reads the second, unless the first is a TEXT with a readable `Id` of the extension |
//! | a first line that ends in ` HTTP/1.x`, also after noise, or the start of TLS | gives up: a web page could send the rest |
//! | any cut of the stream into pieces, down to single bytes | returns the same frames, with one exception: that a `Msg-len` counts characters is noticed only if the bytes after the payload come in one piece with its last byte |
//!
#![doc = include_str!("extension.md")]
//!
//! # Use
//!
//! ```
//! use hubbub_wire::{Decoder, Frame, Item, Limits, Payload, Username, encode};
//!
//! let alice = Username::new("alice", Limits::DEFAULT.max_name)?;
//! let payload = Payload::new(b"My first chat message!").ok_or("nothing to say")?;
//! let join = Frame::join(alice.borrowed());
//! let text = Frame::text(alice.borrowed(), payload);
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
mod extension;
mod frame;
mod head;
mod header;
mod held;
mod limits;
mod password;
mod scan;
mod start;
mod surplus;
mod time;
mod username;
mod work;

pub use decoder::{Decoder, Ignored, Item};
pub use encoder::{encode, encode_head};
pub use extension::{
    EXTENSION, Grant, Hex64, Hex128, Id, Kept, Label, MAX_EARLIER, MAX_TOKEN, Notice, OWN_JOIN,
    Offer, Replayed, Stamp, Token,
};
pub use frame::{Frame, Method, PORT, Payload};
pub use head::DecodeError;
pub use limits::Limits;
pub use password::{MAX_PASSWORD, Password};
pub use time::Time;
pub use username::{Username, UsernameError};
#[cfg(fuzzing)]
pub use work::WORK;

/// The code blocks of the project's README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
