//! Encrypted connections over real sockets: between two of ours, and with rustls itself or raw bytes on the other side.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod forger;
mod support;

mod accepting;
mod believing;
mod ending;
mod hostile;
mod identity;
mod talking;
mod writing;
