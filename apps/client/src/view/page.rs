//! What the page needs besides components: style, script, and the few calls from here into that script. In a browser
//! `page_of_browser` stands in its place.
//!
//! The script owns the text field: keys reach it without a round trip through this program.

use dioxus::document::Eval;
use dioxus::prelude::document;
use futures::join;

use super::Said;

/// The style sheet of the page.
pub const STYLE: &str = include_str!("../../assets/style.css");

/// The script of the page. It must run before the first event.
pub const SCRIPT: &str = concat!(
    include_str!("../../assets/webkit.js"),
    include_str!("../../assets/page.js"),
    include_str!("../../assets/keys.js"),
    include_str!("../../assets/composer.js"),
    include_str!("../../assets/search.js"),
    include_str!("../../assets/copy.js"),
    include_str!("../../assets/program.js"),
    include_str!("../../assets/menu.js"),
    include_str!("../../assets/window.js"),
);

/// Puts the cursor into the composer.
pub(super) fn focus_composer() {
    document::eval("hubbub.focus()");
}

/// Writes text at the cursor of the composer.
pub(super) fn insert_into_composer(text: &str) {
    // The text is handed over as data: a name can hold anything, and must not become script.
    let call = document::eval("hubbub.insert(await dioxus.recv())");
    // The page is gone only when the window closes.
    let _ = call.send(text);
}

/// Puts what was typed on the last page into the composer of this one.
pub(super) fn restore_draft(draft: &str) {
    let call = document::eval("hubbub.restore(await dioxus.recv())");
    // The page is gone only when the window closes.
    let _ = call.send(draft);
}

/// Brings a line into view.
pub(super) fn show_line(number: i64) {
    document::eval(&format!("hubbub.showLine({number})"));
}

/// Puts the cursor into the field for another name, with what stands there selected.
pub(super) fn focus_other_name() {
    document::eval("hubbub.focusOtherName()");
}

/// Gives the focus to the element of this id.
pub(super) fn focus_on(id: &'static str) {
    document::eval(&format!("hubbub.focusOn('{id}')"));
}

/// Opens the dialog of this id. Escape clicks its button of the class `leave`.
pub(super) fn open_dialog(id: &'static str) {
    document::eval(&format!("hubbub.openDialog('{id}')"));
}

/// Closes the dialog of this id, and gives the focus to the element of the other.
pub(super) fn close_dialog(id: &'static str, then: &'static str) {
    document::eval(&format!("hubbub.closeDialog('{id}', '{then}')"));
}

/// Copies this text.
pub(super) fn copy(text: &str) {
    let call = document::eval("menu.copy(await dioxus.recv())");
    // The page is gone only when the window closes.
    let _ = call.send(text);
}

/// Puts the cursor into the field for the room, with what stands there selected.
pub(super) fn focus_room() {
    document::eval("hubbub.focusRoom()");
}

/// Opens the question before the window closes.
pub(super) fn ask_to_close() {
    document::eval("hubbub.askToClose()");
}

/// Scrolls the timeline to its end.
pub(super) fn scroll_to_end() {
    document::eval("hubbub.scrollToEnd()");
}

/// Begins or ends a search on the page: where keys go, and what is marked in the texts.
pub(super) fn search(goes_on: bool) {
    document::eval(&format!("hubbub.search({goes_on})"));
}

/// Brings the current match into view.
pub(super) fn show_found() {
    document::eval("hubbub.showFound()");
}

/// Keeps what is read in its place from now on, whatever comes above or below.
pub(super) fn watch_timeline() {
    document::eval("hubbub.watchTimeline()");
}

/// Hands over what the script tells, as long as there is a page.
pub(super) async fn listen(tell: impl Fn(Said)) {
    let zoom = async {
        let mut keys = tells("hubbub.zoom = (key) => dioxus.send(key)");
        while let Ok(key) = keys.recv().await {
            tell(Said::Zoom(key));
        }
    };
    let mute = async {
        let mut mutes = tells("hubbub.mute = (name, on) => dioxus.send([name, on])");
        while let Ok((name, on)) = mutes.recv().await {
            tell(Said::Mute(name, on));
        }
    };
    let focus = async {
        let mut focus = tells("hubbub.watchFocus((elsewhere) => dioxus.send(elsewhere))");
        while let Ok(elsewhere) = focus.recv().await {
            tell(Said::Elsewhere(elsewhere));
        }
    };
    join!(zoom, mute, focus);
}

/// The end of this script is the end of what it tells: it waits for ever.
fn tells(script: &str) -> Eval {
    document::eval(&format!("{script}; await new Promise(() => {{}})"))
}
