//! What we send: every byte, every write, and their order.

use std::time::Duration;

use hubbub_session::{Event, Intent};
use hubbub_testing::{ScriptedServer, Time, join, leave, text};

use crate::harness::{Window, options};

/// The pause between two texts that had waited.
const APART: Duration = Duration::from_millis(20);
const INSTANT: Duration = Duration::from_millis(1);

#[test]
fn the_join_is_exact_and_one_write() {
    let server = ScriptedServer::start();
    let _window = Window::open(&server);
    let mut peer = server.accept();
    assert_eq!(peer.recv(), join("alice"));
}

#[test]
fn a_text_is_exact_and_one_write_and_its_length_counts_bytes() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, "héllo €\nyou");
    let exact = "CHAT/1.0 TEXT\r\nUsername: alice\r\nMsg-len: 14\r\n\r\nhéllo €\nyou";
    assert_eq!(String::from_utf8(peer.recv()).unwrap(), exact);
    window.expect(Event::Written { id: 1 });
}

#[test]
fn texts_go_out_in_the_order_they_were_said() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    for id in 0..500 {
        window.say(id, &id.to_string());
    }
    for id in 0..500 {
        peer.expect(text("alice", id.to_string()));
        window.expect(Event::Written { id });
    }
}

#[test]
fn a_text_of_many_megabytes_arrives_whole() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    let long = "0123456789".repeat(2_000_000);
    window.say(1, &long);
    peer.expect(text("alice", &long));
    window.expect(Event::Written { id: 1 });
}

#[test]
fn a_text_said_right_after_the_join_waits_half_a_second_for_a_refusal() {
    let server = ScriptedServer::start();
    let options = options("127.0.0.1", server.port());
    let window = Window::open_at(options, Time::that_stands_still());
    let mut peer = server.accept();
    peer.expect(join("alice"));
    window.say(1, "hi");
    window.time.expect_nap(Duration::from_millis(500));
    window.time.advance(Duration::from_millis(499));
    window.time.expect_nap(Duration::from_millis(1));
    peer.expect_nothing_yet();
    window.time.advance(Duration::from_millis(1));
    peer.expect(text("alice", "hi"));
}

#[test]
fn a_text_said_right_after_the_join_goes_out_at_once_when_the_room_is_heard() {
    let server = ScriptedServer::start();
    let window = Window::open(&server);
    let mut peer = server.accept();
    peer.expect(join("alice"));
    window.say(1, "hi");
    peer.send(text("bob", "hello"));
    peer.expect(text("alice", "hi"));
}

#[test]
fn texts_that_waited_go_out_20_ms_apart_and_what_is_typed_then_at_once() {
    let server = ScriptedServer::start();
    let window = Window::open_at(
        options("127.0.0.1", server.port()),
        Time::that_stands_still(),
    );
    let mut peer = server.accept();
    peer.expect(join("alice"));
    for id in 1..=3 {
        window.say(id, &format!("waited {id}"));
    }
    window.time.expect_nap(Duration::from_millis(500));
    window.time.advance(Duration::from_millis(500));
    for id in 1..=2 {
        peer.expect(text("alice", format!("waited {id}")));
        window.time.expect_nap(APART);
        window.time.advance(APART - INSTANT);
        window.time.expect_nap(INSTANT);
        peer.expect_nothing_yet();
        window.time.advance(INSTANT);
    }
    peer.expect(text("alice", "waited 3"));
    for id in 4..=5 {
        window.say(id, "typed");
        peer.expect(text("alice", "typed"));
    }
}

#[test]
fn what_is_typed_behind_texts_that_still_wait_keeps_its_place_and_its_distance() {
    let server = ScriptedServer::start();
    let window = Window::open_at(
        options("127.0.0.1", server.port()),
        Time::that_stands_still(),
    );
    let mut peer = server.accept();
    peer.expect(join("alice"));
    window.say(1, "waited 1");
    window.say(2, "waited 2");
    window.time.expect_nap(Duration::from_millis(500));
    window.time.advance(Duration::from_millis(500));
    peer.expect(text("alice", "waited 1"));
    window.time.expect_nap(APART);
    window.say(3, "typed");
    peer.expect_nothing_yet();
    for words in ["waited 2", "typed"] {
        window.time.expect_nap(APART);
        peer.expect_nothing_yet();
        window.time.advance(APART);
        peer.expect(text("alice", words));
    }
}

#[test]
fn leave_is_written_before_the_socket_closes() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    window.wish(Intent::Leave);
    assert_eq!(peer.recv(), leave("alice"));
    peer.expect_closed();
    drop(peer);
    window.expect_ended();
}

#[test]
fn what_was_said_before_the_leave_goes_out_before_it() {
    let server = ScriptedServer::start();
    let window = Window::open(&server);
    let mut peer = server.accept();
    peer.expect(join("alice"));
    window.say(1, "one");
    window.say(2, "two");
    window.wish(Intent::Leave);
    peer.expect([text("alice", "one"), text("alice", "two"), leave("alice")].concat());
    peer.expect_closed();
}

#[test]
fn what_is_said_after_the_leave_is_not_sent() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    window.wish(Intent::Leave);
    let _ = window.intents.as_ref().unwrap().try_send(Intent::Say {
        id: 1,
        text: "too late".to_owned(),
    });
    peer.expect(leave("alice"));
    peer.expect_closed();
}
