//! With a server that grants the extension: nothing is lost, shown twice or out of order, whatever breaks.

use std::time::Duration;

use hubbub_session::{Event, Intent, Options, Seen};
use hubbub_testing::{Peer, ScriptedServer, Time, join, leave, text};
use hubbub_wire::Hex128;

use crate::extension::{
    OTHER_ROOM, ROOM, arrived, caught_up, events, expect_offer, heard, live, notice, past, replayed,
};
use crate::harness::{PACE, Window, offering, options, said};

fn written(id: u64) -> Event {
    Event::Written { id }
}

fn earlier(before: &str, count: u32) -> Vec<u8> {
    format!("CHAT/1.0 EARLIER\r\nUsername: alice\r\nBefore: {before}\r\nCount: {count}\r\n\r\n")
        .into_bytes()
}

/// Loses the connection, and waits until the next attempt is due.
fn lose(window: &mut Window, peer: Peer) {
    drop(peer);
    let (_, refused, retry_in) = window.expect_lost();
    assert!(!refused);
    window.time.advance(retry_in);
}

#[test]
fn join_and_offer_come_in_one_piece() {
    let server = ScriptedServer::start();
    let _window = Window::offer(&server);
    let mut peer = server.accept();
    let piece = String::from_utf8(peer.recv()).unwrap();
    let join = String::from_utf8(join("alice")).unwrap();
    assert!(piece.starts_with(&join), "{piece}");
    assert!(piece.ends_with("\r\nRecent: 0\r\n\r\n"), "{piece}");
}

#[test]
fn the_past_comes_before_what_is_live_in_one_order() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    let (mut peer, offered) = window.expect_offering(&server);
    let present = b"CHAT/1.0 PRESENT\r\nUsername: alice\r\nMsg-len: 9\r\n\r\nalice\nbob".to_vec();
    let rest = [
        present,
        past("a-1"),
        past("a-2"),
        replayed("a-2", ""),
        live("a-3"),
    ];
    peer.send([offered.grant(ROOM, 0), rest.concat()].concat());
    assert!(!window.expect_grant());
    window.expect(Event::Present {
        names: vec!["alice".to_owned(), "bob".to_owned()],
    });
    window.expect(heard("a-1", true));
    window.expect(heard("a-2", true));
    window.expect(caught_up("a-2", false));
    window.expect(heard("a-3", false));
}

#[test]
fn what_was_missed_in_a_break_is_fetched_page_by_page() {
    let server = ScriptedServer::start();
    let (mut window, peer, offered) = Window::granted(&server);
    assert_eq!(offered.header("Since"), None);
    lose(&mut window, peer);
    let (mut peer, offered) = window.expect_offering(&server);
    assert_eq!(offered.header("Since"), Some(&*format!("{ROOM} a-0")));
    let more = "More: yes\r\n";
    peer.send([offered.grant(ROOM, 0), past("a-3"), replayed("a-3", more)].concat());
    assert!(window.expect_grant());
    peer.expect(earlier("a-3", 1));
    peer.send(
        [
            live("a-4"),
            past("a-2"),
            replayed("a-3", "Before: a-3\r\nMore: yes\r\n"),
        ]
        .concat(),
    );
    peer.expect(earlier("a-2", 200));
    peer.send([past("a-1"), replayed("a-3", "Before: a-2\r\n")].concat());
    for seq in ["a-1", "a-2", "a-3"] {
        window.expect(heard(seq, true));
    }
    window.expect(caught_up("a-3", false));
    window.expect(heard("a-4", false));
}

