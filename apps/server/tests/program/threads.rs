//! The program on one thread, as on a machine with one core.

use hubbub_testing::storm::{Visits, crowd, visit};
use hubbub_testing::{Peer, Program, server};

/// The server is stopped while the guests speak, so that it then finds the texts of many waiting.
#[test]
fn on_one_thread_and_woken_late_a_member_sees_what_happens_between_its_join_and_its_leave() {
    let mut command = server();
    command
        .args(["--port", "0", "--listen", "127.0.0.1"])
        .env("ASYNC_STD_THREAD_COUNT", "1");
    let mut program = Program::run(command);
    let room = program.room();
    let _crowd = crowd(&room);
    let visits = Visits::to(&room);
    let mut guests: Vec<Peer> = visits.names().iter().map(|_| room.connect()).collect();
    program.signal("STOP");
    for (guest, name) in guests.iter_mut().zip(visits.names()) {
        guest.send(visit(name).concat());
    }
    program.signal("CONT");
    let seen_by_guests = guests.iter_mut().map(Peer::rest).collect();
    visits.check(seen_by_guests);
}
