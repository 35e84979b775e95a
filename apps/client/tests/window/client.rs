//! The process of one client: the built `hubbub-client`, with its own settings.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use hubbub_testing::signal;

use crate::screen::Screen;
use crate::wait::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubbub-client");

/// It is killed when dropped. A test that fails prints its stderr.
pub(crate) struct Client {
    pub(crate) name: String,
    process: Child,
    home: PathBuf,
}

impl Client {
    /// Starts a client under `name`, with the inspector of its page on port `inspector`, and with these options and
    /// variables.
    pub(crate) fn start(
        screen: &Screen,
        name: &str,
        port: u16,
        inspector: u16,
        options: &[&str],
        environment: &[(&str, &str)],
    ) -> Client {
        let inspector = format!("127.0.0.1:{inspector}");
        let inspector = ("WEBKIT_INSPECTOR_HTTP_SERVER", &*inspector);
        let environment = [&[inspector], environment].concat();
        let mut command = screen.command(PROGRAM);
        command.args(options);
        Self::run(command, name, port, &environment)
    }

    /// Starts a client that asks for its room, with this file of rooms that were used before.
    pub(crate) fn start_asking(screen: &Screen, inspector: u16, rooms: &str) -> Client {
        let home = new_home();
        let state = home.join("state/hubbub");
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join("rooms.toml"), rooms).unwrap();
        let inspector = format!("127.0.0.1:{inspector}");
        let inspector = ("WEBKIT_INSPECTOR_HTTP_SERVER", &*inspector);
        let mut command = screen.command(PROGRAM);
        command.arg("--ask").env("USER", "carol");
        Self::spawn(command, "the asking", home, &[inspector])
    }

    /// Starts a client with these words as its command line, and with these variables.
    pub(crate) fn start_by(
        screen: &Screen,
        name: &str,
        inspector: u16,
        words: &[&str],
        environment: &[(&str, &str)],
    ) -> Client {
        let inspector = format!("127.0.0.1:{inspector}");
        let inspector = ("WEBKIT_INSPECTOR_HTTP_SERVER", &*inspector);
        let mut command = screen.command(PROGRAM);
        command.args(words).env("USER", name);
        let environment = [&[inspector], environment].concat();
        Self::spawn(command, name, new_home(), &environment)
    }

    /// Starts a plain client that ignores the signal of a terminal that goes away.
    pub(crate) fn start_without_hangup(screen: &Screen, name: &str, port: u16) -> Client {
        let mut command = screen.command("sh");
        command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", PROGRAM, "--plain"]);
        Self::run(command, name, port, &[])
    }

    fn run(mut command: Command, name: &str, port: u16, environment: &[(&str, &str)]) -> Client {
        command.args(["--username", name, "--port", &port.to_string()]);
        Self::spawn(command, name, new_home(), environment)
    }

    fn spawn(
        mut command: Command,
        name: &str,
        home: PathBuf,
        environment: &[(&str, &str)],
    ) -> Client {
        let process = command
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            // Not the user's own desktop.
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            // A debug build of Dioxus opens a window where the last window was, even that of another program, if it
            // finds this file in the directory for temporary files.
            .env("DIOXUS_SESSION_CACHE_DIR", &home)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(home.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        Client {
            name: name.to_owned(),
            process,
            home,
        }
    }

    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Sends the process a signal by its name.
    pub(crate) fn gets(&self, name: &str) {
        signal(name, self.process.id());
    }

    /// Waits until the process has ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        let complaint = format!("{}'s client does not end", self.name);
        until(|| self.status(), || complaint)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if thread::panicking() {
            let said = fs::read_to_string(self.home.join("stderr")).unwrap_or_default();
            eprintln!("{}'s client said: {said}", self.name);
        }
        // The test may have ended it already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// A directory for the settings of one client, so that the settings of the user and of other tests do not matter.
fn new_home() -> PathBuf {
    static CLIENTS: AtomicU32 = AtomicU32::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("window-{}-{number}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    home
}
