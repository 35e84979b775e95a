//! What the protocol says about the server, row by row and sentence by sentence, over real sockets. That a peer hears
//! nothing is shown by what it hears next, never by waiting.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod joining;
mod leaving;
mod order;
mod reading;
mod silence;
mod texts;
