//! A room in which nobody says anything costs nothing.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::thread;
use std::time::Duration;

use hubbub_testing::{Peer, Program, text, until};

/// How long nothing may happen.
const REST: Duration = Duration::from_secs(2);

/// A service manager without a watchdog, and its name.
fn manager() -> (UnixDatagram, String) {
    let name = format!("hubbub-rest-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    (
        UnixDatagram::bind_addr(&address).unwrap(),
        format!("@{name}"),
    )
}

#[test]
fn at_rest_no_thread_wakes() {
    // A service manager hears of nothing while nothing happens.
    let manager = manager();
    let mut program = Program::with(&[], &[("NOTIFY_SOCKET", &manager.1)]);
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
