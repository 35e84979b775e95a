//! Many browsers at a time: half heads, pages that nobody reads, connections that say nothing. Members and an honest
//! newcomer notice nothing, and afterwards all that the crowd took is free again.

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use hubbub_testing::web::{Frame, Request};
use hubbub_testing::{MIB, Peer, join, leave, text, until};

use crate::house::{House, INDEX};
use crate::siege::{ATTACKERS, Siege, withstands};

/// How many may wait that have not joined, of all addresses and of each.
const MOST_GUESTS: usize = 256;
const MOST_GUESTS_OF_ADDRESS: usize = 16;

/// How a request may stop.
const HALVES: [&str; 6] = [
    "G",
    "GET ",
    "GET /room HTTP/1.1\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: xxxxxxxx",
    "HEAD / HTTP/1.1\r\n\r",
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
];

/// The same before it is known that they are requests, whose heads have ten seconds. These wait as long as the room lets
/// anybody.
const BEGINNINGS: [&str; 4] = ["G", "GET", "H", "HEAD"];

/// Connections from as many addresses of loopback as it takes, each with a half head.
fn halves(address: SocketAddr, count: usize) -> Vec<Peer> {
    let of = |number: usize| u8::try_from(1 + number / MOST_GUESTS_OF_ADDRESS).unwrap();
    (0..count)
        .map(|number| {
            let mut peer = Peer::connect_from([127, 0, 1, of(number)], address);
            peer.try_send(HALVES[number % HALVES.len()]);
            peer
        })
        .collect()
}

/// How many of these have been closed without a word. One that is too late is told so.
fn crowded_out(peers: &mut [Peer]) -> usize {
    let moment = Duration::from_millis(1);
    let is_out = |peer: &mut Peer| {
        let is_told = !peer.untaken().is_empty();
        !is_told && peer.ends_within(moment)
    };
    peers.iter_mut().map(|peer| usize::from(is_out(peer))).sum()
}

#[test]
fn as_many_half_heads_as_the_bound_wait_and_with_one_more_one_of_them_goes() {
    let house = House::open(&["--join-timeout", "10min"]);
    let mut crowd = halves(house.address(), MOST_GUESTS);
    assert_eq!(crowded_out(&mut crowd), 0);
    let answer = house.ask(&house.get("/"));
    assert_eq!((answer.status, answer.text()), (200, INDEX));
    until("one has gone", || crowded_out(&mut crowd) >= 1);
    let mut visitor = house.room.visiting_member("visitor");
    let mut plain = house.room.member("plain");
    visitor.expect(join("plain"));
    plain.send(text("plain", "hi"));
    visitor.expect(text("plain", "hi"));
    let gone = crowded_out(&mut crowd);
    assert!(gone < MOST_GUESTS / 2, "{gone} have gone for three");
}

#[test]
fn as_many_half_heads_of_an_address_as_its_bound_wait_and_with_one_more_the_oldest_goes() {
    let house = House::open(&["--join-timeout", "10min"]);
    let from = [127, 0, 0, 9];
    let mut other = Peer::connect_from([127, 0, 0, 8], house.address());
    other.send("GET");
    let half = |number: usize| {
        let mut peer = Peer::connect_from(from, house.address());
        peer.send(BEGINNINGS[number % BEGINNINGS.len()]);
        peer
    };
    let mut crowd: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS).map(half).collect();
    house.room.wait_until_read();
    assert_eq!(crowded_out(&mut crowd), 0);
    let mut visitor = Peer::connect_from(from, house.address()).upgrade();
    visitor.send(join("visitor"));
    house.room.hears(join("visitor"));
    until("one has gone", || crowded_out(&mut crowd) == 1);
    assert!(!other.ends_within(Duration::from_millis(1)));
    // Who has joined counts no longer, and who asks at the same time as many others is answered.
    let mut asking: Vec<Peer> = (0..2 * MOST_GUESTS_OF_ADDRESS)
        .map(|_| {
            let mut peer = Peer::connect_from([127, 0, 0, 10], house.address());
            peer.send(house.get("/").bytes());
            peer
        })
        .collect();
    for peer in &mut asking {
        assert_eq!(peer.answer().text(), INDEX);
    }
}

#[test]
fn half_heads_end_at_the_deadline_and_leave_nothing() {
    let page = crate::house::page();
    withstands(
        &["--join-timeout", "2s", "--web", &page.of("page")],
        |siege| {
            let mut crowd: Vec<Peer> = (0..ATTACKERS)
                .map(|number| {
                    let mut peer = siege.room.connect();
                    peer.try_send(HALVES[number % HALVES.len()]);
                    peer
                })
                .collect();
            siege.assert_serves();
            for peer in &mut crowd {
                peer.expect_gone();
            }
        },
    );
}

