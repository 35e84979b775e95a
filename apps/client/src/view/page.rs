//! What the page needs besides components: style, script, and the few calls from here into that script.
//!
//! The script owns the text field: keys reach it without a round trip through this program.

use dioxus::document::Eval;
use dioxus::prelude::document;

/// The style sheet of the page.
pub const STYLE: &str = include_str!("../../assets/style.css");

/// The script of the page. It must run before the first event.
pub const SCRIPT: &str = concat!(
    include_str!("../../assets/page.js"),
    include_str!("../../assets/keys.js"),
    include_str!("../../assets/composer.js"),
    include_str!("../../assets/search.js"),
    include_str!("../../assets/copy.js"),
    include_str!("../../assets/program.js"),
    include_str!("../../assets/menu.js"),
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

/// The keys for the size of everything, wherever the focus is, as long as there is a page. Each comes as a
/// [`ZoomKey`](crate::settings::ZoomKey).
pub(super) fn zoom_keys() -> Eval {
    document::eval("hubbub.zoom = (key) => dioxus.send(key); await new Promise(() => {})")
}

/// Whom the menu mutes (`true`) or unmutes (`false`), as long as there is a page.
pub(super) fn mutes() -> Eval {
    document::eval(
        "hubbub.mute = (name, on) => dioxus.send([name, on]); await new Promise(() => {})",
    )
}

/// Whether there is a composer and the focus is in no field: each change, as long as there is a page.
pub(super) fn focus() -> Eval {
    document::eval(
        "hubbub.watchFocus((elsewhere) => dioxus.send(elsewhere)); await new Promise(() => {})",
    )
}
