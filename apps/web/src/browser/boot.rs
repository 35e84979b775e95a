//! Boot: the script that was there before this program and will be there after it.

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::JsValue;

use super::{function, get, global_of};

/// What stood after `#` in the address of the page.
#[must_use]
pub(crate) fn fragment() -> String {
    let fragment = global_of("boot").and_then(|boot| get(&boot, "fragment"));
    fragment.and_then(|it| it.as_string()).unwrap_or_default()
}

/// Calls `take` when something comes after `#` while the page is open.
pub(crate) fn on_fragment(take: impl Fn() + 'static) {
    if let Some(boot) = global_of("boot") {
        let take = Closure::<dyn Fn()>::new(take);
        let _ = js_sys::Reflect::set(&boot, &"onFragment".into(), take.as_ref());
        take.forget();
    }
}

/// Takes away what stands on the page while the program is loading.
pub(crate) fn ready() {
    call("ready", &[]);
}

/// Says on the page that this program cannot go on, and for which reason.
pub(crate) fn broke(why: &str) {
    call("broke", &[why.into()]);
}

/// Loads the page again. What is on it until then is not heard any more.
pub(crate) fn reload() {
    call("reload", &[]);
}

/// Whether the page is about to be loaded again.
#[must_use]
pub(crate) fn is_over() -> bool {
    let is_over = global_of("boot").and_then(|boot| get(&boot, "isOver"));
    is_over.is_some_and(|it| it.is_truthy())
}

fn call(name: &str, words: &[JsValue]) {
    if let Some(boot) = global_of("boot")
        && let Some(function) = function(&boot, name)
    {
        let _ = function.apply(&boot, &words.iter().collect::<Array>());
    }
}
