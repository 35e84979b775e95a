//! Ping: not there yet.

use crate::arguments;
use crate::status::{Failure, Outcome, Status};

pub(crate) fn run(arguments: &arguments::Ping) -> Outcome {
    let words = format!("ping cannot talk to {} yet", arguments.room.address);
    Err(Failure::new(Status::NotChat, words))
}
