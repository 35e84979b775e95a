//! The connection of a browser, from outside: frames that are made by hand, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod ending;
mod hearing;
mod over_tls;
mod saying;
mod support;
mod wrong;
