//! The calls into the script of the page, where that is a page of a browser: in the place of `page`, with the same
//! functions. The script is a file of its own there, and so is the style sheet.
//!
//! Nothing is handed over as script, which the page's security policy forbids. The script makes each call when what
//! runs now has ended: it may click on something, and the program must not be called while it calls.

use futures::StreamExt;
use futures::channel::mpsc;
use js_sys::{Array, Function, Reflect, global};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::JsValue;

use super::Said;

/// Has the script call this function of its own.
fn call(function: &str, words: &[JsValue]) {
    if let Some(later) = function_of_script("later") {
        let words: Array = words.iter().collect();
        // The script catches what goes wrong, and says so on the console.
        let _ = later.call2(&JsValue::UNDEFINED, &function.into(), &words);
    }
}

fn script() -> Option<JsValue> {
    Reflect::get(&global(), &"hubbub".into()).ok()
}

fn function_of_script(name: &str) -> Option<Function> {
    Reflect::get(&script()?, &name.into()).ok()?.dyn_into().ok()
}

/// Puts the cursor into the composer.
pub(super) fn focus_composer() {
    call("focus", &[]);
}

/// Writes text at the cursor of the composer.
pub(super) fn insert_into_composer(text: &str) {
    call("insert", &[text.into()]);
}

/// Puts what was typed on the last page into the composer of this one.
pub(super) fn restore_draft(draft: &str) {
    call("restore", &[draft.into()]);
}

/// Brings a line into view.
pub(super) fn show_line(number: i64) {
    call("showLine", &[number.to_string().into()]);
}

/// Puts the cursor into the field for another name, with what stands there selected.
pub(super) fn focus_other_name() {
    call("focusOtherName", &[]);
}

/// Gives the focus to the element of this id.
pub(super) fn focus_on(id: &'static str) {
    call("focusOn", &[id.into()]);
}

/// Opens the dialog of this id. Escape clicks its button of the class `leave`.
pub(super) fn open_dialog(id: &'static str) {
    call("openDialog", &[id.into()]);
}

/// Closes the dialog of this id, and gives the focus to the element of the other.
pub(super) fn close_dialog(id: &'static str, then: &'static str) {
    call("closeDialog", &[id.into(), then.into()]);
}

/// Copies this text.
pub(super) fn copy(text: &str) {
    call("copy", &[text.into()]);
}

/// Opens the question before the window closes.
pub(super) fn ask_to_close() {
    call("askToClose", &[]);
}

/// Scrolls the timeline to its end.
pub(super) fn scroll_to_end() {
    call("scrollToEnd", &[]);
}

/// Begins or ends a search on the page: where keys go, and what is marked in the texts.
pub(super) fn search(goes_on: bool) {
    call("search", &[goes_on.into()]);
}

/// Brings the current match into view.
pub(super) fn show_found() {
    call("showFound", &[]);
}

/// Keeps what is read in its place from now on, whatever comes above or below.
pub(super) fn watch_timeline() {
    call("watchTimeline", &[]);
}

/// Names the page.
pub(super) fn set_title(title: &str) {
    call("setTitle", &[title.into()]);
}

/// Hands over what the script tells, as long as there is a page.
pub(super) async fn listen(tell: impl Fn(Said)) {
    let (sent, mut told) = mpsc::unbounded();
    let mute = Closure::<dyn FnMut(String, bool)>::new(move |name, on| {
        // It fails when nobody listens any more.
        let _ = sent.unbounded_send(Said::Mute(name, on));
    });
    let Some(script) = script() else { return };
    let _ = Reflect::set(&script, &"mute".into(), mute.as_ref());
    while let Some(said) = told.next().await {
        tell(said);
    }
}
