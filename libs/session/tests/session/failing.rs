//! When the network fails: the reason, the next attempt, and what happens to what was typed.

use std::time::Duration;

use hubbub_session::{Event, Intent};
use hubbub_testing::{HeldPort, ScriptedServer, Time, join, leave, text};

use crate::harness::{PACE, Window, options, said};

const CLOSED: &str = "the server closed the connection";
/// How long a message of the server is held back, since the connection may close after it, which makes it a refusal.
const AT_ONCE: Duration = Duration::from_millis(50);

/// A window that knows that nobody listens at its port.
fn without_server() -> (Window, HeldPort, Duration) {
    let port = HeldPort::new();
    let options = options("127.0.0.1", port.number());
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    window.expect(Event::Connecting);
    let (why, refused, retry_in) = window.expect_lost();
    assert_eq!((why.as_str(), refused), ("connection refused", false));
    (window, port, retry_in)
}

#[test]
fn a_server_that_is_away_is_tried_again_after_half_a_second_doubling_to_thirty() {
    let (mut window, _port, mut retry_in) = without_server();
    for longest in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        let longest = Duration::from_millis(longest);
        assert!(
            retry_in <= longest && retry_in >= longest / 2,
            "{retry_in:?} of {longest:?}"
        );
        window.time.advance(retry_in - 2 * PACE);
        window.time.settle();
        window.expect_no_event();
        window.time.advance(2 * PACE);
        window.expect(Event::Connecting);
        retry_in = window.expect_lost().2;
    }
}

#[test]
fn a_server_that_comes_back_after_a_minute_is_joined_without_being_asked() {
    let (mut window, port, mut retry_in) = without_server();
    window.say(1, "meanwhile");
    let mut away = Duration::ZERO;
    while away < Duration::from_secs(60) {
        away += retry_in;
        window.time.advance(retry_in);
        window.expect(Event::Connecting);
        retry_in = window.expect_lost().2;
    }
    let server = port.open();
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    peer.expect(text("alice", "meanwhile"));
    window.expect(Event::Written { id: 1 });
}

#[test]
fn a_frame_of_the_server_that_was_cut_is_not_shown_and_does_not_spoil_the_next_connection() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    let whole = text("bob", "cut");
    for cut in 1..whole.len() {
        peer.send(&whole[..cut]);
        drop(peer);
        let (why, refused, retry_in) = window.expect_lost();
        assert_eq!((why.as_str(), refused), (CLOSED, false), "cut at {cut}");
        window.time.advance(retry_in);
        peer = window.expect_connection(&server);
    }
    peer.send(&whole);
    window.expect(said("bob", "cut"));
}

#[test]
fn a_connection_that_stood_for_ten_seconds_begins_the_back_off_anew_and_a_shorter_one_does_not() {
    let server = ScriptedServer::start();
    let mut window = Window::open(&server);
    let mut waits = Vec::new();
    for stood in [0, 0, 0, 9_000, 10_000] {
        let peer = window.expect_connection(&server);
        window.time.advance(Duration::from_millis(stood));
        drop(peer);
        let (why, refused, retry_in) = window.expect_lost();
        assert_eq!((why.as_str(), refused), (CLOSED, false));
        waits.push(retry_in.as_millis());
        window.time.advance(retry_in);
    }
    assert!(waits[2] >= 1_000, "{waits:?}");
    assert!(waits[3] >= 2_000, "{waits:?}");
    assert!(waits[4] <= 500, "{waits:?}");
}

#[test]
fn retry_and_a_hint_that_the_network_is_back_end_the_back_off_at_once() {
    for intent in [Intent::Retry, Intent::Wake] {
        let (mut window, port, _) = without_server();
        window.wish(intent.clone());
        window.expect(Event::Connecting);
        window.expect_lost();
        let server = port.open();
        window.wish(intent);
        window.expect_connection(&server);
    }
}

#[test]
fn retry_is_ignored_while_connected() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.wish(Intent::Retry);
    window.say(1, "still here");
    peer.expect(text("alice", "still here"));
    window.expect(Event::Written { id: 1 });
}

#[test]
fn retry_is_ignored_while_connecting() {
    let (server, _fillers) = ScriptedServer::that_hangs();
    let mut window = Window::open(&server);
    window.expect(Event::Connecting);
    window.time.expect_nap(Duration::from_secs(5));
    window.wish(Intent::Retry);
    window.time.advance(Duration::from_secs(5));
    window.expect_lost();
}

#[test]
fn a_computer_that_slept_five_seconds_connects_as_soon_as_it_wakes() {
    let (mut window, _port, _) = without_server();
    for _ in 0..4 {
        window.time.advance(Duration::from_secs(30));
        window.expect(Event::Connecting);
        window.expect_lost();
    }
    window.time.sleep_and_wake(Duration::from_secs(5));
    window.time.advance(Duration::from_secs(1));
    window.expect(Event::Connecting);
    let (_, _, retry_in) = window.expect_lost();
    assert!(retry_in <= Duration::from_millis(500), "{retry_in:?}");
}

