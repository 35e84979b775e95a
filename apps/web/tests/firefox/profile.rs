//! A visitor's part of Firefox, apart from those of all others.

use std::path::Path;

use serde_json::{Value, json};

use crate::bidi::Bidi;
use crate::firefox::Firefox;
use crate::page::Page;

/// The part. When it is dropped, all of it is closed and forgotten.
pub(crate) struct Profile {
    bidi: &'static Bidi,
    context: Value,
}

impl Profile {
    /// A part in which nothing is kept.
    pub(crate) fn new() -> Profile {
        let bidi = Firefox::shared().bidi();
        let made = bidi.call("browser.createUserContext", json!({}));
        Profile {
            bidi,
            context: made["userContext"].clone(),
        }
    }

    /// Opens an empty tab in a window of its own.
    pub(crate) fn opens(&self) -> Page {
        let wanted = json!({ "type": "window", "userContext": self.context });
        // The new window takes the focus.
        let _turn = Firefox::shared().turn();
        let made = self.bidi.call("browsingContext.create", wanted);
        self.has(made["context"].as_str().unwrap())
    }

    /// The page of the tab that the browser calls so.
    pub(crate) fn has(&self, target: &str) -> Page {
        Page::of(target)
    }

    /// All tabs: the browser's name, and the address.
    pub(crate) fn pages(&self) -> Vec<(String, String)> {
        let tree = self
            .bidi
            .call("browsingContext.getTree", json!({ "maxDepth": 0 }));
        let all = tree["contexts"].as_array().unwrap().iter();
        let both = |tab: &Value| {
            let [name, address] = ["context", "url"].map(|it| tab[it].as_str().unwrap());
            (name.to_owned(), address.to_owned())
        };
        all.filter(|tab| tab["userContext"] == self.context)
            .map(both)
            .collect()
    }

    /// What the browser answers when a page of this origin asks whether it may do something: `granted` or `denied`.
    pub(crate) fn answers_about(&self, origin: &str, what: &str, setting: &str) {
        let wanted = json!({
            "descriptor": { "name": what }, "state": setting, "origin": origin, "userContext": self.context,
        });
        self.bidi.call("permissions.setPermission", wanted);
    }

    /// What is saved goes to this directory.
    pub(crate) fn downloads_to(&self, directory: &Path) {
        let behaviour = json!({ "type": "allowed", "destinationFolder": directory });
        let wanted = json!({ "downloadBehavior": behaviour, "userContexts": [self.context] });
        self.bidi.call("browser.setDownloadBehavior", wanted);
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // Where Firefox has gone, the test has failed already.
        let _ = self.bidi.try_call(
            "browser.removeUserContext",
            json!({ "userContext": self.context }),
        );
    }
}
