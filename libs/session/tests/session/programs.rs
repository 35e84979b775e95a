//! What programs need that act on their own: causes, what is known after leaving, texts as they came, a member's
//! secret, whether the server is there.

use std::time::Duration;

use hubbub_session::{Cause, Event, Intent, Options, secret};
use hubbub_testing::{HeldPort, Peer, ScriptedServer, Time, leave, text};

use crate::extension::{arrived, notice, stamped};
use crate::harness::{PACE, Window, offering, options, said};

/// How long a server may take, where the options say so.
const PATIENCE: Duration = Duration::from_secs(10);
const INSTANT: Duration = Duration::from_millis(1);

fn expect_cause(window: &mut Window, cause: Cause) {
    match window.next() {
        Event::Lost { cause: found, .. } => assert_eq!(found, cause),
        other => panic!("not lost: {other:?}"),
    }
}

fn refused(code: Option<&str>) -> Cause {
    let code = code.map(str::to_owned);
    Cause::Refused { code }
}

#[test]
fn a_room_that_cannot_be_reached_is_told_from_one_that_cut_us_off() {
    let port = HeldPort::new();
    let options = options("127.0.0.1", port.number());
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    window.expect(Event::Connecting);
    expect_cause(&mut window, Cause::Unreachable);
    let server = ScriptedServer::start();
    let (mut window, peer) = Window::connected(&server);
    drop(peer);
    expect_cause(&mut window, Cause::CutOff);
}

#[test]
fn a_server_that_closes_soon_after_an_offer_is_put_off_and_the_next_time_it_cuts_us_off() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    let (peer, _) = window.expect_offering(&server);
    peer.shut();
    drop(peer);
    expect_cause(&mut window, Cause::PutOff);
    window.wish(Intent::Retry);
    drop(window.expect_connection(&server));
    expect_cause(&mut window, Cause::CutOff);
}

#[test]
fn what_is_not_chat_is_told_as_such() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: many\r\n\r\n");
    expect_cause(&mut window, Cause::NotChat);
}

#[test]
fn a_server_that_grants_too_late_cuts_us_off_and_is_a_chat_server_all_the_same() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    let (mut peer, offered) = window.expect_offering(&server);
    window.time.advance(Duration::from_secs(5) + INSTANT);
    peer.send(offered.welcome(0, "a-0"));
    expect_cause(&mut window, Cause::CutOff);
}

#[test]
fn a_refusal_tells_by_what_if_the_server_does() {
    for (words, cause) in [
        (text("server", "no"), refused(None)),
        (notice("banned", "no"), refused(Some("banned"))),
    ] {
        let server = ScriptedServer::start();
        let mut window = Window::offer(&server);
        let (mut peer, _) = window.expect_offering(&server);
        peer.send(words);
        peer.shut();
        expect_cause(&mut window, cause);
    }
}

