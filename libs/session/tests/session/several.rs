//! A room on several servers: whichever of them dies, fills up or hangs, the window goes on at the next one, as the same
//! member.

use std::time::Duration;

use hubbub_session::{Cause, Event, Options};
use hubbub_testing::{HeldPort, Peer, ScriptedServer, Time, text};
use hubbub_transport::Addresses;

use crate::extension::{Offered, arrived, expect_offer, notice};
use crate::harness::{PACE, Window, offering, options};

/// The wait after a refusal.
const REFUSED_RETRY: Duration = Duration::from_secs(30);
/// After a connection that stood this long, each server is as good as any other.
const STOOD: Duration = Duration::from_secs(10);
/// When a server has not taken the connection for this long, the next one is tried alongside it.
const NEXT_SERVER_AFTER: Duration = Duration::from_secs(1);
/// After so long a silence a server that granted is asked whether it is there.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// The clock of the test skips shorter waits.
const NEARLY: Duration = Duration::from_millis(100);
/// How long the answer may take.
const SIGN_WITHIN: Duration = Duration::from_secs(10);
const INSTANT: Duration = Duration::from_nanos(1);

pub(crate) fn options_at(ports: &[u16]) -> Options {
    let addresses: Vec<_> = ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    let link = format!("chat://{}", addresses.join(","));
    Options {
        addresses: Addresses::from_link(&link, 1).unwrap(),
        ..offering(options("127.0.0.1", 1))
    }
}

/// A room on scripted servers.
struct Servers<const N: usize>([ScriptedServer; N]);

impl<const N: usize> Servers<N> {
    fn start() -> Self {
        Self([(); N].map(|()| ScriptedServer::start()))
    }

    fn window(&self) -> Window {
        let ports = self.0.each_ref().map(ScriptedServer::port);
        Window::open_at(options_at(&ports), Time::that_skips(PACE))
    }

    /// Takes the next attempt, up to the offer. Returns to which server it came.
    fn joined(&self, window: &mut Window) -> (usize, Peer, Offered) {
        window.expect(Event::Connecting);
        let (at, mut peer) = ScriptedServer::accept_at_one_of(&self.0.each_ref());
        let offered = expect_offer(&mut peer, "alice");
        window.expect(Event::Connected);
        (at, peer, offered)
    }

    /// The same, and lets the member in.
    fn lets_in(&self, window: &mut Window) -> (usize, Peer, Offered) {
        let (at, mut peer, offered) = self.joined(window);
        peer.send(offered.welcome(0, "a-0"));
        window.expect_grant();
        assert!(matches!(window.next(), Event::CaughtUp { .. }));
        (at, peer, offered)
    }
}

impl Window {
    /// Why the connection is lost, and when there is the next attempt.
    #[track_caller]
    fn loses(&mut self) -> (Cause, Duration) {
        match self.next() {
            Event::Lost {
                cause, retry_in, ..
            } => (cause, retry_in),
            other => panic!("not lost: {other:?}"),
        }
    }
}

#[test]
fn a_lost_server_is_left_for_another_one_at_once_and_the_member_stays_the_same() {
    let servers = Servers::<2>::start();
    let mut window = servers.window();
    let (first, mut peer, offered) = servers.lets_in(&mut window);
    window.say(1, "hi");
    peer.expect(offered.text(1, "hi"));
    window.expect(Event::Written { id: 1 });
    drop(peer);
    assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
    let (second, mut peer, again) = servers.joined(&mut window);
    assert_ne!(first, second);
    assert_eq!(again.secret(), offered.secret());
    let ((session, attempt), (before, _)) = (again.session(), offered.session());
    assert_eq!((session, attempt), (before, 2));
    assert_eq!(
        again.header("Since"),
        Some(&*format!("{} a-0", crate::extension::ROOM))
    );
    // The text was on its way. The other server knows that it is not in the log.
    peer.send(again.welcome(0, "a-0"));
    assert!(window.expect_grant());
    peer.expect(again.text(1, "hi"));
    peer.send(again.ack(1, "a-1"));
    let mut last = window.next();
    while !matches!(last, Event::Arrived { .. }) {
        assert!(
            matches!(last, Event::CaughtUp { .. } | Event::Written { id: 1 }),
            "{last:?}"
        );
        last = window.next();
    }
    assert_eq!(last, arrived(1, "a-1"));
}