#[test]
fn a_clock_that_was_set_right_by_less_changes_nothing() {
    let (mut window, _port, _) = without_server();
    for _ in 0..4 {
        window.time.advance(Duration::from_secs(30));
        window.expect(Event::Connecting);
        window.expect_lost();
    }
    window.time.sleep_and_wake(Duration::from_millis(4_999));
    window.time.advance(Duration::from_secs(1));
    window.time.settle();
    window.expect_no_event();
}

#[test]
fn a_name_that_cannot_be_found_is_said_to_be_none() {
    // A label of 64 bytes is no host name, so no name server is asked.
    let mut window = Window::open_at(options(&"x".repeat(64), 1), Time::that_skips(PACE));
    window.expect(Event::Connecting);
    let (why, refused, _) = window.expect_lost();
    assert_eq!(why, "no such host, or no network to look it up");
    assert!(!refused);
}

#[test]
fn a_target_is_a_name_or_an_address_of_either_kind() {
    for (host, address) in [
        ("localhost", "127.0.0.1:0"),
        ("127.0.0.1", "127.0.0.1:0"),
        ("::1", "[::1]:0"),
    ] {
        let server = ScriptedServer::at(address);
        let options = options(host, server.port());
        let mut window = Window::open_at(options, Time::that_skips(PACE));
        window.expect_connection(&server);
    }
}

#[test]
fn a_server_that_answers_nothing_is_given_up_after_five_seconds() {
    let (server, _fillers) = ScriptedServer::that_hangs();
    let mut window = Window::open(&server);
    window.expect(Event::Connecting);
    window.time.expect_nap(Duration::from_secs(5));
    window.time.advance(Duration::from_millis(4_999));
    window.time.settle();
    window.expect_no_event();
    window.time.advance(Duration::from_millis(1));
    assert_eq!(window.expect_lost().0, "the server does not answer");
}

#[test]
fn what_was_typed_meanwhile_goes_out_in_order_after_the_next_join_and_nothing_goes_twice() {
    let (mut window, port, retry_in) = without_server();
    window.say(1, "one");
    window.say(2, "two");
    window.time.advance(retry_in);
    window.expect(Event::Connecting);
    let (_, _, retry_in) = window.expect_lost();
    window.say(3, "three");
    let server = port.open();
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    for (id, said) in [(1, "one"), (2, "two"), (3, "three")] {
        peer.expect(text("alice", said));
        window.expect(Event::Written { id });
    }
    drop(peer);
    let (_, _, retry_in) = window.expect_lost();
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
    peer.expect_closed();
}

#[test]
fn a_text_cut_by_the_failure_is_unsure_and_not_sent_again_and_the_one_behind_it_is_sent() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, &"0123456789".repeat(2_000_000));
    window.say(2, "behind it");
    peer.expect(b"CHAT/1.0 TEXT");
    // Dropped, it would close or break, depending on what it has read.
    peer.reset();
    window.expect(Event::Unsure { id: 1 });
    let (why, refused, retry_in) = window.expect_lost();
    assert_eq!(
        (why.as_str(), refused),
        ("the server broke the connection", false)
    );
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    peer.expect(text("alice", "behind it"));
    window.expect(Event::Written { id: 2 });
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
    peer.expect_closed();
}

#[test]
fn what_the_server_said_before_it_broke_off_is_heard_although_we_were_writing() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, &"0123456789".repeat(2_000_000));
    peer.expect(b"CHAT/1.0 TEXT");
    peer.send(text("bob", "goodbye"));
    drop(peer);
    window.expect(said("bob", "goodbye"));
    window.expect(Event::Unsure { id: 1 });
    window.expect_lost();
}

#[test]
fn a_refused_join_is_told_in_the_servers_words_and_tried_again_after_thirty_seconds() {
    let server = ScriptedServer::start();
    let mut window = Window::open(&server);
    for _ in 0..2 {
        let mut peer = server.accept();
        peer.expect(join("alice"));
        peer.send(text("server", "the name alice is taken\r\nchoose another"));
        drop(peer);
        window.expect(Event::Connecting);
        window.expect(Event::Connected);
        let lost = (
            "the name alice is taken".to_owned(),
            true,
            Duration::from_secs(30),
        );
        assert_eq!(window.expect_lost(), lost);
        window.time.advance(Duration::from_secs(30));
    }
}

