//! The room for browsers: what is served, to whom, and what must not come through. Browsers and those who say that they
//! are do everything rightly, and every thing wrongly. The page itself is tested by `hubbub-web`.

#![cfg(feature = "web")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod askers;
mod bytes;
#[allow(dead_code, reason = "it has more than is needed here")]
#[cfg(feature = "admin")]
#[path = "../admin/desk.rs"]
mod desk;
#[cfg(target_os = "linux")]
mod floods;
mod fragments;
mod frames;
mod heads;
mod hosts;
mod house;
mod mixed;
mod nodes;
mod place;
mod places;
#[cfg(feature = "tls")]
mod private;
#[cfg(feature = "admin")]
mod proxies;
mod refusals;
#[cfg(feature = "tls")]
mod secure;
#[allow(dead_code, reason = "it has more than is needed here")]
#[cfg(target_os = "linux")]
#[path = "../hostile/siege.rs"]
mod siege;
#[cfg(target_os = "linux")]
mod silence;
mod site;
mod smuggling;
mod turned_away;
mod upgrade;
mod vanishing;
