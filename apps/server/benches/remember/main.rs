//! A room that remembers over loopback, next to a plain one, all in one run: throughput with and without grants and
//! history, the quiet room, 20,000 messages a second, and a crowd that comes back at once after a restart. Prints
//! tables.
//!
//! All members are one thread. Histories lie in the target directory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hubbub_server::descriptors;
use hubbub_testing::is_asked_for;

use crate::hall::{Hall, Kind};

mod flood;
mod hall;
mod pace;
mod speaker;
mod storm;

const ROUNDS: usize = 3;

/// How long one run sends.
const RUN: Duration = Duration::from_secs(2);

/// How many members read in each room.
const READERS: usize = 100;

/// How many of them come back at once.
const CROWD: usize = 1000;

const KINDS: [Kind; 3] = [Kind::Plain, Kind::Granted, Kind::Kept];

fn main() -> io::Result<()> {
    if !is_asked_for() {
        return Ok(());
    }
    let _ = descriptors::raise_limit();
    print_load("before")?;
    floods()?;
    paces()?;
    storms()?;
    print_load("after")
}

fn print_load(when: &str) -> io::Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!("load {when}: {}", load.trim());
    Ok(())
}

fn floods() -> io::Result<()> {
    println!(
        "\nA closed loop of 64-byte texts to {READERS} readers; medians of {ROUNDS} rounds.\n\n\
         | speakers | members | deliveries/s | ratio | MB/s | ratio | CPU ns a delivery | ratio | CPU ns a kB | ratio | disk thread, CPU |\n\
         |--:|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    for speakers in [1, 4] {
        let mut rounds = KINDS.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for (costs, kind) in rounds.iter_mut().zip(KINDS) {
                let mut hall = Hall::open(kind, speakers, READERS)?;
                costs.push(flood::measure(&mut hall, RUN)?);
            }
        }
        let [plain, ..] = &rounds;
        for (costs, kind) in rounds.iter().zip(KINDS) {
            let ratio = |figure: fn(&flood::Cost) -> f64| {
                median(
                    costs
                        .iter()
                        .zip(plain)
                        .map(|(cost, plain)| figure(cost) / figure(plain)),
                )
            };
            let middle = |figure: fn(&flood::Cost) -> f64| median(costs.iter().map(figure));
            println!(
                "| {speakers} | {kind} | {:.2} M | {:.2} | {:.0} | {:.2} | {:.0} | {:.2} | {:.0} | {:.2} | {:.0} % |",
                middle(|cost| cost.per_second) / 1e6,
                ratio(|cost| cost.per_second),
                middle(|cost| cost.per_second * cost.bytes) / 1e6,
                ratio(|cost| cost.per_second * cost.bytes),
                middle(|cost| cost.cpu),
                ratio(|cost| cost.cpu),
                middle(|cost| cost.cpu / cost.bytes * 1e3),
                ratio(|cost| cost.cpu / cost.bytes),
                middle(|cost| cost.disk) * 100.0,
            );
        }
    }
    Ok(())
}

fn paces() -> io::Result<()> {
    println!(
        "\nTexts at a pace, to {READERS} readers; latency until a reader has it, and until its speaker has the ACK, in µs.\n\n\
         | texts/s | members | p50 | p99 | highest | ACK p50 | ACK p99 | server, CPU | disk thread, CPU | all acknowledged |\n\
         |--:|:--|--:|--:|--:|--:|--:|--:|--:|:--|"
    );
    for rate in [500, 20_000] {
        for kind in KINDS {
            let mut hall = Hall::open(kind, 1, READERS)?;
            let pace = pace::measure(&mut hall, rate, 2 * RUN)?;
            let [read, acknowledged] = [&pace.read, &pace.acknowledged];
            println!(
                "| {rate} | {kind} | {} | {} | {} | {} | {} | {:.1} % | {:.1} % | {} |",
                shown(read, 0.5),
                shown(read, 0.99),
                shown(read, 1.0),
                shown(acknowledged, 0.5),
                shown(acknowledged, 0.99),
                pace.server * 100.0,
                pace.disk * 100.0,
                if kind == Kind::Plain {
                    "-"
                } else if pace.is_complete {
                    "yes"
                } else {
                    "NO"
                },
            );
        }
    }
    Ok(())
}

fn storms() -> io::Result<()> {
    println!(
        "\n{CROWD} members that come at once; seconds until the last has all, medians of {ROUNDS} rounds.\n\n\
         | they | seconds | ratio | server, CPU seconds | MB read |\n|:--|--:|--:|--:|--:|"
    );
    let mut rounds = storm::KINDS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (storms, kind) in rounds.iter_mut().zip(storm::KINDS) {
            storms.push(storm::measure(kind, CROWD)?);
        }
    }
    let [plain, ..] = &rounds;
    for (storms, kind) in rounds.iter().zip(storm::KINDS) {
        let pairs = storms.iter().zip(plain);
        println!(
            "| {kind} | {:.2} | {:.2} | {:.2} | {:.1} |",
            median(storms.iter().map(|storm| storm.seconds)),
            median(pairs.map(|(storm, plain)| storm.seconds / plain.seconds)),
            median(storms.iter().map(|storm| storm.cpu)),
            median(storms.iter().map(|storm| storm.bytes / 1e6)),
        );
    }
    Ok(())
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A part of these sorted times, in µs.
fn shown(times: &[Duration], part: f64) -> String {
    let last = times.len().saturating_sub(1) as f64;
    let time = times.get((last * part) as usize);
    time.map_or_else(|| "-".to_owned(), |time| time.as_micros().to_string())
}

/// An empty directory of this name for a history.
fn directory(name: &str) -> io::Result<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match std::fs::remove_dir_all(&dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(dir),
    }
}
