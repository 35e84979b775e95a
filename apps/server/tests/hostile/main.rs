//! Hostile peers over real sockets, against the program in a process of its own. Each attack is a test with a sentence
//! for a name. After each, the room serves as before, and the memory and descriptors that the attack took are free again.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(target_os = "linux")]

mod crowds;
mod floods;
mod names;
mod readers;
mod senders;
mod siege;
