//! Handshakes that are none, that never end, or that come in floods, from one address and from many. An honest newcomer
//! of another address gets in meanwhile, and what waits for its handshake is bounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use hubbub_testing::tls::{Caller, client_hello};
use hubbub_testing::{Peer, join, unaccepted, until};

use crate::siege::{Siege, UNHURRIED, withstands_securely};

/// The most connections that may wait at a time before they have joined.
const GUESTS: usize = 256;

/// The most of them of one address.
const OF_ONE: usize = 16;

/// What the program may hold open besides: a newcomer, those that are being closed or told why they cannot come in.
const BESIDES: usize = 100;

/// How many connections one attack makes where each of them stays.
const MANY: usize = 600;

/// How many connections of a flood wait to be accepted at most: always some, and so few that the kernel refuses nobody,
/// and that a slow machine is done with them in time.
const AT_THE_DOOR: u64 = 64;

/// So many addresses that together they may take every place.
const ADDRESSES: usize = 40;

fn address(number: usize) -> [u8; 4] {
    [127, 0, 1, 1 + u8::try_from(number % ADDRESSES).unwrap()]
}

fn connect(siege: &Siege, number: usize) -> Peer {
    Peer::connect_from(address(number), siege.room.address())
}

/// Connections of so many addresses that say this and nothing more.
fn say_and_wait(siege: &Siege, addresses: usize, said: &[u8]) -> Vec<Peer> {
    let stalled = (0..MANY).map(|number| {
        let mut peer = connect(siege, number % addresses);
        peer.try_send(said);
        peer
    });
    stalled.collect()
}

#[test]
fn half_a_handshake_keeps_nobody_out() {
    let hello = client_hello("localhost");
    withstands_securely(&UNHURRIED, |siege| {
        for addresses in [1, ADDRESSES] {
            for said in [&[][..], &hello[..1], &hello[..hello.len() / 2], &hello] {
                let stalled = say_and_wait(siege, addresses, said);
                let most = siege.descriptors + GUESTS.min(addresses * OF_ONE);
                until("all but the bound are let go", || {
                    siege.program.descriptors() <= most
                });
                siege.assert_serves();
                let open = siege.program.descriptors();
                assert!(open <= most + 2, "{open} descriptors, more than the bound");
                drop(stalled);
                siege.wait_until_all_closed();
            }
        }
    });
}

#[test]
fn half_a_handshake_ends_at_the_deadline() {
    let hello = client_hello("localhost");
    withstands_securely(&["--join-timeout", "10s"], |siege| {
        for mut peer in say_and_wait(siege, ADDRESSES, &hello[..hello.len() / 2]) {
            peer.expect_gone();
        }
    });
}

#[test]
fn whatever_comes_after_the_first_byte_of_tls_is_soon_over() {
    let hello = client_hello("localhost");
    let mut longest = vec![0x16, 3, 1, 0x40, 0];
    longest.resize(5 + 0x4000, 1);
    let mut repeated = hello.clone();
    repeated.extend(hello.repeat(20));
    let mut cut = hello.clone();
    cut.truncate(hello.len() - 1);
    cut.extend(b"\x16CHAT/1.0 JOIN\r\nUsername: cut\r\n\r\n");
    let mut random = vec![0x16];
    random.extend((0..5000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8));
    let garbage = [
        b"\x16CHAT/1.0 JOIN\r\nUsername: garbage\r\n\r\n".to_vec(),
        vec![0x16; 40_000],
        [&[0x16, 3, 1, 0xff, 0xff][..], &[0; 70_000]].concat(),
        [&[0x16, 3, 1, 0, 0][..]; 1000].concat(),
        [
            &[0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff][..],
            &[0x16, 3, 1, 0x40, 0],
            &[0; 0x4000],
        ]
        .concat(),
        longest,
        repeated,
        cut,
        random,
    ];
    withstands_securely(&[], |siege| {
        for (number, garbage) in garbage.iter().enumerate() {
            for piece in [garbage.len(), 1 + garbage.len() / 100] {
                let mut peer = connect(siege, number);
                for piece in garbage.chunks(piece) {
                    peer.try_send(piece);
                }
                peer.try_finish_sending();
                peer.expect_gone();
            }
        }
    });
}

