//! One room on many machines, on one: three engines, nodes that are programs of their own, and members that are real
//! sessions. Every fault happens while everybody talks, and a checker knows all that was said.
//!
//! `just test-cluster` fetches the engine first.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod checker;
mod engines;
mod house;
mod long;
mod member;
mod memory;
mod nodes;
mod options;
mod quiet;
mod starting;
mod talk;
