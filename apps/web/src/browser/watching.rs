//! Watching: what the browser tells of the tab: whether somebody looks at it, and that it, the computer or the network
//! is back.

use super::{on, window};

/// What the browser tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Somebody looks at the tab (`true`) or elsewhere (`false`).
    Focus(bool),
    /// The tab may have slept, or the network may be back.
    Back,
    /// The page may be gone in a moment, without another word.
    Going,
}

/// Calls `take` with what the browser tells, for as long as there is a page. Says at once whether somebody looks.
pub(crate) fn watch(take: impl Fn(Told) + Clone + 'static) {
    let window = window();
    let Some(document) = window.document() else {
        return;
    };
    let focus = {
        let (take, document) = (take.clone(), document.clone());
        move || {
            let is_focused = document.has_focus().unwrap_or(true) && !document.hidden();
            take(Told::Focus(is_focused));
        }
    };
    focus();
    for event in ["focus", "blur"] {
        let focus = focus.clone();
        on(&window, event, move |_| focus());
    }
    {
        let (take, document) = (take.clone(), document.clone());
        on(&document.clone(), "visibilitychange", move |_| {
            focus();
            take(if document.hidden() {
                Told::Going
            } else {
                Told::Back
            });
        });
    }
    // A page that the browser had put to sleep wakes by `resume`; one that it had laid aside, by `pageshow`.
    for event in ["online", "pageshow"] {
        let take = take.clone();
        on(&window, event, move |_| take(Told::Back));
    }
    on(&document, "resume", {
        let take = take.clone();
        move |_| take(Told::Back)
    });
    on(&window, "pagehide", move |_| take(Told::Going));
}

/// Shows by the icon of the tab, and of the page where it is installed, how many messages nobody has read.
pub(crate) fn show_unread(count: usize) {
    let icon = window()
        .document()
        .and_then(|page| page.get_element_by_id("favicon"));
    if let Some(icon) = icon {
        let name = if count > 0 {
            "data-unread"
        } else {
            "data-read"
        };
        if let Some(file) = icon.get_attribute(name) {
            let _ = icon.set_attribute("href", &file);
        }
    }
}
