//! How many may be there that have not joined, for how long, and what they may hold.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use hubbub_server::Settings;
use hubbub_server::guests::{MOST_GUESTS, MOST_GUESTS_OF_ADDRESS};
use hubbub_testing::tls::{Caller, client_hello};
use hubbub_testing::{DEADLINE, MIB, Peer, Program, Room, join, text, until};

use super::{mixed, private, secure};

/// How long a connection has for joining, where that is tested.
const JOIN: Duration = Duration::from_secs(12);

/// How much later somebody comes there.
const LITTLE: Duration = Duration::from_secs(2);

/// A member that has certainly joined: it has the answer to a text that is too long.
fn member(room: &Room, name: &str) -> Peer {
    let mut peer = secure(room);
    peer.send([join(name), text(name, vec![b'x'; MIB + 1])].concat());
    while !peer.expect_notice().starts_with("your text") {}
    peer
}

/// Connections that say nothing, as many of an address as may be there.
fn silent(address: SocketAddr, count: usize) -> Vec<Peer> {
    let of = |number: usize| u8::try_from(1 + number / MOST_GUESTS_OF_ADDRESS).unwrap();
    (0..count)
        .map(|number| Peer::connect_from([127, 0, 1, of(number)], address))
        .collect()
}

/// How many of these have been closed.
fn closed(peers: &mut [Peer]) -> usize {
    let moment = Duration::from_millis(1);
    peers
        .iter_mut()
        .map(|peer| usize::from(peer.ends_within(moment)))
        .sum()
}

#[test]
fn as_many_as_the_bound_wait_and_with_one_more_one_of_them_goes_and_the_newcomer_stays() {
    for settings in [private(), mixed()] {
        let room = Room::unwatched_with(settings);
        let mut crowd = silent(room.address(), MOST_GUESTS);
        assert_eq!(closed(&mut crowd), 0);
        // Members do not count.
        let mut alice = member(&room, "alice");
        until("one has gone", || closed(&mut crowd) == 1);
        let mut bob = secure(&room);
        bob.send(join("bob"));
        alice.expect(join("bob"));
        assert_eq!(closed(&mut crowd), 1);
    }
}

#[test]
fn as_many_of_an_address_as_its_bound_wait_and_with_one_more_the_oldest_of_them_goes() {
    let room = Room::unwatched_with(private());
    let [mut other] = silent(room.address(), 1).try_into().ok().unwrap();
    let come = || Peer::connect(room.address());
    let mut crowd: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS).map(|_| come()).collect();
    assert_eq!(closed(&mut crowd), 0);
    let mut alice = secure(&room);
    alice.send(join("alice"));
    crowd[0].expect_closed();
    crowd.remove(0);
    assert_eq!(closed(&mut crowd), 0);
    assert!(!other.ends_within(Duration::from_millis(1)));
}

/// Those that finish their handshake and never join count as those do that never began.
#[test]
fn who_is_in_the_lobby_goes_as_well_and_who_has_joined_does_not() {
    let room = Room::unwatched_with(private());
    let mut member = member(&room, "member");
    let mut crowd: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS).map(|_| secure(&room)).collect();
    let mut alice = secure(&room);
    alice.send(join("alice"));
    member.expect(join("alice"));
    crowd[0].expect_closed();
    crowd.remove(0);
    assert_eq!(closed(&mut crowd), 0);
    alice.send(text("alice", "hi"));
    member.expect(text("alice", "hi"));
}

#[test]
fn handshakes_that_stop_halfway_keep_nobody_from_theirs() {
    let room = Room::unwatched_with(private());
    let mut member = member(&room, "member");
    // More than have a turn at a time.
    let mut halves: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS - 1)
        .map(|_| Peer::connect(room.address()))
        .collect();
    for half in &mut halves {
        half.send(client_hello("localhost"));
    }
    let mut alice = secure(&room);
    alice.send(join("alice"));
    member.expect(join("alice"));
}

