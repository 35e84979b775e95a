//! Not tests: how heavy and how fast the page is, as a table. It judges nothing, and fails only if something is
//! missing.
//!
//! A time from a key to the screen begins with the stamp on the event, and ends when the page has drawn the frame with
//! the letter. The inspector is attached, which adds a little to everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::{Peer, Processes, text};
use serde_json::{Value, json};

use crate::tab::Tab;
use crate::visitor::Visitor;
use crate::web_room::{WebRoom, bytes_of_page};

/// Messages a second that arrive while somebody types.
const RATE: u64 = 500;
/// How many keys are pressed, and how often.
const KEYS: usize = 150;
const KEY_EVERY: Duration = Duration::from_millis(80);
/// The lines after which the memory is measured again.
const LINES: u64 = 20_000;
/// How many times each time is taken. The median counts.
const TIMES: usize = 9;

/// Notes for each letter the time from its stamp to the end of the frame that shows it.
const STOPWATCH: &str = "keys = []; document.addEventListener('keydown', (key) => {
  const ended = new MessageChannel();
  ended.port1.onmessage = () => keys.push(performance.now() - key.timeStamp);
  requestAnimationFrame(() => ended.port2.postMessage(0));
}); 0";

/// The number of the last message of the flood that is shown.
const LAST: &str =
    "Number([...document.querySelectorAll('.message:not(.own) .text')].at(-1)?.textContent ?? 0)";

#[test]
#[ignore = "measures for minutes: run it by its name with --nocapture"]
fn of_the_page() {
    let mut room = WebRoom::open();
    row("what", "measured");
    row("--", "--:");
    let bytes = |ending: &str| format!("{:.0} kB", bytes_of_page(ending) as f64 / 1e3);
    row("bytes over the network, with brotli", &bytes(".br"));
    row("the same with gzip", &bytes(".gz"));
    let mut starts: Vec<_> = (0..TIMES).map(|time| start(&room, time)).collect();
    row(
        "start to a room that is ready to type, from the click",
        &median(&mut starts),
    );

    let (at_alices, at_bobs) = (Visitor::new(), Visitor::new());
    let alice = at_alices.enters(&room.page(), "alice");
    let bob = at_bobs.enters(&room.page(), "bob");
    let mut enters: Vec<_> = (0..TIMES)
        .map(|time| enter_to_the_other(&alice, &bob, time))
        .collect();
    row(
        "Enter to the frame with the text on the other page",
        &median(&mut enters),
    );
    bob.closes();

    let renderer = alice.renderer();
    row(
        "memory of the tab at the start",
        &megabytes(Processes::of(renderer).memory()),
    );
    alice.ask(STOPWATCH);
    row(
        "key to frame in a quiet room, median and 99th of 150",
        &typing(&alice),
    );
    let flood = Flood::begin(Peer::join(room.port(), "flood"));
    alice.comes_to(&format!("{LAST} > 500"));
    let typed = typing(&alice);
    row(
        "key to frame at 500 messages a second, median and 99th of 150",
        &typed,
    );
    let last = flood.end_after(LINES);
    alice.shows(LAST, &json!(last));
    row(
        "memory of the tab after 20,000 lines",
        &megabytes(Processes::of(renderer).memory()),
    );
    row(
        "memory of the server then",
        &megabytes(room.server().resident_bytes()),
    );
}

/// Milliseconds from the navigation until the composer has the focus, for somebody whose name is known. Nothing of the
/// page is in the cache.
fn start(room: &WebRoom, time: usize) -> f64 {
    let visitor = Visitor::new();
    let first = visitor.enters(&room.page(), &format!("starter {time}"));
    first.comes_to("'rooms.toml' in localStorage");
    first.types_into("draft", "/quit", "/quit");
    first.press("Enter");
    first.is_at_the_door();
    // Not before: a tab that is in the room notes that, and the next one would wait for its answer.
    let kept = first.ask("JSON.stringify(localStorage)");
    first.closes();
    let anew = Visitor::new();
    let tab = anew.opens_nothing();
    // A file that names no picture of its own has the browser ask for this one.
    tab.may_report("favicon.ico");
    tab.goes_to(&format!("{}manifest.webmanifest", room.page()));
    tab.ask(&format!(
        "Object.assign(localStorage, JSON.parse({kept})); 0"
    ));
    tab.sets_out_for(&room.page());
    tab.has_focus_in("draft");
    tab.is("connected");
    // It begins with the navigation. The pause between two questions is in it.
    tab.ask("performance.now()").as_f64().unwrap()
}

