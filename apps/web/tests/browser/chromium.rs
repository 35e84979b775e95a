//! The one Chromium of this test program. It starts with the first visitor, and ends with the program, however that
//! ends: a shell waits for the end of a pipe that only the program holds, and then kills it and removes what it wrote.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use hubbub_testing::Program;

/// Starts Chromium with a directory of its own, and ends it when nobody holds the other end of stdin any more. The
/// first argument is the directory. The browser may still write there while it dies.
const KEEPER: &str = r#"
place=$1; shift
mkdir -p "$place"
"$@" --user-data-dir="$place" about:blank </dev/null >/dev/null &
browser=$!
read -r _
exec 2>/dev/null
kill -TERM $browser
(sleep 10; kill -KILL $browser) & last=$!
wait $browser
kill $last
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$place" && break
    sleep 0.1
done
"#;

/// What Chromium is told. Nothing that it would do for a person at a desktop or for its makers may disturb a test. All
/// that it shows comes from the tests themselves, so it needs no sandbox, which root cannot have.
const OPTIONS: [&str; 17] = [
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
        let exists = Command::new("chromium").arg("--version").output();
        assert!(
            exists.is_ok_and(|output| output.status.success()),
            "there is no chromium: run `just setup`"
        );
        let place =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}", std::process::id()));
        let mut command = Command::new("sh");
        command
            .args(["-c", KEEPER, "sh"])
            .arg(place)
            .arg("chromium")
            .args(OPTIONS);
        // Not the user's own desktop.
        command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        let mut keeper = Program::run_from(Stdio::piped(), command);
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
