//! Not tests: how fast and how heavy the window is, as a table. `just bench-window` makes a release build.
//!
//! A time from a key to the screen begins with the stamp on the event, and ends when the page has drawn the frame with
//! the letter. What comes after that, until light leaves a screen, is not included. The inspector is attached, which
//! adds a little to everything. This fails only if something is missing, and does not judge any time.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hubbub_testing::{Peer, Processes, ScriptedServer, text};
use serde_json::{Value, json};

use crate::screen::Screen;
use crate::window::Window;

/// Messages a second that arrive while somebody types.
const RATE: u64 = 2_000;
/// The lines after which the memory is measured again: as many as the window keeps.
const LINES: u64 = 20_000;
/// How many keys are pressed, once in a quiet room and once while messages arrive.
const KEYS: usize = 150;
/// The time between two keys, in milliseconds: that of a fast typist.
const KEY_EVERY: &str = "80";
/// How many times the window is started. The median counts.
const STARTS: usize = 5;
/// How long the window is left alone before it counts as at rest, and how long it is then watched.
const SETTLE: Duration = Duration::from_secs(60);
const WATCH: Duration = Duration::from_secs(60);

/// Notes for each letter the time from its stamp to the end of the frame that shows it. `frame` is the browser's own
/// way to wait for one, since the page's way gives up after 200 ms.
pub(crate) const STOPWATCH: &str = "keys = []; document.addEventListener('keydown', (key) => {
  const ended = new MessageChannel();
  ended.port1.onmessage = () => keys.push(performance.now() - key.timeStamp);
  frame(() => ended.port2.postMessage(0));
}); 0";
/// The number of the last message that is shown.
const LAST: &str =
    "Number([...document.querySelectorAll('.message:not(.own) .text')].at(-1)?.textContent ?? 0)";

#[test]
#[ignore = "measures for minutes: run it by `just bench-window`"]
fn of_the_window() {
    let screen = Screen::take();
    let binary = fs::metadata(env!("CARGO_BIN_EXE_hubbub-client"))
        .unwrap()
        .len();
    row("what", "measured");
    row("--", "--:");
    row("binary", &megabytes(binary));
    let mut starts: Vec<_> = (0..STARTS).map(|_| start(&screen)).collect();
    row(
        "start of the process to the room, ready to type",
        &milliseconds(&mut starts),
    );

    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let socket = server.accept();
    let sent = socket.tape();
    alice.is("connected");
    alice.paints();
    let processes = Processes::of(alice.process());
    row("its processes", &processes.count().to_string());
    row("their memory at the start", &megabytes(processes.memory()));

    alice.ask(STOPWATCH);
    row(
        "key to screen in a quiet room, median and 99th of 150",
        &typing(&mut alice),
    );
    let flood = Flood::begin(&socket);
    let (began, first) = (Instant::now(), flood.sent());
    alice.shows(&format!("{LAST} > 0"), &json!(true));
    let typed = typing(&mut alice);
    let (sent_by_then, shown) = (flood.sent(), alice.ask(LAST).as_u64().unwrap());
    let rate = (sent_by_then - first) as f64 / began.elapsed().as_secs_f64();
    row(
        "messages a second that arrive meanwhile",
        &format!("{rate:.0}"),
    );
    row("key to screen meanwhile, median and 99th of 150", &typed);
    row(
        "messages that the screen is behind then",
        &sent_by_then.saturating_sub(shown).to_string(),
    );
    let last = flood.end_after(LINES);
    alice.shows(LAST, &json!(last));
    let missed = "document.querySelector('#timeline').textContent.includes('skipped')";
    assert_eq!(
        alice.ask(missed),
        json!(false),
        "the window threw messages away"
    );
    row(
        "memory after 20,000 lines",
        &megabytes(Processes::of(alice.process()).memory()),
    );
    alice.says("still here");
    sent.mentions(text("alice", "still here"));

    thread::sleep(SETTLE);
    let processes = Processes::of(alice.process());
    let (before, began) = (processes.ran(), Instant::now());
    thread::sleep(WATCH);
    let spent = processes.ran_since(&before).time.as_secs_f64() / began.elapsed().as_secs_f64();
    row(
        "processor at rest, of one core",
        &format!("{:.3} %", spent * 100.0),
    );
    assert_eq!(alice.close().code(), Some(0));
}

/// Milliseconds from the start of the process until the room is shown and the composer has the focus. This is checked
/// every 20 ms.
fn start(screen: &Screen) -> f64 {
    let server = ScriptedServer::start();
    let began = Instant::now();
    let mut alice = Window::open(screen, "alice", server.port());
    alice.shows("document.activeElement?.id", &json!("draft"));
    let took = began.elapsed();
    assert_eq!(alice.close().code(), Some(0));
    took.as_secs_f64() * 1000.0
}

/// Types, and returns how long each key took to the screen.
fn typing(window: &mut Window) -> String {
    let keys = "a".repeat(KEYS);
    window.focus();
    window.ask("keys = []; draft.focus()");
    window
        .screen
        .xdotool(&["type", "--delay", KEY_EVERY, "--", &keys])
        .expect("xdotool type");
    window.shows("keys.length", &json!(KEYS));
    assert_eq!(window.ask("draft.value"), json!(keys), "keys were lost");
    let Value::Array(times) = window.ask("keys") else {
        panic!("no times");
    };
    window.ask("draft.value = ''");
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
    sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
    socket: TcpStream,
}

impl Flood {
    fn begin(socket: &Peer) -> Flood {
        let sent = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (counter, end) = (Arc::clone(&sent), Arc::clone(&stop));
        let mut mouth = socket.writer();
        let thread = thread::spawn(move || {
            let began = Instant::now();
            while !end.load(Ordering::Relaxed) {
                let due = began.elapsed().as_millis() as u64 * RATE / 1000;
                say(&mut mouth, &counter, due);
                thread::sleep(Duration::from_millis(5));
            }
        });
        Flood {
            sent,
            stop,
            thread,
            socket: socket.writer(),
        }
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Ends the pace and completes at least `lines` messages. Returns the number of the last one.
    fn end_after(mut self, lines: u64) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        while self.sent.load(Ordering::Relaxed) < lines {
            let next = self.sent.load(Ordering::Relaxed) + RATE / 10;
            say(&mut self.socket, &self.sent, next.min(lines));
            thread::sleep(Duration::from_millis(100));
        }
        self.sent.load(Ordering::Relaxed)
    }
}

/// Sends the messages up to the number `last`.
fn say(socket: &mut TcpStream, sent: &AtomicU64, last: u64) {
    let first = sent.load(Ordering::Relaxed) + 1;
    let messages: Vec<u8> = (first..=last)
        .flat_map(|number| text("bob", number.to_string()))
        .collect();
    socket.write_all(&messages).unwrap();
    sent.store(last.max(first - 1), Ordering::Relaxed);
}

fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn milliseconds(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    format!("{:.0} ms", times[times.len() / 2])
}
