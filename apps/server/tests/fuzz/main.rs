//! The whole server under random and mutated bytes: some peers and visitors with browsers send what nobody should, hang
//! up and come back. Meanwhile two honest members speak to each other and check that they hear every text once, in
//! order, and only whole frames.
//!
//! The bytes are determined by a seed; how the system cuts and mixes them is not.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bytes;
mod honest;
#[cfg(feature = "web")]
mod visitors;

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hubbub_server::Settings;
#[cfg(feature = "web")]
use hubbub_server::web::Web;
#[cfg(feature = "web")]
use hubbub_testing::tls::Directory;
use hubbub_testing::{Peer, Room};
use hubbub_wire::Limits;

use honest::Honest;

/// Seeds that once found a mistake.
const KEPT: [u64; 0] = [];

/// How many other seeds each run of the tests takes.
const SEEDS: u64 = 20;

/// How many steps a round has.
const STEPS: usize = 400;

/// How many peers send what the seed says.
const HOSTILE: usize = 6;

/// The longest text, in bytes. It is so short that mutated lengths are often longer.
const MAX_PAYLOAD: usize = 1000;

/// Prints how to repeat a round if it fails.
struct Repeat(u64);

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            eprintln!(
                "seed {seed} found it; keep it in KEPT, and repeat it with\n  \
                 SEED={seed} cargo test -p hubbub-server --test fuzz one_seed -- --ignored --nocapture"
            );
        }
    }
}

/// What happened in a round: texts of the honest members, and frames of hostile peers that the honest members had to
/// hear.
#[derive(Debug, Default)]
struct Heard {
    words: usize,
    frames: usize,
}

fn round(seed: u64) -> Heard {
    let _repeat = Repeat(seed);
    let mut random = Rng::with_seed(seed);
    let mut room = Room::unwatched_with(Settings {
        limits: Limits {
            max_payload: MAX_PAYLOAD,
            ..Limits::DEFAULT
        },
        #[cfg(feature = "web")]
        web: Some(page()),
        ..Settings::default()
    });
    let mut honest = Honest::pair(&room, MAX_PAYLOAD);
    let mut hostile: Vec<Hostile> = (0..HOSTILE)
        .map(|_| Hostile::comes(&room, &mut random))
        .collect();
    for _ in 0..STEPS {
        let chosen = random.usize(..HOSTILE);
        match random.u8(..20) {
            0 => hostile[chosen] = Hostile::comes(&room, &mut random),
            1..4 => honest.speak(&mut random),
            _ => {
                let bytes = bytes::some(&mut random, chosen, MAX_PAYLOAD);
                if !hostile[chosen].says(&bytes, &mut random) {
                    hostile[chosen] = Hostile::comes(&room, &mut random);
                }
            }
        }
    }
    drop(hostile);
    honest.speak(&mut random);
    honest.wait_until_alone();
    room.begin_stop();
    let heard = honest.compare();
    room.stop();
    heard
}

/// A peer that never reads.
struct Hostile {
    stream: TcpStream,
    /// Whether what it says is in frames of WebSocket.
    is_visitor: bool,
}

impl Hostile {
    fn comes(room: &Room, random: &mut Rng) -> Self {
        let stream = Peer::connect(room.address()).writer();
        let is_visitor = cfg!(feature = "web") && random.bool();
        let hostile = Self { stream, is_visitor };
        #[cfg(feature = "web")]
        if is_visitor {
            let head = visitors::head(random, room.address());
            let _ = (&hostile.stream).write_all(&head);
        }
        hostile
    }

    /// Returns whether the server has not closed the connection, as far as is known.
    fn says(&mut self, bytes: &[u8], random: &mut Rng) -> bool {
        #[cfg(feature = "web")]
        if self.is_visitor {
            let framed = visitors::framed(random, bytes);
            return self.stream.write_all(&framed).is_ok();
        }
        let _ = (random, self.is_visitor);
        self.stream.write_all(bytes).is_ok()
    }
}

/// A page that nobody looks at.
#[cfg(feature = "web")]
fn page() -> Web {
    let directory = Directory::new();
    std::fs::write(directory.of("index.html"), "a page").unwrap();
    Web::read(directory.path().as_ref()).unwrap()
}

#[test]
fn whatever_bytes_some_send_the_others_hear_each_other_and_only_whole_frames() {
    let rounds = KEPT.into_iter().chain(0..SEEDS).map(round);
    let frames: usize = rounds.map(|heard| heard.frames).sum();
    assert!(
        frames > 500,
        "only {frames} frames of the hostile came through"
    );
}

#[test]
#[ignore = "repeats one round: SEED=7"]
fn one_seed() {
    let seed = std::env::var("SEED").unwrap();
    println!("{:?}", round(seed.parse().unwrap()));
}

#[test]
#[ignore = "as long as it is told to: SECONDS_TO_RUN=60"]
fn many_seeds() {
    let seconds = std::env::var("SECONDS_TO_RUN").unwrap().parse().unwrap();
    let until = Instant::now() + Duration::from_secs(seconds);
    let first = fastrand::u64(..);
    let mut rounds = 0;
    let mut all = Heard::default();
    while Instant::now() < until {
        let heard = round(first.wrapping_add(rounds));
        all.words += heard.words;
        all.frames += heard.frames;
        rounds += 1;
    }
    println!("{rounds} rounds of {STEPS} steps: {all:?}");
}