#[test]
fn what_was_seen_in_an_earlier_run_is_resumed_and_texts_wait_for_that() {
    let server = ScriptedServer::start();
    let seen = Seen {
        room: Hex128::parse(ROOM).unwrap(),
        seq: "a-1".to_owned(),
    };
    let options = Options {
        seen: Some(seen),
        ..offering(options("127.0.0.1", server.port()))
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    let (mut peer, offered) = window.expect_offering(&server);
    assert_eq!(offered.header("Since"), Some(&*format!("{ROOM} a-1")));
    window.say(1, "hi");
    window.time.advance(Duration::from_secs(1));
    window.time.settle();
    peer.expect_nothing_yet();
    peer.send(offered.welcome(0, "a-1"));
    peer.expect(offered.text(1, "hi"));
    assert!(window.expect_grant());
    window.expect(caught_up("a-1", true));
    window.expect(written(1));
}

#[test]
fn older_messages_are_fetched_when_the_user_wants_them() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    let (mut peer, offered) = window.expect_offering(&server);
    peer.send(
        [
            offered.grant(ROOM, 0),
            past("a-9"),
            replayed("a-9", "More: yes\r\n"),
        ]
        .concat(),
    );
    window.expect_grant();
    window.expect(heard("a-9", true));
    window.expect(caught_up("a-9", true));
    window.wish(Intent::Earlier);
    peer.expect(earlier("a-9", 200));
    peer.send([past("a-7"), past("a-8"), replayed("a-9", "Before: a-9\r\n")].concat());
    match window.next() {
        Event::Earlier {
            messages,
            more: false,
            lost: false,
        } => assert_eq!(events(messages), [heard("a-7", true), heard("a-8", true)]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_arrives_when_the_server_says_so_however_late() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    for id in [1, 2] {
        window.say(id, "hi");
        peer.expect(offered.text(id, "hi"));
        window.expect(written(id));
    }
    window.time.advance(Duration::from_secs(3_600));
    window.expect_no_event();
    peer.send(offered.ack(2, "a-2"));
    window.expect(arrived(1, "a-2"));
    window.expect(arrived(2, "a-2"));
}

#[test]
fn a_connection_killed_in_the_middle_of_a_text_loses_and_doubles_nothing() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    let long = "0123456789".repeat(100_000);
    window.say(1, "before");
    peer.expect(offered.text(1, "before"));
    window.expect(written(1));
    window.say(2, &long);
    window.say(3, "after");
    peer.expect(&offered.text(2, &long)[..100]);
    // Dropped, it would close or break, depending on what it has read.
    peer.reset();
    let retry_in = loop {
        match window.next() {
            Event::Written { id: 2 | 3 } => {}
            Event::Lost { retry_in, .. } => break retry_in,
            other => panic!("{other:?}"),
        }
    };
    window.time.advance(retry_in);
    let (mut peer, again) = window.expect_welcome(&server, 1, "a-1");
    assert_eq!(again.session(), (offered.session().0, 2));
    assert_eq!(again.secret(), offered.secret());
    peer.expect(again.text(2, &long));
    peer.expect(again.text(3, "after"));
    peer.send(again.ack(3, "a-3"));
    let mut told = Vec::new();
    while told.last() != Some(&arrived(3, "a-3")) {
        told.push(window.next());
    }
    told.retain(|event| !matches!(event, Event::Written { id: 2 | 3 }));
    assert_eq!(told, [arrived(2, "a-3"), arrived(3, "a-3")]);
}

#[test]
fn a_server_that_broke_off_before_its_grant_is_offered_again_and_nothing_goes_without() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    window.say(1, "sent");
    peer.expect(offered.text(1, "sent"));
    window.expect(written(1));
    lose(&mut window, peer);
    for _ in 0..3 {
        let (mut peer, offered) = window.expect_offering(&server);
        let grant = offered.grant(ROOM, 0);
        peer.send(&grant[..grant.len() - 1]);
        window.time.advance(Duration::from_secs(1));
        peer.expect_nothing_yet();
        lose(&mut window, peer);
    }
    let (mut peer, offered) = window.expect_welcome(&server, 0, "a-0");
    peer.expect(offered.text(1, "sent"));
}

#[test]
fn in_another_room_only_what_was_never_sent_is_sent() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    window.say(1, "sent");
    peer.expect(offered.text(1, "sent"));
    window.expect(written(1));
    drop(peer);
    let (_, _, retry_in) = window.expect_lost();
    window.say(2, "waits");
    window.time.advance(retry_in);
    let (mut peer, offered) = window.expect_offering(&server);
    peer.send([offered.grant(OTHER_ROOM, 0), replayed("b-0", "")].concat());
    peer.expect(offered.text(1, "waits"));
    window.expect(Event::Unsure { id: 1 });
    assert!(!window.expect_grant());
    window.expect(caught_up("b-0", false));
    window.expect(written(2));
}

/// Nothing happens of itself in a hundred minutes. Then the user wants to come in again.
fn wants_back_after_a_while(window: &mut Window) {
    for _ in 0..100 {
        window.time.advance(Duration::from_secs(60));
    }
    window.expect_no_event();
    window.wish(Intent::Retry);
}

