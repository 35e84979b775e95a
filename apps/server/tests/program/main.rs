//! The program `hubbub-server` as a user or a service manager runs it: its options, signals and log lines.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bounds;
#[cfg(target_os = "linux")]
mod descriptors;
mod environment;
mod lines;
#[cfg(target_os = "linux")]
mod log;
#[cfg(target_os = "linux")]
mod memory;
mod options;
mod pairs;
mod readme;
#[cfg(target_os = "linux")]
mod rest;
mod signals;
mod threads;
