//! What Chromium does for a tab, in the words of its inspector. Tests for Firefox have the same of their own.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::devtools::Devtools;
use crate::keys::Key;
use crate::pointer::Button;
use crate::report::Kind;

/// The page of a tab.
pub(crate) struct Page {
    devtools: Rc<Devtools>,
    target: String,
    session: String,
}

impl Page {
    /// Attaches to a tab that there is.
    pub(crate) fn attach(devtools: &Rc<Devtools>, target: &str) -> Page {
        let attached = devtools.call(
            None,
            "Target.attachToTarget",
            json!({ "targetId": target, "flatten": true }),
        );
        let page = Page {
            devtools: Rc::clone(devtools),
            target: target.to_owned(),
            session: attached["sessionId"].as_str().unwrap().to_owned(),
        };
        for domain in ["Page", "Runtime", "Log", "Audits", "Inspector"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.is_looked_at(true);
        page
    }

    /// Calls a method of the inspector for this page.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, parameters: Value) -> Value {
        self.devtools.call(Some(&self.session), method, parameters)
    }

    /// The connection to the browser.
    pub(crate) fn devtools(&self) -> &Devtools {
        &self.devtools
    }

    /// The browser's name for the tab.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Whether the page believes that somebody looks at it and types there.
    pub(crate) fn is_looked_at(&self, is_so: bool) {
        self.call(
            "Emulation.setFocusEmulationEnabled",
            json!({ "enabled": is_so }),
        );
    }

    /// Sets out for another address.
    #[track_caller]
    pub(crate) fn goes_to(&self, address: &str) {
        let went = self.call("Page.navigate", json!({ "url": address }));
        assert_eq!(went.get("errorText"), None, "{address}: {went}");
    }

    /// Begins to load again.
    pub(crate) fn reloads(&self) {
        self.call("Page.reload", json!({}));
    }

    /// Goes forward by so many pages, or back if negative.
    pub(crate) fn moves_in_history(&self, by: i64) {
        let history = self.call("Page.getNavigationHistory", json!({}));
        let wanted = history["currentIndex"].as_i64().unwrap() + by;
        let entry = &history["entries"][usize::try_from(wanted).unwrap()];
        self.call(
            "Page.navigateToHistoryEntry",
            json!({ "entryId": entry["id"] }),
        );
    }

    /// All addresses of the history.
    pub(crate) fn past(&self) -> Vec<String> {
        let history = self.call("Page.getNavigationHistory", json!({}));
        let entries = history["entries"].as_array().unwrap();
        let address = |entry: &Value| entry["url"].as_str().unwrap().to_owned();
        entries.iter().map(address).collect()
    }

    /// The value of an expression, or the browser's words where there is none. A promise is waited for.
    pub(crate) fn evaluates(&self, expression: &str) -> Result<Value, String> {
        let question = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": false,
        });
        let answer = self
            .devtools
            .try_call(Some(&self.session), "Runtime.evaluate", question)?;
        match answer.get("exceptionDetails") {
            Some(details) => Err(details["exception"]["description"]
                .as_str()
                .unwrap_or("an exception")
                .to_owned()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// What it has told of this kind since this was last asked.
    pub(crate) fn take(&self, kind: Kind) -> Vec<String> {
        self.devtools.take(&self.session, kind)
    }

    /// Whether it has told something of this kind since then.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.devtools.has(&self.session, kind)
    }

    /// Presses and releases one key after the other.
    pub(crate) fn presses(&self, keys: &[Key]) {
        for key in keys {
            self.call("Input.dispatchKeyEvent", key.down());
            self.call("Input.dispatchKeyEvent", key.up());
        }
    }

    /// Puts text where the focus is.
    pub(crate) fn inserts(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Moves the mouse there and clicks.
    pub(crate) fn clicks(&self, [x, y]: [u32; 2], button: Button) {
        let button = match button {
            Button::Left => "left",
            Button::Right => "right",
        };
        for (kind, button, clicks) in [
            ("mouseMoved", "none", 0),
            ("mousePressed", button, 1),
            ("mouseReleased", button, 1),
        ] {
            let event =
                json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": clicks });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Taps there with a finger.
    pub(crate) fn touches(&self, [x, y]: [u32; 2]) {
        let points = json!([{ "x": x, "y": y }]);
        for (kind, points) in [("touchStart", points), ("touchEnd", json!([]))] {
            self.call(
                "Input.dispatchTouchEvent",
                json!({ "type": kind, "touchPoints": points }),
            );
        }
    }

    /// Takes this size, in pixels of its style, of which each is `scale` pixels of the screen wide. On a phone it is
    /// touched.
    pub(crate) fn has_size(&self, width: u32, height: u32, scale: u32, is_phone: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone });
        self.call("Emulation.setDeviceMetricsOverride", size);
        self.call(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": is_phone, "maxTouchPoints": 5 }),
        );
    }

    /// Has the clocks of this place.
    pub(crate) fn is_in_zone(&self, zone: &str) {
        self.call(
            "Emulation.setTimezoneOverride",
            json!({ "timezoneId": zone }),
        );
    }

    /// What is seen of it, as a PNG in base64.
    pub(crate) fn picture(&self) -> String {
        let taken = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        taken["data"].as_str().unwrap().to_owned()
    }

    /// Begins to close.
    pub(crate) fn closes(&self) {
        self.call("Page.close", json!({}));
    }

    /// Whether its tab is there.
    pub(crate) fn is_open(&self) -> bool {
        let wanted = json!({ "targetId": self.target });
        let found = self.devtools.try_call(None, "Target.getTargetInfo", wanted);
        found.is_ok()
    }
}