/// Does something again and again in threads of its own, until it is stopped.
struct Flood {
    is_over: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    /// What a round returns stays connected for a while.
    fn start(siege: &Siege, addresses: usize, round: fn(Peer) -> Option<Peer>) -> Self {
        const THREADS: usize = 2;
        const KEPT: usize = GUESTS;
        let (is_over, rounds) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let room = siege.room.address();
        let threads = (0..THREADS).map(|_| {
            let (is_over, rounds) = (Arc::clone(&is_over), Arc::clone(&rounds));
            thread::spawn(move || {
                let mut kept = VecDeque::new();
                while !is_over.load(Ordering::Relaxed) {
                    until("the server accepts", || {
                        unaccepted(room.port()) < AT_THE_DOOR
                    });
                    let number = rounds.fetch_add(1, Ordering::Relaxed);
                    kept.extend(round(Peer::connect_from(address(number % addresses), room)));
                    if kept.len() > KEPT {
                        kept.pop_front();
                    }
                }
            })
        });
        let threads = threads.collect();
        Self {
            is_over,
            rounds,
            threads,
        }
    }

    /// Waits until it has had so many rounds, each of which may take its time.
    fn wait_for(&self, rounds: usize) {
        let so_far = || self.rounds.load(Ordering::Relaxed);
        while so_far() < rounds {
            let before = so_far();
            until("the flood goes on", || so_far() > before);
        }
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

fn withstands_floods(round: fn(Peer) -> Option<Peer>) {
    withstands_floods_of(&[1, ADDRESSES], round);
}

fn withstands_floods_of(addresses: &[usize], round: fn(Peer) -> Option<Peer>) {
    withstands_securely(&UNHURRIED, |siege| {
        for &addresses in addresses {
            let flood = Flood::start(siege, addresses, round);
            flood.wait_for(GUESTS);
            siege.assert_serves();
            let open = siege.program.descriptors();
            assert!(
                open <= siege.descriptors + GUESTS + BESIDES,
                "{open} descriptors"
            );
            let before = flood.rounds.load(Ordering::Relaxed);
            flood.wait_for(before + 100);
            flood.stop();
        }
    });
}

#[test]
fn an_honest_newcomer_gets_in_during_a_flood_of_whole_handshakes() {
    withstands_floods(|peer| {
        // It may have to go in the middle.
        let _ = peer.try_secure(&Caller::believing_all(), "localhost");
        None
    });
}

#[test]
fn an_honest_newcomer_gets_in_during_a_flood_of_handshakes_that_stay_and_never_join() {
    withstands_floods(|peer| peer.try_secure(&Caller::believing_all(), "localhost").ok());
}

#[test]
fn an_honest_newcomer_gets_in_during_a_flood_of_hellos_that_nobody_finishes() {
    withstands_floods(|mut peer| {
        peer.try_send(client_hello("localhost"));
        peer.take_a_byte();
        None
    });
}

/// Each takes the whole turn that a handshake has, so that the newcomer waits for seconds. Of one address only a few
/// do.
#[test]
fn an_honest_newcomer_gets_in_during_a_flood_of_hellos_that_stay() {
    withstands_floods_of(&[ADDRESSES], |mut peer| {
        peer.try_send(client_hello("localhost"));
        Some(peer)
    });
}

#[test]
fn an_honest_newcomer_gets_in_during_a_flood_of_connections_that_say_nothing() {
    withstands_floods(Some);
}

#[test]
fn an_honest_newcomer_gets_in_during_a_flood_of_what_is_no_tls() {
    withstands_floods(|mut peer| {
        peer.try_send(join("plain"));
        Some(peer)
    });
}
