//! Download: hands a text to the browser as a file, which it puts where it puts downloads, under a name of its own
//! choice if there is one of this name.

use std::time::Duration;

use hubbub_session::Clock;
use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::{window, words};

/// How long the browser may take to begin to read what it was given. It may ask the user first where it goes.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// Hands over the text. Returns to whom, in words. Whether it is saved, the browser tells nobody.
///
/// # Errors
///
/// The browser does not take it; why, in words.
pub(crate) fn save(name: &str, text: &str) -> Result<String, String> {
    // A browser has no folders to offer.
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    offer(name, text).map_err(|why| words(&why))?;
    Ok(format!("the browser as {name}"))
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
    spawn_local(async move {
        Clock::system().sleep(READ_WITHIN).await;
        // If it fails, the text stays in memory until the page goes.
        let _ = Url::revoke_object_url(&url);
    });
    Ok(())
}
