//! Somebody with a browser: tabs that share their storage with each other, and with nobody else.

use std::path::Path;

use crate::profile::Profile;
use crate::tab::Tab;
use crate::wait::until;

/// A visitor. When it is dropped, all of it is closed and forgotten.
pub(crate) struct Visitor {
    profile: Profile,
}

impl Visitor {
    /// Somebody who was never here.
    pub(crate) fn new() -> Visitor {
        Visitor {
            profile: Profile::new(),
        }
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
        Tab::of(self.profile.opens())
    }

    /// The addresses of all its tabs, sorted.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let pages = self.profile.pages().into_iter();
        let mut addresses: Vec<_> = pages.map(|(_, address)| address).collect();
        addresses.sort();
        addresses
    }

    /// Waits for a tab that a page has opened, besides those that the test has.
    #[track_caller]
    pub(crate) fn gets_another_tab(&self, known: &[&Tab]) -> Tab {
        let is_new = |target: &String| known.iter().all(|tab| target != tab.page().target());
        let found = || {
            let mut targets = self.profile.pages().into_iter().map(|(target, _)| target);
            targets.find(is_new)
        };
        let target = until(found, || "no other tab was opened".to_owned());
        Tab::of(self.profile.has(&target))
    }

    /// Lets pages of this origin do what they have to ask for, such as `notifications`.
    pub(crate) fn permits(&self, origin: &str, what: &str) {
        self.profile.answers_about(origin, what, "granted");
    }

    /// Forbids it.
    pub(crate) fn forbids(&self, origin: &str, what: &str) {
        self.profile.answers_about(origin, what, "denied");
    }

    /// What is saved goes to this directory.
    pub(crate) fn downloads_to(&self, directory: &Path) {
        self.profile.downloads_to(directory);
    }
}
