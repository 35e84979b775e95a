//! The window's side: the pace and bound of batches, and that nobody waits for anybody.

use std::io::Write;
use std::thread;
use std::time::Duration;

use hubbub_session::{BACKLOG_EVENTS, Event};
use hubbub_testing::{DEADLINE, ScriptedServer, Time, join, leave, text};

use crate::harness::{PACE, Window, options, said};

fn numbered(numbers: std::ops::Range<usize>) -> Vec<u8> {
    numbers
        .flat_map(|number| text("bob", number.to_string()))
        .collect()
}

#[test]
fn an_event_in_a_quiet_room_comes_at_once_and_the_next_ones_in_one_batch_33_ms_later() {
    let server = ScriptedServer::start();
    let time = Time::that_stands_still();
    let window = Window::open_at(options("127.0.0.1", server.port()), time.clone());
    let batch = || -> Vec<Event> {
        let batch = window.batches.recv_timeout(DEADLINE).unwrap();
        batch.into_iter().map(|stamped| stamped.event).collect()
    };
    assert_eq!(batch(), [Event::Connecting]);
    let mut peer = server.accept();
    peer.expect(join("alice"));
    time.expect_nap(PACE);
    time.advance(PACE);
    assert_eq!(batch(), [Event::Connected]);
    peer.send(numbered(0..1));
    time.expect_nap(PACE);
    peer.send(numbered(1..3));
    window.say(1, "seen by now");
    peer.expect(text("alice", "seen by now"));
    time.advance(PACE - Duration::from_millis(1));
    time.expect_nap(Duration::from_millis(1));
    assert!(window.batches.is_empty());
    time.advance(Duration::from_millis(1));
    let batch = batch();
    assert_eq!(batch[0], said("bob", "0"));
    assert!(batch.len() > 1, "{batch:?}");
}

#[test]
fn no_timer_runs_in_a_quiet_room() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, "hi");
    peer.expect(text("alice", "hi"));
    window.expect(Event::Written { id: 1 });
    peer.send(text("bob", "hello"));
    window.expect(said("bob", "hello"));
    assert_eq!(window.time.naps(), 0);
}

#[test]
fn a_flood_while_the_window_takes_nothing_is_bounded_and_what_was_missed_is_counted() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    let sent = 3 * BACKLOG_EVENTS;
    peer.send(numbered(0..sent));
    drop(peer);
    // The back-off has begun with its short pause. After a frame that was cut off it would be longer, so everything was
    // read.
    window.time.expect_nap_within(Duration::from_secs(1));
    let mut heard = Vec::new();
    let mut missed = 0;
    loop {
        match window.next() {
            Event::Said { text, .. } => heard.push(text.parse::<usize>().unwrap()),
            Event::Missed { events } => missed += events,
            Event::Lost { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard.len() + missed, sent);
    // Besides the backlog, one batch waits in the channel and one before it, each from a read or two.
    let most = BACKLOG_EVENTS + 1000;
    assert!(heard.len() <= most, "{} were kept", heard.len());
    assert!(heard.is_sorted());
    assert!(heard.ends_with(&(sent - BACKLOG_EVENTS..sent).collect::<Vec<_>>()));
}

#[test]
fn a_window_that_takes_nothing_does_not_stop_what_is_said() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    for id in 0..100 {
        peer.send(text("bob", "and another thing"));
        window.say(id, "yes");
        peer.expect(text("alice", "yes"));
    }
}

#[test]
fn a_server_that_does_not_read_is_still_heard() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, &"0123456789".repeat(2_000_000));
    peer.expect(b"CHAT/1.0 TEXT");
    peer.send(text("bob", "I talk and do not listen"));
    window.expect(said("bob", "I talk and do not listen"));
}

#[test]
fn a_server_that_sends_slowly_holds_up_nothing() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    let slow = text("bob", "slow");
    for (id, byte) in slow.iter().enumerate() {
        peer.send([*byte]);
        window.say(id as u64, "fast");
        peer.expect(text("alice", "fast"));
    }
    for _ in &slow {
        let event = window.next();
        assert!(
            matches!(event, Event::Written { .. } | Event::Said { .. }),
            "{event:?}"
        );
    }
}

#[test]
fn a_server_that_floods_holds_up_nothing() {
    let server = ScriptedServer::start();
    let (window, mut peer) = Window::connected(&server);
    let mut mouth = peer.writer();
    let flooding = thread::spawn(move || {
        let words = text("bob", "and another thing").repeat(1000);
        while mouth.write_all(&words).is_ok() {}
    });
    for id in 0..100 {
        window.say(id, "excuse me");
        peer.expect(text("alice", "excuse me"));
    }
    peer.shut();
    flooding.join().unwrap();
}

#[test]
fn a_window_that_is_gone_costs_nothing_until_the_intents_are_gone_too() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.batches = flume::bounded(0).1;
    peer.send(numbered(0..100));
    window.say(1, "still sent");
    peer.expect(text("alice", "still sent"));
    window.intents = None;
    peer.expect(leave("alice"));
    peer.expect_closed();
    drop(peer);
    window.expect_ended();
}
