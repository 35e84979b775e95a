//! A tab: what its page shows, and what keys do to it. The mouse and fingers are in `pointer`, how the page is looked at is
//! in `screen`, and what the browser does for all this is in `page`, of which each browser has its own.
//!
//! What a page reports as wrong makes the test fail when the tab is dropped, unless the test has said that it may.

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::keys::Key;
use crate::page::Page;
use crate::report::Kind;
use crate::wait::{PATIENCE, until, until_within};

/// A tab with its page.
pub(crate) struct Tab {
    page: Page,
    /// Parts of reports that the test expects.
    expected: RefCell<Vec<&'static str>>,
}

impl Tab {
    /// The tab of this page.
    pub(crate) fn of(page: Page) -> Tab {
        Tab {
            page,
            expected: RefCell::default(),
        }
    }

    /// What the browser does for it.
    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    /// Goes to another address, and waits until its page is loaded.
    #[track_caller]
    pub(crate) fn goes_to(&self, address: &str) {
        self.ask("window.isTheOldPage = true");
        self.sets_out_for(address);
        self.is_another_page();
    }

    /// Goes to another address, and does not wait for its page. The page may stay, where only the fragment is another.
    #[track_caller]
    pub(crate) fn sets_out_for(&self, address: &str) {
        self.page.goes_to(address);
    }

    /// Loads the page again, as the user does, and does not wait for it.
    pub(crate) fn reloads(&self) {
        self.page.reloads();
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
        self.page.moves_in_history(-1);
    }

    /// Goes forward again.
    pub(crate) fn goes_forward(&self) {
        self.page.moves_in_history(1);
    }

    /// The addresses to which the browser's buttons lead, and that of the page itself.
    pub(crate) fn past(&self) -> Vec<String> {
        self.page.past()
    }

    /// The page is at a place with these clocks, by its name in the tables of the world: `Asia/Kathmandu`.
    pub(crate) fn is_in_zone(&self, zone: &str) {
        self.page.is_in_zone(zone);
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
        self.page.evaluates(expression)
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
            all.extend(self.page.take(Kind::Trouble));
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
            self.page.has(Kind::Trouble).then_some(())
        };
        until(reported, || "nothing is reported".to_owned());
    }

    /// What the page has reported since this was last asked, apart from what the test expects.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let mut troubles = self.page.take(Kind::Trouble);
        let expected = self.expected.borrow();
        troubles.retain(|trouble| !expected.iter().any(|words| trouble.contains(words)));
        troubles
    }

    /// The kinds of questions that the page has asked by a window of the browser. Each was told yes.
    pub(crate) fn dialogs(&self) -> Vec<String> {
        self.page.take(Kind::Dialog)
    }

    /// Presses one key, perhaps with others held down: `Enter`, `Shift+Enter`, `Control+a`.
    pub(crate) fn press(&self, key: &str) {
        self.page.presses(&[Key::named(key)]);
    }

    /// Presses the key of each letter, where the focus is.
    pub(crate) fn types(&self, letters: &str) {
        let keys: Vec<_> = letters.chars().map(Key::of).collect();
        self.page.presses(&keys);
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
        self.page.inserts(text);
    }

    /// Waits until keys go to the element of this id.
    #[track_caller]
    pub(crate) fn has_focus_in(&self, id: &str) {
        self.shows("document.activeElement?.id", &json!(id));
    }

    /// Closes the tab, as its button does, and fails if the page has reported something.
    pub(crate) fn closes(self) {
        self.is_content();
        self.page.closes();
        let is_gone = || (!self.page.is_open()).then_some(());
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
