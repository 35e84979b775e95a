//! How a page is looked at: by whom, how large it is, and what is seen of it.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Tab;
use crate::keys::PHONE;

impl Tab {
    /// Whether the page believes that somebody looks at it and types there. At first it does, whatever other tabs do.
    pub(crate) fn is_looked_at(&self, is_so: bool) {
        self.call(
            "Emulation.setFocusEmulationEnabled",
            json!({ "enabled": is_so }),
        );
    }

    /// The visitor looks at another tab of the same window, which is opened for that.
    #[track_caller]
    pub(crate) fn looks_away(&self) {
        self.is_looked_at(false);
        let own = self.devtools.call(
            None,
            "Target.getTargetInfo",
            json!({ "targetId": self.target }),
        );
        let context = &own["targetInfo"]["browserContextId"];
        let other = json!({ "url": "about:blank", "browserContextId": context });
        self.call("Page.bringToFront", json!({}));
        self.devtools.call(None, "Target.createTarget", other);
        self.comes_to("document.hidden && !document.hasFocus()");
    }

    /// The visitor looks at this tab again.
    #[track_caller]
    pub(crate) fn is_looked_at_again(&self) {
        self.call("Page.bringToFront", json!({}));
        self.is_looked_at(true);
        self.comes_to("!document.hidden && document.hasFocus()");
    }

    /// Makes the page as large as in a window of this size, in pixels.
    pub(crate) fn is_a_desktop(&self, width: u32, height: u32) {
        self.has_size(width, height, 1, false);
    }

    /// Makes it as large as on a phone, which is touched and has no mouse.
    pub(crate) fn is_a_phone(&self) {
        self.has_size(PHONE.0, PHONE.1, 2, true);
    }

    /// Makes the page of a phone only so high, as its keyboard does.
    pub(crate) fn has_height(&self, height: u32) {
        self.has_size(PHONE.0, height, 2, true);
    }

    fn has_size(&self, width: u32, height: u32, scale: u32, mobile: bool) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", size);
        self.call(
            "Emulation.setTouchEmulationEnabled",
            json!({ "enabled": mobile, "maxTouchPoints": 5 }),
        );
    }

    /// Makes it as large as on another phone.
    pub(crate) fn is_a_phone_of(&self, width: u32, height: u32) {
        self.has_size(width, height, 2, true);
    }

    /// Waits until all that the page has to show is painted.
    pub(crate) fn paints(&self) {
        self.ask("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(() => painted(0))))");
    }

    /// What is seen of the page, as a PNG in base64.
    pub(crate) fn picture(&self) -> String {
        self.paints();
        let taken = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        taken["data"].as_str().unwrap().to_owned()
    }

    /// Saves what is seen of the page as a PNG.
    pub(crate) fn photographs(&self, picture: &Path) {
        let bytes = STANDARD.decode(self.picture()).unwrap();
        fs::create_dir_all(picture.parent().unwrap()).unwrap();
        fs::write(picture, bytes).unwrap();
    }

    /// The number of the process that draws its page, if no other page has run for longer.
    pub(crate) fn renderer(&self) -> u32 {
        let all = self
            .devtools
            .call(None, "SystemInfo.getProcessInfo", json!({}));
        let renderers = all["processInfo"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|process| process["type"] == "renderer");
        let time = |process: &Value| process["cpuTime"].as_f64().unwrap();
        let busiest = renderers
            .max_by(|a, b| time(a).total_cmp(&time(b)))
            .expect("no renderer");
        u32::try_from(busiest["id"].as_u64().unwrap()).unwrap()
    }
}
