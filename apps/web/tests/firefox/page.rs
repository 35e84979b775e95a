//! What Firefox does for a tab.

use serde_json::{Value, json};

use crate::bidi::Bidi;
use crate::firefox::Firefox;
use crate::keys::{HELD, Key};
use crate::pointer::Button;
use crate::report::Kind;

/// The page of a tab.
pub(crate) struct Page {
    bidi: &'static Bidi,
    target: String,
}

impl Page {
    /// The page of the tab that Firefox calls so.
    pub(crate) fn of(target: &str) -> Page {
        Page {
            bidi: Firefox::shared().bidi(),
            target: target.to_owned(),
        }
    }

    /// Calls a method for this tab.
    #[track_caller]
    fn call(&self, method: &str, mut parameters: Value) -> Value {
        parameters["context"] = json!(self.target);
        self.bidi.call(method, parameters)
    }

    /// Firefox's name for the tab.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Sets out for another address.
    #[track_caller]
    pub(crate) fn goes_to(&self, address: &str) {
        self.call(
            "browsingContext.navigate",
            json!({ "url": address, "wait": "none" }),
        );
    }

    /// Begins to load again.
    pub(crate) fn reloads(&self) {
        self.call("browsingContext.reload", json!({ "wait": "none" }));
    }

    /// Goes forward by so many pages, or back if negative.
    pub(crate) fn moves_in_history(&self, by: i64) {
        self.call("browsingContext.traverseHistory", json!({ "delta": by }));
    }

    /// All addresses of the history.
    pub(crate) fn past(&self) -> Vec<String> {
        let past = self.as_firefox_sees_it(
            "[...Array(tab.sessionHistory.count).keys()]
               .map((at) => tab.sessionHistory.getEntryAtIndex(at).URI.spec)",
        );
        let entries = past.as_array().unwrap().iter();
        entries.map(|it| it.as_str().unwrap().to_owned()).collect()
    }

    /// The value of an expression, or Firefox's words where there is none. A promise is waited for.
    pub(crate) fn evaluates(&self, expression: &str) -> Result<Value, String> {
        self.bidi.evaluates(&json!(self.target), expression)
    }

