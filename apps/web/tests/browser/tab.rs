//! A tab: what its page shows, and what keys do to it. The mouse and fingers are in `pointer`,
//! and how the page is looked at is in `screen`.
//!
//! What a page reports as wrong makes the test fail when the tab is dropped, unless the test has said that it may.

mod screen;

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::devtools::{Devtools, Kind};
use crate::keys::Key;
use crate::wait::{PATIENCE, until, until_within};

/// A tab with its page.
pub(crate) struct Tab {
    devtools: Rc<Devtools>,
    target: String,
    session: String,
    /// Parts of reports that the test expects.
    expected: RefCell<Vec<&'static str>>,
}

impl Tab {
    /// Attaches to a tab that there is.
    pub(crate) fn attach(devtools: &Rc<Devtools>, target: &str) -> Tab {
        let attached = devtools.call(
            None,
            "Target.attachToTarget",
            json!({ "targetId": target, "flatten": true }),
        );
        let tab = Tab {
            devtools: Rc::clone(devtools),
            target: target.to_owned(),
            session: attached["sessionId"].as_str().unwrap().to_owned(),
            expected: RefCell::default(),
        };
        for domain in ["Page", "Runtime", "Log", "Audits", "Inspector"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab.is_looked_at(true);
        tab
    }

    /// Calls a method of the inspector for this tab.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, parameters: Value) -> Value {
        self.devtools.call(Some(&self.session), method, parameters)
    }

    /// The browser's name for the tab.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Goes to another address, and waits until its page is loaded.
    #[track_caller]
    pub(crate) fn goes_to(&self, address: &str) {
        self.ask("window.isTheOldPage = true");
        let went = self.call("Page.navigate", json!({ "url": address }));
        assert_eq!(went.get("errorText"), None, "{address}: {went}");
        self.is_another_page();
    }

    /// Loads the page again, as the user does, and does not wait for it.
    pub(crate) fn reloads(&self) {
        self.call("Page.reload", json!({}));
    }

    /// Loads the page again, and waits until it is another one.
    #[track_caller]
    pub(crate) fn reloads_and_waits(&self) {
        self.ask("window.isTheOldPage = true");
        self.reloads();
        self.is_another_page();
    }

    /// The answer to a navigation can come before the old page has gone.
    #[track_caller]
    fn is_another_page(&self) {
        self.shows(
            "[window.isTheOldPage, document.readyState]",
            &json!([null, "complete"]),
        );
    }

    /// Goes back to the page before, by the browser's button.
    pub(crate) fn goes_back(&self) {
        self.moves_in_history(-1);
    }

    /// Goes forward again.
    pub(crate) fn goes_forward(&self) {
        self.moves_in_history(1);
    }

    fn moves_in_history(&self, by: i64) {
        let history = self.call("Page.getNavigationHistory", json!({}));
        let wanted = history["currentIndex"].as_i64().unwrap() + by;
        let entry = &history["entries"][usize::try_from(wanted).unwrap()];
        self.call(
            "Page.navigateToHistoryEntry",
            json!({ "entryId": entry["id"] }),
        );
    }

    /// Nothing happens in the page any more, as in a tab that was not used for long.
    pub(crate) fn sleeps(&self) {
        self.call("Page.setWebLifecycleState", json!({ "state": "frozen" }));
    }

    /// Something happens there again.
    pub(crate) fn wakes(&self) {
        self.call("Page.setWebLifecycleState", json!({ "state": "active" }));
    }

    /// The value of a JavaScript expression in the page. A promise is waited for.
    #[track_caller]
    pub(crate) fn ask(&self, expression: &str) -> Value {
        match self.try_ask(expression) {
            Ok(value) => value,
            Err(error) => panic!("{expression}: {error}"),
        }
    }

