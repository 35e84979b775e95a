//! One room on one, two and three nodes next to a single server, all in one run over loopback: texts a second in one
//! order, how long a text takes to members of the same and of another node, what that costs, and how soon a node takes
//! members again. Prints tables, and fails when a text is lost, comes twice or out of turn.
//!
//! Nodes and engines are processes. All members are one thread, and have grants. Engines flush what they have taken every
//! two minutes, as they do when nothing else is said; in one house they flush each record before it counts. There the
//! latency is that of the disk, which is one for all of them here.

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use hubbub_testing::is_asked_for;

use crate::again::Again;
use crate::flood::Flood;
use crate::house::{EARS, ENGINES, House, SPEAKERS};
use crate::pace::Pace;

mod again;
mod ear;
mod flood;
mod house;
mod pace;

/// How many nodes there are, and whether the engines flush each record. 0 is a single server without engines.
const HOUSES: [(usize, bool); 5] = [(0, false), (1, false), (2, false), (3, false), (3, true)];

const ROUNDS: usize = 3;

/// How long one run sends.
const RUN: Duration = Duration::from_secs(3);

/// How often the disk is tried.
const FLUSHES: usize = 500;

/// What a house has shown.
struct Row {
    name: String,
    pace: Pace,
    floods: Vec<Flood>,
    /// The memory of one node in bytes: before anybody came, and after all.
    memory: [u64; 2],
    again: Again,
    /// Whether anybody was told that the room is paused.
    is_paused: bool,
}

fn main() -> io::Result<()> {
    if !is_asked_for() {
        return Ok(());
    }
    print_load("before")?;
    print_disk()?;
    let rows = HOUSES.into_iter().map(measure);
    let rows = rows.collect::<io::Result<Vec<_>>>()?;
    print_speed(&rows);
    print_cost(&rows);
    print_load("after")
}

fn measure((nodes, is_flushed): (usize, bool)) -> io::Result<Row> {
    let name = match (nodes, is_flushed) {
        (0, _) => "single server".to_owned(),
        (1, _) => "one node".to_owned(),
        (nodes, false) => format!("{nodes} nodes"),
        (nodes, true) => format!("{nodes} nodes, `sync_interval: always`"),
    };
    eprintln!("{name}");
    let mut house = House::open(nodes, is_flushed)?;
    let at_rest = house.at_rest;
    let pace = pace::measure(&mut house, 2 * RUN)?;
    let floods = (0..ROUNDS).map(|_| flood::measure(&mut house, RUN));
    Ok(Row {
        name,
        pace,
        floods: floods.collect::<io::Result<_>>()?,
        memory: [at_rest, house.nodes[0].resident_bytes()],
        is_paused: house.paused() > 0,
        again: again::measure(house)?,
    })
}

/// How long the disk takes for what an engine waits for at each record.
fn print_disk() -> io::Result<()> {
    let place = env::temp_dir().join(format!("hubbub-flushes-{:016x}", fastrand::u64(..)));
    let mut file = File::create(&place)?;
    let mut flush = || {
        let began = Instant::now();
        file.write_all(&[b'x'; 256])?;
        file.sync_all()?;
        Ok(began.elapsed())
    };
    let times: io::Result<Vec<_>> = (0..FLUSHES).map(|_| flush()).collect();
    std::fs::remove_file(&place)?;
    let mut times = times?;
    times.sort_unstable();
    let [p50, p99] = [0.5, 0.99].map(|of| part(&times, of));
    println!("a flush of 256 bytes to the disk, in ms: p50 {p50}, p99 {p99}");
    Ok(())
}

fn print_speed(rows: &[Row]) {
    println!(
        "\n{SPEAKERS} speakers and {EARS} others on each node, texts of 64 bytes, {ENGINES} engines; medians of {ROUNDS} \
         rounds.\nLatency at {} texts a second by all speakers, until one of the others has it, in ms.\n\n\
         | | texts/s | ratio | same node, p50 | p99 | another node, p50 | p99 | paused |\n\
         |:--|--:|--:|--:|--:|--:|--:|:--|",
        pace::RATE
    );
    let single = rows[0].middle(|flood| flood.per_second);
    for row in rows {
        let per_second = row.middle(|flood| flood.per_second);
        println!(
            "| {} | {per_second:.0} | {:.2} | {} | {} | {} | {} | {} |",
            row.name,
            per_second / single,
            part(&row.pace.near, 0.5),
            part(&row.pace.near, 0.99),
            part(&row.pace.far, 0.5),
            part(&row.pace.far, 0.99),
            if row.is_paused { "YES" } else { "no" },
        );
    }
}

fn print_cost(rows: &[Row]) {
    println!(
        "\nProcessor time for a million texts, each to all members; resident memory of one node. After `kill -9` of a node: \
         until its members\nare on another one, and until one that was started again has a member, in ms.\n\n\
         | | all nodes, s | all engines, s | a node at rest, MB | after all, MB | moved, p50 | longest | started again |\n\
         |:--|--:|--:|--:|--:|--:|--:|--:|"
    );
    for row in rows {
        let [at_rest, after] = row.memory.map(|bytes| bytes as f64 / 1e6);
        println!(
            "| {} | {:.1} | {:.1} | {at_rest:.1} | {after:.1} | {} | {} | {} |",
            row.name,
            row.middle(|flood| flood.nodes),
            row.middle(|flood| flood.engines),
            part(&row.again.members, 0.5),
            part(&row.again.members, 1.0),
            part(&[row.again.node], 1.0),
        );
    }
}

fn print_load(when: &str) -> io::Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!("load {when}: {}", load.trim());
    Ok(())
}

impl Row {
    /// The median of all rounds.
    fn middle(&self, figure: fn(&Flood) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.floods.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }
}

/// A part of these sorted times, in ms.
fn part(times: &[Duration], part: f64) -> String {
    let last = times.len().saturating_sub(1) as f64;
    let time = times.get((last * part) as usize);
    time.map_or_else(
        || "-".to_owned(),
        |time| format!("{:.2}", time.as_secs_f64() * 1e3),
    )
}
