//! The people: the user first, then everybody else, in alphabetical order. A click on one writes `@name`. Below them
//! stand how long the room remembers what they say, and those who are muted, be they here or not: a click on one undoes
//! it.

use std::rc::Rc;

use dioxus::prelude::*;

use super::IN_BROWSER;
use super::icon::{Shape, icon};
use super::page;
use super::person::{avatar, name};
use crate::bridge::{Action, Bridge};
use crate::timeline::visible;
use hubbub_wire::Kept;

/// The most people listed: more than anybody scrolls through. The others are counted.
pub const LISTED_PEOPLE: usize = 500;

#[component]
pub(super) fn PeopleView() -> Element {
    let bridge = use_context::<Bridge>();
    let own_name = use_memo(move || bridge.timeline.read().own_name().clone());
    let listed = use_memo(move || {
        let timeline = bridge.timeline.read();
        let names = timeline.people().others().take(LISTED_PEOPLE).cloned();
        names.collect::<Vec<_>>()
    });
    let others = use_memo(move || bridge.timeline.read().people().len());
    let connected = use_memo(move || bridge.timeline.read().presence().is_inside());
    let is_complete = use_memo(move || bridge.timeline.read().people().is_complete());
    let kept = use_memo(move || {
        let timeline = bridge.timeline.read();
        let past = timeline.past();
        Some(kept_words(past.kept()?, past.is_suspended()))
    });
    let paused = use_memo(move || bridge.timeline.read().past().is_paused());
    let unlisted = others() - listed.read().len();
    rsx! {
        aside { class: "side", aria_label: "People",
            h2 { "People" }
            // The style sheet hides the markers, and with them a list would lose its role.
            ul { id: "people", role: "list", aria_label: "People",
                li { class: "person self",
                    {avatar(&own_name())}
                    {name(&own_name())}
                    span { class: "you", "you" }
                }
                for person in listed.read().iter().cloned() {
                    Other { key: "{person}", person }
                }
            }
            if unlisted > 0 {
                p { class: "hint", "and {unlisted} more" }
            }
            if !connected() {
                p { class: "hint", "People appear here again when you are back in the room." }
            } else if is_complete() {
                if others() == 0 {
                    p { class: "hint", "Nobody else is here." }
                }
            } else if others() == 0 {
                p { class: "hint",
                    strong { "Nobody else has been seen yet." }
                    " A room has no list of its members: people appear when they come or speak."
                }
            } else {
                p { class: "hint", "Those who came or spoke since you joined." }
            }
            if paused() && connected() {
                p { class: "hint kept", "The room is paused. What you write waits." }
            }
            if let Some(words) = kept().filter(|_| connected()) {
                p { class: "hint kept", "{words}" }
            }
            MutedView {}
            if IN_BROWSER {
                p { class: "hint by-finger",
                    "Write /help to see what else there is, and /quit to leave the room."
                }
            }
        }
    }
}

/// How long messages are kept, in words.
fn kept_words(kept: Kept, is_suspended: bool) -> String {
    const UNITS: [(u64, &str); 4] = [
        (86_400, "day"),
        (3600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let time = match kept {
        _ if is_suspended => return "Messages are not being kept at the moment.".into(),
        Kept::Memory => {
            return "The last 1,000 messages or so are kept, until the server ends.".into();
        }
        Kept::Seconds(time) => time,
    };
    let whole = UNITS
        .into_iter()
        .find(|(seconds, _)| time.is_multiple_of(*seconds));
    let (seconds, unit) = whole.unwrap_or((1, "second"));
    let count = time / seconds;
    let plural = if count == 1 { "" } else { "s" };
    format!("Messages are kept for {count} {unit}{plural}.")
}

/// Those who are muted. Nothing, if nobody is.
#[component]
fn MutedView() -> Element {
    let bridge = use_context::<Bridge>();
    let muted = use_memo(move || {
        let timeline = bridge.timeline.read();
        timeline.muted().names().cloned().collect::<Vec<_>>()
    });
    let muted = muted.read();
    rsx! {
        if !muted.is_empty() {
            h2 { id: "muted-words", "Muted" }
            ul { id: "muted", role: "list", "aria-labelledby": "muted-words",
                for person in muted.iter().cloned() {
                    MutedOne { key: "{person}", person }
                }
            }
            p { class: "hint", "What they say is not shown here. They are not told." }
        }
    }
}

#[component]
fn MutedOne(person: Rc<str>) -> Element {
    let bridge = use_context::<Bridge>();
    rsx! {
        li { class: "person muted", "data-name": "{person}",
            {icon(Shape::Muted)}
            {name(&person)}
            button {
                class: "quiet unmute",
                r#type: "button",
                aria_label: "Unmute {visible(&person)}",
                onclick: move |_| {
                    bridge.act(Action::Unmute(person.to_string()));
                    // The button goes, and the focus must not be lost with it.
                    page::focus_composer();
                },
                "Unmute"
            }
        }
    }
}

#[component]
fn Other(person: Rc<str>) -> Element {
    let bridge = use_context::<Bridge>();
    let mention = format!("@{person} ");
    let is_muted = use_memo({
        let person = person.clone();
        move || bridge.timeline.read().muted().contains(&person)
    });
    rsx! {
        li { class: "person",
            button {
                r#type: "button",
                title: "Mention {visible(&person)}",
                "data-name": "{person}",
                onclick: move |_| page::insert_into_composer(&mention),
                {avatar(&person)}
                {name(&person)}
                if is_muted() {
                    span { class: "is-muted", "muted" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_fits() {
        for (seconds, words) in [
            (30 * 86_400, "30 days"),
            (86_400, "1 day"),
            (36 * 3600, "36 hours"),
            (90 * 60, "90 minutes"),
            (61, "61 seconds"),
        ] {
            let words = format!("Messages are kept for {words}.");
            assert_eq!(kept_words(Kept::Seconds(seconds), false), words);
        }
    }

    #[test]
    fn no_promise_is_made_that_is_not_kept() {
        let words = kept_words(Kept::Seconds(86_400), true);
        assert_eq!(words, "Messages are not being kept at the moment.");
        assert!(kept_words(Kept::Memory, false).ends_with("until the server ends."));
    }
}
