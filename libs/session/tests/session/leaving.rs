//! Leaving: within one second, whatever the server does.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_session::{Event, Intent, Stamped, start};
use hubbub_testing::{DEADLINE, HeldPort, Peer, ScriptedServer, Time, join, leave, text};

use crate::harness::{PACE, Window, options};

/// More than both sockets of a loopback connection hold.
fn too_long() -> String {
    "0123456789".repeat(2_000_000)
}

/// A window with a text half written to a server that does not read.
fn stuck(server: &ScriptedServer) -> (Window, Peer, String) {
    let (window, mut peer) = Window::connected(server);
    let text = too_long();
    window.say(1, &text);
    peer.expect(b"CHAT/1.0 TEXT");
    (window, peer, text)
}

#[test]
fn dropping_the_intents_leaves_too() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.intents = None;
    peer.expect(leave("alice"));
    peer.expect_closed();
    drop(peer);
    window.expect_ended();
}

#[test]
fn a_server_that_never_reads_keeps_nobody_and_no_leave_lands_inside_a_text() {
    let server = ScriptedServer::start();
    let (window, mut peer, text_said) = stuck(&server);
    window.wish(Intent::Leave);
    window.time.expect_nap(Duration::from_millis(500));
    window.expect_not_ended();
    window.time.advance(Duration::from_millis(500));
    window.expect_ended();
    let rest = peer.rest();
    let whole = text("alice", &text_said);
    assert!(rest.len() < whole.len());
    assert!(whole["CHAT/1.0 TEXT".len()..].starts_with(&rest));
}

/// The test above checks the exact second with a clock that it moves. Here the clock is real, and the machine may be
/// busy.
#[test]
fn a_server_that_never_reads_keeps_nobody_for_long_by_the_real_clock() {
    let server = ScriptedServer::start();
    let (intents, wishes) = flume::bounded(1024);
    let (events, batches) = flume::bounded(1);
    let ended = start(options("127.0.0.1", server.port()), wishes, events).unwrap();
    let mut peer = server.accept();
    peer.expect(join("alice"));
    let long = too_long();
    intents.send(Intent::Say { id: 1, text: long }).unwrap();
    peer.expect(b"CHAT/1.0 TEXT");
    peer.send(text("bob", "nothing goes in any more"));
    let is_said = |stamped: &Stamped| matches!(stamped.event, Event::Said { .. });
    while !batches.recv_timeout(DEADLINE).unwrap().iter().any(is_said) {}
    let began = Instant::now();
    intents.send(Intent::Leave).unwrap();
    ended.recv_timeout(DEADLINE).unwrap_err();
    let took = began.elapsed();
    assert!(ended.is_disconnected());
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_text_half_written_is_completed_before_the_leave() {
    let server = ScriptedServer::start();
    let (window, mut peer, text_said) = stuck(&server);
    window.wish(Intent::Leave);
    window.time.expect_nap(Duration::from_millis(500));
    peer.expect(&text("alice", &text_said)["CHAT/1.0 TEXT".len()..]);
    peer.expect(leave("alice"));
    peer.expect_closed();
    drop(peer);
    window.expect_ended();
}

/// Leaves with this many texts waiting, and lets 20 ms pass after each that comes. Returns how many came before the
/// LEAVE.
fn texts_before_the_leave(waiting: u64) -> u64 {
    let server = ScriptedServer::start();
    let options = options("127.0.0.1", server.port());
    let window = Window::open_at(options, Time::that_stands_still());
    let mut peer = server.accept();
    peer.expect(join("alice"));
    for id in 0..waiting {
        window.say(id, &id.to_string());
    }
    window.wish(Intent::Leave);
    for id in 0..=waiting {
        let text = text("alice", id.to_string());
        let frame = peer.recv();
        if frame == leave("alice") {
            peer.expect_closed();
            return id;
        }
        assert_eq!(frame, text);
        window.time.expect_nap(Duration::from_millis(20));
        peer.expect_nothing_yet();
        window.time.advance(Duration::from_millis(20));
    }
    panic!("no leave");
}

#[test]
fn texts_that_wait_go_out_20_ms_apart_before_the_leave_as_long_as_there_is_time_for_it() {
    assert_eq!(texts_before_the_leave(20), 20);
    assert_eq!(texts_before_the_leave(21), 20);
}

#[test]
fn a_server_that_does_not_close_after_the_leave_keeps_nobody() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
    peer.expect_closed();
    window.time.expect_nap(Duration::from_millis(200));
    window.expect_not_ended();
    window.time.advance(Duration::from_millis(200));
    window.expect_ended();
}

#[test]
fn the_leave_arrives_although_the_server_is_still_talking() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    let mut mouth = peer.writer();
    let talking = thread::spawn(move || {
        let words = text("bob", "and another thing").repeat(1000);
        while mouth.write_all(&words).is_ok() {}
    });
    window.wish(Intent::Leave);
    assert!(peer.rest().ends_with(&leave("alice")));
    window.expect_not_ended();
    peer.shut();
    window.expect_ended();
    talking.join().unwrap();
}

#[test]
fn leaving_while_connecting_does_not_wait_for_the_connection() {
    let (server, _fillers) = ScriptedServer::that_hangs();
    let mut window = Window::open(&server);
    window.expect(Event::Connecting);
    window.time.expect_nap(Duration::from_secs(5));
    window.wish(Intent::Leave);
    window.expect_ended();
}

#[test]
fn leaving_in_the_back_off_does_not_wait_for_its_end() {
    let port = HeldPort::new();
    let time = Time::that_skips(PACE);
    let mut window = Window::open_at(options("127.0.0.1", port.number()), time);
    window.expect(Event::Connecting);
    window.expect_lost();
    window.wish(Intent::Leave);
    window.expect_ended();
}

#[test]
fn a_flood_does_not_keep_the_leave() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    let mut mouth = peer.writer();
    let flooding = thread::spawn(move || {
        let words = text("bob", "and another thing").repeat(1000);
        while mouth.write_all(&words).is_ok() {}
    });
    window.say(1, "let me out");
    window.wish(Intent::Leave);
    peer.expect(text("alice", "let me out"));
    peer.expect(leave("alice"));
    window.time.expect_nap(Duration::from_millis(200));
    window.time.advance(Duration::from_millis(200));
    window.expect_ended();
    peer.take_a_byte();
    flooding.join().unwrap();
}
