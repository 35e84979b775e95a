//! `hubbub`: a CHAT/1.0 room in a terminal and in scripts. Data goes to stdout, everything else to stderr, and the exit
//! status can be believed.
//!
//! Each command has a file of its own. All of them share [`room`], which is where to go and what lets one in,
//! [`member`], which is one member of a room on `libs/session`, [`ask`], which asks a person what nobody else knows,
//! [`status`], which is how they end, [`in_sight`], which keeps secrets among the arguments out of what is said, and
//! [`clean`], which keeps a terminal safe from what others say. No command knows sockets or anything async: they are
//! plain threads and channels.

use std::env;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::status::{Failure, Outcome, Status};

// In reading order. The blank lines keep rustfmt from sorting it.

mod status;

mod clean;

mod json;

mod arguments;

mod in_sight;

mod refusal;

mod ask;

mod room;

mod forget;

mod member;

mod send;

mod tail;

mod who;

mod ping;

mod chat;

#[cfg(feature = "export")]
mod export;

#[cfg(unix)]
mod admin;

fn main() -> ExitCode {
    let outcome = in_sight::refuse_password(env::args_os())
        .and_then(|()| parse())
        .and_then(run);
    status::exit(outcome.map_err(|failure| match failure {
        Failure::Because(status, words) => {
            Failure::new(status, in_sight::hide(&words, env::args_os()))
        }
        other => other,
    }))
}

/// Reads the command line. The parser's words for what is wrong repeat a part of it, so that it says them only where
/// that part holds no secret.
fn parse() -> Result<Arguments, Failure> {
    Arguments::try_parse().map_err(|error| {
        let words = error.render().to_string();
        if in_sight::hide(&words, env::args_os()) == words {
            error.exit();
        }
        let words = words.trim_start_matches("error: ").trim_end();
        Failure::new(Status::Usage, words)
    })
}

fn run(arguments: Arguments) -> Outcome {
    match arguments.command {
        Command::Send(arguments) => send::run(&arguments),
        Command::Tail(arguments) => tail::run(&arguments),
        Command::Who(arguments) => who::run(&arguments),
        Command::Ping(arguments) => ping::run(&arguments),
        Command::Chat(arguments) => chat::run(&arguments),
        Command::Forget(arguments) => forget::run(&arguments),
        #[cfg(feature = "export")]
        Command::Export(arguments) => export::run(&arguments),
        #[cfg(unix)]
        Command::Admin(arguments) => admin::run(&arguments),
    }
}
