//! The program and its room with `--admin`: who is put out and stays out, what is said, and what the socket lets nobody
//! do.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(all(target_os = "linux", feature = "admin"))]

mod bans;
mod commands;
mod desk;
mod kicks;
mod limits;
mod place;