    /// The same, with the browser's words where there is none, perhaps because the page is on its way.
    pub(crate) fn try_ask(&self, expression: &str) -> Result<Value, String> {
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

    /// Waits until `expression` has the value `expected`. Until then it may fail, also because the page is on its way.
    #[track_caller]
    pub(crate) fn shows(&self, expression: &str, expected: &Value) {
        self.shows_within(PATIENCE, expression, expected);
    }

    /// The same, for what takes a time of its own.
    #[track_caller]
    pub(crate) fn shows_within(&self, time: Duration, expression: &str, expected: &Value) {
        let last = RefCell::new(Ok(Value::Null));
        let holds = || {
            *last.borrow_mut() = self.try_ask(expression);
            last.borrow()
                .as_ref()
                .is_ok_and(|value| value == expected)
                .then_some(())
        };
        until_within(time, holds, || {
            let last = last.borrow();
            let last = match &*last {
                Ok(value) => value.to_string(),
                Err(error) => error.clone(),
            };
            format!("{expression} is {last}, not {expected}\n{}", self.sight())
        });
    }

    /// Waits until `expression` is true.
    #[track_caller]
    pub(crate) fn comes_to(&self, expression: &str) {
        self.shows(expression, &json!(true));
    }

    /// What there is to read on the page and what it has reported, for whoever looks into a failure.
    pub(crate) fn sight(&self) -> String {
        let seen = self.try_ask(
            "[location.href, document.title, document.body?.innerText.slice(0, 2000)].join('\\n')",
        );
        let seen = seen.unwrap_or_else(Value::String);
        format!(
            "the page: {}\nreported: {:#?}",
            seen.as_str().unwrap_or_default(),
            self.troubles()
        )
    }

    /// The page may report errors with these words in them.
    pub(crate) fn may_report(&self, words: &'static str) {
        self.expected.borrow_mut().push(words);
    }

    /// Waits until the page has reported an error with these words in it.
    #[track_caller]
    pub(crate) fn reports(&self, words: &'static str) {
        self.may_report(words);
        let mut all = Vec::new();
        let reported = || {
            // The answer comes after all that was reported before.
            self.ask("0");
            all.extend(self.devtools.take(&self.session, Kind::Trouble));
            all.iter()
                .any(|trouble: &String| trouble.contains(words))
                .then_some(())
        };
        until(reported, || format!("nothing is reported with {words:?}"));
    }

    /// Waits until the page has reported something, whatever it is, and leaves it for later.
    #[track_caller]
    pub(crate) fn reports_something(&self) {
        let reported = || {
            self.ask("0");
            self.devtools
                .has(&self.session, Kind::Trouble)
                .then_some(())
        };
        until(reported, || "nothing is reported".to_owned());
    }

    /// What the page has reported since this was last asked, apart from what the test expects.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let mut troubles = self.devtools.take(&self.session, Kind::Trouble);
        let expected = self.expected.borrow();
        troubles.retain(|trouble| !expected.iter().any(|words| trouble.contains(words)));
        troubles
    }

    /// The kinds of questions that the page has asked by a window of the browser. Each was told yes.
    pub(crate) fn dialogs(&self) -> Vec<String> {
        self.devtools.take(&self.session, Kind::Dialog)
    }

    /// Presses one key, perhaps with others held down: `Enter`, `Shift+Enter`, `Control+a`.
    pub(crate) fn press(&self, key: &str) {
        let key = Key::named(key);
        self.call("Input.dispatchKeyEvent", key.down());
        self.call("Input.dispatchKeyEvent", key.up());
    }

    /// Presses the key of each letter, where the focus is.
    pub(crate) fn types(&self, letters: &str) {
        for letter in letters.chars() {
            let key = Key::of(letter);
            self.call("Input.dispatchKeyEvent", key.down());
            self.call("Input.dispatchKeyEvent", key.up());
        }
    }

    /// Types into the field of this id, which has the focus, and waits until it holds `whole`.
    #[track_caller]
    pub(crate) fn types_into(&self, field: &str, letters: &str, whole: &str) {
        self.has_focus_in(field);
        self.types(letters);
        self.shows(
            &format!("document.getElementById('{field}').value"),
            &json!(whole),
        );
    }

    /// Puts text where the focus is, as an input method or the keyboard of a phone does.
    pub(crate) fn inserts(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Waits until keys go to the element of this id.
    #[track_caller]
    pub(crate) fn has_focus_in(&self, id: &str) {
        self.shows("document.activeElement?.id", &json!(id));
    }

    /// Closes the tab, as its button does, and fails if the page has reported something.
    pub(crate) fn closes(self) {
        self.is_content();
        self.call("Page.close", json!({}));
        let is_gone = || {
            let found = self.devtools.try_call(
                None,
                "Target.getTargetInfo",
                json!({ "targetId": self.target }),
            );
            found.is_err().then_some(())
        };
        until(is_gone, || "the tab does not close".to_owned());
    }

    /// Fails if the page has reported something that the test does not expect.
    #[track_caller]
    pub(crate) fn is_content(&self) {
        // The answer comes after all that was reported before. A tab that is closed cannot answer.
        let _ = self.try_ask("0");
        let troubles = self.troubles();
        assert!(troubles.is_empty(), "the page has reported: {troubles:#?}");
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.is_content();
        }
    }
}
