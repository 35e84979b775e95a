//! One notice: a quiet line. If it tells of several changes, a click lists them.

use std::rc::Rc;

use dioxus::prelude::*;

use crate::timeline::{Notice, Span, earlier_changes, visible};

#[component]
pub(super) fn NoticeView(notice: Rc<Notice>) -> Element {
    let mut open = use_signal(|| false);
    let foldable = notice.changes().len() > 1;
    let clock = notice.changes()[0].at.clock();
    rsx! {
        li { class: "notice",
            if foldable {
                button {
                    class: "quiet fold",
                    // When it is open, its changes are copied one by one.
                    "data-lead": (!open()).then(|| lead(&clock)),
                    r#type: "button",
                    "aria-expanded": open(),
                    onclick: move |_| open.toggle(),
                    {sentence(notice.summary())}
                }
            } else {
                p { class: "fold", "data-lead": lead(&clock),
                    {sentence(notice.summary())}
                    time { "{clock}" }
                }
            }
            if foldable && open() {
                ul { class: "changes",
                    if notice.unlisted() > 0 {
                        li { {earlier_changes(notice.unlisted())} }
                    }
                    for (i , change) in notice.changes().iter().enumerate() {
                        li { key: "{i}", "data-lead": lead(&change.at.clock()),
                            time { {change.at.clock_with_seconds()} }
                            {sentence(change.spans())}
                        }
                    }
                }
            }
        }
    }
}

/// What is put before a change when it is copied.
fn lead(clock: &str) -> String {
    format!("[{clock}] * ")
}

fn sentence(spans: Vec<Span>) -> Element {
    rsx! {
        span { class: "said",
            for span in spans {
                match span {
                    Span::Name(name) => rsx! {
                        bdi { {visible(&name)} }
                    },
                    Span::Words(words) => rsx! { "{words}" },
                }
            }
        }
    }
}
