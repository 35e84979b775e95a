//! Status: how a command ends, as a number for scripts and in words on stderr.

use std::io::{self, Write};
use std::process::ExitCode;

use hubbub_session::Cause;

use crate::clean;

/// How a command ended if it was not done. The numbers are those of `sysexits.h`, where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    /// The command line or the input is wrong.
    Usage = 2,
    /// The room cannot be reached.
    Unreachable = 69,
    /// The connection ended before everything was done, or the output could not be written.
    CutOff = 74,
    /// What listens there is not a CHAT server, or not one that can do what was asked.
    NotChat = 76,
    /// The server refused us.
    Refused = 77,
    /// A file of ours is not as it should be.
    BadFile = 78,
    /// A signal ended it before everything was done.
    Interrupted = 130,
}

/// Why a command was not done. clap itself ends the program with status 2 where the command line is wrong.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It failed, for this reason.
    Because(Status, String),
    /// Whoever reads our output has enough of it: that is the reader's right, and no failure.
    BrokenPipe,
}

impl Failure {
    /// A failure with its reason: lower case, no full stop, and one line wherever that can say it.
    pub(crate) fn new(status: Status, words: impl Into<String>) -> Self {
        Self::Because(status, words.into())
    }

    /// The system does not give what the program needs to begin.
    pub(crate) fn start(error: &io::Error) -> Self {
        Self::new(Status::CutOff, format!("cannot start: {error}"))
    }

    /// The session has ended by itself, which it never should.
    pub(crate) fn ended() -> Self {
        Self::new(Status::CutOff, "the network part has stopped")
    }

    /// There is no connection, for this cause.
    pub(crate) fn lost(cause: &Cause, why: impl Into<String>) -> Self {
        let status = match cause {
            Cause::Unreachable => Status::Unreachable,
            Cause::PutOff | Cause::Elsewhere | Cause::CutOff => Status::CutOff,
            Cause::NotChat => Status::NotChat,
            Cause::Refused { .. } => Status::Refused,
            Cause::Plain => {
                let words = format!("{}, by --forget", why.into());
                return Self::new(Status::Refused, words);
            }
            Cause::BadFile => Status::BadFile,
        };
        Self::new(status, why)
    }

    /// Whether the server refused us.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Because(Status::Refused, _))
    }

    /// The output cannot be written.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new(Status::CutOff, format!("cannot write the output: {error}")),
        }
    }
}

/// What a command returns.
pub(crate) type Outcome = Result<(), Failure>;

/// Says something to the user that is no data.
pub(crate) fn say(words: &str) {
    // If stderr is gone, nobody is there to be told.
    let _ = writeln!(io::stderr(), "hubbub: {}", clean::text(words));
}

/// Says why a command was not done, and returns its exit status.
pub(crate) fn exit(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(Failure::Because(status, words)) => {
            say(&words);
            ExitCode::from(status as u8)
        }
    }
}
