//! A separate D-Bus session: the daemon, and where it listens. `bus` and `desktop` talk over it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// It ends when dropped, together with everything that it started.
pub(crate) struct Session {
    daemon: Child,
    pub(crate) address: String,
}

impl Session {
    pub(crate) fn start() -> Session {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("dbus-daemon: {error}; `just setup` installs it"));
        let mut address = String::new();
        let mut said = BufReader::new(daemon.stdout.take().unwrap());
        said.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        Session { daemon, address }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
