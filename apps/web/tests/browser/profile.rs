//! A visitor's part of Chromium, apart from those of all others. Tests for Firefox have the same of their own.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::devtools::Devtools;
use crate::page::Page;

/// The part. When it is dropped, all of it is closed and forgotten.
pub(crate) struct Profile {
    devtools: Rc<Devtools>,
    context: String,
}

impl Profile {
    /// A part in which nothing is kept.
    pub(crate) fn new() -> Profile {
        let devtools = Rc::new(Devtools::connect(Chromium::shared().inspector()));
        // It ends with the connection, so also when the test fails.
        let made = devtools.call(
            None,
            "Target.createBrowserContext",
            json!({ "disposeOnDetach": true }),
        );
        let context = made["browserContextId"].as_str().unwrap().to_owned();
        Profile { devtools, context }
    }

    /// Opens an empty tab in a window of its own.
    pub(crate) fn opens(&self) -> Page {
        let wanted =
            json!({ "url": "about:blank", "browserContextId": self.context, "newWindow": true });
        let made = self.devtools.call(None, "Target.createTarget", wanted);
        self.has(made["targetId"].as_str().unwrap())
    }

    /// The page of the tab that the browser calls so.
    pub(crate) fn has(&self, target: &str) -> Page {
        Page::attach(&self.devtools, target)
    }

    /// All tabs: the browser's name, and the address.
    pub(crate) fn pages(&self) -> Vec<(String, String)> {
        let targets = self.devtools.call(None, "Target.getTargets", json!({}));
        let is_own = |target: &&Value| {
            target["browserContextId"] == *self.context && target["type"] == "page"
        };
        let both = |target: &Value| {
            let [name, address] = ["targetId", "url"].map(|it| target[it].as_str().unwrap());
            (name.to_owned(), address.to_owned())
        };
        let all = targets["targetInfos"].as_array().unwrap().iter();
        all.filter(is_own).map(both).collect()
    }

    /// What the browser answers when a page of this origin asks whether it may do something: `granted` or `denied`.
    pub(crate) fn answers_about(&self, origin: &str, what: &str, setting: &str) {
        let wanted = json!({
            "permission": { "name": what }, "setting": setting, "origin": origin, "browserContextId": self.context,
        });
        self.devtools.call(None, "Browser.setPermission", wanted);
    }

    /// What is saved goes to this directory.
    pub(crate) fn downloads_to(&self, directory: &Path) {
        let wanted = json!({ "behavior": "allow", "browserContextId": self.context, "downloadPath": directory });
        self.devtools
            .call(None, "Browser.setDownloadBehavior", wanted);
    }
}
