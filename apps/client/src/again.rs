//! Again: this program starts once more in its own process, so that whoever started it can follow and end it. Part of
//! the binary.

use std::io::{self, Write};
use std::process::{self, Command};

use hubbub_client::handover;
use hubbub_transport::Invitation;

/// Starts the program again with these words as its command line and, on its standard input, this invitation.
pub(crate) fn start(words: &[String], invitation: Option<&Invitation>) -> ! {
    let error = match handover::program(words, invitation) {
        Ok(mut program) => replace_by(&mut program),
        Err(error) => error,
    };
    let _ = writeln!(
        io::stderr(),
        "error: cannot start the program again: {error}"
    );
    process::exit(1)
}

/// Returns only if it failed.
#[cfg(unix)]
fn replace_by(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt;
    command.exec()
}

/// Where a process cannot become another program, it ends when that one has started.
#[cfg(not(unix))]
fn replace_by(command: &mut Command) -> io::Error {
    match command.spawn() {
        Ok(_) => process::exit(0),
        Err(error) => error,
    }
}
