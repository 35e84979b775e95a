//! Programs with and without a controlling terminal, whatever the tests themselves run on. Needs setsid of util-linux.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::Command;

use hubbub_testing::{Program, server};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A new terminal: our end, and the one for a program.
pub(crate) fn terminal() -> (OwnedFd, File) {
    // No other program that is started meanwhile may hold our end.
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let path = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(path).unwrap();
    (ours, theirs)
}

/// The server on a free port of loopback, with a controlling terminal that lasts as long as our end of it.
pub(crate) fn on_terminal() -> (Program, OwnedFd) {
    let (ours, theirs) = terminal();
    let mut command = Command::new("setsid");
    command.arg("--ctty").arg(server().get_program());
    command.args(["--port", "0", "--listen", "127.0.0.1"]);
    (Program::run_from(theirs, command), ours)
}

/// The server on a free port of loopback without a controlling terminal, as service managers start it.
#[cfg(any(feature = "service", feature = "tls"))]
pub(crate) fn without_terminal(options: &[&str]) -> Program {
    let mut command = Command::new("setsid");
    command.arg(server().get_program());
    command.args(["--port", "0", "--listen", "127.0.0.1"]);
    command.args(options);
    Program::run(command)
}
