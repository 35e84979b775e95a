//! The tools themselves, with pages of their own: what they do to a page, and that they see what goes wrong in it.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::json;

use crate::site::Site;
use crate::visitor::Visitor;

const FORM: &str = "<!doctype html><meta name=viewport content='width=device-width'><title>form</title>
<textarea id=draft autofocus></textarea><button id=send onclick='clicked = (window.clicked ?? 0) + 1'>Send</button>
<a id=away href='/other' target=_blank rel=noopener>away</a>
<script>
  keys = [];
  draft.addEventListener('keydown', (key) => keys.push([key.key, key.code, key.shiftKey, key.ctrlKey, key.isTrusted]));
  touches = 0;
  send.addEventListener('touchstart', () => touches += 1);
</script>";

fn form() -> Site {
    Site::of(&[("/", "", FORM), ("/other", "", "<title>other</title>")])
}

#[test]
fn keys_and_the_mouse_are_those_of_a_person() {
    let (site, visitor) = (form(), Visitor::new());
    let tab = visitor.opens(&site.page("/"));
    tab.types_into("draft", "Hi 1!", "Hi 1!");
    tab.press("Shift+Enter");
    tab.inserts("é");
    tab.shows("draft.value", &json!("Hi 1!\né"));
    tab.press("Backspace");
    tab.press("Control+a");
    tab.shows("draft.selectionEnd - draft.selectionStart", &json!(6));
    assert_eq!(tab.ask("keys[0]"), json!(["H", "KeyH", true, false, true]));
    assert_eq!(
        tab.ask("keys[5]"),
        json!(["Enter", "Enter", true, false, true])
    );
    assert_eq!(
        tab.ask("keys.at(-1)"),
        json!(["a", "KeyA", false, true, true])
    );
    tab.press("Tab");
    tab.has_focus_in("send");
    tab.press("Space");
    tab.shows("clicked", &json!(1));
    tab.clicks("#send");
    tab.shows("clicked", &json!(2));
    assert_eq!(tab.ask("touches"), 0);
    tab.ask("menus = 0; document.addEventListener('contextmenu', () => menus += 1)");
    tab.opens_menu("#send");
    tab.shows("[menus, clicked]", &json!([1, 2]));
    assert_eq!(tab.ask("document.hasFocus() && !document.hidden"), true);
    tab.is_looked_at(false);
    tab.closes();
}

#[test]
fn a_phone_has_the_size_of_one_and_is_touched() {
    let (site, visitor) = (form(), Visitor::new());
    let tab = visitor.opens_nothing();
    tab.is_a_phone();
    tab.goes_to(&site.page("/"));
    tab.shows(
        "[innerWidth, innerHeight, devicePixelRatio]",
        &json!([390, 844, 2]),
    );
    tab.shows("matchMedia('(pointer: coarse)').matches", &json!(true));
    tab.taps("#send");
    tab.shows("[touches, clicked]", &json!([1, 1]));
    let picture =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("phone-{}.png", std::process::id()));
    tab.photographs(&picture);
    let bytes = fs::read(&picture).unwrap();
    fs::remove_file(&picture).unwrap();
    let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!([side(16), side(20)], [780, 1688]);
}

#[test]
fn visitors_share_nothing_and_the_tabs_of_one_share_what_they_keep() {
    let (site, visitor, stranger) = (form(), Visitor::new(), Visitor::new());
    let first = visitor.opens(&site.page("/"));
    first.ask("localStorage.a = 1; sessionStorage.b = 2; document.cookie = 'c=3'; 0");
    let kept = "[localStorage.a ?? 0, sessionStorage.b ?? 0, document.cookie]";
    for (who, expected) in [
        (&visitor, json!(["1", 0, "c=3"])),
        (&stranger, json!([0, 0, ""])),
    ] {
        assert_eq!(who.opens(&site.page("/other")).ask(kept), expected);
    }
    first.reloads_and_waits();
    first.shows(kept, &json!(["1", "2", "c=3"]));
}

