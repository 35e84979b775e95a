//! The real window under an X server, driven with real keys and a real mouse, read through the WebKit inspector.
//!
//! A story is told in `conversation`, `composing`, `searching`, `failure` and `overload`; the other files are what it is
//! told with. One test at a time has the screen. `just test` provides the screen and everything else that is needed.
#![cfg(feature = "desktop")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod composing;
mod conversation;
mod failure;
mod overload;
mod pictures;
mod searching;

mod client;
mod inspector;
mod relay;
mod screen;
mod server;
mod tape;
mod wait;
mod window;
