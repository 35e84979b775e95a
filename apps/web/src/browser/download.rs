//! Download: hands a text to the browser as a file, which it puts where it puts downloads, under a name of its own
//! choice if there is one of this name.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::{window, words};

/// Hands over the text. Returns where it is, in words.
///
/// # Errors
///
/// The browser does not take it; why, in words.
pub(crate) fn save(name: &str, text: &str) -> Result<String, String> {
    offer(name, text).map_err(|why| words(&why))?;
    Ok(format!("{name}, among the downloads of this browser"))
}

fn offer(name: &str, text: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/plain;charset=utf-8");
    let parts = Array::of1(&text.into());
    let file = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let url = Url::create_object_url_with_blob(&file)?;
    let document = window().document().ok_or("there is no page")?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser has begun to read it, and keeps what it needs.
    Url::revoke_object_url(&url)
}