/// Milliseconds from Enter on one page until the other has drawn the text. Both read the same clock.
fn enter_to_the_other(alice: &Tab, bob: &Tab, time: usize) -> f64 {
    let words = format!("number {time}");
    bob.ask(&format!(
        "came = null; new MutationObserver((_, watch) => {{
           if (![...document.querySelectorAll('.text')].some((e) => e.textContent === '{words}')) return;
           watch.disconnect();
           requestAnimationFrame(() => {{ const ended = new MessageChannel();
             ended.port1.onmessage = () => came = performance.timeOrigin + performance.now();
             ended.port2.postMessage(0); }});
         }}).observe(document, {{ subtree: true, childList: true, characterData: true }}); 0"
    ));
    alice.types_into("draft", &words, &words);
    alice.ask("entered = null; addEventListener('keydown', (key) => entered = performance.timeOrigin + key.timeStamp,
           { once: true, capture: true }); 0");
    alice.press("Enter");
    bob.comes_to("came !== null");
    bob.ask("came").as_f64().unwrap() - alice.ask("entered").as_f64().unwrap()
}

/// Types, and returns how long each key took to the screen.
fn typing(tab: &Tab) -> String {
    tab.has_focus_in("draft");
    tab.ask("keys = []; 0");
    let began = Instant::now();
    for key in 1..=KEYS {
        tab.types("a");
        thread::sleep((began + KEY_EVERY * key as u32).saturating_duration_since(Instant::now()));
    }
    tab.shows("keys.length", &json!(KEYS));
    assert_eq!(
        tab.ask("draft.value"),
        json!("a".repeat(KEYS)),
        "keys were lost"
    );
    tab.press("Control+a");
    tab.press("Backspace");
    let Value::Array(times) = tab.ask(&format!("keys.slice(0, {KEYS})")) else {
        panic!("no times");
    };
    let mut times: Vec<_> = times.iter().map(|time| time.as_f64().unwrap()).collect();
    times.sort_by(f64::total_cmp);
    format!(
        "{:.0} ms, {:.0} ms",
        times[KEYS / 2],
        times[KEYS * 99 / 100]
    )
}

/// Numbered messages at an even pace, from a thread.
struct Flood {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<(Peer, u64)>,
}

impl Flood {
    fn begin(mut peer: Peer) -> Flood {
        let stop = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let (began, mut sent) = (Instant::now(), 0);
            while !end.load(Ordering::Relaxed) {
                let due = began.elapsed().as_millis() as u64 * RATE / 1000;
                sent = say(&mut peer, sent, due);
                thread::sleep(Duration::from_millis(5));
            }
            (peer, sent)
        });
        Flood { stop, thread }
    }

    /// Ends the pace and completes at least `lines` messages. Returns the number of the last one.
    fn end_after(self, lines: u64) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        let (mut peer, mut sent) = self.thread.join().unwrap();
        while sent < lines {
            sent = say(&mut peer, sent, (sent + RATE / 5).min(lines));
            thread::sleep(Duration::from_millis(100));
        }
        sent
    }
}

/// Sends the messages after the number `sent` up to `last`, and returns the last one.
fn say(peer: &mut Peer, sent: u64, last: u64) -> u64 {
    let messages: Vec<u8> = (sent + 1..=last)
        .flat_map(|number| text("flood", number.to_string()))
        .collect();
    peer.send(messages);
    last.max(sent)
}

fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn median(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    format!("{:.0} ms", times[times.len() / 2])
}
