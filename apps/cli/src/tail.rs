//! Tail: not there yet.

use crate::arguments;
use crate::status::{Failure, Outcome, Status};

pub(crate) fn run(arguments: &arguments::Tail) -> Outcome {
    let words = format!("tail cannot talk to {} yet", arguments.room.address);
    Err(Failure::new(Status::NotChat, words))
}
