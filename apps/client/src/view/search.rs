//! The search bar. The timeline says what matches, and the page marks it in the texts. The field belongs to the page,
//! like that of the composer.

use dioxus::prelude::*;

use super::icon::{Shape, icon};
use super::page;
use crate::bridge::{Action, Bridge};
use crate::timeline::{Search, Toward};

fn use_searching() -> Memo<bool> {
    let bridge = use_context::<Bridge>();
    use_memo(move || bridge.timeline.read().searched().is_some())
}

/// The button in the header: opens the search, or leads back to its field.
#[component]
pub(super) fn SearchSwitch() -> Element {
    let bridge = use_context::<Bridge>();
    let searching = use_searching();
    rsx! {
        button {
            id: "search",
            class: "tool",
            r#type: "button",
            title: "Search (Ctrl+F)",
            aria_label: "Search",
            "aria-expanded": searching(),
            onclick: move |_| {
                if searching() {
                    page::search(true);
                } else {
                    bridge.act(Action::Search(String::new()));
                }
            },
            {icon(Shape::Search)}
        }
    }
}

/// The bar, while a search goes on.
#[component]
pub(super) fn SearchView() -> Element {
    let searching = use_searching();
    use_effect(move || page::search(searching()));
    rsx! {
        if searching() {
            Bar {}
        }
    }
}

#[component]
fn Bar() -> Element {
    let bridge = use_context::<Bridge>();
    // Without the number of the match: when another one comes, a reader who has scrolled away must stay where they are.
    let steps = use_memo(move || {
        let found = bridge.timeline.read().searched().and_then(Search::current);
        found.map(|found| (found.line, found.steps))
    });
    use_effect(move || {
        if steps().is_some() {
            page::show_found();
        }
    });
    rsx! {
        div { class: "search", role: "search",
            {icon(Shape::Search)}
            label { class: "unseen", r#for: "search-field", "Search what was said" }
            input {
                id: "search-field",
                r#type: "text",
                autocomplete: "off",
                placeholder: "Search what was said",
                "aria-describedby": "search-count",
                oninput: move |event| bridge.act(Action::Search(event.value())),
            }
            Count {}
            button {
                id: "search-older",
                class: "tool",
                r#type: "button",
                title: "Older (Enter)",
                aria_label: "Older match",
                onclick: move |_| bridge.act(Action::SearchOn(Toward::Older)),
                {icon(Shape::Up)}
            }
            button {
                id: "search-newer",
                class: "tool",
                r#type: "button",
                title: "Newer (Shift+Enter)",
                aria_label: "Newer match",
                onclick: move |_| bridge.act(Action::SearchOn(Toward::Newer)),
                {icon(Shape::Down)}
            }
            button {
                id: "search-close",
                class: "tool",
                r#type: "button",
                title: "Close (Esc)",
                aria_label: "Close the search",
                onclick: move |_| bridge.act(Action::EndSearch),
                {icon(Shape::Close)}
            }
        }
    }
}

/// "3 of 17". The newest match is the first.
#[component]
fn Count() -> Element {
    let bridge = use_context::<Bridge>();
    let words = use_memo(move || {
        let timeline = bridge.timeline.read();
        let search = timeline.searched()?;
        Some(match (search.current(), search.count()) {
            _ if search.is_empty() => String::new(),
            (_, 0) => "no match".to_owned(),
            (Some(found), count) => format!("{} of {count}", found.nth),
            // The line at which the reader was is gone.
            (None, count) => format!("{count} found"),
        })
    });
    rsx! {
        output { id: "search-count", {words().unwrap_or_default()} }
    }
}
