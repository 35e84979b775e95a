//! The room for browsers: what is served, to whom, and what must not come through.

#![cfg(feature = "web")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod hosts;
mod place;
#[cfg(feature = "tls")]
mod secure;
mod site;
mod upgrade;
