//! The program `hubbub-server` as a user or a service manager runs it: its options, signals and log lines.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bounds;
#[cfg(target_os = "linux")]
mod descriptors;
mod environment;
#[cfg(all(target_os = "linux", feature = "service"))]
mod form;
#[cfg(all(target_os = "linux", feature = "service"))]
mod hangup;
mod lines;
#[cfg(target_os = "linux")]
mod log;
#[cfg(target_os = "linux")]
mod memory;
mod options;
#[cfg(all(
    target_os = "linux",
    feature = "history",
    feature = "service",
    feature = "metrics"
))]
mod package;
mod pairs;
#[cfg(all(target_os = "linux", feature = "service"))]
mod passed;
mod readme;
#[cfg(target_os = "linux")]
mod rest;
#[cfg(all(target_os = "linux", feature = "service"))]
mod service;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod terminal;
mod threads;
#[cfg(feature = "tls")]
mod tls;
