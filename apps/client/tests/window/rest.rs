//! A window that nobody touches, in a room in which nobody speaks, does not run.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use hubbub_testing::{Processes, Ran, ScriptedServer};

use crate::screen::Screen;
use crate::wait::until;
use crate::window::Window;

/// Long enough for a clock that ticks once in a second to tick three times.
const WATCH: Duration = Duration::from_secs(3);
/// How many turns the threads of all processes may take in that time. WebKit checks the system's memory now and then. A
/// thread that polls 20 times a second takes 60 turns, and a blinking caret about 100.
const TURNS: u64 = 9;

#[test]
fn a_window_with_the_caret_in_its_field_comes_to_rest() {
    let screen = Screen::take();
    let server = ScriptedServer::start();
    let mut alice = Window::open(&screen, "alice", server.port());
    let _sent = server.accept().tape();
    alice.is("connected");
    alice.says("hello");
    alice.types("more", "more");

    let processes = Processes::of(alice.process());
    let last = Cell::new(Ran::default());
    let rests = || {
        let before = processes.ran();
        // It takes a while to see that nothing happens.
        thread::sleep(WATCH);
        last.set(processes.ran_since(&before));
        (last.get().turns <= TURNS).then_some(())
    };
    until(rests, || {
        format!("in {WATCH:?}: {:?}, {TURNS} turns allowed", last.get())
    });
}
