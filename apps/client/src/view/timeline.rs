//! The timeline: the lines in the window, laid out from the end, so that it sticks there without a script.

use std::ops::Range;

use dioxus::prelude::*;

use super::IN_BROWSER;
use super::answer::AnswerView;
use super::cost::PART_COST;
use super::icon::{Shape, icon};
use super::message::MessageView;
use super::notice::NoticeView;
use super::page;
use super::status::{Status, use_place, use_presence};
use crate::bridge::{Action, Bridge, Room};
use crate::timeline::{KEPT_LINES, Line, Row, Search};

#[component]
pub(super) fn TimelineView() -> Element {
    let bridge = use_context::<Bridge>();
    use_effect(page::watch_timeline);
    use_effect(move || {
        if let Some(line) = (bridge.looked_for)() {
            page::show_line(line);
        }
    });
    let timeline = bridge.timeline.read();
    let lines = timeline.lines();
    let search = timeline.searched();
    let found = search.and_then(Search::current).map(|found| found.line);
    // The part with the match, for the message at which the search is.
    let part = |row: &Row| match row {
        Row::Line {
            number,
            line: Line::Message(message),
            ..
        } if found == Some(*number) => Some(search?.excerpt(&message.text, PART_COST)),
        _ => None,
    };
    rsx! {
        div { class: "scroll",
            div {
                id: "timeline",
                role: "log",
                tabindex: "0",
                aria_label: "Conversation",
                if lines.has_later() {
                    button {
                        class: "quiet later",
                        r#type: "button",
                        onclick: move |_| bridge.act(Action::ShowLater),
                        "Show later"
                    }
                } else {
                    // Mounted again when a search begins or ends, so that it says again whether it is visible.
                    for searching in [timeline.searched().is_some()] {
                        End { key: "{searching}", holds: found.is_some() }
                    }
                }
                if !lines.has_messages() && !timeline.past().has_older() {
                    Welcome { remembers: timeline.past().kept().is_some() }
                }
                // The style sheet hides the markers, and with them a list would lose its role.
                ol { class: "lines", role: "list",
                    // One component for each row, and its key here: only so do rows that stay keep their elements when
                    // others come in above them.
                    for row in timeline.rows() {
                        RowView { key: "{key(&row)}", found: part(&row), row }
                    }
                }
                if timeline.has_more_above() {
                    // Mounted again when more has come in or a search ends, so that it says again whether it is near.
                    for first in [lines.first_shown()] {
                        Top { key: "{first} {search.is_some()}" }
                    }
                }
                Beginning {
                    has_earlier: lines.has_earlier(),
                    gone: lines.gone(),
                    is_fetching: timeline.past().is_fetching(),
                    begins: timeline.past().begins_here() && lines.has_messages(),
                }
            }
            if lines.is_reading_back() {
                button {
                    id: "to-end",
                    r#type: "button",
                    onclick: move |_| {
                        bridge.act(Action::Follow(true));
                        page::scroll_to_end();
                        page::focus_composer();
                    },
                    {icon(Shape::Down)}
                    if lines.new_below() > 0 {
                        "{lines.new_below()} new"
                    } else {
                        "Latest"
                    }
                }
            }
        }
    }
}

fn key(row: &Row) -> String {
    match row {
        Row::New { above } => format!("new {above}"),
        Row::Line { number, .. } => number.to_string(),
    }
}

#[component]
fn RowView(row: Row, found: Option<Range<usize>>) -> Element {
    match row {
        Row::New { .. } => rsx! {
            li { class: "new", role: "separator", aria_label: "New",
                span { "New" }
            }
        },
        Row::Line {
            number,
            line,
            opens_group,
        } => match line {
            Line::Day(day) => rsx! {
                DayView { day: day.with_weekday() }
            },
            Line::Message(message) => rsx! {
                MessageView { number, found, message, opens_group }
            },
            Line::Notice(notice) => rsx! {
                NoticeView { notice }
            },
            Line::Answer(words) => rsx! {
                AnswerView { words }
            },
        },
    }
}

/// Visible exactly when the reader is at the end. A match is held in its place even there.
#[component]
fn End(holds: bool) -> Element {
    let bridge = use_context::<Bridge>();
    rsx! {
        div {
            class: "end",
            onvisible: move |event| {
                if let Ok(at_end) = event.is_intersecting()
                    && !(at_end && holds)
                {
                    bridge.act(Action::Follow(at_end));
                }
            },
        }
    }
}

/// A divider. Screen readers read the label of a separator and not its content.
#[component]
fn DayView(day: String) -> Element {
    rsx! {
        li {
            class: "day",
            role: "separator",
            aria_label: "{day}",
            "data-lead": "--- ",
            span { class: "said", "{day}" }
        }
    }
}

/// Visible when the reader is near the first line in the window. What is above comes in before they reach it.
#[component]
fn Top() -> Element {
    let bridge = use_context::<Bridge>();
    rsx! {
        div { class: "top-of-lines",
            div {
                class: "near",
                onvisible: move |event| {
                    if event.is_intersecting().unwrap_or_default() {
                        bridge.act(Action::ReachTop);
                    }
                },
            }
        }
    }
}

/// What is shown above the lines in the window.
#[component]
fn Beginning(has_earlier: bool, gone: usize, is_fetching: bool, begins: bool) -> Element {
    let bridge = use_context::<Bridge>();
    rsx! {
        if has_earlier {
            button {
                class: "quiet earlier",
                r#type: "button",
                onclick: move |_| bridge.act(Action::ShowEarlier),
                "Show earlier"
            }
        } else if gone > 0 {
            p { class: "earlier",
                if gone == 1 {
                    "1 older line is gone"
                } else {
                    "{gone} older lines are gone"
                }
                ": the window keeps the last {KEPT_LINES}"
            }
        } else if is_fetching {
            p { class: "earlier", "Loading earlier messages" }
        } else if begins {
            p { class: "earlier", "This is where the room's memory begins" }
        }
    }
}

/// What is shown in a room in which nobody has said anything yet.
#[component]
fn Welcome(remembers: bool) -> Element {
    let room = use_context::<Room>();
    let place = use_place();
    let presence = use_presence();
    let presence = presence.read();
    let Status { title, advice, .. } = Status::of(&presence, remembers);
    // What can be opened, where that is the page itself.
    let scheme = match room.invitation.is_private {
        _ if !IN_BROWSER => "",
        true => "https://",
        false => "http://",
    };
    rsx! {
        section { class: "welcome",
            span { class: "emblem", "aria-hidden": "true", {icon(Shape::Bubble)} }
            h2 { "{title}" }
            if let Some(advice) = advice {
                p { "{advice}" }
            }
            if presence.is_inside() {
                p {
                    "Write below to begin, or invite somebody: the room is at "
                    code { "{scheme}{place}" }
                    "."
                }
            }
        }
    }
}
