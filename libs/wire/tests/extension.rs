//! The frames of the extension: every byte that is sent, and what is read.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod extension {
    mod frames;
    mod hostile;
    mod page;
    mod read;
    mod sent;
    mod words;
}
