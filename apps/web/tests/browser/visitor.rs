//! Somebody with a browser: tabs that share their storage with each other, and with nobody else.

use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::devtools::Devtools;
use crate::tab::Tab;
use crate::wait::until;

/// A visitor. When it is dropped, all of it is closed and forgotten.
pub(crate) struct Visitor {
    devtools: Rc<Devtools>,
    context: String,
}

impl Visitor {
    /// Somebody who was never here.
    pub(crate) fn new() -> Visitor {
        let devtools = Rc::new(Devtools::connect(Chromium::shared().inspector()));
        // It ends with the connection, so also when the test fails.
        let made = devtools.call(
            None,
            "Target.createBrowserContext",
            json!({ "disposeOnDetach": true }),
        );
        let context = made["browserContextId"].as_str().unwrap().to_owned();
        Visitor { devtools, context }
    }

    /// Opens an address in a new tab. It has a window of its own, since only one tab of a window can be seen.
    #[track_caller]
    pub(crate) fn opens(&self, address: &str) -> Tab {
        let tab = self.opens_nothing();
        tab.goes_to(address);
        tab
    }

    /// Opens a tab that is empty.
    pub(crate) fn opens_nothing(&self) -> Tab {
        let wanted =
            json!({ "url": "about:blank", "browserContextId": self.context, "newWindow": true });
        let made = self.devtools.call(None, "Target.createTarget", wanted);
        Tab::attach(&self.devtools, made["targetId"].as_str().unwrap())
    }

    /// The addresses of all its tabs, sorted.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let mut addresses: Vec<_> = self
            .pages()
            .iter()
            .map(|page| page["url"].as_str().unwrap().to_owned())
            .collect();
        addresses.sort();
        addresses
    }

    /// Waits for a tab that a page has opened, besides those that the test has.
    #[track_caller]
    pub(crate) fn gets_another_tab(&self, known: &[&Tab]) -> Tab {
        let is_new = |page: &&Value| known.iter().all(|tab| page["targetId"] != tab.target());
        let found = || {
            self.pages()
                .iter()
                .find(is_new)
                .map(|page| page["targetId"].as_str().unwrap().to_owned())
        };
        let target = until(found, || "no other tab was opened".to_owned());
        Tab::attach(&self.devtools, &target)
    }

    /// Lets pages of this origin do what they have to ask for, such as `notifications`.
    pub(crate) fn permits(&self, origin: &str, what: &str) {
        self.answers_about(origin, what, "granted");
    }

    /// Forbids it.
    pub(crate) fn forbids(&self, origin: &str, what: &str) {
        self.answers_about(origin, what, "denied");
    }

    /// What is saved goes to this directory.
    pub(crate) fn downloads_to(&self, directory: &Path) {
        let wanted = json!({ "behavior": "allow", "browserContextId": self.context, "downloadPath": directory });
        self.devtools
            .call(None, "Browser.setDownloadBehavior", wanted);
    }

    fn answers_about(&self, origin: &str, what: &str, setting: &str) {
        let wanted = json!({
            "permission": { "name": what }, "setting": setting, "origin": origin, "browserContextId": self.context,
        });
        self.devtools.call(None, "Browser.setPermission", wanted);
    }

    fn pages(&self) -> Vec<Value> {
        let targets = self.devtools.call(None, "Target.getTargets", json!({}));
        let is_own = |target: &&Value| {
            target["browserContextId"] == *self.context && target["type"] == "page"
        };
        targets["targetInfos"]
            .as_array()
            .unwrap()
            .iter()
            .filter(is_own)
            .cloned()
            .collect()
    }
}
