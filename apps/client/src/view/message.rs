//! One message: who said what and when, and how far it got if it is the user's own.

use std::ops::Range;
use std::rc::Rc;

use dioxus::prelude::*;

use super::cost::beginning;
use super::icon::{Shape, icon};
use super::person::{avatar, name};
use super::text::Text;
use crate::bridge::{Action, Bridge};
use crate::moment::Moment;
use crate::timeline::{Message, NOTHING_VISIBLE, Own, Progress, visible};

#[component]
pub(super) fn MessageView(
    message: Rc<Message>,
    number: i64,
    opens_group: bool,
    /// The part with the match at which the search is.
    found: Option<Range<usize>>,
) -> Element {
    let (own, mention, missing) = (message.own, message.mention, message.missing);
    let lead = lead(&message);
    let other = own.is_none().then(|| message.name.to_string());
    rsx! {
        li {
            class: "message",
            class: if own.is_some() { "own" },
            class: if opens_group { "head" },
            "data-mention": if mention { "yes" },
            "data-state": own.map(|own| state(own.progress)),
            aria_current: found.is_some().then_some("true"),
            "data-line": "{number}",
            "data-lead": lead,
            "data-name": other,
            if opens_group {
                {avatar(&message.name)}
                p { class: "byline",
                    {name(&message.name)}
                    if own.is_some() {
                        span { class: "you", "you" }
                    }
                    {clock("", message.at)}
                }
            } else {
                {clock("aside", message.at)}
                span { class: "unseen", "{visible(&message.name)}: " }
            }
            if mention {
                span { class: "unseen", "mentions you: " }
            }
            if message.text.is_empty() {
                // Nothing of it came.
            } else if visible(&message.text) == NOTHING_VISIBLE {
                div { class: "text nothing", {NOTHING_VISIBLE} }
            } else if beginning(&message.text).len() < message.text.len() {
                LongText { message, found: found.clone() }
            } else {
                Text { text: message.text.clone() }
            }
            if missing > 0 {
                p { class: "cut-off",
                    {icon(Shape::Warning)}
                    {cut_off(missing)}
                }
            }
            if let Some(own) = own {
                ProgressView { own }
            }
        }
    }
}

/// What is put before the text when it is copied.
fn lead(message: &Message) -> String {
    let (name, at) = (visible(&message.name), message.at.clock());
    format!("[{at}] {name}{}: ", message.remark())
}

fn clock(class: &str, at: Moment) -> Element {
    rsx! {
        time {
            class,
            datetime: at.in_utc(),
            title: at.in_full(),
            {at.clock()}
        }
    }
}

#[component]
fn LongText(message: Rc<Message>, found: Option<Range<usize>>) -> Element {
    let mut all = use_signal(|| false);
    let text = &*message.text;
    let shown = match found {
        _ if all() => text,
        // The match may be after the beginning.
        Some(part) => &text[part],
        None => beginning(text),
    };
    rsx! {
        Text { text: shown, cut: shown.len() < text.len() }
        if all() || shown.len() < text.len() {
            button { class: "quiet more", r#type: "button", onclick: move |_| all.toggle(),
                if all() {
                    "Show less"
                } else {
                    "Show all ({size(text.len())})"
                }
            }
        }
    }
}

#[component]
fn ProgressView(own: Own) -> Element {
    let bridge = use_context::<Bridge>();
    let (shape, words) = match own.progress {
        Progress::Waiting => (Shape::Clock, "waiting"),
        Progress::Sent => (Shape::Check, "sent"),
        Progress::Arrived => (Shape::Checks, "arrived"),
        Progress::Unsure => (Shape::Warning, "may not have arrived"),
        Progress::Failed => (Shape::Warning, "not sent"),
    };
    let is_quiet = matches!(own.progress, Progress::Sent | Progress::Arrived);
    let again = matches!(own.progress, Progress::Unsure | Progress::Failed);
    rsx! {
        p { class: "progress", title: words,
            {icon(shape)}
            span { class: if is_quiet { "unseen" }, "{words}" }
            if again {
                button {
                    class: "quiet again",
                    r#type: "button",
                    onclick: move |_| bridge.act(Action::SayAgain(own.id)),
                    "Retry"
                }
            }
        }
    }
}

fn cut_off(missing: usize) -> String {
    let bytes = if missing == 1 { "byte is" } else { "bytes are" };
    format!("cut off: {missing} {bytes} missing")
}

fn state(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Sent => "sent",
        Progress::Arrived => "arrived",
        Progress::Unsure => "unsure",
        Progress::Failed => "failed",
    }
}

fn size(bytes: usize) -> String {
    const MIB: usize = 1024 * 1024;
    match bytes {
        0..MIB => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(size(8193), "9 KiB");
        assert_eq!(size(1024 * 1024), "1.0 MiB");
        assert_eq!(size(1024 * 1024 + 512 * 1024), "1.5 MiB");
    }
}
