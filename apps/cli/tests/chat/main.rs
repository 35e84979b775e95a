//! `hubbub chat` with a real server, in a real pseudo terminal whose screen is read, and in a pipe.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod pipe;
mod private;
mod screen;
mod several;
mod terminal;

/// A state directory in which nothing is.
const NO_STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/no-state");
