//! What a person does in the window and sees there, in the words of the room.

use serde_json::json;

use crate::tab::Tab;
use crate::visitor::Visitor;

/// The texts in the timeline.
pub(crate) const TEXTS: &str =
    "[...document.querySelectorAll('#timeline .message .text')].map((e) => e.textContent)";

/// What the browser itself reports when a connection ends or none can be made. It cannot be kept from that.
pub(crate) const NO_CONNECTION: &[&str] = &[
    "WebSocket connection to",
    "net::ERR_",
    "establish a connection to the server at ws",
    "was interrupted while the page was loading",
];

impl Visitor {
    /// Opens the page, and enters the room under this name.
    #[track_caller]
    pub(crate) fn enters(&self, page: &str, name: &str) -> Tab {
        let tab = self.opens(page);
        tab.gives_name(name);
        tab.is("connected");
        tab
    }
}

impl Tab {
    /// Writes a name at the door, and goes on by Enter.
    #[track_caller]
    pub(crate) fn gives_name(&self, name: &str) {
        self.types_into("name", name, name);
        self.press("Enter");
    }

    /// The page may lose its connection, of which the browser itself reports an error.
    pub(crate) fn may_lose_its_connection(&self) {
        for words in NO_CONNECTION {
            self.may_report(words);
        }
    }

    /// Waits until the header's state of the connection is `expected`.
    #[track_caller]
    pub(crate) fn is(&self, expected: &str) {
        self.shows(
            "document.querySelector('#status')?.dataset.state",
            &json!(expected),
        );
    }

    /// Waits until the page is at the door.
    #[track_caller]
    pub(crate) fn is_at_the_door(&self) {
        self.comes_to(
            "document.getElementById('name') !== null && document.getElementById('draft') === null",
        );
    }

    /// Waits until the texts in the timeline are exactly these, in this order.
    #[track_caller]
    pub(crate) fn shows_texts(&self, expected: &[impl AsRef<str>]) {
        let expected: Vec<_> = expected.iter().map(AsRef::as_ref).collect();
        self.shows(TEXTS, &json!(expected));
    }

    /// Waits until the states of one's own messages are exactly these, in this order.
    #[track_caller]
    pub(crate) fn shows_states(&self, expected: &[&str]) {
        self.shows(
            "[...document.querySelectorAll('#timeline .message.own')].map((e) => e.dataset.state)",
            &json!(expected),
        );
    }

    /// Waits until the server says of all that is one's own that it has it.
    #[track_caller]
    pub(crate) fn has_sent_all(&self) {
        self.shows(
            "document.querySelectorAll('.message.own:not([data-state=arrived])').length",
            &json!(0),
        );
    }

    /// Waits until the last notice contains both words.
    #[track_caller]
    pub(crate) fn notices(&self, who: &str, what: &str) {
        let last = "[...document.querySelectorAll('#timeline .notice')].at(-1)?.textContent ?? ''";
        self.comes_to(&format!(
            "((n) => n.includes('{who}') && n.includes('{what}'))({last})"
        ));
    }

    /// Waits until the names in the people list are exactly these, in this order.
    #[track_caller]
    pub(crate) fn shows_people(&self, expected: &[&str]) {
        self.shows(
            "[...document.querySelectorAll('#people li .name')].map((e) => e.textContent.trim())",
            &json!(expected),
        );
    }

    /// Waits until the composer holds exactly this.
    #[track_caller]
    pub(crate) fn holds(&self, draft: &str) {
        self.shows("document.getElementById('draft')?.value", &json!(draft));
    }

    /// Types a message and sends it by Enter.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        self.types_into("draft", text, text);
        self.press("Enter");
        self.holds("");
    }
}
