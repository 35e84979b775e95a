//! What the page of the extension says about the server, sentence by sentence, over real sockets. That a peer hears
//! nothing is shown by what it hears next, never by waiting.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod agreeing;
mod notices;
mod past;
mod python;
mod takeover;
mod texts;