#[test]
fn who_was_replaced_stays_away_until_the_user_wants_the_place_back() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    peer.send(notice("replaced", "you are here from elsewhere"));
    window.expect(Event::Replaced);
    peer.expect_closed();
    window.say(1, "later");
    wants_back_after_a_while(&mut window);
    let (mut peer, again) = window.expect_welcome(&server, 0, "a-0");
    assert_eq!(again.session(), (offered.session().0, 2));
    assert_eq!(again.secret(), offered.secret());
    peer.expect(again.text(1, "later"));
}

#[test]
fn who_was_kicked_stays_away_until_the_user_wants_to_come_in_again() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    peer.send(notice("kicked", "an operator put you out"));
    let why = "an operator put you out".to_owned();
    window.expect(Event::Kicked { why });
    peer.expect_closed();
    window.say(1, "later");
    wants_back_after_a_while(&mut window);
    let (mut peer, again) = window.expect_welcome(&server, 0, "a-0");
    peer.expect(again.text(1, "later"));
    assert_eq!(again.session(), (offered.session().0, 2));
}

#[test]
fn who_comes_back_and_hears_only_then_that_it_was_kicked_stays_away_too() {
    let server = ScriptedServer::start();
    let (mut window, peer, _) = Window::granted(&server);
    drop(peer);
    let (_, _, retry_in) = window.expect_lost();
    window.time.advance(retry_in);
    let (mut peer, _) = window.expect_offering(&server);
    peer.send(notice("kicked", "you were put out; come back in 50s"));
    peer.finish_sending();
    let why = "you were put out; come back in 50s".to_owned();
    window.expect(Event::Kicked { why });
    wants_back_after_a_while(&mut window);
    window.expect_welcome(&server, 0, "a-0");
}

#[test]
fn who_was_replaced_can_leave() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, _) = Window::granted(&server);
    peer.send(notice("replaced", "you are here from elsewhere"));
    window.expect(Event::Replaced);
    window.say(1, "never sent");
    window.wish(Intent::Leave);
    window.expect(Event::Unsure { id: 1 });
    window.expect_ended();
}

/// A window whose computer slept and asks whether the server is there.
fn woken(server: &ScriptedServer) -> (Window, Peer) {
    let (window, mut peer, _) = Window::granted(server);
    window.time.expect_nap(Duration::from_secs(1));
    window.time.sleep_and_wake(Duration::from_secs(60));
    window.time.advance(Duration::from_secs(1));
    peer.expect("CHAT/1.0 PING\r\nUsername: alice\r\nId: wake-1\r\n\r\n");
    (window, peer)
}

#[test]
fn after_sleep_a_server_that_does_not_answer_is_connected_anew_at_once_and_all_is_kept() {
    let server = ScriptedServer::start();
    let (mut window, _peer) = woken(&server);
    window.say(1, "into the void");
    window.expect(written(1));
    // The clocks are looked at each second.
    for _ in 0..3 {
        window.expect_no_event();
        window.time.settle();
        window.time.advance(Duration::from_secs(1));
    }
    let (why, refused, retry_in) = window.expect_lost();
    assert_eq!(why, "the connection did not survive the computer's sleep");
    assert_eq!((refused, retry_in), (false, Duration::ZERO));
    let (mut peer, offered) = window.expect_welcome(&server, 0, "a-0");
    peer.expect(offered.text(1, "into the void"));
}

#[test]
fn after_sleep_a_server_that_answers_keeps_the_connection() {
    let server = ScriptedServer::start();
    let (mut window, mut peer) = woken(&server);
    peer.send("CHAT/1.0 PONG\r\nUsername: alice\r\nId: wake-1\r\n\r\n");
    peer.send(live("a-1"));
    window.expect(heard("a-1", false));
    for _ in 0..5 {
        window.time.settle();
        window.time.advance(Duration::from_secs(1));
    }
    window.time.settle();
    window.expect_no_event();
}