#[test]
fn one_visitor_may_be_shown_notifications_and_another_not() {
    let site = form();
    for (answer, told) in [
        (None, "default"),
        (Some(true), "granted"),
        (Some(false), "denied"),
    ] {
        let visitor = Visitor::new();
        match answer {
            Some(true) => visitor.permits(&site.page(""), "notifications"),
            Some(false) => visitor.forbids(&site.page(""), "notifications"),
            None => {}
        }
        let tab = visitor.opens(&site.page("/"));
        tab.is_a_desktop(1000, 700);
        tab.comes_to("innerWidth === 1000 && !matchMedia('(pointer: coarse)').matches");
        assert_eq!(tab.ask("Notification.permission"), told);
    }
}

#[test]
fn a_tab_that_a_page_opens_is_found() {
    let (site, visitor) = (form(), Visitor::new());
    let tab = visitor.opens(&site.page("/"));
    tab.clicks("#away");
    let other = visitor.gets_another_tab(&[&tab]);
    other.shows("document.title", &json!("other"));
    assert_eq!(other.ask("opener"), json!(null));
    assert_eq!(visitor.addresses(), [site.page("/"), site.page("/other")]);
}

#[test]
fn everything_that_goes_wrong_in_a_page_makes_the_test_fail() {
    const STRICT: &str = "Content-Security-Policy: default-src 'self'\r\n";
    for (wrong, head, body, told) in [
        (
            "console",
            "",
            "<script>console.error('the words', 7)</script>",
            "the words 7",
        ),
        (
            "throw",
            "",
            "<script>throw new Error('thrown')</script>",
            "Error: thrown",
        ),
        (
            "promise",
            "",
            "<script>Promise.reject(new Error('rejected'))</script>",
            "Error: rejected",
        ),
        ("missing", "", "<img src=/nowhere>", "404"),
        (
            "script",
            STRICT,
            "<script>0</script>",
            "Content Security Policy",
        ),
        (
            "style",
            STRICT,
            "<p style='color: red'>",
            "Content Security Policy",
        ),
        (
            "socket",
            "",
            "<script>new WebSocket('ws://127.0.0.1:1/')</script>",
            "ERR_UNSAFE_PORT",
        ),
    ] {
        let (site, visitor) = (Site::of(&[("/", head, body)]), Visitor::new());
        let tab = visitor.opens(&site.page("/"));
        tab.reports(told);
        tab.may_report("Content Security Policy");
        drop(tab);
        // It is not expected here, and dropping the tab is enough.
        let tab = visitor.opens(&site.page("/"));
        tab.reports_something();
        let failed = catch_unwind(AssertUnwindSafe(|| drop(tab)));
        let words = failed.expect_err(wrong);
        let words = words.downcast_ref::<String>().expect(wrong);
        assert!(words.contains(told), "{wrong}: {words}");
    }
}

#[test]
fn a_question_by_a_window_of_the_browser_is_answered_and_kept() {
    let (site, visitor) = (form(), Visitor::new());
    let tab = visitor.opens(&site.page("/"));
    assert_eq!(tab.ask("confirm('sure?')"), true);
    assert_eq!(tab.dialogs(), ["\"confirm\""]);
}

#[test]
fn a_visitor_looks_away_and_comes_back() {
    let (site, visitor) = (form(), Visitor::new());
    let tab = visitor.opens(&site.page("/"));
    tab.ask(
        "went = []; for (const kind of ['blur', 'focus']) addEventListener(kind, () => went.push(kind));
         for (const kind of ['visibilitychange', 'freeze', 'resume']) 
           document.addEventListener(kind, () => went.push(kind)); 0",
    );
    tab.looks_away();
    tab.shows("went.toSorted()", &json!(["blur", "visibilitychange"]));
    tab.is_looked_at_again();
    tab.shows(
        "went.slice(2).toSorted()",
        &json!(["focus", "visibilitychange"]),
    );
    assert_eq!(
        visitor.addresses(),
        ["about:blank".to_owned(), site.page("/")]
    );
}
