//! What a person sees in a browser for whom there is no file: the words of the answer, in letters of a size that is read
//! on a phone too. It needs nothing else of the site, since whoever is turned away gets nothing else. Pure.

/// What it is, for browsers.
pub(super) const KIND: &str = "text/html; charset=utf-8";

/// What it may do: look like this, which the hash of [`STYLE`] says, and have no picture, so that no browser asks for one.
/// Whoever changes the style finds the new hash in the words of the browser and in a test's.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-2iLEYHZsgg1Nc9I532ctJO6LIt1jWIQuuq+thEkRqnc='; img-src data:; base-uri 'none'; form-action 'none'; \
                                 frame-ancestors 'none'";

const STYLE: &str = ":root{color-scheme:light dark}body{display:grid;place-items:center;min-height:80vh;margin:0 24px;\
                     font:1rem/1.5 system-ui,sans-serif}p{max-width:36ch;text-align:center;overflow-wrap:anywhere}";

/// The page with these words, which may be anything.
pub(super) fn page(words: &str) -> String {
    let words = escaped(words);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>Hubbub</title>\n<style>{STYLE}</style>\n<p>{words}</p>\n"
    )
}

/// The same text in HTML, where none of it is a tag.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
