//! What several suites and benches share. For tests only: no crate depends on it outside its `[dev-dependencies]`.
//!
//! - [`Peer`] speaks raw bytes over a socket, [`Tape`] keeps what one end says, and [`join`], [`leave`] and [`text`]
//!   are the bytes of frames. They are written by hand from the protocol's own words. This crate does not use the wire
//!   library, so that the programs are checked against something other than themselves.
//! - [`Offer`] and [`Ours`] are a program of ours, which has more to say than that, and [`AnyFrame`] is what it hears.
//! - [`Room`] is the real server in this process, and [`Program`] is the server in its own process. [`ScriptedServer`]
//!   does only what the test says, [`Engines`] are what a cluster runs on, and [`HeldPort`] is a port where a server
//!   comes later, or never.
//! - [`Network`] is the bad weather between two ends, [`namespace`] a network that can vanish without a word, and
//!   [`Time`] a clock that the test moves.
//! - [`tls`] is an authority, what it signs, a peer's handshake, and a man in the middle. [`web`] is what a browser
//!   says, rightly and wrongly.
//! - [`Stranger`] is a program that other people could have written, [`Crowd`] many connections that one thread reads,
//!   and [`storm`] many members who talk at once.
//!
//! Nothing here waits without a deadline, and every failure says what had happened so far.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod clock;
#[cfg(target_os = "linux")]
mod crowd;
mod engines;
mod frames;
#[cfg(target_os = "linux")]
pub mod namespace;
mod ours;
mod peer;
mod port;
#[cfg(target_os = "linux")]
mod processes;
mod program;
mod room;
mod scripted;
#[cfg(target_os = "linux")]
mod sockets;
pub mod storm;
mod stranger;
mod tape;
pub mod tls;
mod wait;
mod weather;
pub mod web;

pub use clock::Time;
#[cfg(target_os = "linux")]
pub use crowd::{Crowd, is_asked_for, name_of};
pub use engines::Engines;
pub use frames::{MIB, is_from, join, leave, shown, text};
pub use ours::{AnyFrame, Offer, Ours, base64};
pub use peer::Peer;
pub use port::HeldPort;
#[cfg(target_os = "linux")]
pub use processes::{Processes, Ran, kernel_bytes, resident_bytes};
pub use program::{Ended, OTHER_SERVER, Program, TROUBLE, port_in, run, server, signal};
pub use room::{Room, serve_for_ever};
pub use scripted::ScriptedServer;
#[cfg(target_os = "linux")]
pub use sockets::{TcpSocket, tcp_sockets, unaccepted};
pub use stranger::Stranger;
pub use tape::Tape;
pub use wait::{DEADLINE, until};
pub use weather::{Network, Way, Weather};
