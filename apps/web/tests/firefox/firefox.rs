//! The one Firefox of this test program. It starts with the first visitor, and ends with the program.

use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use hubbub_testing::Program;
use serde_json::{Value, json};

use crate::bidi::Bidi;
use crate::keeper::keep;

/// What Debian calls it, and what others do.
const NAMES: [&str; 2] = ["firefox-esr", "firefox"];

/// What Firefox is told, besides what it knows to be right for tests once it is led.
const OPTIONS: [&str; 7] = [
    "--profile",
    "PLACE",
    "--headless",
    "--no-remote",
    "--remote-debugging-port",
    "0",
    // For what BiDi has no words for: fingers, and the addresses of the history.
    "--remote-allow-system-access",
];

/// Its settings.
const SETTINGS: &str = r#"
// Names of the tests' own.
user_pref("network.dns.localDomains", "room.test,evil.test");
user_pref("intl.locale.requested", "en-GB");
// On a busy machine a finger that taps stays for longer than one that asks for a menu.
user_pref("ui.click_hold_context_menus.delay", 60000);
// It is the test that opens windows, and not a page that means to disturb.
user_pref("dom.disable_open_during_load", false);
"#;

/// A running Firefox.
pub(crate) struct Firefox {
    /// The keeper. Its stdin is held for as long as this program runs.
    _keeper: Program,
    bidi: Bidi,
    /// The window in which scripts of Firefox itself run.
    chrome: Value,
    /// Whose window has the focus.
    turn: Mutex<()>,
}

impl Firefox {
    /// The one of this test program.
    pub(crate) fn shared() -> &'static Firefox {
        static SHARED: OnceLock<Firefox> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Firefox {
        let is_here = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        let name = NAMES.into_iter().find(is_here).unwrap_or(NAMES[0]);
        let mut command = Command::new(name);
        command.args(OPTIONS);
        let mut keeper = keep(&command, &[("user.js", SETTINGS)]);
        let line = keeper.line_with("WebDriver BiDi listening on ");
        keeper.show(&[]);
        let bidi = Bidi::connect(line.split_whitespace().last().unwrap());
        let wanted = json!({ "acceptInsecureCerts": true, "unhandledPromptBehavior": { "default": "accept" } });
        bidi.call(
            "session.new",
            json!({ "capabilities": { "alwaysMatch": wanted } }),
        );
        let events = [
            "log.entryAdded",
            "browsingContext.userPromptOpened",
            "network.responseCompleted",
        ];
        bidi.call("session.subscribe", json!({ "events": events }));
        let tree = bidi.call("browsingContext.getTree", json!({ "moz:scope": "chrome" }));
        let chrome = tree["contexts"][0]["context"].clone();
        Firefox {
            _keeper: keeper,
            bidi,
            chrome,
            turn: Mutex::default(),
        }
    }

    /// The connection to it.
    pub(crate) fn bidi(&self) -> &Bidi {
        &self.bidi
    }

    /// Waits until no other window needs the focus, and keeps them from it.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        // A test that fails meanwhile breaks nothing for the others.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of an expression in Firefox itself.
    pub(crate) fn evaluates(&self, expression: &str) -> Value {
        self.bidi.evaluates(&self.chrome, expression).unwrap()
    }
}
