//! The program with `--metrics`: what its page says, that each number moves by what happened and by nothing else, and
//! that nobody who reads it harms the room.

#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod counting;
mod dashboard;
mod gauges;
#[cfg(feature = "history")]
mod history;
mod options;
mod page;
mod scrapers;
mod watched;
