//! Nodes and their one stream, under everything that can happen between any two steps: records that are delayed, lost,
//! doubled and out of order, nodes that are killed, sleep and come anew, clocks that jump, snapshots that come late or
//! never, a stream that is trimmed or loses its end. Whatever happens, all nodes that are at a place have the same room.
//!
//! A node is the least that a hub has to do. Nothing runs in parallel and no clock counts, so a seed gives the same run
//! each time.

use std::ops::AddAssign;
use std::time::{Duration, Instant};

use self::world::World;

mod node;
mod person;
mod truth;
mod world;

/// Seeds that once found a mistake: what was void in the record with the first text was not left out of the past.
const KEPT: [u64; 1] = [8_745_274_191_854_637_977];

/// How many other seeds each test takes.
const SEEDS: u64 = 20;

/// How many steps a run has.
const STEPS: usize = 3000;

/// What happened in a run, so that a test can check that everything was tried.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    said: usize,
    /// Texts that came again and were known.
    known: usize,
    void: usize,
    refused: usize,
    replaced: usize,
    renamed: usize,
    rejoined: usize,
    /// Nodes that were gone, and of these, that found it out themselves.
    gone: usize,
    awoke_gone: usize,
    /// Records that came twice.
    doubled: usize,
    snapshots: usize,
    restored: usize,
    epochs: usize,
    /// Nodes that began without knowing the room, those that found a snapshot then, and those that gave the room up.
    lost: usize,
    found: usize,
    given_up: usize,
    /// Pages of the past that were read, and texts in them.
    pages: usize,
    of_the_past: usize,
    /// Nodes that ended since others wrote a newer format.
    outdated: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.said += other.said;
        self.known += other.known;
        self.void += other.void;
        self.refused += other.refused;
        self.replaced += other.replaced;
        self.renamed += other.renamed;
        self.rejoined += other.rejoined;
        self.gone += other.gone;
        self.awoke_gone += other.awoke_gone;
        self.doubled += other.doubled;
        self.snapshots += other.snapshots;
        self.restored += other.restored;
        self.epochs += other.epochs;
        self.lost += other.lost;
        self.found += other.found;
        self.given_up += other.given_up;
        self.pages += other.pages;
        self.of_the_past += other.of_the_past;
        self.outdated += other.outdated;
    }
}

/// What can happen besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Faults {
    /// The stream loses nothing.
    Whole,
    /// Pieces of snapshots are lost, and the stream may be trimmed behind such a one.
    Pieces,
    /// It may also be trimmed beyond the last snapshot, and lose its end.
    Lossy,
}

/// Prints how to repeat a run if it fails.
struct Repeat {
    seed: u64,
    faults: Faults,
}

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seed, faults } = self;
            eprintln!("the seed {seed} with a {faults:?} stream failed");
        }
    }
}

fn run(seed: u64, faults: Faults) -> Tally {
    let _repeat = Repeat { seed, faults };
    let mut world = World::new(seed, faults);
    for _ in 0..STEPS {
        world.step();
    }
    world.settle();
    world.tally()
}

fn run_all(faults: Faults) -> Tally {
    let mut tally = Tally::default();
    for seed in KEPT.into_iter().chain(0..SEEDS) {
        tally += run(seed, faults);
    }
    println!("{tally:?}");
    tally
}

#[test]
fn all_nodes_have_the_same_room_and_nothing_is_lost_or_doubled() {
    let tally = run_all(Faults::Whole);
    for (what, count) in [
        ("said", tally.said),
        ("known", tally.known),
        ("void", tally.void),
        ("refused", tally.refused),
        ("replaced", tally.replaced),
        ("renamed", tally.renamed),
        ("rejoined", tally.rejoined),
        ("gone", tally.gone),
        ("awoke gone", tally.awoke_gone),
        ("doubled", tally.doubled),
        ("snapshots", tally.snapshots),
        ("restored", tally.restored),
        ("pages", tally.pages),
        ("of the past", tally.of_the_past),
    ] {
        assert!(count > 0, "nothing was {what}");
    }
    assert_eq!(tally.epochs, 0);
}

#[test]
fn nodes_that_find_no_whole_snapshot_are_given_one_and_give_no_room_up_in_which_somebody_is_heard()
{
    let tally = run_all(Faults::Pieces);
    assert!(tally.lost > 0 && tally.found > 0 && tally.restored > 0 && tally.said > 0);
}

#[test]
fn a_stream_that_loses_what_it_had_begins_anew_on_all_nodes_alike() {
    let tally = run_all(Faults::Lossy);
    assert!(tally.epochs > 0 && tally.restored > 0 && tally.said > 0);
    assert!(tally.lost > 0 && tally.found > 0 && tally.given_up > 0);
}

/// For as many seeds as the seconds in `SECONDS_TO_RUN` allow.
#[test]
#[ignore = "as long as it is told to: SECONDS_TO_RUN=60"]
fn many_seeds() {
    let seconds = std::env::var("SECONDS_TO_RUN").unwrap();
    let end = Instant::now() + Duration::from_secs(seconds.parse().unwrap());
    let (mut runs, mut tally) = (0, Tally::default());
    while Instant::now() < end {
        for faults in [Faults::Whole, Faults::Pieces, Faults::Lossy] {
            tally += run(fastrand::u64(..), faults);
            runs += 1;
        }
    }
    println!("{runs} runs: {tally:?}");
}
