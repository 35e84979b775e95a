//! What touches the browser: each in a file of its own, and none of them decides anything.

use hubbub_transport::Invitation;
use js_sys::{Date, Function, Reflect, global};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen::{JsCast, UnwrapThrowExt};
use web_sys::{Element, EventTarget, HtmlElement, HtmlInputElement, HtmlTextAreaElement, Window};

use crate::nodes;

pub(crate) mod boot;

pub(crate) mod clocks;

pub(crate) mod storage;

pub(crate) mod neighbours;

pub(crate) mod download;

pub(crate) mod notifier;

pub(crate) mod watching;

/// The window of the page. There is one wherever this program runs.
#[must_use]
pub(crate) fn window() -> Window {
    web_sys::window().expect_throw("a page has a window")
}

/// Where the room is: where the page comes from, and the nodes that are named there. It is private if the page came through
/// TLS.
#[must_use]
pub(crate) fn room() -> Option<Invitation> {
    let location = window().location();
    let is_private = location.protocol().ok()? == "https:";
    let others = window().document()?.query_selector("meta[name=nodes]");
    let others = others
        .ok()
        .flatten()
        .and_then(|it| it.get_attribute("content"));
    Some(Invitation {
        addresses: nodes::addresses(
            &location.host().ok()?,
            is_private,
            &others.unwrap_or_default(),
        )?,
        is_private,
        pins: Vec::new(),
        password: None,
    })
}

/// Host and port of the page's server, as the address bar has them.
#[must_use]
pub(crate) fn host() -> String {
    window().location().host().unwrap_or_default()
}

/// Puts the cursor into the field of this id, with what stands there selected, or the focus on the button.
pub(crate) fn focus_on(id: &str) {
    let Some(element) = by_id(id) else { return };
    if let Some(field) = element.dyn_ref::<HtmlInputElement>() {
        field.select();
    }
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// What stands in the composer, if there is one.
#[must_use]
pub(crate) fn draft() -> Option<String> {
    let field = by_id("draft")?;
    field
        .dyn_ref::<HtmlTextAreaElement>()
        .map(HtmlTextAreaElement::value)
}

pub(crate) fn by_id(id: &str) -> Option<Element> {
    window().document()?.get_element_by_id(id)
}

/// Calls `take` at each event of this name, for as long as there is a page.
pub(crate) fn on(target: &EventTarget, event: &str, take: impl FnMut(web_sys::Event) + 'static) {
    let take = Closure::<dyn FnMut(web_sys::Event)>::new(take);
    // What cannot be listened to does not happen.
    let _ = target.add_event_listener_with_callback(event, take.as_ref().unchecked_ref());
    take.forget();
}

/// A property of something in the page.
pub(crate) fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into())
        .ok()
        .filter(|it| !it.is_undefined() && !it.is_null())
}

/// Something that is there by this name everywhere in the page, if this browser has it.
pub(crate) fn global_of(name: &str) -> Option<JsValue> {
    get(&global(), name)
}

/// A function of something in the page, if it has it.
pub(crate) fn function(of: &JsValue, name: &str) -> Option<Function> {
    get(of, name)?.dyn_into().ok()
}

/// What went wrong, in the browser's words.
pub(crate) fn words(why: &JsValue) -> String {
    let message = get(why, "message").and_then(|message| message.as_string());
    message
        .or_else(|| why.as_string())
        .unwrap_or_else(|| "it does not say why".to_owned())
}

/// Milliseconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is a whole number after 1970"
)]
pub(crate) fn now() -> u64 {
    Date::now() as u64
}
