//! The program `hubbub` as scripts use it: with our server, with plain ones, and while either side is killed.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod program;

mod asking;
mod known;
mod outages;
mod private;
mod readme;
mod restarts;
mod secrets;
mod sending;
mod several;
mod statuses;
mod tailing;
mod wrapped;
