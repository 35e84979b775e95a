//! `hubbub`: a CHAT/1.0 room in a terminal and in scripts. Data goes to stdout, everything else to stderr, and the exit
//! status can be believed.
//!
//! Each command has a file of its own. All of them share [`room`], which is where to go and what lets one in, [`member`],
//! which is one member of a room on `libs/session`, [`ask`], which asks a person what nobody else knows, [`status`], which is
//! how they end, and [`clean`], which keeps a terminal safe from what others say. No command knows
//! sockets or anything async: they are plain threads and channels.

use std::env;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::status::Outcome;

// In reading order. The blank lines keep rustfmt from sorting it.

mod status;

mod clean;

mod json;

mod arguments;

mod refusal;

mod ask;

mod room;

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
    let outcome = room::refuse_password(env::args_os()).and_then(|()| run(Arguments::parse()));
    status::exit(outcome)
}

fn run(arguments: Arguments) -> Outcome {
    match arguments.command {
        Command::Send(arguments) => send::run(&arguments),
        Command::Tail(arguments) => tail::run(&arguments),
        Command::Who(arguments) => who::run(&arguments),
        Command::Ping(arguments) => ping::run(&arguments),
        Command::Chat(arguments) => chat::run(&arguments),
        #[cfg(feature = "export")]
        Command::Export(arguments) => export::run(&arguments),
        #[cfg(unix)]
        Command::Admin(arguments) => admin::run(&arguments),
    }
}