#[test]
fn the_leave_waits_for_what_was_sent_to_arrive() {
    let server = ScriptedServer::start();
    let (window, mut peer, offered) = Window::granted(&server);
    window.say(1, "hi");
    peer.expect(offered.text(1, "hi"));
    window.wish(Intent::Leave);
    window.time.expect_nap(Duration::from_millis(400));
    peer.expect_nothing_yet();
    peer.send(offered.ack(1, "a-1"));
    peer.expect(leave("alice"));
    peer.expect_closed();
    drop(peer);
    window.expect_ended();
}

#[test]
fn the_leave_does_not_wait_longer_than_400_ms_and_what_has_not_arrived_is_told() {
    let server = ScriptedServer::start();
    let (mut window, mut peer, offered) = Window::granted(&server);
    window.say(1, "hi");
    peer.expect(offered.text(1, "hi"));
    window.expect(written(1));
    window.wish(Intent::Leave);
    window.time.expect_nap(Duration::from_millis(400));
    window.time.advance(Duration::from_millis(399));
    window.time.settle();
    peer.expect_nothing_yet();
    window.time.advance(Duration::from_millis(1));
    peer.expect(leave("alice"));
    peer.expect_closed();
    drop(peer);
    window.expect_ended();
    window.expect(Event::Unsure { id: 1 });
}

#[test]
fn a_server_that_closes_because_of_an_offer_is_joined_without_and_gets_what_was_typed() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    window.say(1, "hi");
    for _ in 0..2 {
        window.expect(Event::Connecting);
        let mut peer = server.accept();
        if window.time.awake() < Duration::from_millis(1) {
            expect_offer(&mut peer, "alice");
            window.expect(Event::Connected);
            lose(&mut window, peer);
        } else {
            peer.expect(join("alice"));
            window.expect(Event::Connected);
            peer.expect_nothing_yet();
            window.time.advance(Duration::from_millis(500));
            peer.expect(text("alice", "hi"));
            window.expect(written(1));
            window.time.advance(Duration::from_secs(3));
            lose(&mut window, peer);
        }
    }
    // It is known now, and not offered again.
    window.expect(Event::Connecting);
    let mut peer = server.accept();
    peer.expect(join("alice"));
    window.expect(Event::Connected);
    window.wish(Intent::Leave);
    peer.expect(leave("alice"));
}

#[test]
fn a_server_that_sends_everything_back_grants_nothing() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    window.expect(Event::Connecting);
    let mut peer = server.accept();
    let echo = peer.recv();
    assert!(echo.ends_with(b"\r\nRecent: 0\r\n\r\n"));
    peer.send(echo);
    window.expect(Event::Connected);
    window.say(1, "hi");
    window.time.advance(Duration::from_millis(500));
    peer.expect(text("alice", "hi"));
    window.expect(written(1));
    peer.send([text("alice", "hi"), text("bob", "hello")].concat());
    window.expect(said("bob", "hello"));
}

#[test]
fn a_refusal_is_told_in_the_words_of_a_notice_too_and_another_name_is_tried_at_once() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    for (attempt, name) in [(1, "alice"), (2, "alice2")] {
        window.expect(Event::Connecting);
        let mut peer = server.accept();
        let offered = expect_offer(&mut peer, name);
        assert_eq!(offered.session().1, attempt);
        window.expect(Event::Connected);
        if attempt == 1 {
            peer.send(notice("name", "this name is taken"));
            drop(peer);
            let lost = (
                "this name is taken".to_owned(),
                true,
                Duration::from_secs(30),
            );
            assert_eq!(window.expect_lost(), lost);
            let username = hubbub_wire::Username::new("alice2", 64).unwrap();
            window.wish(Intent::Rename { username });
        } else {
            peer.send([offered.grant(ROOM, 0), replayed("a-0", "")].concat());
            window.expect_grant();
        }
    }
}

#[test]
fn a_new_name_that_comes_before_the_refusal_is_tried_without_a_wait() {
    let server = ScriptedServer::start();
    let mut window = Window::offer(&server);
    let (mut peer, _) = window.expect_offering(&server);
    let username = hubbub_wire::Username::new("alice2", 64).unwrap();
    window.wish(Intent::Rename { username });
    window.say(1, "not yet");
    window.time.settle();
    peer.send(notice("name", "this name is taken"));
    window.time.expect_nap(Duration::from_millis(50));
    drop(peer);
    assert_eq!(window.expect_lost().2, Duration::ZERO);
    window.expect(Event::Connecting);
    expect_offer(&mut server.accept(), "alice2");
}