/// Visitors that come and go, rightly and wrongly, leave neither memory nor descriptors.
#[test]
fn visitors_that_come_and_go_leave_nothing() {
    let page = crate::house::page();
    withstands(&["--web", &page.of("page")], |siege| {
        for number in 0..ATTACKERS {
            let name = format!("visitor {number}");
            let mut visitor = siege.room.visiting_member(&name);
            match number % 5 {
                0 => visitor.send(leave(&name)),
                1 => visitor.send_frame(&Frame::close(1001, "")),
                2 => visitor.send_frame(&Frame::binary("x").unmasked()),
                3 => visitor
                    .send_past_web(&Frame::binary(vec![0; 60_000]).unfinished().bytes()[..50_000]),
                _ => {}
            }
            if number % 2 == 0 {
                visitor.reset();
            } else {
                drop(visitor);
            }
            siege.room.hears(leave(&name));
        }
    });
}

#[test]
fn requests_of_every_kind_leave_nothing() {
    let page = crate::house::page();
    withstands(&["--web", &page.of("page")], |siege| {
        let right = Request::get("/", siege.room.address());
        for number in 0..ATTACKERS {
            let request = match number % 4 {
                0 => right.clone(),
                1 => right.clone().with("Host", "evil.test"),
                2 => right.clone().line("GET /nowhere HTTP/1.1"),
                _ => right.clone().with("X-Long", "x".repeat(20_000)),
            };
            let mut browser = siege.room.connect();
            browser.try_send(request.bytes());
            if number % 3 == 0 {
                browser.reset();
            } else {
                browser.expect_gone();
            }
        }
    });
}

/// Those that never read what they ask for have a copy of nothing, and go for others or at the deadline of writing.
#[test]
fn readers_of_a_large_file_that_take_nothing_are_no_burden_and_go() {
    const LARGE: usize = 8 * MIB;
    let page = crate::house::page();
    fs::write(page.of("page/app-0123/large.wasm"), vec![b'x'; LARGE]).unwrap();
    let options = ["--write-timeout", "2s", "--web", &page.of("page")];
    withstands(&options, |siege| {
        let before = siege.program.reserved_bytes();
        let request = Request::get("/app-0123/large.wasm", siege.room.address());
        let mut readers: Vec<Peer> = (0..100)
            .map(|_| {
                let mut reader = Peer::connect_narrow(siege.room.address());
                reader.send(request.bytes());
                reader
            })
            .collect();
        siege.assert_serves();
        let grown = siege.program.reserved_bytes().saturating_sub(before);
        assert!(
            grown < (LARGE as u64),
            "{grown} bytes for a file of {LARGE}"
        );
        // An honest reader has all of it meanwhile.
        let answer = siege.room.connect().ask(&request);
        assert_eq!((answer.status, answer.body.len()), (200, LARGE));
        // None of them reads before the deadline has passed.
        siege.wait_until_all_closed();
        for reader in &mut readers {
            let came = reader.expect_gone();
            assert!(came.len() < LARGE, "all of it came");
        }
    });
}

/// Silence, half heads, pages and sockets, as fast as one address each can ask for them.
#[test]
fn an_honest_newcomer_gets_in_during_each_flood() {
    let house = House::open(&[]);
    let address = house.address();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let floods: Vec<_> = (0..4)
        .map(|kind| {
            let stop = std::sync::Arc::clone(&stop);
            thread::spawn(move || {
                let mut crowd = Vec::new();
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let mut peer = Peer::connect_from([127, 0, 2, 1 + kind], address);
                    match kind {
                        0 => {}
                        1 => peer.try_send("GET / HTTP/1.1\r\nX: "),
                        2 => peer.try_send(Request::get("/", address).bytes()),
                        _ => peer.try_send(peer.upgrade_request().bytes()),
                    }
                    // A moment for the others, also on a machine with one core.
                    let _ = peer.ends_within(Duration::from_millis(2));
                    crowd.push(peer);
                    if crowd.len() > 64 {
                        crowd.remove(0);
                    }
                }
            })
        })
        .collect();
    for number in 0..3 {
        let name = format!("honest {number}");
        let answer = house.ask(&house.get("/"));
        assert_eq!(answer.text(), INDEX);
        let mut visitor = house.room.visiting_member(&name);
        visitor.send(leave(&name));
        house.room.hears(leave(&name));
        house.room.member(&format!("plain {number}"));
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    floods.into_iter().for_each(|flood| flood.join().unwrap());
}

/// A visitor who never joins ends as any other does.
#[test]
fn visitors_that_never_join_end_at_the_deadline_and_leave_nothing() {
    let page = crate::house::page();
    withstands(
        &["--join-timeout", "3s", "--web", &page.of("page")],
        |siege: &mut Siege| {
            let mut crowd: Vec<Peer> = (0..MOST_GUESTS_OF_ADDRESS)
                .map(|_| siege.room.visitor())
                .collect();
            for visitor in &mut crowd {
                let (code, reason) = visitor.expect_closing();
                // The last ones crowd out the first on a slow machine.
                assert!(
                    [(4008, "late"), (4007, "full")].contains(&(code, &*reason)),
                    "{code} {reason}"
                );
            }
        },
    );
}
