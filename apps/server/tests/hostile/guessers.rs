//! Guessing the password of a room, from one address and from many. What no guesser can do at any speed: learn who is
//! here, or keep out somebody who knows the password.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hubbub_testing::tls::{Caller, Directory};
use hubbub_testing::{Offer, Peer, Program, join, until};

const RIGHT: &str = "what everybody here knows";
const WRONG: &str = "what somebody tries again";

/// How many guesses of one address are answered in a second.
const A_SECOND: u64 = 10;

/// A private room with a password, where ada is.
struct House {
    program: Program,
    address: SocketAddr,
    ada: Peer,
    _directory: Directory,
}

impl House {
    fn open() -> Self {
        let directory = Directory::new();
        let (state, file) = (directory.of("state"), directory.of("password"));
        fs::write(&file, RIGHT).unwrap();
        let options = ["--tls", "--state", &state, "--password-file", &file];
        let mut program = Program::with(&options, &[]);
        let address = program.address();
        let ada = enter(address, [127, 0, 0, 1], "ada");
        Self {
            program,
            address,
            ada,
            _directory: directory,
        }
    }
}

/// Somebody with the password comes in.
#[track_caller]
fn enter(address: SocketAddr, from: [u8; 4], name: &str) -> Peer {
    let mut peer = Peer::connect_from(from, address).secure();
    peer.send(Offer::new(name).showing(RIGHT).with_join());
    let grant = peer.any_frame();
    assert!(grant.header("Grant").is_some(), "{grant:?}");
    peer
}

/// Tries once, under the name of somebody who is here. Returns whether there was an answer, and it must be about the
/// password. A guesser may be let go before, for others.
#[track_caller]
fn guess(address: SocketAddr, from: [u8; 4]) -> bool {
    let peer = Peer::connect_from(from, address);
    let Ok(mut peer) = peer.try_secure(&Caller::believing_all(), "localhost") else {
        return false;
    };
    peer.try_send(Offer::new("ada").showing(WRONG).with_join());
    let heard = String::from_utf8(peer.expect_gone()).unwrap();
    assert!(
        heard.is_empty() || heard.contains("Code: password\r\n"),
        "{heard}"
    );
    !heard.is_empty()
}

/// Guesses from these addresses as fast as it goes, each in a thread of its own, until `meanwhile` is done. Returns how
/// many answers each address got, and how long it took.
fn flood(
    house: &House,
    addresses: &[[u8; 4]],
    meanwhile: impl FnOnce(),
) -> (HashMap<[u8; 4], u64>, Duration) {
    let (began, is_over) = (Instant::now(), AtomicBool::new(false));
    let (address, over) = (house.address, &is_over);
    let answers = thread::scope(|scope| {
        let guessing: Vec<_> = addresses
            .iter()
            .map(|&from| {
                let guessing = scope.spawn(move || {
                    let mut answers = 0;
                    while !over.load(Ordering::Relaxed) {
                        answers += u64::from(guess(address, from));
                    }
                    answers
                });
                (from, guessing)
            })
            .collect();
        meanwhile();
        is_over.store(true, Ordering::Relaxed);
        let mut answers = HashMap::new();
        for (from, guessing) in guessing {
            *answers.entry(from).or_default() += guessing.join().unwrap();
        }
        answers
    });
    (answers, began.elapsed())
}

#[track_caller]
fn assert_bounded((answers, time): (HashMap<[u8; 4], u64>, Duration)) {
    let most = A_SECOND + A_SECOND * time.as_millis() as u64 / 1000;
    for (from, answers) in answers {
        assert!(
            answers <= most,
            "{from:?} got {answers} answers in {time:?}"
        );
    }
}

#[test]
fn at_full_speed_each_address_gets_ten_answers_a_second_and_others_come_in() {
    let house = House::open();
    let open = house.program.descriptors();
    for addresses in [1, 20] {
        let addresses: Vec<[u8; 4]> = (0..20)
            .map(|number| [127, 0, 2, 1 + number % addresses])
            .collect();
        let answers = flood(&house, &addresses, || {
            let until = Instant::now() + Duration::from_secs(3);
            let mut number = 0;
            while number == 0 || Instant::now() < until {
                drop(enter(
                    house.address,
                    [127, 0, 0, 9],
                    &format!("honest {number}"),
                ));
                number += 1;
            }
        });
        assert!(answers.0.values().sum::<u64>() > 0, "nobody guessed");
        assert_bounded(answers);
        until("all guessers are gone", || {
            house.program.descriptors() <= open
        });
    }
}

/// A program that was never told the new password, and tries the old one again and again.
#[test]
fn one_stale_password_that_comes_back_for_ever_locks_out_nobody_not_even_of_its_address() {
    let mut house = House::open();
    let stale = [127, 0, 2, 1];
    let answers = flood(&house, &[stale; 3], || {
        for number in 0..10 {
            drop(enter(house.address, stale, &format!("fresh {number}")));
        }
    });
    assert_bounded(answers);
    // Nothing of all this was heard but those who came in, and who was here is here.
    for number in 0..10 {
        loop {
            let frame = house.ada.any_frame();
            if frame.method == "JOIN" {
                assert_eq!(frame.header("Username"), Some(&*format!("fresh {number}")));
                break;
            }
        }
    }
}

/// Whoever says no password is told so, in words if it is no program of ours, and learns nothing of names.
#[test]
fn without_a_password_nobody_learns_which_names_are_taken() {
    let house = House::open();
    let told = |name: &str| {
        let mut peer = Peer::connect(house.address).secure();
        peer.send(join(name));
        peer.finish_sending();
        String::from_utf8(peer.expect_gone())
            .unwrap()
            .replace(name, "NAME")
    };
    assert_eq!(told("ada"), told("mallory"));
    let offered = |name: &str| {
        let mut peer = Peer::connect(house.address).secure();
        peer.send(Offer::new(name).showing(WRONG).with_join());
        String::from_utf8(peer.expect_gone())
            .unwrap()
            .replace(name, "NAME")
    };
    assert_eq!(offered("ada"), offered("mallory"));
    assert!(offered("ada").contains("Code: password\r\n"));
}