#[test]
fn a_server_that_does_not_listen_is_passed_over_without_a_word() {
    let (closed, server) = (HeldPort::new(), ScriptedServer::start());
    let options = options_at(&[closed.number(), server.port()]);
    // Each order comes up in one of so many runs.
    for _ in 0..20 {
        let mut window = Window::open_at(options.clone(), Time::that_skips(PACE));
        let (peer, _) = window.expect_welcome(&server, 0, "a-0");
        drop(peer);
        // The other one is tried first, and does not listen.
        assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
        let second = window.expect_welcome(&server, 0, "a-0");
        // Who leaves first does not come again.
        drop(window);
        drop(second);
    }
}

#[test]
fn where_no_server_listens_the_reason_is_told_once_and_there_is_a_wait() {
    let (one, two) = (HeldPort::new(), HeldPort::new());
    let options = options_at(&[one.number(), two.number()]);
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    for _ in 0..3 {
        window.expect(Event::Connecting);
        let (why, refused, retry_in) = window.expect_lost();
        assert_eq!((&*why, refused), ("connection refused", false));
        assert!(retry_in > Duration::ZERO);
        window.time.advance(retry_in);
    }
}

#[test]
fn the_reasons_of_several_servers_are_told_for_each() {
    let closed = HeldPort::new().number();
    let link = format!("chat://127.0.0.1:{closed},nowhere.invalid:1");
    let options = Options {
        addresses: Addresses::from_link(&link, 1).unwrap(),
        ..offering(options("127.0.0.1", 1))
    };
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    window.expect(Event::Connecting);
    let (why, ..) = window.expect_lost();
    let mut whys: Vec<_> = why.split("; ").collect();
    whys.sort_unstable();
    assert_eq!(
        whys,
        [
            &*format!("127.0.0.1:{closed}: connection refused"),
            "nowhere.invalid:1: no such host, or no network to look it up",
        ]
    );
}

#[test]
fn a_server_that_hangs_is_not_waited_for_longer_than_a_second() {
    let (other, server) = (HeldPort::new(), ScriptedServer::start());
    let options = options_at(&[other.number(), server.port()]);
    let mut window = Window::open_at(options, Time::that_skips(PACE));
    let (peer, _) = window.expect_welcome(&server, 0, "a-0");
    let other = other.open();
    let _full = other.hang();
    drop(peer);
    assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
    window.expect(Event::Connecting);
    window.time.expect_nap(NEXT_SERVER_AFTER);
    window.time.advance(NEXT_SERVER_AFTER - INSTANT);
    window.time.settle();
    assert!(!server.is_called());
    window.time.advance(INSTANT);
    let mut peer = server.accept();
    expect_offer(&mut peer, "alice");
    window.expect(Event::Connected);
}

#[test]
fn a_server_that_is_full_is_left_for_another_one_without_being_told_as_a_refusal() {
    let servers = Servers::<2>::start();
    let mut window = servers.window();
    let (first, mut peer, _) = servers.joined(&mut window);
    peer.send(text(
        "server",
        "the room is full: 1 connections is the most; try again later",
    ));
    drop(peer);
    assert_eq!(window.loses(), (Cause::Elsewhere, Duration::ZERO));
    let (second, mut peer, _) = servers.joined(&mut window);
    assert_ne!(first, second);
    peer.send(text(
        "server",
        "the room is full: 1 connections is the most; try again later",
    ));
    drop(peer);
    let refused = Cause::Refused { code: None };
    assert_eq!(window.loses(), (refused, REFUSED_RETRY));
    // After the wait it begins anew.
    window.time.advance(REFUSED_RETRY);
    let (third, peer, _) = servers.joined(&mut window);
    assert_eq!(third, first);
    drop(peer);
    assert_eq!(window.loses(), (Cause::Elsewhere, Duration::ZERO));
    servers.lets_in(&mut window);
}

#[test]
fn a_server_that_hangs_after_its_grant_is_asked_and_left() {
    let servers = Servers::<2>::start();
    let mut window = servers.window();
    let (first, mut peer, _) = servers.lets_in(&mut window);
    window.time.settle();
    window.time.advance(HEARTBEAT - NEARLY);
    window.time.settle();
    peer.expect_nothing_yet();
    window.time.advance(NEARLY);
    assert!(peer.head().starts_with("CHAT/1.0 PING\r\n"));
    window.time.settle();
    window.time.advance(SIGN_WITHIN);
    assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
    let (second, ..) = servers.lets_in(&mut window);
    assert_ne!(first, second);
}

#[test]
fn a_server_that_stops_is_left_for_another_one_at_once() {
    let servers = Servers::<2>::start();
    let mut window = servers.window();
    let (first, mut peer, _) = servers.lets_in(&mut window);
    peer.send(notice("stopping", "the server stops"));
    drop(peer);
    assert!(matches!(window.next(), Event::Notice { code, .. } if code == "stopping"));
    assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
    let (second, ..) = servers.lets_in(&mut window);
    assert_ne!(first, second);
}