/// The same deadline: all of them are gone when somebody is who came a little later, and so is one whose handshake was
/// later still.
#[test]
fn silence_half_a_handshake_and_a_whole_one_without_a_join_all_end_at_the_same_deadline() {
    let room = Room::unwatched_with(Settings {
        join_timeout: JOIN,
        ..mixed()
    });
    let hello = client_hello("localhost");
    let began = Instant::now();
    let raw = |words: &[u8]| {
        let mut peer = Peer::connect(room.address());
        peer.send(words);
        peer
    };
    let late = Peer::connect(room.address());
    let mut peers = vec![
        raw(b""),
        raw(&hello[..1]),
        raw(&hello[..hello.len() / 2]),
        raw(b"C"),
        secure(&room),
    ];
    thread::sleep(LITTLE);
    let mut after = raw(b"");
    thread::sleep(LITTLE);
    peers.push(late.secure());
    let early = closed(&mut peers);
    assert!(early == 0 || began.elapsed() >= JOIN, "{early} went early");
    after.expect_gone();
    assert!(began.elapsed() >= JOIN + LITTLE);
    for (number, mut peer) in peers.into_iter().enumerate() {
        let moment = LITTLE / 4;
        assert!(peer.ends_within(moment), "{number} is still there");
    }
}

#[test]
fn a_server_that_stops_does_not_wait_for_those_who_have_not_come_in() {
    let mut room = Room::unwatched_with(Settings {
        drain_timeout: 10 * DEADLINE,
        ..private()
    });
    let mut silent = Peer::connect(room.address());
    let mut half = Peer::connect(room.address());
    half.send(client_hello("localhost"));
    let mut plain = Peer::connect(room.address());
    plain.send(join("plain"));
    let mut alice = secure(&room);
    alice.send(join("alice"));
    let began = Instant::now();
    room.begin_stop();
    alice.expect_closed();
    for peer in [&mut silent, &mut half, &mut plain] {
        peer.expect_gone();
    }
    room.stop();
    assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
}

/// What a handshake may hold counts as unfinished texts do, and members do not go for it.
#[test]
fn where_texts_take_all_the_memory_there_is_no_handshake_and_the_texts_are_safe() {
    let options = [
        "--tls",
        "--also-plain",
        "--memory-limit",
        "1MiB",
        "--max-payload",
        "200KiB",
    ];
    let state = std::env::temp_dir().join(format!("hubbub-memory-{:016x}", fastrand::u64(..)));
    let state_option = ["--state", state.to_str().unwrap()];
    let mut program = Program::with(&[&options[..], &state_option].concat(), &[]);
    let address = program.address();
    let mut alice = Peer::connect(address);
    alice.send(join("alice"));
    program.line_with("joined");
    // A quarter of the limit is 256 KiB, and a handshake counts as 64.
    let long = text("alice", vec![b'x'; 199 * 1024]);
    let (most, rest) = long.split_at(198 * 1024);
    alice.send(most);
    alice.wait_until_taken();
    let refused = until_refused(address);
    assert!(refused, "each handshake found room");
    program.line_with("the memory limit is reached");
    alice.send(rest);
    let mut bob = loop {
        let bob = Peer::connect(address);
        if let Ok(bob) = bob.try_secure(&Caller::believing_all(), "localhost") {
            break bob;
        }
    };
    bob.send(join("bob"));
    alice.expect(join("bob"));
    std::fs::remove_dir_all(state).unwrap();
}

/// Whether a handshake is refused before the deadline. The server needs a moment to read the text.
fn until_refused(address: SocketAddr) -> bool {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        let peer = Peer::connect(address);
        if peer
            .try_secure(&Caller::believing_all(), "localhost")
            .is_err()
        {
            return true;
        }
    }
    false
}

#[test]
fn handshakes_are_counted_and_so_is_why_nobody_came_of_them() {
    let state = std::env::temp_dir().join(format!("hubbub-counted-{:016x}", fastrand::u64(..)));
    let options = [
        "--tls",
        "--state",
        state.to_str().unwrap(),
        "--metrics",
        "0",
    ];
    let mut program = Program::with(&options, &[]);
    let metrics = hubbub_testing::port_in(&program.line_with("metrics are on"));
    let address = program.address();
    let mut alice = Peer::connect(address).secure();
    alice.send(join("alice"));
    let mut broken = Peer::connect(address);
    broken.send(b"\x16\x03\x01\x00\x05hello");
    broken.expect_gone();
    let mut plain = Peer::connect(address);
    plain.send(join("plain"));
    plain.expect_notice();
    let page = || {
        let mut peer = Peer::try_connect(metrics).unwrap();
        peer.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
        String::from_utf8(peer.rest()).unwrap()
    };
    for line in [
        "hubbub_tls_handshakes_total 2",
        "hubbub_tls_failures_total 1",
        "hubbub_departures_total{cause=\"no_tls\"} 1",
        "hubbub_departures_total{cause=\"plain\"} 1",
        "hubbub_connections 1",
        "hubbub_connections_total 3",
    ] {
        until(line, || page().lines().any(|shown| shown == line));
    }
    std::fs::remove_dir_all(state).unwrap();
}
