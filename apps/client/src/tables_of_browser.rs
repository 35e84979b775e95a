//! Tables of the browser: what Unicode says of letters, and the standard form of addresses, by the tables that every
//! browser has. The contract is that of `tables.rs`.

use js_sys::{JsString, RegExp};
use web_sys::Url;

thread_local! {
    static UNSEEN: RegExp = RegExp::new(r"[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]", "u");
    static ENDS_WORDS: RegExp = RegExp::new(r"[\p{Cc}\p{Cf}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}]", "u");
    static ENDS_SENTENCE: RegExp = RegExp::new(r"[\p{Pd}\p{Po}\p{Cf}]", "u");
}

pub(crate) fn is_unseen(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    UNSEEN.with(|unseen| unseen.test(c.encode_utf8(&mut [0; 4])))
}

pub(crate) fn ends_words(c: char) -> bool {
    ENDS_WORDS.with(|ends| ends.test(c.encode_utf8(&mut [0; 4])))
}

pub(crate) fn ends_sentence(c: char) -> bool {
    ENDS_SENTENCE.with(|ends| ends.test(c.encode_utf8(&mut [0; 4])))
}

pub(crate) fn composed(text: String) -> String {
    if text.is_ascii() {
        return text;
    }
    JsString::from(text).normalize("NFC").into()
}

pub(crate) fn standard_url(address: &str) -> Option<String> {
    Url::new(address).ok().map(|url| url.href())
}

pub(crate) fn standard_host(host: &str) -> Option<String> {
    let url = Url::new(&format!("http://{host}")).ok()?;
    let host = url.hostname();
    // Otherwise there was more than a host.
    (url.href() == format!("http://{host}/")).then_some(host)
}
