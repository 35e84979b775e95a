//! One line that the window itself says: set apart from what people say, because nobody else sees it.

use std::rc::Rc;

use dioxus::prelude::*;

use super::cost::beginning;
use super::text::plain;

#[component]
pub(super) fn AnswerView(words: Rc<str>) -> Element {
    // A command can be as long as a message, and so can what is said about it.
    let shown = beginning(&words);
    rsx! {
        li { class: "answer", "data-lead": "* ",
            p { class: "only", "Only you see this" }
            p { class: "words", dir: "auto",
                {plain(shown)}
                if shown.len() < words.len() {
                    "\u{2026}"
                }
            }
        }
    }
}