/// A window that leaves a server which has read its LEAVE and does not close.
fn leaving(patience: Duration) -> (Window, Peer) {
    let server = ScriptedServer::start();
    let options = Options {
        patience,
        ..options("127.0.0.1", server.port())
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    let mut peer = window.expect_connection(&server);
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
    (window, peer)
}

#[test]
fn a_server_that_closes_after_our_leave_has_read_everything_and_one_that_resets_may_not() {
    let (mut window, peer) = leaving(Duration::ZERO);
    peer.shut();
    window.expect(Event::Parted);
    window.expect_ended();
    let (window, peer) = leaving(Duration::ZERO);
    peer.reset();
    window.expect_ended();
    window.expect_no_event();
}

/// A window that has said something and its LEAVE, and then hears this before the server closes.
fn refused_late(words: Vec<u8>) -> (Window, Peer) {
    let server = ScriptedServer::start();
    let options = Options {
        patience: PATIENCE,
        ..options("127.0.0.1", server.port())
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    let mut peer = window.expect_connection(&server);
    window.say(1, "hi");
    peer.expect(text("alice", "hi"));
    window.expect(Event::Written { id: 1 });
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
    peer.send(words);
    (window, peer)
}

#[test]
fn a_server_that_refuses_only_after_our_leave_has_not_taken_what_we_said() {
    let (mut window, peer) = refused_late(text("server", "no"));
    peer.shut();
    window.expect(Event::Unsure { id: 1 });
    expect_cause(&mut window, refused(None));
    window.expect_ended();
    window.expect_no_event();
}

#[test]
fn what_others_say_after_our_leave_is_no_refusal() {
    let (mut window, peer) = refused_late([text("bob", "bye"), text("server", "no")].concat());
    peer.shut();
    assert_eq!(window.next(), said("bob", "bye"));
    let mut last = window.next();
    if last == said("server", "no") {
        last = window.next();
    }
    assert_eq!(last, Event::Parted);
    window.expect_ended();
}

#[test]
fn leaving_waits_for_the_server_as_long_as_the_options_say_and_no_longer() {
    for (patience, waits) in [
        (Duration::ZERO, Duration::from_millis(200)),
        (PATIENCE, PATIENCE),
    ] {
        let (window, _peer) = leaving(patience);
        window.time.expect_nap(waits);
        window.time.advance(waits - INSTANT);
        window.expect_not_ended();
        window.time.advance(INSTANT);
        window.expect_ended();
        window.expect_no_event();
    }
}

#[test]
fn texts_that_waited_go_to_a_server_that_grants_without_a_pause() {
    let server = ScriptedServer::start();
    let options = offering(options("127.0.0.1", server.port()));
    let window = Window::open_at(options, Time::that_stands_still());
    let mut peer = server.accept();
    let offered = crate::extension::expect_offer(&mut peer, "alice");
    for id in 1..=100 {
        window.say(id, "hi");
    }
    window.wish(Intent::Retry);
    peer.send(offered.welcome(0, "a-0"));
    // The clock stands still: a pause would last for ever.
    for count in 1..=100 {
        peer.expect(offered.text(count, "hi"));
    }
    drop(peer);
}

#[test]
fn a_text_that_is_not_utf_8_comes_as_it_was_too() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = Window::connected(&server);
    peer.send(b"CHAT/1.0 TEXT\r\nUsername: bob\r\nMsg-len: 4\r\n\r\na\xff\r\n");
    peer.send(text("bob", "ü"));
    for (shown, came) in [("a\u{fffd}\n", Some(b"a\xff\r\n".to_vec())), ("ü", None)] {
        match window.next() {
            Event::Said { text, bytes, .. } => assert_eq!((&*text, bytes), (shown, came)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_message_has_the_name_that_it_has_in_the_log() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, _) = Window::granted(&server);
    let frame = String::from_utf8(stamped("a-1", "hi", "")).unwrap();
    peer.send(frame.replace("Id: a-1", "Id: 0000000000000001-9"));
    match window.next() {
        Event::Said { mark, .. } => assert_eq!(mark.unwrap().id, "0000000000000001-9"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_member_with_a_secret_of_an_earlier_run_offers_that() {
    let server = ScriptedServer::start();
    let kept = secret().unwrap();
    let options = Options {
        secret: Some(kept),
        ..offering(options("127.0.0.1", server.port()))
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    let (_peer, offered) = window.expect_offering(&server);
    assert_eq!(offered.secret(), kept.to_string());
}

#[test]
fn the_user_can_ask_whether_the_server_is_there_as_soon_as_it_grants() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    let (mut peer, offered) = window.expect_offering(&server);
    window.wish(Intent::Ping { id: 7 });
    window.say(1, "first");
    peer.send(offered.welcome(0, "a-0"));
    peer.expect("CHAT/1.0 PING\r\nUsername: alice\r\nId: asked-7\r\n\r\n");
    peer.expect(offered.text(1, "first"));
    peer.send("CHAT/1.0 PONG\r\nUsername: alice\r\nId: asked-7\r\n\r\n");
    peer.send(offered.ack(1, "a-1"));
    let mut told = Vec::new();
    while told.last() != Some(&arrived(1, "a-1")) {
        told.push(window.next());
    }
    assert!(told.contains(&Event::Pong { id: 7 }), "{told:?}");
}
