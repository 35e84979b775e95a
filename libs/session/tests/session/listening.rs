//! What we read: people, echoes, noise, and bytes that are not text.

use hubbub_session::{Event, Intent};
use hubbub_testing::{ScriptedServer, Time, join, leave, text};
use hubbub_wire::Limits;

use crate::harness::{PACE, Window, joined, left, options, said};

#[test]
fn who_comes_speaks_and_goes_is_told_in_order() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send([join("bob"), text("bob", "hi"), leave("bob")].concat());
    window.expect(joined("bob"));
    window.expect(said("bob", "hi"));
    window.expect(left("bob"));
}

#[test]
fn a_name_whose_join_was_never_seen_is_heard() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(text("carol", "I was here before you"));
    peer.send(leave("dave"));
    window.expect(said("carol", "I was here before you"));
    window.expect(left("dave"));
}

#[test]
fn frames_cut_into_single_bytes_and_glued_together_are_the_same() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    let talk = [
        join("bob"),
        text("bob", "split\nme"),
        text("bob", "ünd mich"),
        leave("bob"),
    ]
    .concat();
    for byte in &talk {
        peer.send([*byte]);
    }
    peer.send(talk.repeat(2));
    for _ in 0..3 {
        window.expect(joined("bob"));
        window.expect(said("bob", "split\nme"));
        window.expect(said("bob", "ünd mich"));
        window.expect(left("bob"));
    }
}

#[test]
fn line_ends_become_lf_and_bytes_that_are_no_text_are_replaced() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(text("bob", "one\r\ntwo\nthree\r\n"));
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 5\r\n\r\na\xff\xfeb\xc3");
    window.expect(said("bob", "one\ntwo\nthree\n"));
    let shown = window.next();
    assert!(
        matches!(&shown, Event::Said { text, .. } if text == "a\u{fffd}\u{fffd}b\u{fffd}"),
        "{shown:?}"
    );
}

#[test]
fn noise_is_passed_over_and_the_leave_behind_it_is_not_lost() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 2\r\n\r\nhi and more than it said");
    peer.send(leave("bob"));
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: carol\r\nMesg-len: 2\r\n\r\nhi");
    peer.send(leave("carol"));
    window.expect(said("bob", "hi"));
    window.expect(left("bob"));
    window.expect(left("carol"));
}

#[test]
fn a_text_as_long_as_the_limit_is_shown_and_a_longer_one_is_passed_over() {
    let server = ScriptedServer::start();
    let mut options = options("127.0.0.1", server.port());
    options.limits = Limits {
        max_payload: 8,
        ..Limits::DEFAULT
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    let mut peer = window.expect_connection(&server);
    peer.send(
        [
            text("bob", "12345678"),
            text("bob", "123456789"),
            text("bob", "1"),
        ]
        .concat(),
    );
    window.expect(said("bob", "12345678"));
    window.expect(said("bob", "1"));
}

#[test]
fn what_is_not_chat_ends_the_connection_with_a_leave_and_says_so() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(text("bob", "the last that was understood"));
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: minus\r\n\r\n");
    peer.expect(leave("alice"));
    window.expect(said("bob", "the last that was understood"));
    let (why, refused, retry_in) = window.expect_lost();
    assert!(
        why.starts_with("the server sent something that is not CHAT/1.0 ("),
        "{why}"
    );
    assert!(why.contains("Msg-len"), "{why}");
    assert!(!refused);
    window.time.advance(retry_in);
    window.expect_connection(&server);
}

#[test]
fn a_server_that_echoes_to_the_sender_shows_nothing_twice() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(join("alice"));
    window.say(1, "two\nlines");
    window.expect(Event::Written { id: 1 });
    let echo = text("alice", "two\nlines");
    peer.expect(&echo);
    peer.send([echo, leave("alice")].concat());
    peer.send(join("bob"));
    window.expect(joined("bob"));
}

#[test]
fn an_echo_that_comes_after_a_reconnect_is_still_one() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, "hi");
    window.expect(Event::Written { id: 1 });
    peer.expect(text("alice", "hi"));
    drop(peer);
    let (_, _, retry_in) = window.expect_lost();
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    peer.send([text("alice", "hi"), join("bob")].concat());
    window.expect(joined("bob"));
}

#[test]
fn the_end_of_our_own_earlier_connection_is_not_shown_as_our_leave() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send([leave("alice"), join("bob")].concat());
    window.expect(joined("bob"));
}

#[test]
fn a_namesake_is_heard_when_the_words_are_not_ours_and_when_they_come_more_often() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(text("alice", "I am the other one"));
    window.expect(said("alice", "I am the other one"));
    window.say(1, "hi");
    window.expect(Event::Written { id: 1 });
    peer.send(text("alice", "hi").repeat(2));
    peer.send(join("bob"));
    window.expect(said("alice", "hi"));
    window.expect(joined("bob"));
}

#[test]
fn every_event_bears_the_time_of_day_when_it_was_seen() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    let before = std::time::SystemTime::UNIX_EPOCH;
    window.time.advance(std::time::Duration::from_secs(3600));
    peer.send(join("bob"));
    let at = window.next_stamped().at.duration_since(before).unwrap();
    assert!(at.as_secs() == 3600, "{at:?}");
    window.wish(Intent::Leave);
}