#[test]
fn a_hint_that_the_network_is_back_does_not_shorten_the_wait_after_a_refusal() {
    let server = ScriptedServer::start();
    let mut window = Window::open(&server);
    let mut peer = server.accept();
    peer.expect(join("alice"));
    peer.send(text("server", "you are banned"));
    drop(peer);
    window.expect(Event::Connecting);
    window.expect(Event::Connected);
    let (_, refused, retry_in) = window.expect_lost();
    assert!(refused);
    let second = Duration::from_secs(1);
    for _ in 0..29 {
        window.wish(Intent::Wake);
        window.time.expect_nap(second);
        window.time.advance(second);
        window.time.settle();
        assert!(window.batches.is_empty(), "it asks again too soon");
    }
    assert_eq!(retry_in, 30 * second);
    window.time.advance(second);
    window.expect(Event::Connecting);
}

#[test]
fn what_waits_is_not_lost_to_a_server_that_refuses_the_name() {
    let server = ScriptedServer::start();
    let mut window = Window::open(&server);
    window.say(1, "hi");
    let mut peer = server.accept();
    peer.expect(join("alice"));
    window.expect(Event::Connecting);
    window.expect(Event::Connected);
    peer.send(text("server", "the name alice is taken"));
    window.time.expect_nap(AT_ONCE);
    window.time.advance(AT_ONCE);
    window.expect(said("server", "the name alice is taken"));
    window
        .time
        .expect_nap(Duration::from_millis(1_000) - AT_ONCE);
    peer.expect_nothing_yet();
    drop(peer);
    assert!(window.expect_lost().1);
    window.wish(Intent::Retry);
    let mut peer = window.expect_connection(&server);
    peer.expect(text("alice", "hi"));
    window.expect(Event::Written { id: 1 });
}

#[test]
fn words_of_the_server_are_shown_at_once_like_other_messages_and_before_what_was_typed_after_them()
{
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(text("server", "welcome"));
    window.time.expect_nap(AT_ONCE);
    window.say(1, "thank you");
    window.expect_no_event();
    window.time.advance(AT_ONCE);
    window.expect(said("server", "welcome"));
    let rest = Duration::from_secs(1) - AT_ONCE;
    window.time.expect_nap(rest);
    peer.expect_nothing_yet();
    window.time.advance(rest);
    peer.expect(text("alice", "thank you"));
    window.expect(Event::Written { id: 1 });
    drop(peer);
    let (why, refused, _) = window.expect_lost();
    assert_eq!((why.as_str(), refused), (CLOSED, false));
}

#[test]
fn a_refusal_whose_close_comes_late_is_told_by_the_close() {
    for (late, is_refusal) in [(999, true), (1_000, false)] {
        let server = ScriptedServer::start();
        let (mut window, mut peer) = Window::connected(&server);
        peer.send(text("server", "the room is full"));
        window.time.expect_nap(AT_ONCE);
        window.time.advance(AT_ONCE);
        window.expect(said("server", "the room is full"));
        let rest = Duration::from_secs(1) - AT_ONCE;
        window.time.expect_nap(rest);
        window.time.advance(Duration::from_millis(late) - AT_ONCE);
        drop(peer);
        let (why, refused, _) = window.expect_lost();
        let words = if is_refusal {
            "the room is full"
        } else {
            CLOSED
        };
        assert_eq!((why.as_str(), refused), (words, is_refusal), "{late} ms");
    }
}

#[test]
fn what_was_written_before_a_late_refusal_may_not_have_arrived_and_is_not_sent_again_by_itself() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, "hi");
    peer.expect(text("alice", "hi"));
    window.expect(Event::Written { id: 1 });
    peer.send(text("server", "the name alice is taken"));
    drop(peer);
    window.expect(Event::Unsure { id: 1 });
    let (why, refused, retry_in) = window.expect_lost();
    assert_eq!((&*why, refused), ("the name alice is taken", true));
    window.time.advance(retry_in);
    let mut peer = window.expect_connection(&server);
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
    peer.expect_closed();
}

#[test]
fn what_was_written_before_others_were_heard_is_sent_whatever_comes() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.say(1, "hi");
    peer.expect(text("alice", "hi"));
    window.expect(Event::Written { id: 1 });
    peer.send([text("bob", "hello"), text("server", "good night")].concat());
    drop(peer);
    window.expect(said("bob", "hello"));
    window.expect(said("server", "good night"));
    assert_eq!(window.expect_lost().0, CLOSED);
}

#[test]
fn words_of_the_server_before_others_are_shown_before_them() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send([text("server", "welcome"), text("bob", "hi")].concat());
    window.expect(said("server", "welcome"));
    window.expect(said("bob", "hi"));
}

#[test]
fn a_server_that_takes_the_connection_and_says_nothing_is_a_quiet_room() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    window.time.advance(Duration::from_secs(24 * 3600));
    window.say(1, "anybody?");
    peer.expect(text("alice", "anybody?"));
    window.expect(Event::Written { id: 1 });
}