#[test]
fn what_one_server_refuses_for_the_whole_room_is_not_asked_of_another_one() {
    for code in ["name", "banned"] {
        let servers = Servers::<2>::start();
        let mut window = servers.window();
        let (first, mut peer, _) = servers.joined(&mut window);
        peer.send(notice(code, "no"));
        drop(peer);
        let code = Some(code.to_owned());
        assert_eq!(window.loses(), (Cause::Refused { code }, REFUSED_RETRY));
        window.time.advance(REFUSED_RETRY);
        let (second, ..) = servers.joined(&mut window);
        assert_eq!(first, second);
    }
}

#[test]
fn each_other_server_is_tried_at_once_and_then_there_is_a_wait() {
    let servers = Servers::<3>::start();
    let mut window = servers.window();
    let mut order = Vec::new();
    for is_at_once in [true, true, false, true, true, false] {
        let (at, peer, _) = servers.lets_in(&mut window);
        order.push(at);
        drop(peer);
        let (cause, retry_in) = window.loses();
        assert_eq!(cause, Cause::CutOff);
        assert_eq!(retry_in.is_zero(), is_at_once, "{order:?}");
        window.time.advance(retry_in);
    }
    assert_eq!(order[..3], order[3..]);
    order.truncate(3);
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn after_a_connection_that_stood_there_is_no_wait() {
    let servers = Servers::<2>::start();
    let mut window = servers.window();
    for _ in 0..3 {
        let (_, peer, _) = servers.lets_in(&mut window);
        window.time.advance(STOOD);
        drop(peer);
        assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
    }
    let (_, peer, _) = servers.lets_in(&mut window);
    window.time.advance(STOOD - INSTANT);
    drop(peer);
    let (cause, retry_in) = window.loses();
    assert_eq!(cause, Cause::CutOff);
    assert!(!retry_in.is_zero());
}

#[test]
fn members_do_not_all_begin_at_the_same_server() {
    let mut came = [false; 2];
    // That all of them come to one server happens once in 2^63 runs.
    for _ in 0..64 {
        // Nobody comes there because another server was lost.
        let servers = Servers::<2>::start();
        let mut window = servers.window();
        let (at, _peer, _) = servers.joined(&mut window);
        came[at] = true;
    }
    assert_eq!(came, [true, true]);
}

#[test]
fn where_the_room_is_paused_the_next_server_is_tried_and_the_wait_after_all_of_them_does_not_grow()
{
    let servers = Servers::<2>::start();
    let mut window = servers.window();
    let (first, peer, offered) = servers.lets_in(&mut window);
    drop(peer);
    assert_eq!(window.loses(), (Cause::CutOff, Duration::ZERO));
    let mut before = first;
    for round in 0..8 {
        for is_last in [false, true] {
            let (at, mut peer, again) = servers.joined(&mut window);
            assert_eq!(again.secret(), offered.secret());
            assert_ne!(at, before, "in round {round}");
            before = at;
            peer.send(notice("paused", "the room is paused"));
            drop(peer);
            let (cause, retry_in) = window.loses();
            // One of the two was left before the first round.
            if is_last || round == 0 {
                assert_eq!(cause, Cause::CutOff);
                assert!(retry_in <= Duration::from_millis(500), "{retry_in:?}");
                assert!(!retry_in.is_zero());
                window.time.advance(retry_in);
            } else {
                assert_eq!((cause, retry_in), (Cause::Elsewhere, Duration::ZERO));
            }
            if round == 0 {
                break;
            }
        }
    }
    let (_, mut peer, again) = servers.joined(&mut window);
    peer.send(again.welcome(0, "a-0"));
    assert!(window.expect_grant());
}

#[test]
fn a_window_with_one_server_says_that_the_room_is_paused_and_comes_again_soon() {
    let servers = Servers::<1>::start();
    let mut window = servers.window();
    for _ in 0..8 {
        let (_, mut peer, _) = servers.joined(&mut window);
        peer.send(notice("paused", "the room is paused"));
        drop(peer);
        match window.next() {
            Event::Lost {
                why,
                cause,
                retry_in,
            } => {
                assert_eq!((&*why, cause), ("the room is paused", Cause::CutOff));
                assert!(retry_in <= Duration::from_millis(500), "{retry_in:?}");
                window.time.advance(retry_in);
            }
            other => panic!("not lost: {other:?}"),
        }
    }
    let (_, mut peer, offered) = servers.joined(&mut window);
    peer.send(offered.welcome(0, "a-0"));
    window.expect_grant();
}
