//! The network thread against scripted servers, and against servers of strangers: raw bytes over loopback sockets, and
//! a clock that the test moves.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod alice;
mod carrying;
mod extension;
mod failing;
mod faults;
mod granting;
mod harness;
mod leaving;
mod listening;
mod private;
mod programs;
mod remembering;
mod restarting;
mod room;
mod several;
mod silence;
mod speaking;
mod strangers;
mod student;
mod twins;
#[cfg(target_os = "linux")]
mod vanishing;
mod waking;
mod window;
