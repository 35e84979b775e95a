//! The program with `--history`: what is kept, whatever happens to the program and its disk.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(all(target_os = "linux", feature = "history"))]

mod crashes;
mod directory;
mod disks;
mod members;
mod python;
mod refusals;
