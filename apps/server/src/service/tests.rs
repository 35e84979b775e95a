//! A service manager that the test plays: what it hears, and when.

use std::future::Future;
use std::os::linux::net::SocketAddrExt;
use std::task::Context;
use std::thread;

use futures::task::noop_waker_ref;

use super::*;
use crate::Settings;
use crate::hub;
use crate::log::Log;
use crate::memory::Memory;
use crate::runtime::{draw, draw_id};

const MINUTE: Duration = Duration::from_secs(60);

/// The socket of a service manager, under a name that nobody else has.
fn manager() -> (UnixDatagram, Supervisor) {
    fed_every(None)
}

fn fed_every(feed: Option<Duration>) -> (UnixDatagram, Supervisor) {
    let name = format!("hubbub-{}-{}", process::id(), crate::runtime::draw());
    let at = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&at).unwrap();
    socket.set_nonblocking(true).unwrap();
    let name = format!("@{name}");
    (socket, Supervisor::at(OsStr::new(&name), feed).unwrap())
}

/// All that it has heard.
fn heard(manager: &UnixDatagram) -> Vec<String> {
    let mut words = [0; 1000];
    let mut next = || {
        let len = manager.recv(&mut words).ok()?;
        Some(String::from_utf8(words[..len].to_vec()).unwrap())
    };
    std::iter::from_fn(&mut next).collect()
}

/// Fills the socket of the manager, which then takes nothing more.
fn fill(supervisor: &Supervisor) {
    while supervisor.try_say("X=1") == Took::Done {}
}

#[test]
fn a_number_is_told_at_once_when_it_is_the_first_and_then_once_a_second_at_most() {
    let (manager, supervisor) = manager();
    let start = Instant::now();
    let mut watch = Watch::new(supervisor, start);
    watch.turn(0, start);
    assert_eq!(heard(&manager), ["STATUS=0 members"]);
    let early = STATUS_STEP - Duration::from_millis(1);
    for members in 1..=12 {
        watch.turn(members, start + early);
    }
    assert_eq!(heard(&manager), [""; 0]);
    // The hub wakes once for the last of them, and then no more.
    assert_eq!(watch.deadline(), Some(start + STATUS_STEP));
    watch.turn(12, start + STATUS_STEP);
    assert_eq!(heard(&manager), ["STATUS=12 members"]);
    assert_eq!(watch.deadline(), None);
    watch.turn(1, start + MINUTE);
    assert_eq!(heard(&manager), ["STATUS=1 member"]);
}

#[test]
fn a_number_that_is_the_old_one_again_is_not_told() {
    let (manager, supervisor) = manager();
    let start = Instant::now();
    let mut watch = Watch::new(supervisor, start);
    watch.turn(3, start);
    watch.turn(4, start);
    watch.turn(3, start);
    assert_eq!(watch.deadline(), None);
    watch.turn(3, start + MINUTE);
    assert_eq!(heard(&manager), ["STATUS=3 members"]);
}

#[test]
fn a_sign_of_life_is_given_when_the_hub_begins_and_after_each_half_of_the_time_and_not_before() {
    let (manager, supervisor) = fed_every(Some(MINUTE));
    let start = Instant::now();
    let mut watch = Watch::new(supervisor, start);
    watch.turn(0, start);
    assert_eq!(heard(&manager), ["WATCHDOG=1", "STATUS=0 members"]);
    assert_eq!(watch.deadline(), Some(start + MINUTE));
    watch.turn(0, start + MINUTE - Duration::from_millis(1));
    assert_eq!(heard(&manager), [""; 0]);
    watch.turn(0, start + MINUTE);
    assert_eq!(heard(&manager), ["WATCHDOG=1"]);
    assert_eq!(watch.deadline(), Some(start + 2 * MINUTE));
}

#[test]
fn what_a_full_socket_does_not_take_is_said_again_soon() {
    let (manager, supervisor) = fed_every(Some(MINUTE));
    fill(&supervisor);
    let start = Instant::now();
    let mut watch = Watch::new(supervisor, start);
    watch.turn(7, start);
    assert_eq!(watch.deadline(), Some(start + AGAIN));
    heard(&manager);
    watch.turn(7, start + AGAIN);
    assert_eq!(heard(&manager), ["WATCHDOG=1"]);
    assert_eq!(watch.deadline(), Some(start + STATUS_STEP));
    watch.turn(7, start + STATUS_STEP);
    assert_eq!(heard(&manager), ["STATUS=7 members"]);
}

#[test]
fn a_socket_that_is_gone_stops_nobody_and_is_not_asked_more_often() {
    let (manager, supervisor) = fed_every(Some(MINUTE));
    drop(manager);
    let start = Instant::now();
    let mut watch = Watch::new(supervisor.clone(), start);
    watch.turn(7, start);
    assert_eq!(watch.deadline(), Some(start + MINUTE));
    watch.stopping();
    crate::runtime::block_on(supervisor.ready());
}

#[test]
fn readiness_waits_for_a_full_socket() {
    let (manager, supervisor) = manager();
    fill(&supervisor);
    let said = crate::runtime::spawn(async move {
        assert!(supervisor.reloading().await);
        supervisor.ready().await;
    });
    let mut words = Vec::new();
    while words.last().is_none_or(|last| last != "READY=1") {
        words.extend(heard(&manager).into_iter().filter(|word| word != "X=1"));
        std::thread::yield_now();
    }
    crate::runtime::block_on(said);
    assert!(words[0].starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(words.len(), 2, "{words:?}");
}

#[test]
fn what_is_no_name_of_a_socket_is_refused() {
    for name in ["relative", "vsock:2:1", ""] {
        assert!(Supervisor::at(OsStr::new(name), None).is_err(), "{name}");
    }
    let long = format!("@{}", "x".repeat(200));
    assert!(Supervisor::at(OsStr::new(&long), None).is_err());
}

#[test]
fn a_hub_that_does_not_get_on_is_not_fed() {
    const FEED: Duration = Duration::from_millis(10);
    let (manager, supervisor) = fed_every(Some(FEED));
    let memory = Memory::new(1024 * 1024);
    let (_inbox, mail) = flume::bounded(1);
    let log = Log::new(draw_id(), draw(), Arc::clone(&memory));
    let settings = Settings::default();
    let unfinished = Arc::clone(&memory);
    let hub = hub::run_with(
        log,
        mail,
        memory,
        unfinished,
        settings,
        supervisor,
        Arc::default(),
    );
    let mut hub = Box::pin(hub);
    // A turn of the hub takes as many calls as it gives way.
    let mut gets_on = || {
        for _ in 0..5 {
            let context = &mut Context::from_waker(noop_waker_ref());
            assert!(hub.as_mut().poll(context).is_pending());
        }
    };
    gets_on();
    let begun = heard(&manager);
    assert_eq!(begun[..2], ["WATCHDOG=1", "STATUS=0 members"]);
    // A clock beside the hub would feed it now.
    thread::sleep(10 * FEED);
    assert_eq!(heard(&manager), [""; 0]);
    gets_on();
    assert_eq!(heard(&manager)[0], "WATCHDOG=1");
}

#[test]
fn reading_again_waits_a_second_for_a_full_socket_and_no_longer() {
    let (_manager, supervisor) = manager();
    fill(&supervisor);
    assert!(!crate::runtime::block_on(supervisor.reloading()));
    assert!(!crate::runtime::block_on(Supervisor::default().reloading()));
}
