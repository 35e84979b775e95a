//! One answer of the window to a command: set apart from what people say, because nobody else sees it.

use std::rc::Rc;

use dioxus::prelude::*;

#[component]
pub(super) fn AnswerView(words: Rc<str>) -> Element {
    rsx! {
        li { class: "answer", "data-lead": "* ",
            p { class: "only", "Only you see this" }
            p { class: "words", dir: "auto", "{words}" }
        }
    }
}
