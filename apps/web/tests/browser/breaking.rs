//! A page that cannot go on says so, and a reload brings the room back.

use serde_json::json;

use crate::visitor::Visitor;
use crate::web_room::WebRoom;

#[test]
fn a_program_that_breaks_down_offers_to_load_the_page_again() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    alice.says("before");
    alice.shows_states(&["arrived"]);
    alice.types_into("draft", "half a sent", "half a sent");
    // As the end of its memory would be told.
    alice.may_report("RuntimeError");
    alice.may_report("Something went wrong");
    alice.ask("setTimeout(() => { throw new WebAssembly.RuntimeError('unreachable') }); 0");
    alice.has_focus_in("reload");
    alice.press("Enter");
    alice.is("connected");
    alice.shows_texts(&["before"]);
    alice.holds("half a sent");
    alice.shows("document.getElementById('reload')", &json!(null));
}

/// Has the browser, while the program hears another tab and so changes what it knows of them, tell that the network is
/// back, for which the program looks at the same. That is a mistake which no browser makes, and a panic.
const PANIC: &str = "{ const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data'); const { now } = Date;
  Object.defineProperty(MessageEvent.prototype, 'data', { get() {
    const data = get.call(this);
    if (typeof data === 'string') Date.now = () => { Date.now = now; dispatchEvent(new Event('online')); return now(); };
    return data;
  } });
  new BroadcastChannel('hubbub').postMessage(`ask ${'0'.repeat(32)} ${'0'.repeat(32)}`);
} 0";

#[test]
fn a_program_that_panics_says_why_and_leaves_its_place_to_the_page_that_is_loaded_again() {
    let room = WebRoom::open();
    let (visitor, at_bobs) = (Visitor::new(), Visitor::new());
    let bob = at_bobs.enters(&room.page(), "bob");
    let alice = visitor.enters(&room.page(), "alice");
    alice.says("before");
    alice.shows_states(&["arrived"]);
    alice.types_into("draft", "half a sent", "half a sent");
    for words in ["Something went wrong", "RuntimeError"] {
        alice.may_report(words);
    }
    alice.ask("boot.before = [...boot.sockets]; 0");
    alice.ask(PANIC);
    alice.has_focus_in("reload");
    alice.comes_to("/^[^<:]*borrowed/.test(document.querySelector('#boot .why').textContent)");
    alice.comes_to("boot.before.length === 1 && boot.before[0].readyState === WebSocket.CLOSED");
    let described = "document.getElementById(document.querySelector('[role=alertdialog]').getAttribute('aria-describedby'))";
    alice.comes_to(&format!("{described}.textContent.includes('reload')"));
    alice.press("Enter");
    alice.is("connected");
    alice.shows_texts(&["before"]);
    alice.holds("half a sent");
    bob.shows_people(&["bob", "alice"]);
    bob.notices("alice", "joined");
}

#[test]
fn a_page_whose_program_does_not_come_says_so() {
    let mut room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    for words in [
        "Failed to load",
        "could not be loaded",
        "net::ERR_",
        "Failed to fetch",
    ] {
        alice.may_report(words);
    }
    alice.call("Network.enable", json!({}));
    alice.call("Network.setBlockedURLs", json!({ "urls": ["*.wasm"] }));
    alice.goes_to(&room.page());
    alice.has_focus_in("reload");
    alice.call("Network.setBlockedURLs", json!({ "urls": [] }));
    alice.press("Enter");
    alice.gives_name("alice");
    alice.is("connected");
    room.server().signal("TERM");
    alice.may_lose_its_connection();
}

#[test]
fn a_page_of_which_a_part_does_not_come_says_so_after_a_while() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    for words in ["Failed to load", "net::ERR_"] {
        alice.may_report(words);
    }
    alice.call("Network.enable", json!({}));
    alice.call("Network.setBlockedURLs", json!({ "urls": ["*boot.js"] }));
    alice.goes_to(&room.page());
    let late = "document.querySelector('.late')";
    let opacity = format!("getComputedStyle({late}).opacity");
    // A slow line has its time.
    alice.shows(&opacity, &json!("0"));
    alice.ask(&format!(
        "{late}.getAnimations().forEach((it) => it.finish()); 0"
    ));
    alice.shows(&opacity, &json!("1"));
    alice.comes_to(&format!(
        "{late}.textContent.includes('load the page again')"
    ));
    alice.call("Network.setBlockedURLs", json!({ "urls": [] }));
    alice.reloads_and_waits();
    alice.gives_name("alice");
    alice.is("connected");
    alice.shows(late, &json!(null));
}

#[test]
fn a_browser_that_cannot_run_the_program_is_told_what_to_do() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    for (lack, advice) in [
        ("delete globalThis.WebAssembly", "in another browser"),
        (
            "WebAssembly.instantiateStreaming = WebAssembly.instantiate = \
             () => Promise.reject(new WebAssembly.CompileError('unknown opcode'))",
            "a browser of 2024 or later",
        ),
    ] {
        let alice = visitor.opens_nothing();
        let title = "This browser cannot show the room";
        alice.may_report(title);
        alice.call(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": lack }),
        );
        alice.goes_to(&room.page());
        alice.has_focus_in("reload");
        alice.shows(
            "document.getElementById('boot-title').textContent",
            &json!(title),
        );
        alice.comes_to(&format!(
            "document.getElementById('boot-advice').textContent.includes('{advice}')"
        ));
    }
}
