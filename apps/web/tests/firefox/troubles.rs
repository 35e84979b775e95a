//! The tools themselves: Firefox tells of everything that goes wrong in a page, and then the test fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use crate::site::Site;
use crate::visitor::Visitor;

#[test]
fn everything_that_goes_wrong_in_a_page_makes_the_test_fail() {
    const STRICT: &str = "Content-Security-Policy: default-src 'self'\r\n";
    for (head, body, told) in [
        (
            "",
            "<script>console.error('the words', 7)</script>",
            "the words 7",
        ),
        ("", "<script>throw new Error('thrown')</script>", "thrown"),
        (
            "",
            "<script>Promise.reject(new Error('rejected'))</script>",
            "rejected",
        ),
        ("", "<img src=/nowhere>", "404"),
        (STRICT, "<script>0</script>", "Content Security Policy"),
        (STRICT, "<p style='color: red'>", "Content Security Policy"),
        (
            "",
            "<script>new WebSocket(`ws://${location.host}/`)</script>",
            "establish a connection",
        ),
    ] {
        let (site, visitor) = (Site::of(&[("/", head, body)]), Visitor::new());
        let tab = visitor.opens(&site.page("/"));
        tab.reports_something();
        let failed = catch_unwind(AssertUnwindSafe(|| drop(tab)));
        let words = failed.expect_err(body);
        let words = words.downcast_ref::<String>().expect(body);
        assert!(words.contains(told), "{body}: {words}");
    }
}

#[test]
fn keys_and_fingers_are_those_of_a_person() {
    let site = Site::of(&[(
        "/",
        "",
        "<!doctype html><meta name=viewport content='width=device-width'><textarea id=draft autofocus></textarea>
         <button id=send>Send</button><script>
           seen = [];
           for (const kind of ['keydown', 'touchstart', 'click', 'contextmenu'])
             addEventListener(kind, (it) => seen.push([kind, it.key ?? '', !!it.shiftKey, !!it.ctrlKey, it.isTrusted]));
         </script>",
    )]);
    let visitor = Visitor::new();
    let tab = visitor.opens_nothing();
    tab.is_a_phone();
    tab.goes_to(&site.page("/"));
    tab.shows(
        "[innerWidth, innerHeight, devicePixelRatio, matchMedia('(pointer: coarse)').matches]",
        &json!([390, 844, 2, true]),
    );
    tab.types_into("draft", "Hi", "Hi");
    tab.press("Shift+Enter");
    tab.inserts("é");
    tab.shows("draft.value", &json!("Hi\né"));
    tab.press("Control+a");
    tab.press("Backspace");
    tab.shows("draft.value", &json!(""));
    tab.taps("#send");
    tab.shows(
        "seen.splice(0)",
        &json!([
            ["keydown", "Shift", true, false, true],
            ["keydown", "H", true, false, true],
            ["keydown", "i", false, false, true],
            ["keydown", "Shift", true, false, true],
            ["keydown", "Enter", true, false, true],
            ["keydown", "Control", false, true, true],
            ["keydown", "a", false, true, true],
            ["keydown", "Backspace", false, false, true],
            ["touchstart", "", false, false, true],
            ["click", "", false, false, true],
        ]),
    );
}
