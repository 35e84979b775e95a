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
/// How many turns one thread may take in that time. One that wakes twice a second, as those do in which async-std does
/// work that blocks, takes six.
const TURNS_OF_ONE: u64 = 4;

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
    let last = Cell::new((Ran::default(), 0));
    let rests = || {
        let before = processes.ran();
        // It takes a while to see that nothing happens.
        thread::sleep(WATCH);
        let all = processes.ran_since(&before);
        let turns = |(thread, ran): (&u32, &Ran)| {
            ran.turns - before.get(thread).map_or(0, |before| before.turns)
        };
        let most = processes.ran().iter().map(turns).max().unwrap_or(0);
        last.set((all, most));
        (all.turns <= TURNS && most <= TURNS_OF_ONE).then_some(())
    };
    until(rests, || {
        let (all, most) = last.get();
        format!(
            "in {WATCH:?}: {all:?}, {TURNS} turns allowed; {most} of one thread, {TURNS_OF_ONE} allowed"
        )
    });
}
