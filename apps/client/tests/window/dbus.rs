//! A D-Bus session of its own: the daemon, and where it listens. Who talks over it is told in `bus` and `desktop`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// It ends when dropped, and all that it started with it.
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
