//! The one Chromium of this test program. It starts with the first visitor, and ends with the program.

use std::process::Command;
use std::sync::OnceLock;

use hubbub_testing::Program;

use crate::keeper::keep;

/// What Chromium is told. Nothing that it would do for a person at a desktop or for its makers may disturb a test. All
/// that it shows comes from the tests themselves, so it needs no sandbox, which root cannot have.
const OPTIONS: [&str; 18] = [
    "--user-data-dir=PLACE",
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--password-store=basic",
    "--lang=en-GB",
    // Certificates and names of the tests' own.
    "--ignore-certificate-errors",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
];

/// A running Chromium.
pub(crate) struct Chromium {
    /// The keeper. Its stdin is held for as long as this program runs.
    _keeper: Program,
    /// The address of the inspector.
    inspector: String,
}

impl Chromium {
    /// The one of this test program.
    pub(crate) fn shared() -> &'static Chromium {
        static SHARED: OnceLock<Chromium> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Chromium {
        let mut command = Command::new("chromium");
        command.args(OPTIONS);
        let mut keeper = keep(&command, &[]);
        let line = keeper.line_with("DevTools listening on ");
        keeper.show(&[]);
        let inspector = line.split_whitespace().last().unwrap().to_owned();
        Chromium {
            _keeper: keeper,
            inspector,
        }
    }

    /// The address of its inspector, as a WebSocket.
    pub(crate) fn inspector(&self) -> &str {
        &self.inspector
    }
}
