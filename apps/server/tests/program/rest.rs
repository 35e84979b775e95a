//! A room in which nobody says anything costs nothing.

use std::thread;
use std::time::Duration;

use hubbub_testing::{Peer, Program, text, until};

/// How long nothing may happen.
const REST: Duration = Duration::from_secs(2);

#[test]
fn at_rest_no_thread_wakes() {
    let mut program = Program::with(&[], &[]);
    let room = program.room();
    let mut members: Vec<Peer> = (0..20)
        .map(|number| room.member(&format!("idle {number}")))
        .collect();
    members[0].send(text("idle 0", "good night"));
    room.hears(text("idle 0", "good night"));
    // This has to wait, since it measures a time in which nothing happens. First the program has to finish what the
    // last texts left to do.
    let mut before = 0;
    until("a while without a switch", || {
        before = program.context_switches();
        thread::sleep(REST);
        program.context_switches() == before
    });
    members[1].send(text("idle 1", "good morning"));
    room.hears(text("idle 1", "good morning"));
    assert!(program.context_switches() > before, "nothing is counted");
}