    /// The value of an expression in Firefox itself, where this tab is `tab`, a browsing context.
    fn as_firefox_sees_it(&self, expression: &str) -> Value {
        // Both sides know the name of a window, and no test needs it.
        let name = &self.target;
        self.evaluates(&format!("window.name = '{name}'")).unwrap();
        Firefox::shared().evaluates(&format!(
            "(() => {{ const windows = [...Services.wm.getEnumerator('navigator:browser')];
               const tabs = windows.flatMap((it) => it.gBrowser.browsers.map((it) => it.browsingContext));
               const tab = tabs.find((it) => it.name === '{name}'); return {expression}; }})()"
        ))
    }

    /// What it has told of this kind since this was last asked.
    pub(crate) fn take(&self, kind: Kind) -> Vec<String> {
        self.bidi.take(&self.target, kind)
    }

    /// Whether it has told something of this kind since then.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.bidi.has(&self.target, kind)
    }

    /// Presses and releases one key after the other.
    pub(crate) fn presses(&self, keys: &[Key]) {
        let steps: Vec<_> = keys.iter().flat_map(Key::steps).collect();
        self.acts(json!({ "type": "key", "id": "keyboard", "actions": steps }));
    }

    /// Puts text where the focus is. BiDi has no words for that, but a page cannot tell it from what an editor does.
    pub(crate) fn inserts(&self, text: &str) {
        let text = json!(text);
        let done = self.evaluates(&format!(
            "document.execCommand('insertText', false, {text})"
        ));
        assert_eq!(done, Ok(json!(true)), "{text} is not taken");
    }

    /// Moves the mouse there and clicks.
    pub(crate) fn clicks(&self, place: [u32; 2], button: Button) {
        let button = match button {
            Button::Left => 0,
            Button::Right => 2,
        };
        self.points("mouse", place, button);
    }

    /// Taps there with a finger.
    pub(crate) fn touches(&self, place: [u32; 2]) {
        self.points("touch", place, 0);
    }

    fn points(&self, with: &str, [x, y]: [u32; 2], button: u32) {
        self.acts(json!({
            "type": "pointer", "id": with, "parameters": { "pointerType": with },
            "actions": [
                { "type": "pointerMove", "x": x, "y": y },
                { "type": "pointerDown", "button": button },
                { "type": "pointerUp", "button": button },
            ],
        }));
    }

    /// One window at a time has the focus, and only there does Enter press a button.
    fn acts(&self, source: Value) {
        let _turn = Firefox::shared().turn();
        self.call("browsingContext.activate", json!({}));
        self.call("input.performActions", json!({ "actions": [source] }));
    }

    /// Takes this size, in pixels of its style, of which each is `scale` pixels of the screen wide. On a phone it is
    /// touched.
    pub(crate) fn has_size(&self, width: u32, height: u32, scale: u32, is_phone: bool) {
        let size = json!({ "width": width, "height": height });
        self.call(
            "browsingContext.setViewport",
            json!({ "viewport": size, "devicePixelRatio": scale }),
        );
        let fingers = if is_phone { "enabled" } else { "none" };
        self.as_firefox_sees_it(&format!("tab.touchEventsOverride = '{fingers}'"));
    }

    /// Has the clocks of this place.
    pub(crate) fn is_in_zone(&self, zone: &str) {
        let wanted = json!({ "timezone": zone, "contexts": [self.target] });
        self.bidi.call("emulation.setTimezoneOverride", wanted);
    }

    /// What is seen of it, as a PNG in base64.
    pub(crate) fn picture(&self) -> String {
        let taken = self.call("browsingContext.captureScreenshot", json!({}));
        taken["data"].as_str().unwrap().to_owned()
    }

    /// Begins to close.
    pub(crate) fn closes(&self) {
        self.call("browsingContext.close", json!({}));
    }

    /// Whether its tab is there.
    pub(crate) fn is_open(&self) -> bool {
        let wanted = json!({ "root": self.target, "maxDepth": 0 });
        self.bidi
            .try_call("browsingContext.getTree", wanted)
            .is_ok()
    }
}

/// How WebDriver writes the keys that write nothing, and those that are held down.
const KEYS: [(&str, char); 18] = [
    ("Backspace", '\u{e003}'),
    ("Tab", '\u{e004}'),
    ("Enter", '\u{e007}'),
    ("Shift", '\u{e008}'),
    ("Control", '\u{e009}'),
    ("Alt", '\u{e00a}'),
    ("Escape", '\u{e00c}'),
    ("PageUp", '\u{e00e}'),
    ("PageDown", '\u{e00f}'),
    ("End", '\u{e010}'),
    ("Home", '\u{e011}'),
    ("ArrowLeft", '\u{e012}'),
    ("ArrowUp", '\u{e013}'),
    ("ArrowRight", '\u{e014}'),
    ("ArrowDown", '\u{e015}'),
    ("Delete", '\u{e017}'),
    ("F1", '\u{e031}'),
    ("F6", '\u{e036}'),
];

impl Key {
    /// The steps of pressing and releasing it, and before and after it those that are held down.
    fn steps(&self) -> Vec<Value> {
        let written = |name: &str| {
            let silent = KEYS.iter().find(|(it, _)| *it == name);
            silent.map_or_else(|| name.to_owned(), |(_, letter)| letter.to_string())
        };
        let held = HELD.iter().filter(|(_, bit)| self.held & bit != 0);
        let names = held.map(|(name, _)| *name).chain([&*self.name]);
        let all: Vec<_> = names.map(written).collect();
        let step = |kind: &str, key: &String| json!({ "type": kind, "value": key });
        let down = all.iter().map(|key| step("keyDown", key));
        let up = all.iter().rev().map(|key| step("keyUp", key));
        down.chain(up).collect()
    }
}
